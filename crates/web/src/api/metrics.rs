//! `GET /metrics`: counters and gauges for Prometheus. Numbers only, nothing about people or single cases.

use crate::app::App;
use crate::parse::NoParams;
use crate::problem::Problem;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

/// Counters and gauges
///
/// In the text format of Prometheus.
#[utoipa::path(get, path = "", responses((status = 200, description = "Counters and gauges", body = String, content_type = "text/plain", example = json!("bihuan_cases_open 12\n"))))]
pub(crate) async fn handler(State(app): State<App>, _: NoParams) -> Result<Response, Problem> {
    let text = app.meter().text(app.desk(), app.desk().now())?;
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}
