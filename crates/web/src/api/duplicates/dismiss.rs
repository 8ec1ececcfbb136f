//! `DELETE /api/v1/duplicates/{id}/{other}`: two customers are two.

use crate::app::App;
use crate::gate::By;
use crate::parse::{Named, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;

/// Two customers are two
///
/// They are not told as likely duplicates any more. Repeating it is harmless.
#[utoipa::path(delete, path = "",
    params(("id" = String, Path, description = "Id of one"), ("other" = String, Path, description = "Id of the other")),
    responses((status = 204, description = "Judged")))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    Named((id, other)): Named<(String, String)>,
    _: NoParams,
) -> Result<StatusCode, Problem> {
    let desk = app.desk().clone();
    let work = move || Ok(desk.keep_customers_apart(&caller.who(), &id, &other)?);
    app.inner.pool.run(work).await?;
    Ok(StatusCode::NO_CONTENT)
}
