//! `GET /api/v1/procedures`: what cases may be opened under.

use crate::answer::{Title, json};
use crate::app::App;
use crate::parse::NoParams;
use crate::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

/// The procedures.
#[derive(Serialize, ToSchema)]
pub(crate) struct Procedures {
    items: Vec<ProcedureRow>,
}

/// A procedure.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProcedureRow {
    /// Key.
    key: String,
    /// Name.
    title: Title,
    /// What it is for, in one sentence, where it says so.
    about: Option<Title>,
    /// Newest version; new cases are opened under it.
    version: u32,
}

/// Procedures
///
/// The procedures under which cases may be opened, by key.
#[utoipa::path(get, path = "", responses((status = 200, description = "Procedures", body = Procedures)))]
pub(crate) async fn handler(State(app): State<App>, _: NoParams) -> Result<Response, Problem> {
    let row = |published: desk::Published| ProcedureRow {
        key: published.procedure.key.to_string(),
        title: (&published.procedure.label).into(),
        about: published.procedure.about.as_ref().map(Into::into),
        version: published.procedure.version,
    };
    let items = app.desk().published()?.into_iter().map(row).collect();
    Ok(json(StatusCode::OK, &Procedures { items }))
}
