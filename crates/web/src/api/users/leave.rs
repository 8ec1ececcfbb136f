//! `DELETE /api/v1/users/{id}`: somebody leaves.

use crate::app::App;
use crate::gate::By;
use crate::parse::{Named, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;

/// Let a person leave
///
/// What the person holds is handed over, sessions and keys end, and the name is erased; what was done stays under the id.
#[utoipa::path(delete, path = "", params(("id" = String, Path, description = "Id of the person")), responses((status = 204, description = "Gone")))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    Named(id): Named<String>,
    _: NoParams,
) -> Result<StatusCode, Problem> {
    let desk = app.desk().clone();
    let work = move || Ok(desk.remove_person(&caller, &id.as_str().into())?);
    app.inner.pool.run(work).await?;
    Ok(StatusCode::NO_CONTENT)
}
