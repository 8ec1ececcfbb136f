//! `GET /readyz`: cases can be served and time can act on them.

use crate::answer::json;
use crate::app::App;
use crate::frame::prefers_english;
use crate::parse::NoParams;
use crate::problem::{Kind, MEDIA_TYPE, Problem, ProblemBody, example};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

/// What is ready.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({ "database": true, "worker": true }))]
pub(crate) struct Ready {
    /// The database answers.
    database: bool,
    /// The worker that lets time act is alive.
    worker: bool,
}

/// A problem that says what is not ready.
#[derive(Serialize, ToSchema)]
pub(crate) struct NotReady {
    #[serde(flatten)]
    problem: ProblemBody,
    #[serde(flatten)]
    ready: Ready,
}

/// Readiness
///
/// The database answers and the worker is alive.
#[utoipa::path(get, path = "", responses(
    (status = 200, description = "Ready", body = Ready),
    (status = 503, description = "Not ready", body = NotReady, content_type = "application/problem+json",
        example = json!(NotReady { problem: example(Kind::NotReady), ready: Ready { database: true, worker: false } })),
))]
pub(crate) async fn handler(State(app): State<App>, headers: HeaderMap, _: NoParams) -> Response {
    let database = app.desk().store().next_due_timer().is_ok();
    let worker = app.meter().worker_alive(app.desk().now());
    let ready = Ready { database, worker };
    if database && worker {
        return json(StatusCode::OK, &ready);
    }
    let problem = Problem::new(Kind::NotReady);
    let body = problem.body(prefers_english(&headers));
    let response = json(StatusCode::SERVICE_UNAVAILABLE, &NotReady { problem: body, ready });
    let mut response = problem.put_into(response);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    response
}
