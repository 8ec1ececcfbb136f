//! `POST /api/v1/procedures/{key}/reinstatements`: cases begin under a retired procedure again.

use super::source::{SourceAnswer, answer};
use crate::app::App;
use crate::gate::By;
use crate::parse::{Named, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::response::Response;

/// Put a procedure back in force
///
/// A retired procedure is in force again, with the text of its last version under the next version. One that is in force stays as it is.
#[utoipa::path(post, path = "", params(("key" = String, Path, description = "Key of the procedure")), responses(
    (status = 200, description = "In force", body = SourceAnswer, headers(("ETag" = String, description = "Its version"))),
))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    Named(key): Named<String>,
    _: NoParams,
) -> Result<Response, Problem> {
    let desk = app.desk().clone();
    let work = move || Ok(answer(desk.reinstate(&caller.person, &key)?, true));
    app.inner.pool.run(work).await
}
