//! `DELETE /api/v1/drafts/{name}`: what the caller was typing is forgotten.

use super::named;
use crate::app::App;
use crate::gate::By;
use crate::parse::{Named, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;

/// Forget a draft
///
/// Repeating it is harmless.
#[utoipa::path(delete, path = "", params(("name" = String, Path, description = "Name of the draft")), responses((status = 204, description = "Gone")))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    Named(name): Named<String>,
    _: NoParams,
) -> Result<StatusCode, Problem> {
    let (desk, name) = (app.desk().clone(), named(name)?);
    app.inner.pool.run(move || Ok(desk.drop_draft(&caller, &name)?)).await?;
    Ok(StatusCode::NO_CONTENT)
}
