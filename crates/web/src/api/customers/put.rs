//! `PUT /api/v1/customers/{id}`: a customer is taken in under an id of the caller's, or changed as a whole.

use super::given::Whole;
use super::whole;
use crate::answer::CustomerAnswer;
use crate::api::change;
use crate::app::App;
use crate::gate::By;
use crate::parse::{Body, IfMatch, IfNoneMatch, Named, NoParams};
use crate::problem::{Problem, ProblemBody};
use axum::extract::State;
use axum::response::Response;

/// Take a customer in, or change one
///
/// Repeating it is harmless. `If-None-Match: *` only takes in, `If-Match` only changes what was seen.
#[utoipa::path(put, path = "", request_body = Whole,
    params(
        ("id" = String, Path, description = "Id: 1 to 60 letters, digits, dots, underscores, hyphens"),
        ("If-Match" = Option<String>, Header, description = "Version that the caller has seen"),
        ("If-None-Match" = Option<String>, Header, description = "`*`: only if there is none yet"),
    ),
    responses(
        (status = 200, description = "Changed", body = CustomerAnswer, headers(("ETag" = String, description = "Its version"))),
        (status = 201, description = "Taken in", body = CustomerAnswer, headers(("ETag" = String, description = "Its version"))),
        (status = 412, description = "Somebody was faster", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    Named(id): Named<String>,
    if_match: IfMatch,
    if_none_match: IfNoneMatch,
    _: NoParams,
    body: Body<Whole>,
) -> Result<Response, Problem> {
    let desk = app.desk().clone();
    let work = move || {
        let known = desk.customer(&id).map(|known| known.version);
        let (seen, there) = change::seen(known, &if_match, &if_none_match)?;
        let kept = desk.put_customer(&caller.who(), Some(&id), body.value.into(), seen)?;
        Ok(whole(&desk, &kept, there))
    };
    app.inner.pool.run(work).await
}
