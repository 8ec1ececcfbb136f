//! `GET /api/v1/cases/{number}/clocks`: its time limits.

use super::part::{self, List};
use crate::answer::ClockAnswer;
use crate::app::App;
use crate::gate::By;
use crate::parse::{self, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::response::Response;

/// Clocks of a case
///
/// Every run of every clock, also those that have ended.
#[utoipa::path(get, path = "", params(("number" = String, Path, description = "Number of the case")), responses(
    (status = 200, description = "Clocks of a case", body = List<ClockAnswer>),
))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    parse::Named(number): parse::Named<String>,
    _: NoParams,
) -> Result<Response, Problem> {
    part::list(&app, &caller, &number, |_, seen| {
        let clocks = seen.case.clocks.iter();
        Ok(clocks.map(|instance| ClockAnswer::of(&seen.procedure, instance)).collect())
    })
}
