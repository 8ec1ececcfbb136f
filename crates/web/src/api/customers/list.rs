//! `GET /api/v1/customers`: lists and search.

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

/// Most customers of a page.
const MOST: usize = 200;

/// Which customers.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Query {
    /// Words of names, products and orders; a telephone number whole, its first seven or last four digits; an account.
    q: Option<String>,
    /// Key of the level.
    level: Option<String>,
    /// Where the page begins, from `next` of the page before.
    cursor: Option<String>,
    /// Customers of a page, 1 to 200. Default: 50.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<usize>,
}

/// A page of customers.
#[derive(Serialize, ToSchema)]
pub(crate) struct Customers {
    items: Vec<CustomerAnswer>,
    /// Address of the next page; absent on the last one.
    next: Option<String>,
}

/// Customers
///
/// One page, newest entry first; `next` leads to the following one.
#[utoipa::path(get, path = "", params(Query), responses((status = 200, description = "Customers", body = Customers)))]
pub(crate) async fn handler(
    State(app): State<App>,
    uri: Uri,
    Params(query): Params<Query>,
) -> Result<Response, Problem> {
    let limit = query.limit.unwrap_or(50);
    let wrong = |name: &str, expected: &str| {
        let expected = expected.to_owned();
        Problem::new(Kind::BadQuery).field(name, Some(Wrong::WrongType { expected }))
    };
    if !(1..=MOST).contains(&limit) {
        return Err(wrong("limit", "1-200"));
    }
    let desk = app.desk();
    let (text, level) = (query.q.as_deref(), query.level.as_deref());
    let page = desk.customers(text, level, query.cursor.as_deref(), limit);
    let page = page.map_err(|error| match error {
        DeskError::Store(StoreError::Invalid { .. }) => wrong("cursor", "next"),
        error => error.into(),
    })?;
    let next = page.next.map(|cursor| page_link(uri.path(), uri.query(), &[("cursor", &cursor)]));
    let items = page.rows.iter().map(|kept| CustomerAnswer::of(desk, kept)).collect();
    Ok(json(StatusCode::OK, &Customers { items, next }))
}
