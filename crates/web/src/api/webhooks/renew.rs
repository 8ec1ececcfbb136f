//! `POST /api/v1/webhooks/{id}/secrets`: a webhook gets a new secret.

use super::make::Made;
use super::whole;
use crate::answer::{etag, json};
use crate::app::App;
use crate::gate::By;
use crate::parse::{Named, NoParams};
use crate::problem::{Problem, ProblemBody};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::Response;

/// Give a webhook a new secret
///
/// For 24 hours the secret before it signs as well: `webhook-signature` then holds two signatures, apart by a space.
#[utoipa::path(post, path = "", params(("id" = String, Path, description = "Id of the webhook")), responses(
    (status = 201, description = "The webhook and its secret", body = Made, headers(("ETag" = String, description = "Its version"))),
    (status = 412, description = "Somebody was faster", body = ProblemBody, content_type = "application/problem+json", example = json!(crate::problem::example(crate::problem::Kind::VersionMismatch))),
))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    Named(id): Named<String>,
    _: NoParams,
) -> Result<Response, Problem> {
    let desk = app.desk().clone();
    let work = move || {
        let secret = desk.renew_webhook_secret(&caller, &id)?;
        let webhook = desk.webhook(&id)?;
        let made = Made { secret, webhook: whole(&desk, &webhook)? };
        let mut response = json(StatusCode::CREATED, &made);
        response.headers_mut().insert(header::ETAG, etag(webhook.version));
        Ok(response)
    };
    app.inner.pool.run(work).await
}
