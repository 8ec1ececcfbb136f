//! `GET /api/v1/teams/{id}`: a team.

use crate::answer::TeamAnswer;
use crate::api::change;
use crate::app::App;
use crate::parse::{Named, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::response::Response;

/// A team
///
/// With the version to write over.
#[utoipa::path(get, path = "", params(("id" = String, Path, description = "Id of the team")), responses(
    (status = 200, description = "The team", body = TeamAnswer, headers(("ETag" = String, description = "Its version"))),
))]
pub(crate) async fn handler(
    State(app): State<App>,
    Named(id): Named<String>,
    _: NoParams,
) -> Result<Response, Problem> {
    let (team, version) = app.desk().team(&id)?;
    Ok(change::answer(version, true, &TeamAnswer::of(app.desk(), &team)))
}
