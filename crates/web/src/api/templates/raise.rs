//! `POST /api/v1/templates/{id}/raise`: a template moves before the one before it.

use crate::app::App;
use crate::gate::By;
use crate::parse::{Named, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
use desk::Shelf;

/// Move a template up
///
/// Before the one before it; what is first stays where it is. For one that is shared that needs the power to share.
#[utoipa::path(post, path = "", params(("id" = String, Path, description = "Id of the template")), responses((status = 204, description = "Done")))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    Named(id): Named<String>,
    _: NoParams,
) -> Result<StatusCode, Problem> {
    let desk = app.desk().clone();
    let work = move || Ok(desk.raise_saved(&caller, Shelf::Templates, &id)?);
    app.inner.pool.run(work).await?;
    Ok(StatusCode::NO_CONTENT)
}
