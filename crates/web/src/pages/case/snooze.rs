//! `POST /cases/{number}/snooze`: somebody puts a case of his off for a while, or takes it back.

use crate::answer::encoded;
use crate::app::App;
use crate::pages::row::case_href;
use crate::pages::visit::{Visit, see_other};
use crate::parse::{Form, Named, NoParams};
use crate::problem::{Kind, Problem};
use axum::extract::State;
use axum::response::Response;
use desk::{Seen, entry};
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::Deserialize;

/// For how long a case can be put off with one press, each with its words.
pub(super) const SPANS: [(&str, &str); 4] = [
    ("hour", "snooze.hour"),
    ("hours", "snooze.hours"),
    ("tomorrow", "snooze.tomorrow"),
    ("monday", "snooze.monday"),
];
/// The hour at which a day begins for whoever puts something off until then.
const MORNING: i8 = 9;

/// The form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Given {
    /// One of the spans, or `wake`.
    #[serde(default)]
    span: String,
    /// Local time.
    #[serde(default)]
    until: String,
}

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    Named(number): Named<String>,
    _: NoParams,
    Form(given): Form<Given>,
) -> Result<Response, Problem> {
    let desk = app.desk().clone();
    let work = move || {
        let seen = desk.case_for(visit.caller(), &number)?;
        if given.span == "wake" {
            desk.wake(visit.caller(), &seen)?;
            return Ok(see_other(&case_href(&seen.case.number)));
        }
        let until = until(&seen, desk.now(), &given);
        let until = until.ok_or_else(|| Problem::new(Kind::InvalidFields).field("until", None))?;
        desk.snooze(visit.caller(), &seen, until)?;
        Ok(see_other(&format!("/work?done={}", encoded(&seen.case.number))))
    };
    app.inner.pool.run(work).await
}

fn until(seen: &Seen, now: Timestamp, given: &Given) -> Option<Timestamp> {
    let calendar = &seen.calendar;
    let today = calendar.local(now).date();
    let morning = |days: i8| {
        let day = today.checked_add(i64::from(days).days()).ok()?;
        Some(calendar.instant(day.at(MORNING, 0, 0, 0)))
    };
    match given.span.as_str() {
        "hour" => now.checked_add(SignedDuration::from_hours(1)).ok(),
        "hours" => now.checked_add(SignedDuration::from_hours(4)).ok(),
        "tomorrow" => morning(1),
        "monday" => morning(8 - today.weekday().to_monday_one_offset()),
        _ => entry::instant(calendar, &given.until),
    }
}
