//! `POST /api/v1/webhooks`: a webhook is made.

use super::whole;
use crate::answer::{WebhookAnswer, encoded, etag, json};
use crate::app::App;
use crate::gate::By;
use crate::parse::{Body, NoParams};
use crate::problem::Problem;
use crate::webhooks::receiver::examine;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use desk::WebhookParts;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A webhook as it shall be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewWebhook, example = json!({ "name": "ERP", "url": "https://erp.example.cn/hooks/bihuan", "events": ["registered", "closed"] }))]
pub(crate) struct Wanted {
    /// Name, at most 60 characters.
    #[schema(min_length = 1, max_length = 60)]
    name: String,
    /// Where it is reached, `https` or `http`, at most 2,000 characters. Addresses of this machine and of private networks are refused
    /// unless the server was started with `--webhook-private`.
    #[schema(min_length = 1, max_length = 2_000)]
    url: String,
    /// Kinds of events, as `type` of the feed has them; all when there are none.
    #[serde(default)]
    events: Vec<String>,
    /// Keys of procedures; all when there are none.
    #[serde(default)]
    procedures: Vec<String>,
}

/// A webhook with its secret.
#[derive(Serialize, ToSchema)]
#[schema(as = MadeWebhook)]
pub(crate) struct Made {
    /// By this what is sent is signed: shown this once.
    #[schema(example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    pub(super) secret: String,
    /// The webhook.
    pub(super) webhook: WebhookAnswer,
}

/// Make a webhook
///
/// It looks on the caller's behalf, from now on. What is sent follows Standard Webhooks; its secret is in the answer and nowhere else.
#[utoipa::path(post, path = "", request_body = Wanted, responses(
    (status = 201, description = "The webhook and its secret", body = Made,
        headers(("ETag" = String, description = "Its version"), ("Location" = String, description = "Its address"))),
    (status = 409, description = "There are 50 already", body = crate::problem::ProblemBody, content_type = "application/problem+json", example = json!(crate::problem::example(crate::problem::Kind::TooManyWebhooks))),
))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    _: NoParams,
    body: Body<Wanted>,
) -> Result<Response, Problem> {
    let Wanted { name, url, events, procedures } = body.value;
    examine(&url, &app.inner.config).await?;
    let parts = WebhookParts {
        name: Some(name),
        url: Some(url),
        events: Some(events),
        procedures: Some(procedures),
        paused: None,
    };
    let desk = app.desk().clone();
    let work = move || {
        let (webhook, secret) = desk.make_webhook(&caller, parts)?;
        let made = Made { secret, webhook: whole(&desk, &webhook)? };
        let mut response = json(StatusCode::CREATED, &made);
        let place = format!("/api/v1/webhooks/{}", encoded(&webhook.id));
        let headers = response.headers_mut();
        headers.insert(header::ETAG, etag(webhook.version));
        if let Ok(place) = HeaderValue::from_str(&place) {
            headers.insert(header::LOCATION, place);
        }
        Ok(response)
    };
    app.inner.pool.run(work).await
}
