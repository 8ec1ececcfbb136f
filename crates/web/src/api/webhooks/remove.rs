//! `DELETE /api/v1/webhooks/{id}`: a webhook is no more.

use crate::app::App;
use crate::gate::By;
use crate::parse::{Named, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;

/// Delete a webhook
///
/// With its secret and all that was to be sent to it.
#[utoipa::path(delete, path = "", params(("id" = String, Path, description = "Id of the webhook")), responses((status = 204, description = "Gone")))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    Named(id): Named<String>,
    _: NoParams,
) -> Result<StatusCode, Problem> {
    let desk = app.desk().clone();
    let work = move || Ok(desk.remove_webhook(&caller, &id)?);
    app.inner.pool.run(work).await?;
    Ok(StatusCode::NO_CONTENT)
}
