//! `GET /api/v1/customers/{id}`: a customer.

use super::whole;
use crate::answer::{CustomerAnswer, etag};
use crate::app::App;
use crate::parse::{IfNoneMatch, Named, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// A customer
///
/// With the version to write over. One that became part of another is answered with `merged_into`.
#[utoipa::path(get, path = "",
    params(
        ("id" = String, Path, description = "Id of the customer"),
        IfNoneMatch,
    ),
    responses(
        (status = 200, description = "The customer", body = CustomerAnswer, headers(("ETag" = String, description = "Its version"))),
        (status = 304, description = "The caller has it"),
    ))]
pub(crate) async fn handler(
    State(app): State<App>,
    Named(id): Named<String>,
    if_none_match: IfNoneMatch,
    _: NoParams,
) -> Result<Response, Problem> {
    let kept = app.desk().customer(&id)?;
    if if_none_match.has(kept.version) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, etag(kept.version))]).into_response());
    }
    Ok(whole(app.desk(), &kept, true))
}
