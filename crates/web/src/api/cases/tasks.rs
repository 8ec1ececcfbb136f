//! `GET /api/v1/cases/{number}/tasks`: its child work.

use super::part::{self, List};
use crate::answer::TaskAnswer;
use crate::app::App;
use crate::gate::By;
use crate::parse::{self, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::response::Response;

/// Tasks of a case
///
/// Open and settled ones.
#[utoipa::path(get, path = "", params(("number" = String, Path, description = "Number of the case")), responses(
    (status = 200, description = "Tasks of a case", body = List<TaskAnswer>),
))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    parse::Named(number): parse::Named<String>,
    _: NoParams,
) -> Result<Response, Problem> {
    part::list(&app, &caller, &number, |desk, seen| {
        let (rules, people) = (&seen.procedure, desk.people());
        Ok(seen.case.tasks.iter().map(|task| TaskAnswer::of(rules, &people, task)).collect())
    })
}
