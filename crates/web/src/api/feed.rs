//! `GET /api/v1/events`: everything that happens, in the order in which it was committed; as JSON, or as a stream.

use crate::answer::{EventAnswer, event, json, page_link};
use crate::app::App;
use crate::gate::By;
use crate::parse::{LastEvent, Params, negotiate};
use crate::problem::{Kind, Problem};
use crate::stream;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use axum::response::sse::Event;
use desk::Caller;
use engine::refusal::Problem as Wrong;
use serde::{Deserialize, Serialize};
use std::collections::hash_map::{Entry, HashMap};
use std::time::Duration;
use utoipa::{IntoParams, ToSchema};

/// What this route can answer with.
pub(crate) const MEDIA: &[&str] = &["application/json", "text/event-stream"];

/// Which part of the feed.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Query {
    /// Only what was committed after this place: `sequence` of an event, or `upto`. Default: 0, the beginning.
    #[param(maximum = 9223372036854775807i64)]
    after: Option<u64>,
    /// Events of a page, 1 to 500. Default: 100.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<usize>,
}

/// A part of the feed.
#[derive(Serialize, ToSchema)]
pub(crate) struct Feed {
    items: Vec<EventAnswer>,
    /// Everything up to here was looked at. Nothing that is committed later has a smaller place.
    upto: u64,
    /// Where to go on, now or later.
    next: String,
}

/// The feed
///
/// Everything that happens to the cases that the caller may see, in the order of commit; nothing is skipped. With
/// `Accept: text/event-stream` a stream of the same events: `id` is the place, `event` is `case`, and `Last-Event-ID` resumes.
#[utoipa::path(get, path = "", params(Query, LastEvent), responses(
    (status = 200, description = "A part of the feed, or the stream", content((Feed = "application/json"), (String = "text/event-stream"))),
))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    uri: Uri,
    headers: HeaderMap,
    LastEvent(last): LastEvent,
    Params(query): Params<Query>,
) -> Result<Response, Problem> {
    let limit = query.limit.unwrap_or(100);
    if !(1..=500).contains(&limit) {
        let wrong = Wrong::WrongType { expected: "1-500".to_owned() };
        return Err(Problem::new(Kind::BadQuery).field("limit", Some(wrong)));
    }
    let mut after = query.after.unwrap_or(0);
    if negotiate(&headers, MEDIA) == Some("text/event-stream") {
        after = last.unwrap_or(after);
        let read = |app: &App, caller: &Caller, after| part(app, caller, after, 100);
        return stream::live(app, &headers, after, Duration::ZERO, read, sse);
    }
    let (items, upto) = part(&app, &caller, after, limit)?;
    let next = page_link(uri.path(), uri.query(), &[("after", &upto.to_string())]);
    Ok(json(StatusCode::OK, &Feed { items, upto, next }))
}

/// Events after a place, and how far was looked.
fn part(
    app: &App,
    caller: &Caller,
    after: u64,
    limit: usize,
) -> Result<(Vec<EventAnswer>, u64), Problem> {
    let (desk, people) = (app.desk(), app.desk().people());
    let feed = desk.store().feed(&desk.scope(caller), after, limit)?;
    let mut seen = HashMap::new();
    let mut items = Vec::new();
    for found in &feed.events {
        let case = match seen.entry(found.case) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(desk.case_for(caller, &found.number)?),
        };
        items.push(event(&people, case, &found.event, Some(found.sequence))?);
    }
    Ok((items, feed.upto))
}

fn sse(event: EventAnswer) -> Event {
    Event::default()
        .id(event.sequence.unwrap_or(0).to_string())
        .event("case")
        .data(serde_json::to_string(&event).unwrap_or_default())
}
