//! `GET /api/v1/installation`: what the organisation is called, and how people are spoken to.

use super::InstallationAnswer;
use crate::answer::json;
use crate::app::App;
use crate::parse::NoParams;
use crate::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

/// The installation
///
/// What holds for everybody who works with it.
#[utoipa::path(get, path = "", responses((status = 200, description = "The installation", body = InstallationAnswer)))]
pub(crate) async fn handler(State(app): State<App>, _: NoParams) -> Result<Response, Problem> {
    Ok(json(StatusCode::OK, &InstallationAnswer::of(app.desk())?))
}
