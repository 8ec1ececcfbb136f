//! `GET /api/v1/duplicates`: customers that may be one and the same.

use crate::answer::{CustomerAnswer, json, page_link};
use crate::app::App;
use crate::parse::Params;
use crate::problem::{Kind, Problem};
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use desk::DeskError;
use engine::refusal::Problem as Wrong;
use serde::{Deserialize, Serialize};
use store::StoreError;
use utoipa::{IntoParams, ToSchema};

/// Pairs of a page.
const PAGE: usize = 50;

/// Which pairs.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Query {
    /// Where the page begins, from `next` of the page before.
    cursor: Option<String>,
}

/// A page of pairs.
#[derive(Serialize, ToSchema)]
pub(crate) struct Duplicates {
    items: Vec<Duplicate>,
    /// Address of the next page; absent on the last one.
    next: Option<String>,
}

/// Two customers that may be one.
#[derive(Serialize, ToSchema)]
pub(crate) struct Duplicate {
    /// One.
    one: CustomerAnswer,
    /// The other.
    other: CustomerAnswer,
    /// How likely, in percent.
    percent: u8,
    /// `phone`, `account`, `name` (name and company) or `spelling`.
    why: String,
}

/// Likely duplicates
///
/// Pairs that nobody has judged, the most likely first.
#[utoipa::path(get, path = "", params(Query), responses((status = 200, description = "Pairs", body = Duplicates)))]
pub(crate) async fn handler(
    State(app): State<App>,
    uri: Uri,
    Params(query): Params<Query>,
) -> Result<Response, Problem> {
    let desk = app.desk();
    let page = desk.customer_pairs(query.cursor.as_deref(), PAGE).map_err(|error| match error {
        DeskError::Store(StoreError::Invalid { .. }) => Problem::new(Kind::BadQuery)
            .field("cursor", Some(Wrong::WrongType { expected: "next".to_owned() })),
        error => error.into(),
    })?;
    let next = page.next.map(|cursor| page_link(uri.path(), uri.query(), &[("cursor", &cursor)]));
    let items = page.rows.into_iter().map(|(pair, one, other)| Duplicate {
        one: CustomerAnswer::of(desk, &one),
        other: CustomerAnswer::of(desk, &other),
        percent: pair.percent,
        why: pair.why,
    });
    Ok(json(StatusCode::OK, &Duplicates { items: items.collect(), next }))
}
