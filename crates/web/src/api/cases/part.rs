//! What the lists of a case's parts share: whoever sees the case sees them, whole and without pages.

use crate::answer::json;
use crate::app::App;
use crate::problem::Problem;
use axum::http::StatusCode;
use axum::response::Response;
use desk::{Caller, Desk, Seen};
use serde::Serialize;
use utoipa::ToSchema;

/// A whole list.
#[derive(Serialize, ToSchema)]
pub(crate) struct List<T: ToSchema> {
    /// In the order in which they came about.
    items: Vec<T>,
}

/// The answer with parts of the case with this number.
pub(super) fn list<T: Serialize + ToSchema>(
    app: &App,
    caller: &Caller,
    number: &str,
    parts: impl FnOnce(&Desk, &Seen) -> Result<Vec<T>, Problem>,
) -> Result<Response, Problem> {
    let seen = app.desk().case_for(caller, number)?;
    let items = parts(app.desk(), &seen)?;
    Ok(json(StatusCode::OK, &List { items }))
}
