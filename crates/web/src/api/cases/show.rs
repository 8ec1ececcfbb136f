//! `GET /api/v1/cases/{number}`: a case.

use crate::answer::{CaseAnswer, etag, spelled};
use crate::app::App;
use crate::gate::By;
use crate::kept::{About, Answer, Basis};
use crate::parse::{self, IfNoneMatch, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// A case
///
/// By its number, whatever its dashes and case. Names and telephone numbers are masked.
#[utoipa::path(get, path = "",
    params(("number" = String, Path, description = "Number of the case"), IfNoneMatch),
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
    let (desk, kept) = (app.desk(), &app.inner.kept);
    let standing = desk.standing(&caller, &number)?;
    if known.has(standing.version) {
        let tag = [(header::ETAG, etag(standing.version))];
        return Ok((StatusCode::NOT_MODIFIED, tag).into_response());
    }
    let answer = kept.answer(About::Case(standing.id), Basis::of_case(desk, standing), || {
        // It may have moved on meanwhile: its tag is that of what was read.
        let seen = desk.case_for(&caller, &number)?;
        let tag = (header::ETAG, etag(seen.case.version));
        let body = spelled(&CaseAnswer::of(desk, &seen));
        Ok::<_, Problem>(Answer { header: Some(tag), body })
    })?;
    Ok(answer.into_response())
}
