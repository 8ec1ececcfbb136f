//! `DELETE /api/v1/keys/{id}`: an API key is taken back.

use crate::app::App;
use crate::gate::By;
use crate::parse::{Named, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;

/// Take an API key back
///
/// At once it opens nothing any more.
#[utoipa::path(delete, path = "", params(("id" = String, Path, description = "Id of the key")), responses((status = 204, description = "Gone")))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    Named(id): Named<String>,
    _: NoParams,
) -> Result<StatusCode, Problem> {
    let desk = app.desk().clone();
    let work = move || Ok(desk.revoke_api_key(&caller.person, &id)?);
    app.inner.pool.run(work).await?;
    Ok(StatusCode::NO_CONTENT)
}
