//! `DELETE /api/v1/customers/{id}/merges/{other}`: a record is taken out of a customer again.

use crate::answer::CustomerAnswer;
use crate::api::change;
use crate::app::App;
use crate::gate::By;
use crate::parse::{IfMatch, Named, NoParams};
use crate::problem::{Problem, ProblemBody};
use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

/// Two customers that were one.
#[derive(Serialize, ToSchema)]
pub(crate) struct Parted {
    /// The one that stayed.
    customer: CustomerAnswer,
    /// The one that was part of it.
    parted: CustomerAnswer,
}

/// Part a record from a customer
///
/// Each has what was its own again; what was changed since stays where it is.
#[utoipa::path(delete, path = "",
    params(
        ("id" = String, Path, description = "Id of the customer"),
        ("other" = String, Path, description = "Id of the record that is part of it"),
        IfMatch,
    ),
    responses(
        (status = 200, description = "Both", body = Parted, headers(("ETag" = String, description = "Version of the customer"))),
        (status = 422, description = "It is not part of the customer", body = ProblemBody, content_type = "application/problem+json", example = json!(crate::problem::example(crate::problem::Kind::InvalidFields))),
    ))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    Named((id, other)): Named<(String, String)>,
    if_match: IfMatch,
    _: NoParams,
) -> Result<Response, Problem> {
    let desk = app.desk().clone();
    let work = move || {
        let seen = if_match.seen(desk.customer(&id)?.version);
        let (rest, apart) = desk.part_customers(&caller.who(), (&id, seen), &other)?;
        let (customer, parted) =
            (CustomerAnswer::of(&desk, &rest), CustomerAnswer::of(&desk, &apart));
        Ok(change::answer(rest.version, true, &Parted { customer, parted }))
    };
    app.inner.pool.run(work).await
}
