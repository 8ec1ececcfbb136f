//! `GET /api/v1/cases/{number}/events`: everything that happened to a case.

use crate::answer::{EventAnswer, event, json, page_link};
use crate::app::App;
use crate::gate::By;
use crate::parse::{self, Params};
use crate::problem::{Kind, Problem};
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use engine::refusal::Problem as Wrong;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which events.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Query {
    /// Only what happened after this place. Default: 0.
    #[param(maximum = 9223372036854775807i64)]
    after: Option<u64>,
    /// Events of a page, 1 to 500. Default: 100.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<usize>,
}

/// A page of events.
#[derive(Serialize, ToSchema)]
pub(crate) struct Events {
    items: Vec<EventAnswer>,
    /// Address of the next page; absent on the last one.
    next: Option<String>,
}

/// What happened to a case
///
/// In order. Names and telephone numbers are masked.
#[utoipa::path(get, path = "", params(("number" = String, Path, description = "Number of the case"), Query), responses(
    (status = 200, description = "Events", body = Events),
))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    parse::Named(number): parse::Named<String>,
    uri: Uri,
    Params(query): Params<Query>,
) -> Result<Response, Problem> {
    let limit = query.limit.unwrap_or(100);
    if !(1..=500).contains(&limit) {
        return Err(Problem::new(Kind::BadQuery)
            .field("limit", Some(Wrong::WrongType { expected: "1-500".to_owned() })));
    }
    let desk = app.desk();
    let seen = desk.case_for(&caller, &number)?;
    let mut rows = desk.store().events(seen.summary.id, query.after.unwrap_or(0), limit + 1)?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let people = desk.people();
    let items =
        rows.iter().map(|row| event(&people, &seen, row, None)).collect::<Result<Vec<_>, _>>()?;
    let last = rows.last().map(|row| row.seq.to_string()).filter(|_| more);
    let next = last.map(|last| page_link(uri.path(), uri.query(), &[("after", &last)]));
    Ok(json(StatusCode::OK, &Events { items, next }))
}
