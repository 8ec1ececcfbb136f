//! `GET /api/v1/users/{id}`: a person.

use crate::answer::UserAnswer;
use crate::api::change;
use crate::app::App;
use crate::parse::{Named, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::response::Response;

/// A person
///
/// With the version to write over.
#[utoipa::path(get, path = "", params(("id" = String, Path, description = "Id of the person")), responses(
    (status = 200, description = "The person", body = UserAnswer, headers(("ETag" = String, description = "Its version"))),
))]
pub(crate) async fn handler(
    State(app): State<App>,
    Named(id): Named<String>,
    _: NoParams,
) -> Result<Response, Problem> {
    let (person, version) = app.desk().person(&id)?;
    Ok(change::answer(version, true, &UserAnswer::of(app.desk(), &person)))
}
