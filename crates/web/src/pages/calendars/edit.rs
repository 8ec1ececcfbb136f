//! `GET /admin/calendars/{name}`: the days of a year that are not what their weekday says, to be changed, and what that would move.

use super::{around, year_href};
use crate::answer::encoded;
use crate::app::App;
use crate::pages::admin::{self, csrf};
use crate::pages::framed::{Frame, Section};
use crate::pages::icon::icon;
use crate::pages::visit::{Asked, Visit};
use crate::pages::words::Lang;
use crate::parse::Named;
use crate::problem::Problem;
use axum::extract::State;
use axum::response::Response;
use desk::Moving;
use engine::calendar::{Calendar, ChangedDay, DayKind};
use jiff::civil::Date;
use maud::{Markup, html};
use serde::Deserialize;

/// Rows that are there to be written into.
const EMPTY: usize = 3;
/// Changed days and bad lines that are shown.
const SHOWN: usize = 100;

/// The page.
pub(crate) struct Edit {
    pub(crate) frame: Frame,
    pub(crate) name: String,
    pub(crate) year: i16,
    /// The years around this one, and whether they are known.
    pub(crate) years: Vec<(i16, bool)>,
    /// The version of the calendar that was seen.
    pub(crate) seen: u64,
    pub(crate) rows: Vec<Typed>,
    /// The days off of the year are all there; none where every year is known.
    pub(crate) complete: Option<bool>,
    /// A list that was pasted.
    pub(crate) pasted: String,
    /// What is wrong with what was sent, and the lines that are.
    pub(crate) wrong: Option<String>,
    pub(crate) lines: Vec<(usize, String)>,
    pub(crate) plan: Option<Plan>,
    /// It was just put in force.
    pub(crate) done: bool,
}

/// Some days in a row, as they are typed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Typed {
    pub(crate) first: String,
    pub(crate) last: String,
    pub(crate) name: String,
    pub(crate) works: bool,
    pub(crate) wrong: Option<String>,
}

/// What would change.
pub(crate) struct Plan {
    /// The whole calendar; empty when it is the one in force.
    pub(crate) toml: String,
    /// Days: which, what it is, what it would be.
    pub(crate) days: Vec<[String; 3]>,
    /// What would move, by procedure.
    pub(crate) moving: Vec<(String, Moving)>,
    /// The year has too few days off to be taken for complete.
    pub(crate) partial: bool,
}

/// What the address asks for.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    year: Option<i16>,
    done: String,
}

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    Named(name): Named<String>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Problem> {
    let (calendar, seen) = app.desk().calendar(&name)?;
    let mut edit = Edit::of(&app, &visit, &calendar, seen, wanted.year)?;
    edit.done = !wanted.done.is_empty();
    Ok(visit.page(&edit.html()))
}

impl Edit {
    /// A year as a calendar has it; this one when none is named.
    pub(super) fn of(
        app: &App,
        visit: &Visit,
        calendar: &Calendar,
        seen: u64,
        year: Option<i16>,
    ) -> Result<Self, Problem> {
        let this = calendar.local(app.desk().now()).year();
        let year = year.unwrap_or(this).clamp(1, 9998);
        let mut years: Vec<i16> = around(this).collect();
        if !years.contains(&year) {
            years.push(year);
            years.sort_unstable();
        }
        let rows = calendar.year(year).runs().into_iter().map(|run| Typed {
            first: run.first.to_string(),
            last: if run.last == run.first { String::new() } else { run.last.to_string() },
            name: run.name,
            works: run.works,
            wrong: None,
        });
        let name = calendar.name().to_owned();
        let title = format!("{} {name} {year}", visit.lang.say("admin.calendars"));
        Ok(Self {
            frame: visit.frame(app, Section::Admin, title)?,
            year,
            years: years.into_iter().map(|year| (year, calendar.known(year))).collect(),
            seen,
            rows: rows.collect(),
            complete: (!calendar.knows_every_year()).then(|| calendar.known(year)),
            pasted: String::new(),
            wrong: None,
            lines: Vec::new(),
            plan: None,
            done: false,
            name,
        })
    }

