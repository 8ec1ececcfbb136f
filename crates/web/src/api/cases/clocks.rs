//! `GET /api/v1/cases/{number}/clocks`: its time limits.

use crate::answer::{ClockAnswer, json};
use crate::app::App;
use crate::gate::By;
use crate::parse::{self, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

/// Clocks of a case.
#[derive(Serialize, ToSchema)]
pub(crate) struct Clocks {
    /// In the order of their start.
    items: Vec<ClockAnswer>,
}

/// Clocks of a case
///
/// Every run of every clock, also those that have ended.
#[utoipa::path(get, path = "", params(("number" = String, Path, description = "Number of the case")), responses(
    (status = 200, description = "Clocks of a case", body = Clocks),
))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    parse::Named(number): parse::Named<String>,
    _: NoParams,
) -> Result<Response, Problem> {
    let seen = app.desk().case_for(&caller, &number)?;
    let items = seen
        .case
        .clocks
        .iter()
        .map(|instance| ClockAnswer::of(&seen.procedure, instance))
        .collect();
    Ok(json(StatusCode::OK, &Clocks { items }))
}
