//! `GET /readyz`: cases can be served and time can act on them.

use crate::answer::json;
use crate::app::App;
use crate::parse::NoParams;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

/// What is ready.
#[derive(Serialize, ToSchema)]
pub(crate) struct Ready {
    /// The database answers.
    database: bool,
    /// The worker that lets time act is alive.
    worker: bool,
}

/// Readiness
///
/// The database answers and the worker is alive.
#[utoipa::path(get, path = "", responses(
    (status = 200, description = "Ready", body = Ready, example = json!({ "database": true, "worker": true })),
    (status = 503, description = "Not ready", body = Ready, example = json!({ "database": true, "worker": false })),
))]
pub(crate) async fn handler(State(app): State<App>, _: NoParams) -> Response {
    let database = app.desk().store().next_due_timer().is_ok();
    let worker = app.meter().worker_alive(app.desk().now());
    let status = if database && worker { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    json(status, &Ready { database, worker })
}
