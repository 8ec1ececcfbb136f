//! What both writes of cases share: repetitions are harmless, and are answered as the first one was.

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

/// The number of a case and its version after a submission.
pub(super) struct Written {
    pub(super) number: String,
    pub(super) version: u64,
}

/// Submits, unless it was submitted before. The case has moved on since then: what would be refused now was accepted.
pub(super) fn once(
    desk: &Desk,
    key: Option<&IdempotencyKey>,
    submit: impl FnOnce() -> Result<Done, Problem>,
) -> Result<Written, Problem> {
    if let Some(known) = earlier(desk, key)? {
        return Ok(known);
    }
    match submit() {
        Ok(done) => Ok(Written { number: done.number, version: done.version }),
        // An equal submission may have been faster by a moment.
        Err(error) => earlier(desk, key)?.ok_or(error),
    }
}

fn earlier(desk: &Desk, key: Option<&IdempotencyKey>) -> Result<Option<Written>, Problem> {
    let Some(key) = key else { return Ok(None) };
    let Some(receipt) = desk.store().receipt(key)? else { return Ok(None) };
    let number = receipt.get("number").and_then(|number| number.as_str());
    let version = receipt.get("version").and_then(serde_json::Value::as_u64);
    Ok(number.zip(version).map(|(number, version)| Written { number: number.to_owned(), version }))
}

/// The case as the submission left it.
pub(super) fn answer(
    desk: &Desk,
    caller: &Caller,
    written: &Written,
    status: StatusCode,
) -> Result<Response, Problem> {
    let seen = as_of(desk, desk.case_for(caller, &written.number)?, written.version)?;
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
