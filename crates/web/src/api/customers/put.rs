//! `PUT /api/v1/customers/{id}`: a customer is taken in under an id of the caller's, or changed as a whole.

use super::given::Whole;
use super::whole;
use crate::answer::CustomerAnswer;
use crate::api::change::Put;
use crate::app::App;
use crate::gate::By;
use crate::parse::{IfMatch, IfNoneMatch};
use crate::problem::Problem;
use axum::extract::State;
use axum::response::Response;

/// Take a customer in, or change one
///
/// Repeating it is harmless. `If-None-Match: *` only takes in, `If-Match` only changes what was seen.
#[utoipa::path(put, path = "", request_body = Whole,
    params(("id" = String, Path, description = "Id: 1 to 60 letters, digits, dots, underscores, hyphens", min_length = 1, max_length = 60), IfMatch, IfNoneMatch),
    responses(
        (status = 200, description = "Changed", body = CustomerAnswer, headers(("ETag" = String, description = "Its version"))),
        (status = 201, description = "Taken in", body = CustomerAnswer, headers(("ETag" = String, description = "Its version"))),
    ))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    put: Put<Whole>,
) -> Result<Response, Problem> {
    let desk = app.desk().clone();
    let work = move || {
        let over = put.over(desk.customer(&put.id).map(|known| known.version))?;
        let kept = desk.put_customer(&caller.who(), Some(&put.id), put.value.into(), over.seen)?;
        Ok(whole(&desk, &kept, over.there))
    };
    app.inner.pool.run(work).await
}
