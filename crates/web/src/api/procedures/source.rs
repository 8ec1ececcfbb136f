//! `GET /api/v1/procedures/{key}/source`: a procedure as it was written.

use crate::api::change;
use crate::app::App;
use crate::parse::{Named, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::response::Response;
use desk::Published;
use serde::Serialize;
use utoipa::ToSchema;

/// A procedure as it was written.
#[derive(Serialize, ToSchema)]
#[schema(as = ProcedureSource)]
pub(crate) struct SourceAnswer {
    /// Key.
    key: String,
    /// Version; also the entity tag.
    version: u32,
    /// The whole of it as TOML, which can be written back.
    source: String,
}

/// A procedure's text
///
/// Of the version in force, with the version to publish over.
#[utoipa::path(get, path = "", params(("key" = String, Path, description = "Key of the procedure")), responses(
    (status = 200, description = "The text", body = SourceAnswer, headers(("ETag" = String, description = "Its version"))),
))]
pub(crate) async fn handler(
    State(app): State<App>,
    Named(key): Named<String>,
    _: NoParams,
) -> Result<Response, Problem> {
    Ok(answer(app.desk().published_version(&key, None)?, true))
}

/// What is in force, or was just put in force.
pub(super) fn answer(published: Published, there_before: bool) -> Response {
    let version = published.procedure.version;
    let key = published.procedure.key.to_string();
    let body = SourceAnswer { key, version, source: published.source };
    change::answer(version.into(), there_before, &body)
}
