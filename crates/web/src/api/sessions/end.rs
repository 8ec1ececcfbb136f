//! `DELETE /api/v1/sessions/{id}`: a session of the caller ends.

use crate::app::App;
use crate::gate::By;
use crate::parse::{Named, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;

/// End a session
///
/// One of the caller's own.
#[utoipa::path(delete, path = "", params(("id" = String, Path, description = "Id of the session")), responses((status = 204, description = "Ended")))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    Named(id): Named<String>,
    _: NoParams,
) -> Result<StatusCode, Problem> {
    let desk = app.desk().clone();
    let work = move || Ok(desk.end_session(&caller.person, &id)?);
    app.inner.pool.run(work).await?;
    Ok(StatusCode::NO_CONTENT)
}
