//! `PUT /api/v1/cases/{number}/snooze`: put a case off.

use crate::app::App;
use crate::gate::By;
use crate::parse::{Body, Named, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;

/// Until when.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Snooze, example = json!({ "until": "2026-05-11T09:00:00+08:00" }))]
pub(crate) struct Until {
    /// Instant.
    until: Timestamp,
}

/// Put a case off
///
/// It leaves the work of the caller, who holds it, until an instant within 30 days, until anything happens to it, or until its next deadline. Its clocks go on.
#[utoipa::path(put, path = "", request_body = Until, params(("number" = String, Path, description = "Number of the case")), responses((status = 204, description = "Done")))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    Named(number): Named<String>,
    _: NoParams,
    body: Body<Until>,
) -> Result<StatusCode, Problem> {
    let desk = app.desk().clone();
    let work = move || {
        let seen = desk.case_for(&caller, &number)?;
        desk.snooze(&caller, &seen, body.value.until)?;
        Ok(StatusCode::NO_CONTENT)
    };
    app.inner.pool.run(work).await
}
