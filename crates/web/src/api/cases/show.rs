//! `GET /api/v1/cases/{number}`: a case.

use crate::answer::{CaseAnswer, etag, json};
use crate::app::App;
use crate::gate::By;
use crate::parse::{self, IfNoneMatch, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// A case
///
/// By its number, whatever its dashes and case. Names and telephone numbers are masked.
#[utoipa::path(get, path = "",
    params(("number" = String, Path, description = "Number of the case"), ("If-None-Match" = Option<String>, Header, description = "Version that the caller has")),
    responses(
        (status = 200, description = "The case", body = CaseAnswer, headers(("ETag" = String, description = "Its version"))),
        (status = 304, description = "The caller has this version"),
    ))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    parse::Named(number): parse::Named<String>,
    known: IfNoneMatch,
    _: NoParams,
) -> Result<Response, Problem> {
    let seen = app.desk().case_for(&caller, &number)?;
    let version = seen.case.version;
    let mut response = if known.has(version) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        json(StatusCode::OK, &CaseAnswer::of(app.desk(), &seen))
    };
    response.headers_mut().insert(header::ETAG, etag(version));
    Ok(response)
}
