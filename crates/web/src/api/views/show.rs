//! `GET /api/v1/views/{id}`: a view.

use crate::answer::ViewAnswer;
use crate::api::change;
use crate::app::App;
use crate::gate::By;
use crate::parse::{Named, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::response::Response;
use desk::Shelf;

/// A view
///
/// With the version to write over.
#[utoipa::path(get, path = "", params(("id" = String, Path, description = "Id of the view")), responses(
    (status = 200, description = "The view", body = ViewAnswer, headers(("ETag" = String, description = "Its version"))),
))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    Named(id): Named<String>,
    _: NoParams,
) -> Result<Response, Problem> {
    let desk = app.desk();
    let saved = desk.saved_one(&caller, Shelf::Views, &id)?;
    Ok(change::answer(saved.version, true, &ViewAnswer::of(desk, &saved, None)))
}
