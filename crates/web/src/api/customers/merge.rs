//! `POST /api/v1/customers/{id}/merges`: another record becomes part of a customer.

use super::whole;
use crate::answer::CustomerAnswer;
use crate::app::App;
use crate::gate::By;
use crate::parse::{Body, IfMatch, Named, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::response::Response;
use engine::customer::Trait;
use serde::Deserialize;
use utoipa::ToSchema;

/// Which record, and what of it counts.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "other": "C-0043", "take": [] }))]
pub(crate) struct Merge {
    /// Id of the record that becomes part.
    other: String,
    /// Its version that the caller has seen.
    other_version: Option<u64>,
    /// What it says better. What the customer does not say itself is taken anyhow.
    #[serde(default)]
    #[schema(value_type = Vec<TraitName>)]
    take: Vec<Trait>,
}

/// What can be taken of a record.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "only described")]
enum TraitName {
    Name,
    Company,
    Level,
    Note,
}

/// Merge a record into a customer
///
/// The customer has both records' contacts, products, orders and cases afterwards. Parting undoes it.
#[utoipa::path(post, path = "", request_body = Merge,
    params(
        ("id" = String, Path, description = "Id of the customer that stays"),
        IfMatch,
    ),
    responses(
        (status = 201, description = "The customer afterwards", body = CustomerAnswer, headers(("ETag" = String, description = "Its version"))),
    ))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    Named(id): Named<String>,
    if_match: IfMatch,
    _: NoParams,
    body: Body<Merge>,
) -> Result<Response, Problem> {
    let desk = app.desk().clone();
    let work = move || {
        let Merge { other, other_version, take } = body.value;
        let seen = if_match.seen(desk.customer(&id)?.version);
        let (main, other) = ((id.as_str(), seen), (other.as_str(), other_version));
        let kept = desk.merge_customers(&caller.who(), main, other, &take)?;
        Ok(whole(&desk, &kept, false))
    };
    app.inner.pool.run(work).await
}
