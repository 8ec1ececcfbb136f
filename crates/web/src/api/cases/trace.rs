//! `GET /api/v1/cases/{number}/clocks/{clock}/trace`: how a due came about.

use crate::answer::{ClockAnswer, ToldAnswer, TraceAnswer, flat, json};
use crate::app::App;
use crate::gate::By;
use crate::parse::{self, Params};
use crate::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use desk::DeskError;
use engine::clocks::explain;
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;

/// Which run of the clock.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Query {
    /// Run of the clock, from 1. Default: the latest.
    generation: Option<u32>,
}

/// How a due came about
///
/// Step by step: from when it counts, by which limit of the procedure, how the calendar counted, and what moved the due since.
#[utoipa::path(get, path = "",
    params(("number" = String, Path, description = "Number of the case"), ("clock" = String, Path, description = "Key of the clock"), Query),
    responses((status = 200, description = "The account", body = TraceAnswer)))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    parse::Named((number, clock)): parse::Named<(String, String)>,
    Params(query): Params<Query>,
) -> Result<Response, Problem> {
    let seen = app.desk().case_for(&caller, &number)?;
    let trace = explain(&seen.procedure, &seen.calendar, &seen.case, &clock, query.generation);
    let trace = trace.ok_or(DeskError::NotFound { what: "clock" })?;
    let answer = TraceAnswer {
        clock: ClockAnswer::of(&seen.procedure, &trace.instance),
        reasons: trace.reasons.iter().map(|reason| flat(json!(reason))).collect(),
        told: ToldAnswer::all(&trace, &seen),
    };
    Ok(json(StatusCode::OK, &answer))
}
