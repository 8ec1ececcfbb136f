//! `PUT /api/v1/calendars/{name}`: days of a coming year are added, or the whole calendar is replaced.

use super::CalendarAnswer;
use crate::api::change;
use crate::app::App;
use crate::gate::By;
use crate::parse::{Body, IfMatch, Named, NoParams};
use crate::problem::{Kind, Problem};
use axum::extract::State;
use axum::response::Response;
use engine::calendar::{Calendar, ImportError, ImportTrouble};
use engine::refusal::Problem as Wrong;
use serde::Deserialize;
use utoipa::ToSchema;

/// What is said of a calendar; one of the three.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "table": "2027-01-01,off,元旦\n" }))]
pub(crate) struct Days {
    /// Lines `date,off|work,name`: they replace what the calendar said of these days, the others stay.
    table: Option<String>,
    /// The same as an iCalendar file.
    ics: Option<String>,
    /// The whole calendar, as `source` of the answer has it.
    toml: Option<String>,
}

/// Change a calendar
///
/// It is in force at once; the deadlines of the cases in work are counted anew in the background, and each that moves is an event of
/// its case with the calendar as its cause. Repeating it is harmless.
#[utoipa::path(put, path = "", request_body = Days,
    params(
        ("name" = String, Path, description = "Name of the calendar"),
        IfMatch,
    ),
    responses(
        (status = 200, description = "In force", body = CalendarAnswer, headers(("ETag" = String, description = "Its version"))),
    ))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    Named(name): Named<String>,
    if_match: IfMatch,
    _: NoParams,
    body: Body<Days>,
) -> Result<Response, Problem> {
    let desk = app.desk().clone();
    let work = move || {
        let (known, version) = desk.calendar(&name)?;
        let calendar = changed(known, body.value)?;
        let over = Some(if_match.over(version));
        let version = desk.put_calendar(&caller.person, &calendar, over)?;
        let year = calendar.local(desk.now()).year();
        Ok(change::answer(version, true, &CalendarAnswer::of(&calendar, version, year)))
    };
    app.inner.pool.run(work).await
}

/// A calendar with what is said of it.
pub(super) fn changed(known: Calendar, days: Days) -> Result<Calendar, Problem> {
    let name = known.name().to_owned();
    let calendar = read(known, days)?;
    match calendar.name() == name {
        true => Ok(calendar),
        false => Err(not("toml", &name)),
    }
}

fn read(mut calendar: Calendar, days: Days) -> Result<Calendar, Problem> {
    let wrong = |name: &str, errors: Vec<ImportError>| {
        errors.iter().fold(Problem::new(Kind::InvalidFields), |problem, error| {
            problem.field(format!("{name}:{}", error.line), expected(&error.trouble))
        })
    };
    match days {
        Days { table: Some(text), ics: None, toml: None } => {
            calendar.import_table(&text).map_err(|errors| wrong("table", errors))?;
            Ok(calendar)
        }
        Days { table: None, ics: Some(text), toml: None } => {
            calendar.import_ics(&text).map_err(|errors| wrong("ics", errors))?;
            Ok(calendar)
        }
        Days { table: None, ics: None, toml: Some(text) } => {
            Calendar::from_toml(&text).map_err(|errors| {
                let named = |error: &dyn std::fmt::Display| error.to_string();
                let all: Vec<String> = errors.iter().map(|error| named(error)).collect();
                not("toml", &all.join("; "))
            })
        }
        _ => Err(not("table", "table | ics | toml")),
    }
}

fn not(name: &str, expected: &str) -> Problem {
    let wrong = Wrong::WrongType { expected: expected.to_owned() };
    Problem::new(Kind::InvalidFields).field(name, Some(wrong))
}

/// What was expected in place of what is wrong; nothing where something is missing.
fn expected(trouble: &ImportTrouble) -> Option<Wrong> {
    let expected = match trouble {
        ImportTrouble::Empty | ImportTrouble::NoStart => return None,
        ImportTrouble::NotThreeColumns => "date,off|work,name",
        ImportTrouble::BadDate { .. } => "2026-02-14",
        ImportTrouble::BadKind { .. }
        | ImportTrouble::Contradiction { .. }
        | ImportTrouble::AmbiguousSummary { .. } => "off | work",
        ImportTrouble::BadSpan => "1-366 d",
        ImportTrouble::PartOfDay | ImportTrouble::Recurring => "VALUE=DATE",
        _ => "BEGIN:VCALENDAR … END:VCALENDAR",
    };
    Some(Wrong::WrongType { expected: expected.to_owned() })
}
