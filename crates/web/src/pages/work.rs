//! `GET /work`: what somebody must do next, by the time left.

use super::framed::{Frame, Section};
use super::row::{self, Row, case_href};
use super::visit::{Asked, Visit};
use super::words::counted;
use crate::app::App;
use crate::problem::Problem;
use axum::extract::State;
use axum::response::Response;
use desk::without_phones;
use engine::show;
use maud::{Markup, html};
use serde::Deserialize;

/// Lines that are shown; the rest is in the lists.
const MOST: usize = 60;

/// The page.
pub(crate) struct Work {
    pub(crate) frame: Frame,
    /// Whose customer must be called today.
    pub(crate) calls: Vec<Row>,
    pub(crate) own: Vec<Row>,
    pub(crate) waiting: Vec<Row>,
    /// What he has put off.
    pub(crate) snoozed: Vec<PutOff>,
    /// How many of the shown lines are past their due, and near it.
    pub(crate) late: usize,
    pub(crate) near: usize,
    /// How many there are altogether.
    pub(crate) all: u64,
    /// The number of the case that was put off just now.
    pub(crate) done: String,
}

/// A case that was put off.
pub(crate) struct PutOff {
    pub(crate) number: String,
    pub(crate) title: String,
    pub(crate) until: String,
}

/// What an address asks for.
#[derive(Deserialize)]
pub(crate) struct Wanted {
    /// The case that was put off just now.
    #[serde(default)]
    done: String,
}

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Problem> {
    let (desk, lang) = (app.desk(), visit.lang);
    let frame = visit.frame(&app, Section::Work, lang.say("work.title"))?;
    let people = desk.people();
    let todos = desk.my_work(visit.caller(), MOST)?;
    let rows = |own: bool| -> Vec<Row> {
        let mine = todos.iter().filter(|todo| todo.own == own && todo.call.is_none());
        mine.map(|todo| Row::of_todo(desk, lang, &people, todo)).collect()
    };
    let (own, waiting) = (rows(true), rows(false));
    let mut called: Vec<_> = todos.iter().filter(|todo| todo.call.is_some()).collect();
    called.sort_by_key(|todo| todo.call);
    let calls: Vec<Row> =
        called.into_iter().map(|todo| Row::of_call(desk, lang, &people, todo)).collect();
    let count = |class: &str| {
        let rows = calls.iter().chain(&own).chain(&waiting);
        let lefts = rows.filter_map(|row| row.left.as_ref());
        lefts.filter(|left| left.class() == class).count()
    };
    let (late, near, all) = (count("late"), count("near"), frame.work);
    let library = desk.library();
    let put_off = |one: desk::Snoozed| {
        let columns = one.summary.columns;
        let (_, calendar) = library.version(&columns.procedure, columns.procedure_version)?;
        Some(PutOff {
            number: one.summary.number,
            title: columns.title.as_deref().map(without_phones).unwrap_or_default(),
            until: show::time(&calendar, one.until),
        })
    };
    let snoozed = desk.snoozed(visit.caller())?.into_iter().filter_map(put_off).collect();
    let done = wanted.done;
    Ok(visit.page(&Work { frame, late, near, all, calls, own, waiting, snoozed, done }.html()))
}

impl Work {
    pub(crate) fn html(&self) -> Markup {
        let (frame, lang) = (&self.frame, self.frame.lang);
        let shown = self.calls.len() + self.own.len() + self.waiting.len();
        let shown = u64::try_from(shown).unwrap_or(u64::MAX);
        let content = html! {
            div.split #work data-live data-everything {
                div.bar {
                    h1 { (lang.say("work.title")) }
                    span.quiet { (lang.fill("work.glance", &[("all", &counted(self.all)), ("late", &self.late.to_string()), ("near", &self.near.to_string())])) }
                    @if frame.registers { a.button.main href="/new" { (lang.say("new.title")) " " kbd aria-hidden="true" { "n" } } }
                }
                @if let Some(one) = self.snoozed.iter().find(|one| one.number == self.done) {
                    p.notice.fine role="status" { "✓ " a.number href=(case_href(&one.number)) { (one.number) } " " (lang.fill("snooze.done", &[("until", &one.until)])) }
                }
                @if shown == 0 { (self.empty()) }
                @if !self.calls.is_empty() {
                    section aria-labelledby="calls" {
                        div.bar {
                            h2 #calls { (lang.say("work.calls")) " " span.count { (self.calls.len()) } }
                            a href="/cases?call=today" { (lang.say("work.calls.all")) }
                        }
                        (row::table(frame, &self.calls, lang.say("work.calls")))
                    }
                }
                @if !self.own.is_empty() {
                    section aria-labelledby="own" {
                        div.bar { h2 #own { (lang.say("work.own")) " " span.count { (self.own.len()) } } }
                        (row::table(frame, &self.own, lang.say("work.own")))
                    }
                }
                @if !self.waiting.is_empty() {
                    section aria-labelledby="waiting" {
                        div.bar { h2 #waiting { (lang.say("work.waiting")) " " span.count { (self.waiting.len()) } } }
                        (row::table(frame, &self.waiting, lang.say("work.waiting")))
                    }
                }
                @if !self.snoozed.is_empty() { (self.put_off()) }
                @if self.all > shown { p.more { a.button href="/cases" { (lang.say("work.more")) } } }
            }
        };
        frame.page(&content)
    }

    /// What was put off, so that nobody wonders where it went.
    fn put_off(&self) -> Markup {
        let (frame, lang) = (&self.frame, self.frame.lang);
        html! {
            details.card #snoozed {
                summary.body { (lang.say("snooze.asleep")) " " span.count { (self.snoozed.len()) } }
                ul.beside {
                    @for one in &self.snoozed {
                        li {
                            div.line {
                                a.number href=(case_href(&one.number)) { (one.number) }
                                span.spread { (one.title) }
                                span.quiet { (lang.fill("snooze.until", &[("until", &one.until)])) }
                                form method="post" action={ (case_href(&one.number)) "/snooze" } {
                                    input type="hidden" name="csrf" value=(frame.csrf);
                                    button.small name="span" value="wake" { (lang.say("snooze.wake")) span.unseen { " " (one.number) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    fn empty(&self) -> Markup {
        let lang = self.frame.lang;
        html! {
            div.card { div.empty {
                p.say { (lang.say("work.empty")) }
                p { (lang.say("work.empty.what")) }
                a.button href="/cases" { (lang.say("work.empty.do")) }
            } }
        }
    }
}
