//! `POST /api/v1/webhooks/{id}/deliveries/{delivery}/resend`: something is sent again.

use super::id;
use crate::answer::{DeliveryAnswer, json};
use crate::app::App;
use crate::parse::{Named, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

/// Send something again
///
/// Whatever became of it, under the same id; from now on it is tried for three days.
#[utoipa::path(post, path = "",
    params(
        ("id" = String, Path, description = "Id of the webhook"),
        ("delivery" = String, Path, description = "Id of the delivery, as the header `webhook-id` has it"),
    ),
    responses((status = 202, description = "To be sent", body = DeliveryAnswer)))]
pub(crate) async fn handler(
    State(app): State<App>,
    Named((webhook, delivery)): Named<(String, String)>,
    _: NoParams,
) -> Result<Response, Problem> {
    let delivery = id(&delivery)?;
    let desk = app.desk().clone();
    let work = move || {
        let again = desk.resend_webhook_delivery(&webhook, delivery)?;
        Ok(json(StatusCode::ACCEPTED, &DeliveryAnswer::of(&again)))
    };
    app.inner.pool.run(work).await
}
