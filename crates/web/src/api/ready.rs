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
use std::time::Duration;
use utoipa::ToSchema;

/// A database that has not answered by then is not ready: whoever watches does not wait for long.
const PATIENCE: Duration = Duration::from_secs(3);

/// What is ready.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({ "database": true, "worker": true, "files": true }))]
pub(crate) struct Ready {
    /// The database answers.
    database: bool,
    /// The worker that lets time act is alive.
    worker: bool,
    /// The folder of attachments is the one that belongs to the database.
    files: bool,
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
/// The database answers, the worker is alive, and the attachments are where they belong.
#[utoipa::path(get, path = "", responses(
    (status = 200, description = "Ready", body = Ready),
    (status = 503, description = "Not ready", body = NotReady, content_type = "application/problem+json",
        example = json!(NotReady { problem: example(Kind::NotReady), ready: Ready { database: true, worker: false, files: true } })),
))]
pub(crate) async fn handler(State(app): State<App>, headers: HeaderMap, _: NoParams) -> Response {
    let store = app.desk().store().clone();
    let (database, files) = tokio::join!(
        holds({
            let store = store.clone();
            move || store.next_due_timer().is_ok()
        }),
        holds(move || store.look_for_files().is_ok()),
    );
    let worker = app.meter().worker_alive();
    let ready = Ready { database, worker, files };
    if database && worker && files {
        return json(StatusCode::OK, &ready);
    }
    let problem = Problem::new(Kind::NotReady);
    let body = problem.body(prefers_english(&headers));
    let response = json(StatusCode::SERVICE_UNAVAILABLE, &NotReady { problem: body, ready });
    let mut response = problem.put_into(response);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    response
}

/// Whether something holds that is found out in time; the other end of a mount may hang as a database may.
async fn holds(asked: impl FnOnce() -> bool + Send + 'static) -> bool {
    let answer = tokio::time::timeout(PATIENCE, tokio::task::spawn_blocking(asked)).await;
    answer.is_ok_and(|answer| answer.unwrap_or(false))
}
