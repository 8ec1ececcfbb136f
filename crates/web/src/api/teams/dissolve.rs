//! `DELETE /api/v1/teams/{id}`: a team is dissolved.

use crate::app::App;
use crate::gate::By;
use crate::parse::{Named, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;

/// Dissolve a team
///
/// Its people stay.
#[utoipa::path(delete, path = "", params(("id" = String, Path, description = "Id of the team")), responses((status = 204, description = "Gone")))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    Named(id): Named<String>,
    _: NoParams,
) -> Result<StatusCode, Problem> {
    let desk = app.desk().clone();
    let work = move || Ok(desk.remove_team(&caller.person, &id.as_str().into())?);
    app.inner.pool.run(work).await?;
    Ok(StatusCode::NO_CONTENT)
}
