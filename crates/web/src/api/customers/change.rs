//! `PATCH /api/v1/customers/{id}`: parts of a customer are changed.

use super::given::Parts;
use super::whole;
use crate::answer::CustomerAnswer;
use crate::app::App;
use crate::gate::By;
use crate::parse::{Body, IfMatch, Named, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::response::Response;

/// Change parts of a customer
///
/// What is absent stays as it is. `If-Match` only changes what was seen.
#[utoipa::path(patch, path = "", request_body = Parts,
    params(
        ("id" = String, Path, description = "Id of the customer"),
        IfMatch,
    ),
    responses(
        (status = 200, description = "Changed", body = CustomerAnswer, headers(("ETag" = String, description = "Its version"))),
    ))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    Named(id): Named<String>,
    if_match: IfMatch,
    _: NoParams,
    body: Body<Parts>,
) -> Result<Response, Problem> {
    let desk = app.desk().clone();
    let work = move || {
        let known = desk.customer(&id)?;
        let seen = if_match.over(known.version);
        let customer = body.value.over(known.customer);
        let kept = desk.put_customer(&caller.who(), Some(&id), customer, Some(seen))?;
        Ok(whole(&desk, &kept, true))
    };
    app.inner.pool.run(work).await
}
