//! `GET /customers/import/refused`: the rows of somebody's last file that were refused, for correcting.

use crate::app::App;
use crate::pages::visit::Visit;
use crate::parse::NoParams;
use crate::problem::{Kind, Problem};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    _: NoParams,
) -> Result<Response, Problem> {
    let rows = app.desk().refused_rows(visit.caller())?;
    let rows = rows.ok_or_else(|| Problem::new(Kind::NotFound))?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"refused.csv\""),
    ];
    Ok((headers, rows).into_response())
}
