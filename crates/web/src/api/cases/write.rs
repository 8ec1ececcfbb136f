//! What both writes of cases share: the key of a submission, and the answer, for a repetition that of the first one.

use crate::answer::{CaseAnswer, as_of, encoded, etag, json};
use crate::problem::Problem;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use desk::{Caller, Desk, Done};
use store::IdempotencyKey;

/// The key of a submission, scoped to its caller and route.
pub(super) fn key(
    caller: &Caller,
    route: &str,
    key: Option<String>,
    hash: [u8; 32],
) -> Option<IdempotencyKey> {
    key.map(|key| IdempotencyKey {
        scope: format!("api {} {route}", caller.person),
        key,
        body_hash: hash,
    })
}

/// The case as the submission left it.
pub(super) fn answer(desk: &Desk, done: &Done, status: StatusCode) -> Result<Response, Problem> {
    let seen = as_of(desk, desk.case_after(done)?, done.version)?;
    let body = CaseAnswer::of(desk, &seen);
    let mut response = json(status, &body);
    response.headers_mut().insert(header::ETAG, etag(body.version));
    let place = format!("/api/v1/cases/{}", encoded(&body.number));
    let name =
        if status == StatusCode::CREATED { header::LOCATION } else { header::CONTENT_LOCATION };
    if let Ok(place) = HeaderValue::from_str(&place) {
        response.headers_mut().insert(name, place);
    }
    Ok(response)
}
