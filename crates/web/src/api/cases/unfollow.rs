//! `DELETE /api/v1/cases/{number}/follow`: stop following a case.

use crate::app::App;
use crate::gate::By;
use crate::parse::{Named, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;

/// Stop following a case
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
        desk.follow_case(&caller, &seen, false)?;
        Ok(StatusCode::NO_CONTENT)
    };
    app.inner.pool.run(work).await
}
