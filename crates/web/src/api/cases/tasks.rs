//! `GET /api/v1/cases/{number}/tasks`: its child work.

use crate::answer::{TaskAnswer, json};
use crate::app::App;
use crate::gate::By;
use crate::parse::{self, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

/// Tasks of a case.
#[derive(Serialize, ToSchema)]
pub(crate) struct Tasks {
    /// In the order of their creation.
    items: Vec<TaskAnswer>,
}

/// Tasks of a case
///
/// Open and settled ones.
#[utoipa::path(get, path = "", params(("number" = String, Path, description = "Number of the case")), responses(
    (status = 200, description = "Tasks of a case", body = Tasks),
))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    parse::Named(number): parse::Named<String>,
    _: NoParams,
) -> Result<Response, Problem> {
    let seen = app.desk().case_for(&caller, &number)?;
    let people = app.desk().people();
    let items =
        seen.case.tasks.iter().map(|task| TaskAnswer::of(&seen.procedure, &people, task)).collect();
    Ok(json(StatusCode::OK, &Tasks { items }))
}
