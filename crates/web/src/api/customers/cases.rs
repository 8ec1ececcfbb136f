//! `GET /api/v1/customers/{id}/cases`: a customer's cases, across channels and procedures.

use crate::answer::{CaseRow, json, page_link};
use crate::app::App;
use crate::gate::By;
use crate::kept::Ground;
use crate::parse::{Named, Params};
use crate::problem::{Kind, Problem};
use crate::rows::Spelled;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use engine::refusal::Problem as Wrong;
use serde::{Deserialize, Serialize};
use store::{Filter, Sort, StoreError};
use utoipa::{IntoParams, ToSchema};

/// Cases of a page.
const PAGE: usize = 50;

/// Which cases.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Query {
    /// Where the page begins, from `next` of the page before.
    cursor: Option<String>,
}

/// A page of cases.
#[derive(Serialize, ToSchema)]
pub(crate) struct History {
    #[schema(value_type = Vec<CaseRow>)]
    items: Vec<Spelled>,
    /// Address of the next page; absent on the last one.
    next: Option<String>,
}

/// Cases of a customer
///
/// Those that bear a number or an account by which the customer is reached, as far as the caller may see them; newest first.
#[utoipa::path(get, path = "", params(("id" = String, Path, description = "Id of the customer"), Query), responses(
    (status = 200, description = "Cases", body = History),
))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    Named(id): Named<String>,
    uri: Uri,
    Params(query): Params<Query>,
) -> Result<Response, Problem> {
    let desk = app.desk();
    let (ground, kept) = (Ground::of(desk), desk.customer_now(&id)?);
    let filter = Filter { of_customer: Some(kept.key.to_string()), ..Filter::default() };
    let page = desk
        .store()
        .list(&desk.scope(&caller), &filter, Sort::Newest, query.cursor.as_deref(), PAGE)
        .map_err(|error| match error {
            StoreError::Invalid { .. } => Problem::new(Kind::BadQuery)
                .field("cursor", Some(Wrong::WrongType { expected: "next".to_owned() })),
            error => error.into(),
        })?;
    let next = page.next.map(|cursor| page_link(uri.path(), uri.query(), &[("cursor", &cursor)]));
    let items = app.inner.rows.of(desk, ground, page.rows);
    let items = items.map_err(|_| Problem::new(Kind::Internal))?;
    Ok(json(StatusCode::OK, &History { items, next }))
}
