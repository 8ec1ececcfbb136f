//! `GET /api/v1/cases`: lists and search.

use crate::answer::{CaseRow, page_link, spelled};
use crate::app::App;
use crate::gate::By;
use crate::kept::{About, Answer, Basis};
use crate::parse::Params;
use crate::problem::{Kind, Problem};
use crate::rows::Spelled;
use axum::extract::State;
use axum::http::{HeaderValue, Uri, header};
use engine::refusal::Problem as Wrong;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use store::{Filter, Sort, StoreError};
use utoipa::{IntoParams, ToSchema};

/// Most rows of a page.
const MOST: usize = 200;

/// Which cases, in which order.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Query {
    /// Key of the queue.
    queue: Option<String>,
    /// Key of the stage.
    stage: Option<String>,
    /// Id of the person responsible.
    assignee: Option<String>,
    /// Key of the procedure.
    procedure: Option<String>,
    /// Only what is due before this instant (RFC 3339).
    due_before: Option<Timestamp>,
    /// Part of a number, at least 4 letters from its beginning or from the date on. Looks through all cases, filed ones as well.
    number: Option<String>,
    /// Words that the case contains. Searches all cases, newest first.
    q: Option<String>,
    /// `active`: cases that are not yet filed, void or merged; `all`. Default: `active`, with `q` or `number` `all`.
    #[param(inline)]
    state: Option<Life>,
    /// `due`: what is due first; `newest`: newest registration first; `severity`: most severe first. Default: `due`; `q` knows `newest` only.
    #[param(inline)]
    sort: Option<Order>,
    /// Where the page begins, from `next` of the page before.
    cursor: Option<String>,
    /// Rows of a page, 1 to 200. Default: 50.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Life {
    Active,
    All,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Order {
    Due,
    Newest,
    Severity,
}

/// A page of cases.
#[derive(Serialize, ToSchema)]
pub(crate) struct Cases {
    #[schema(value_type = Vec<CaseRow>)]
    items: Vec<Spelled>,
    /// Address of the next page; absent on the last one.
    next: Option<String>,
}

/// Cases
///
/// One page of the cases that the caller may see; `next` leads to the following one.
#[utoipa::path(get, path = "", params(Query), responses(
    (status = 200, description = "Cases", body = Cases, headers(("Link" = String, description = "The next page, `rel=\"next\"`"))),
))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    uri: Uri,
    Params(query): Params<Query>,
) -> Result<Answer, Problem> {
    let limit = query.limit.unwrap_or(50);
    let wrong = |name: &str, expected: &str| {
        Problem::new(Kind::BadQuery)
            .field(name, Some(Wrong::WrongType { expected: expected.to_owned() }))
    };
    if !(1..=MOST).contains(&limit) {
        return Err(wrong("limit", "1-200"));
    }
    let sort = match (query.q.is_some(), query.sort) {
        (true, None | Some(Order::Newest)) => Sort::NewestEntry,
        (true, Some(_)) => return Err(wrong("sort", "newest")),
        (false, None | Some(Order::Due)) => Sort::NextDue,
        (false, Some(Order::Newest)) => Sort::Newest,
        (false, Some(Order::Severity)) => Sort::Severity,
    };
    let anywhere = query.q.is_some() || query.number.is_some();
    let all = query.state.map_or(anywhere, |state| state == Life::All);
    let numbers = query.number.as_deref().map(|number| app.desk().number_beginnings(number));
    if numbers.as_ref().is_some_and(Vec::is_empty) {
        return Err(wrong("number", "4 letters or more"));
    }
    let filter = Filter {
        open: (!all).then_some(true),
        queue: query.queue,
        stage: query.stage,
        assignee: query.assignee,
        procedure: query.procedure,
        due_before: query.due_before,
        numbers,
        text: query.q,
        ..Filter::default()
    };
    let (desk, kept) = (app.desk(), &app.inner.kept);
    let scope = desk.scope(&caller);
    let asked = uri.query().unwrap_or_default().to_owned();
    let about = About::List { scope: Arc::clone(&scope), query: asked };
    let basis = Basis::of_all(desk)?;
    kept.answer(about, basis, || {
        let page = desk
            .store()
            .list(&scope, &filter, sort, query.cursor.as_deref(), limit)
            .map_err(|error| match error {
                StoreError::Invalid { .. } => wrong("cursor", "next"),
                error => error.into(),
            })?;
        let next =
            page.next.map(|cursor| page_link(uri.path(), uri.query(), &[("cursor", &cursor)]));
        let link = next.as_ref().and_then(|next| {
            let link = HeaderValue::from_str(&format!("<{next}>; rel=\"next\"")).ok()?;
            Some((header::LINK, link))
        });
        let items = app.inner.rows.of(desk, basis.ground, page.rows);
        let items = items.map_err(|_| Problem::new(Kind::Internal))?;
        Ok(Answer { header: link, body: spelled(&Cases { items, next }) })
    })
}