    pub(crate) fn html(&self) -> Markup {
        let (frame, lang) = (&self.frame, self.frame.lang);
        let content = html! {
            div.split #calendar {
                div.bar { h1 { (self.name) " " (self.year) } a.button.bare href="/admin/calendars" { (lang.say("admin.calendars")) } }
                nav.tabs aria-label=(lang.say("calendar.years")) {
                    @for (year, known) in &self.years {
                        a href=(year_href(&self.name, *year)) aria-current=[(*year == self.year).then_some("page")] {
                            (year) @if !known { span.tag.s2 { (lang.say("admin.calendars.unknown")) } }
                        }
                    }
                }
                @if self.done { div.notice.fine role="status" { (icon("done")) p { (lang.say("calendar.done")) } } }
                @if let Some(plan) = &self.plan { (self.planned(plan)) }
                @if let Some(wrong) = &self.wrong {
                    div.notice.late role="alert" { (icon("warn")) div {
                        p { (wrong) }
                        @if !self.lines.is_empty() { ul {
                            @for (line, why) in self.lines.iter().take(SHOWN) { li { (lang.fill("calendar.line", &[("line", &line.to_string()), ("why", why)])) } }
                        } }
                    } }
                }
                (self.year_form())
                (self.list_form())
            }
        };
        admin::page(frame, "/admin/calendars", &content)
    }

    fn href(&self) -> String {
        format!("/admin/calendars/{}", encoded(&self.name))
    }

    /// What every form of the page says.
    fn known(&self) -> Markup {
        html! {
            (csrf(&self.frame))
            input type="hidden" name="year" value=(self.year);
            input type="hidden" name="seen" value=(self.seen);
        }
    }

    fn year_form(&self) -> Markup {
        let lang = self.frame.lang;
        let empty = (0..EMPTY).map(|_| Typed::default());
        let rows: Vec<Typed> = self.rows.iter().cloned().chain(empty).collect();
        html! {
            section.card aria-labelledby="year-days" {
                header { h2 #year-days { (lang.fill("calendar.days", &[("year", &self.year.to_string())])) } }
                form.body method="post" action=(self.href()) data-form data-within="calendar" {
                    (self.known())
                    p.quiet { (lang.say("calendar.days.what")) }
                    div.grid-rows.spans #day-rows { @for (place, row) in rows.iter().enumerate() { (self.row(place, row)) } }
                    @if let Some(complete) = self.complete {
                        label.check { input type="checkbox" name="complete" value="yes" checked[complete]; span { (lang.fill("calendar.complete", &[("year", &self.year.to_string())])) } }
                    }
                    div.actions {
                        button.main name="deed" value="look" data-command=(lang.say("calendar.look")) { (lang.say("calendar.look")) " " kbd aria-hidden="true" { "Ctrl ↵" } }
                        button name="deed" value="row" formnovalidate data-add-row="day-rows" { (lang.say("form.row")) }
                        span.quiet { (lang.say("calendar.look.what")) }
                    }
                }
            }
        }
    }

    fn row(&self, place: usize, row: &Typed) -> Markup {
        let lang = self.frame.lang;
        let (from, to) = (format!("{:04}-01-01", self.year), format!("{:04}-12-31", self.year));
        let id = |part: &str| format!("day-{place}-{part}");
        let named = |part: &str| format!("day.{place}.{part}");
        let wrong = row.wrong.as_ref().map(|_| id("wrong"));
        let date = |part: &str, value: &str| {
            html! {
                div.field {
                    label for=(id(part)) { (lang.say(&format!("calendar.{part}"))) }
                    input id=(id(part)) type="date" name=(named(part)) value=(value) min=(from) max=(to) aria-invalid=[wrong.as_ref().map(|_| "true")] aria-describedby=[wrong.as_ref()];
                }
            }
        };
        html! {
            div.grid-row {
                (date("first", &row.first))
                (date("last", &row.last))
                div.field {
                    label for=(id("kind")) { (lang.say("calendar.kind")) }
                    select id=(id("kind")) name=(named("kind")) {
                        option value="off" selected[!row.works] { (lang.say("calendar.off")) }
                        option value="work" selected[row.works] { (lang.say("calendar.work")) }
                    }
                }
                div.field {
                    label for=(id("name")) { (lang.say("calendar.name")) }
                    input id=(id("name")) name=(named("name")) value=(row.name) autocomplete="off";
                }
                @if !row.first.is_empty() && row.wrong.is_none() {
                    label.check.gone { input type="checkbox" name=(named("gone")) value="yes"; span { (lang.say("calendar.gone")) } }
                }
                @if let Some(why) = &row.wrong { p.wrong id=(id("wrong")) { (why) } }
            }
        }
    }

    fn list_form(&self) -> Markup {
        let lang = self.frame.lang;
        html! {
            section.card aria-labelledby="list" {
                header { h2 #list { (lang.say("calendar.list")) } }
                form.body.fields method="post" action=(self.href()) enctype="multipart/form-data" data-form data-within="calendar" {
                    (self.known())
                    div.field {
                        label for="file" { (lang.say("calendar.file")) }
                        input #file type="file" name="file" accept=".ics,.csv,.txt,.toml,text/calendar,text/csv,text/plain";
                        p.hint { (lang.say("calendar.file.what")) }
                    }
                    div.field.wide {
                        label for="table" { (lang.say("calendar.table")) }
                        textarea.code.short #table name="table" rows="6" spellcheck="false" autocomplete="off" placeholder=(lang.say("calendar.table.example")) { "\n" (self.pasted) }
                    }
                    div.actions.wide {
                        button name="deed" value="list" { (lang.say("calendar.look")) }
                        span.quiet { (lang.say("calendar.list.what")) }
                    }
                }
            }
        }
    }

    fn planned(&self, plan: &Plan) -> Markup {
        let lang = self.frame.lang;
        html! {
            section.card.now-do aria-labelledby="plan" {
                header { h2 #plan tabindex="-1" { (lang.count("calendar.plan", u64::try_from(plan.days.len()).unwrap_or(0))) } }
                form.body.split method="post" action=(self.href()) data-form data-within="calendar" {
                    (self.known())
                    input type="hidden" name="toml" value=(plan.toml);
                    @if plan.days.is_empty() { p { (lang.say("calendar.plan.none")) } } @else { (days(lang, &plan.days)) }
                    @if plan.partial { div.notice.near { (icon("warn")) p { (lang.fill("calendar.partial", &[("year", &self.year.to_string())])) } } }
                    (moves(lang, &plan.moving))
                    div.actions {
                        button.main name="deed" value="force" disabled[plan.toml.is_empty()] data-next data-command=(lang.say("calendar.force")) { (lang.say("calendar.force")) }
                        a.button href=(year_href(&self.name, self.year)) { (lang.say("calendar.leave")) }
                        span.quiet { (lang.say("calendar.force.what")) }
                    }
                }
            }
        }
    }
}

fn days(lang: Lang, days: &[[String; 3]]) -> Markup {
    html! {
        div.scrolls tabindex="0" role="region" aria-label=(lang.say("calendar.plan.days")) {
            table.plain.changes {
                thead { tr { @for head in ["calendar.day", "procedure.before", "procedure.after"] { th scope="col" { (lang.say(head)) } } } }
                tbody { @for [day, before, after] in days.iter().take(SHOWN) { tr {
                    td.number { (day) }
                    td data-label=(lang.say("procedure.before")) { del { (before) } }
                    td data-label=(lang.say("procedure.after")) { ins { (after) } }
                } } }
            }
        }
        @if days.len() > SHOWN { p.quiet { (lang.count("calendar.plan.more", u64::try_from(days.len() - SHOWN).unwrap_or(0))) } }
    }
}

/// What moves, procedure by procedure; those in which nothing does are only counted.
fn moves(lang: Lang, moving: &[(String, Moving)]) -> Markup {
    let still: usize = moving.iter().map(|(_, one)| one.cases - one.moved - one.failed).sum();
    let moved: Vec<&(String, Moving)> = moving.iter().filter(|(_, one)| one.moved > 0).collect();
    let parts = |one: &Moving| {
        [
            ("cases", one.cases),
            ("moved", one.moved),
            ("later", one.later),
            ("sooner", one.sooner),
            ("late", one.late),
        ]
    };
    html! {
        @if !moved.is_empty() {
            div.scrolls tabindex="0" role="region" aria-label=(lang.say("calendar.moves")) {
                table.plain.moves {
                    caption.unseen { (lang.say("calendar.moves")) }
                    thead { tr {
                        th scope="col" { (lang.say("cases.procedure")) }
                        @for (head, _) in parts(&Moving::default()) { th.number scope="col" { (lang.say(&format!("calendar.moves.{head}"))) } }
                    } }
                    tbody { @for (name, one) in &moved { tr {
                        th scope="row" { (name) }
                        @for (head, number) in parts(one) {
                            td.number.late[head == "late" && number > 0] data-label=(lang.say(&format!("calendar.moves.{head}"))) { (number) }
                        }
                    } } }
                }
            }
        }
        p { (lang.count(if moved.is_empty() { "calendar.moves.none" } else { "calendar.moves.still" }, u64::try_from(still).unwrap_or(0))) }
        @for (name, one) in moving.iter().filter(|(_, one)| one.beyond + one.failed > 0) {
            p.quiet { (lang.fill("calendar.moves.beyond", &[("procedure", name), ("beyond", &one.beyond.to_string()), ("failed", &one.failed.to_string())])) }
        }
    }
}

impl Plan {
    /// What would change from one calendar to the other.
    pub(super) fn of(
        app: &App,
        lang: Lang,
        known: &Calendar,
        fresh: &Calendar,
        year: i16,
    ) -> Result<Self, Problem> {
        let desk = app.desk();
        let library = desk.library();
        let name = |key: &engine::key::Key| {
            library
                .newest(key)
                .map_or_else(|| key.to_string(), |(rules, _)| lang.word(&rules.label).to_owned())
        };
        let moving = desk.foresee_calendar(fresh)?;
        let day = |ChangedDay { date, before, after }: ChangedDay| {
            [dated(lang, date), kind(lang, &before), kind(lang, &after)]
        };
        Ok(Self {
            toml: if fresh == known { String::new() } else { fresh.to_toml() },
            days: known.changed_days(fresh).into_iter().map(day).collect(),
            moving: moving.into_iter().map(|(key, one)| (name(&key), one)).collect(),
            partial: !fresh.known(year),
        })
    }
}

fn dated(lang: Lang, date: Date) -> String {
    let weekday = date.weekday().to_monday_one_offset();
    format!("{date} {}", lang.say(&format!("weekday.{weekday}")))
}

fn kind(lang: Lang, kind: &DayKind) -> String {
    let named = |what: &str, name: &str| match name {
        "" => lang.say(what).to_owned(),
        name => format!("{} · {name}", lang.say(what)),
    };
    match kind {
        DayKind::Working => lang.say("calendar.working").to_owned(),
        DayKind::WeekendOff => lang.say("calendar.weekend").to_owned(),
        DayKind::Holiday(name) => named("calendar.off", name),
        DayKind::MakeUp(name) => named("calendar.work", name),
    }
}
