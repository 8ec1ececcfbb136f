//! `DELETE /api/v1/cases/{number}/snooze`: take a case back that was put off.

use crate::app::App;
use crate::gate::By;
use crate::parse::{Named, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;

/// Take a case back that was put off
///
/// Repeating it is harmless.
#[utoipa::path(delete, path = "", params(("number" = String, Path, description = "Number of the case")), responses((status = 204, description = "Done")))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    Named(number): Named<String>,
    _: NoParams,
) -> Result<StatusCode, Problem> {
    let desk = app.desk().clone();
    let work = move || {
        let seen = desk.case_for(&caller, &number)?;
        desk.wake(&caller, &seen)?;
        Ok(StatusCode::NO_CONTENT)
    };
    app.inner.pool.run(work).await
}
