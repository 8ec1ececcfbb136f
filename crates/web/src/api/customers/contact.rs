//! `POST /api/v1/customers/{id}/contacts`: a customer is reached in one more way.

use super::given::GivenContact;
use super::whole;
use crate::answer::CustomerAnswer;
use crate::app::App;
use crate::gate::By;
use crate::parse::{Body, IfMatch, Named, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::response::Response;

/// Add a contact
///
/// The cases that bear its number or account are the customer's from then on.
#[utoipa::path(post, path = "", request_body = GivenContact,
    params(
        ("id" = String, Path, description = "Id of the customer"),
        IfMatch,
    ),
    responses(
        (status = 201, description = "Added", body = CustomerAnswer, headers(("ETag" = String, description = "Version of the customer"))),
    ))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    Named(id): Named<String>,
    if_match: IfMatch,
    _: NoParams,
    body: Body<GivenContact>,
) -> Result<Response, Problem> {
    let desk = app.desk().clone();
    let work = move || {
        let known = desk.customer(&id)?;
        let seen = if_match.over(known.version);
        let mut customer = known.customer;
        customer.contacts.push(body.value.into());
        let kept = desk.put_customer(&caller.who(), Some(&id), customer, Some(seen))?;
        Ok(whole(&desk, &kept, false))
    };
    app.inner.pool.run(work).await
}
