//! `PUT /api/v1/cases/{number}/follow`: follow a case.

use crate::app::App;
use crate::gate::By;
use crate::parse::{Named, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;

/// Follow a case
///
/// The caller is told in the console what others do with it, and when it escalates or is overdue.
#[utoipa::path(put, path = "", params(("number" = String, Path, description = "Number of the case")), responses((status = 204, description = "Done")))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    Named(number): Named<String>,
    _: NoParams,
) -> Result<StatusCode, Problem> {
    let desk = app.desk().clone();
    let work = move || {
        let seen = desk.case_for(&caller, &number)?;
        desk.follow_case(&caller, &seen, true)?;
        Ok(StatusCode::NO_CONTENT)
    };
    app.inner.pool.run(work).await
}
