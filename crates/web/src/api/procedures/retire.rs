//! `DELETE /api/v1/procedures/{key}`: no case begins under a procedure any more.

use crate::app::App;
use crate::gate::By;
use crate::parse::{Named, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;

/// Retire a procedure
///
/// No case is opened under it any more. Its versions stay for the cases that were; a reinstatement or publishing it again brings it back.
#[utoipa::path(delete, path = "", params(("key" = String, Path, description = "Key of the procedure")), responses((status = 204, description = "Retired")))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    Named(key): Named<String>,
    _: NoParams,
) -> Result<StatusCode, Problem> {
    let desk = app.desk().clone();
    app.inner.pool.run(move || Ok(desk.retire(&caller.person, &key)?)).await?;
    Ok(StatusCode::NO_CONTENT)
}
