//! `GET /api/v1/webhooks/{id}/deliveries/{delivery}`: something that is sent to a webhook.

use super::id;
use crate::answer::{DeliveryAnswer, json};
use crate::app::App;
use crate::parse::{Named, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

/// Something that is sent to a webhook
///
/// And what came of the last attempt.
#[utoipa::path(get, path = "",
    params(
        ("id" = String, Path, description = "Id of the webhook"),
        ("delivery" = String, Path, description = "Id of the delivery, as the header `webhook-id` has it"),
    ),
    responses((status = 200, description = "The delivery", body = DeliveryAnswer)))]
pub(crate) async fn handler(
    State(app): State<App>,
    Named((webhook, delivery)): Named<(String, String)>,
    _: NoParams,
) -> Result<Response, Problem> {
    let delivery = app.desk().webhook_delivery(&webhook, id(&delivery)?)?;
    Ok(json(StatusCode::OK, &DeliveryAnswer::of(&delivery)))
}
