//! `POST /api/v1/webhooks/{id}/ping`: a test is sent.

use crate::answer::{DeliveryAnswer, json};
use crate::app::App;
use crate::parse::{Named, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

/// Send a test
///
/// An event `ping` that is about no case, sent and tried again like every other; look at the delivery for what came of it. A webhook
/// that does nothing sends it when it goes on.
#[utoipa::path(post, path = "", params(("id" = String, Path, description = "Id of the webhook")), responses(
    (status = 202, description = "To be sent", body = DeliveryAnswer),
))]
pub(crate) async fn handler(
    State(app): State<App>,
    Named(id): Named<String>,
    _: NoParams,
) -> Result<Response, Problem> {
    let desk = app.desk().clone();
    let work = move || {
        let delivery = desk.ping_webhook(&id)?;
        Ok(json(StatusCode::ACCEPTED, &DeliveryAnswer::of(&desk.webhook_delivery(&id, delivery)?)))
    };
    app.inner.pool.run(work).await
}
