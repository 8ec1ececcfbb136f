//! `PATCH /api/v1/webhooks/{id}`: parts of a webhook are changed.

use super::whole;
use crate::answer::WebhookAnswer;
use crate::api::change;
use crate::app::App;
use crate::gate::By;
use crate::parse::{Body, IfMatch, Named, NoParams};
use crate::problem::Problem;
use crate::webhooks::receiver::examine;
use axum::extract::State;
use axum::response::Response;
use desk::WebhookParts;
use serde::Deserialize;
use utoipa::ToSchema;

/// What shall be different; what is absent stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WebhookChange, example = json!({ "paused": true }))]
pub(crate) struct Parts {
    /// Name, at most 60 characters.
    #[schema(min_length = 1, max_length = 60)]
    name: Option<String>,
    /// Where it is reached.
    #[schema(min_length = 1, max_length = 2_000)]
    url: Option<String>,
    /// Kinds of events; all when there are none.
    events: Option<Vec<String>>,
    /// Keys of procedures; all when there are none.
    procedures: Option<Vec<String>>,
    /// Whether it pauses. It keeps its place in the feed, and goes on from there. False also lets one go on that has stopped by itself;
    /// one whose person has left then looks on the caller's behalf.
    paused: Option<bool>,
}

/// Change parts of a webhook
///
/// `If-Match` only changes what was seen.
#[utoipa::path(patch, path = "", request_body = Parts,
    params(
        ("id" = String, Path, description = "Id of the webhook"),
        IfMatch,
    ),
    responses(
        (status = 200, description = "Changed", body = WebhookAnswer, headers(("ETag" = String, description = "Its version"))),
    ))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    Named(id): Named<String>,
    if_match: IfMatch,
    _: NoParams,
    body: Body<Parts>,
) -> Result<Response, Problem> {
    let Parts { name, url, events, procedures, paused } = body.value;
    if let Some(url) = &url {
        examine(url, &app.inner.config).await?;
    }
    let parts = WebhookParts { name, url, events, procedures, paused };
    let desk = app.desk().clone();
    let work = move || {
        let known = desk.webhook(&id)?;
        let seen = if_match.over(known.version);
        let webhook = desk.change_webhook(&caller, &id, parts, seen)?;
        Ok(change::answer(webhook.version, true, &whole(&desk, &webhook)?))
    };
    app.inner.pool.run(work).await
}
