//! `GET /api/v1/webhooks/{id}`: a webhook.

use super::whole;
use crate::answer::{WebhookAnswer, etag, json};
use crate::app::App;
use crate::parse::{Named, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::Response;

/// A webhook
///
/// With the version to write over, and what came of the last attempt to reach it.
#[utoipa::path(get, path = "", params(("id" = String, Path, description = "Id of the webhook")), responses(
    (status = 200, description = "The webhook", body = WebhookAnswer, headers(("ETag" = String, description = "Its version"))),
))]
pub(crate) async fn handler(
    State(app): State<App>,
    Named(id): Named<String>,
    _: NoParams,
) -> Result<Response, Problem> {
    let webhook = app.desk().webhook(&id)?;
    let mut response = json(StatusCode::OK, &whole(app.desk(), &webhook)?);
    response.headers_mut().insert(header::ETAG, etag(webhook.version));
    Ok(response)
}
