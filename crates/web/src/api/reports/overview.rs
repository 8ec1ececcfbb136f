//! `GET /api/v1/reports/overview`: numbers of what is in hand and of the last days.

use crate::answer::{Named, PersonAnswer, json};
use crate::app::App;
use crate::gate::By;
use crate::parse::Params;
use crate::problem::{Kind, Problem};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use desk::{Day, Figure, Punctuality};
use engine::key::Key;
use engine::procedure::{Label, Means, Procedure};
use engine::refusal::Problem as Wrong;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

/// Of which days.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Query {
    /// Days up to today, 1 to 366. Default: 30.
    #[param(minimum = 1, maximum = 366)]
    days: Option<i32>,
}

/// What is in hand, and what the last days brought, as far as the caller sees it.
#[derive(Serialize, ToSchema)]
pub(crate) struct Overview {
    /// Business day of now.
    today: String,
    /// Cases in hand.
    open: u64,
    /// Those past their due, due within an hour, and within a day, the hour among it; none past its due is among the latter.
    overdue: u64,
    /// See `overdue`.
    within_hour: u64,
    /// See `overdue`.
    within_day: u64,
    /// Deadlines that were kept, in per cent; absent when none has ended.
    kept_percent: Option<u64>,
    /// Each day, the oldest first.
    days: Vec<DayAnswer>,
    /// Registered, by channel; those without one are left out.
    channels: Vec<Share>,
    /// Registered, by category; those without one are left out.
    categories: Vec<Share>,
    /// Deadlines that have ended, by clock.
    clocks: Vec<ClockShare>,
    /// Cases in hand by person, most first; empty where the caller does not see everything.
    people: Vec<PersonShare>,
}

/// A day.
#[derive(Serialize, ToSchema)]
#[schema(as = OverviewDay)]
struct DayAnswer {
    date: String,
    registered: u64,
    closed: u64,
}

/// How many of a kind.
#[derive(Serialize, ToSchema)]
struct Share {
    procedure: Named,
    value: Named,
    cases: u64,
}

/// How many deadlines of a clock.
#[derive(Serialize, ToSchema)]
struct ClockShare {
    procedure: Named,
    clock: Named,
    met: u64,
    missed: u64,
}

/// How many somebody has in hand.
#[derive(Serialize, ToSchema)]
struct PersonShare {
    person: PersonAnswer,
    cases: u64,
}

/// Overview
///
/// Numbers of what is in hand and of the last days.
#[utoipa::path(get, path = "", params(Query), responses((status = 200, description = "Overview", body = Overview)))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    Params(query): Params<Query>,
) -> Result<Response, Problem> {
    let days = query.days.unwrap_or(30);
    if !(1..=366).contains(&days) {
        let wrong = Wrong::WrongType { expected: "1-366".to_owned() };
        return Err(Problem::new(Kind::BadQuery).field("days", Some(wrong)));
    }
    let (desk, people) = (app.desk(), app.desk().people());
    let figures = desk.figures(&caller, days)?;
    let library = desk.library();
    let rules = |key: &Key| library.newest(key).map(|(rules, _)| rules);
    let shares = |counts: &BTreeMap<(Key, Key), Figure>, means| {
        let share = |((procedure, value), figure): (&(Key, Key), &Figure)| {
            let rules = rules(procedure);
            let label = rules.as_ref().and_then(|rules| value_label(rules, means, value));
            Share {
                procedure: Named::of(procedure, rules.as_ref().map(|rules| &rules.label)),
                value: Named::of(value, label),
                cases: figure.cases,
            }
        };
        counts.iter().map(share).collect()
    };
    let clocks =
        figures.clocks.iter().map(|Punctuality { procedure, clock, met, missed, .. }| {
            let rules = rules(procedure);
            let label =
                rules.as_ref().and_then(|rules| rules.clock(clock)).map(|clock| &clock.label);
            ClockShare {
                procedure: Named::of(procedure, rules.as_ref().map(|rules| &rules.label)),
                clock: Named::of(clock, label),
                met: *met,
                missed: *missed,
            }
        });
    let day = |day: &Day| DayAnswer {
        date: day.date.to_string(),
        registered: day.registered.cases,
        closed: day.closed.cases,
    };
    let overview = Overview {
        today: figures.today.to_string(),
        open: figures.open.cases,
        overdue: figures.late.cases,
        within_hour: figures.hour.cases,
        within_day: figures.day.cases,
        kept_percent: figures.kept(),
        days: figures.days.iter().map(day).collect(),
        channels: shares(&figures.channels, Means::Channel),
        categories: shares(&figures.categories, Means::Category),
        clocks: clocks.collect(),
        people: figures
            .people
            .iter()
            .map(|(id, figure)| PersonShare {
                person: PersonAnswer::of(&people, id),
                cases: figure.cases,
            })
            .collect(),
    };
    Ok(json(StatusCode::OK, &overview))
}

/// What people call a value of the field with a meaning.
fn value_label<'p>(rules: &'p Procedure, means: Means, value: &str) -> Option<&'p Label> {
    let field = rules.field_meaning(means)?;
    rules.axis_of(&field.key)?.value(value).map(|value| &value.label)
}
