//! `GET /live`: which cases have changed, as it happens. Ids only: the page fetches what it shows.

use super::visit::{Asked, Visit};
use crate::app::App;
use crate::problem::Problem;
use crate::stream::live;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::response::sse::Event;
use desk::Caller;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::time::Duration;

/// What this route can answer with.
pub(crate) const MEDIA: &[&str] = &["text/event-stream"];

/// A page is told at most so often: what a thousand people watch is looked up a thousand times.
const PAUSE: Duration = Duration::from_millis(500);
/// Facts that are looked at together.
const AT_ONCE: usize = 500;

/// From where on.
#[derive(Deserialize)]
pub(crate) struct Wanted {
    after: Option<u64>,
}

/// Cases that have changed, up to a place in the feed.
struct Changed {
    upto: u64,
    cases: Vec<String>,
}

pub(crate) async fn handler(
    State(app): State<App>,
    _: Visit,
    headers: HeaderMap,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Problem> {
    let resumed =
        headers.get("last-event-id").and_then(|last| last.to_str().ok()?.trim().parse().ok());
    let newest = *app.desk().store().changes().borrow();
    // Whoever names a place that is not there yet begins now.
    let after = resumed.or(wanted.after).unwrap_or(newest).min(newest);
    live(app, &headers, after, PAUSE, changed, event)
}

fn changed(app: &App, caller: &Caller, after: u64) -> Result<(Vec<Changed>, u64), Problem> {
    let desk = app.desk();
    let (heads, upto) = desk.store().feed_heads(&desk.scope(caller), after, AT_ONCE)?;
    let cases: BTreeSet<String> = heads.iter().map(|head| head.case.to_string()).collect();
    let changed = Changed { upto, cases: cases.into_iter().collect() };
    let all = if changed.cases.is_empty() { Vec::new() } else { vec![changed] };
    Ok((all, upto))
}

fn event(changed: Changed) -> Event {
    Event::default().id(changed.upto.to_string()).event("changed").data(changed.cases.join("\n"))
}
