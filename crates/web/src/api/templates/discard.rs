//! `DELETE /api/v1/templates/{id}`: a template is given up.

use crate::app::App;
use crate::gate::By;
use crate::parse::{Named, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
use desk::Shelf;

/// Give a template up
///
/// One that is shared is gone for everybody; that needs the power to share.
#[utoipa::path(delete, path = "", params(("id" = String, Path, description = "Id of the template")), responses((status = 204, description = "Gone")))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    Named(id): Named<String>,
    _: NoParams,
) -> Result<StatusCode, Problem> {
    let desk = app.desk().clone();
    let work = move || Ok(desk.discard_saved(&caller, Shelf::Templates, &id)?);
    app.inner.pool.run(work).await?;
    Ok(StatusCode::NO_CONTENT)
}
