//! What writes of settings share: the version that the caller has seen, and the answer with the one that was written.

use crate::answer::{etag, json};
use crate::parse::{IfMatch, IfNoneMatch};
use crate::problem::{Kind, Problem};
use axum::http::{StatusCode, header};
use axum::response::Response;
use desk::DeskError;
use serde::Serialize;

/// The version to write over, and whether something is there already. `known` is the version that is there.
pub(super) fn seen(
    known: Result<u64, DeskError>,
    if_match: &IfMatch,
    if_none_match: &IfNoneMatch,
) -> Result<(Option<u64>, bool), Problem> {
    match known {
        Ok(version) if if_none_match.has(version) => {
            Err(DeskError::Stale { found: version }.into())
        }
        Ok(version) => Ok((if_match.seen(version), true)),
        // Nothing is there that could have been seen.
        Err(DeskError::NotFound { .. }) if if_match.seen(0).is_some() => {
            Err(Problem::new(Kind::NotFound))
        }
        Err(DeskError::NotFound { .. }) => Ok((Some(0), false)),
        Err(error) => Err(error.into()),
    }
}

/// Something with its version.
pub(super) fn answer(version: u64, there_before: bool, body: &impl Serialize) -> Response {
    let status = if there_before { StatusCode::OK } else { StatusCode::CREATED };
    let mut response = json(status, body);
    response.headers_mut().insert(header::ETAG, etag(version));
    response
}
