//! `GET /admin/calendars`: the calendars that the procedures count by, and up to which year they know the days off.

use super::admin;
use super::framed::{Frame, Section};
use super::visit::Visit;
use crate::app::App;
use crate::parse::NoParams;
use crate::problem::Problem;
use axum::extract::State;
use axum::response::Response;
use engine::calendar::{Calendar, SpecialDay};
use maud::{Markup, html};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The page.
pub(crate) struct Calendars {
    pub(crate) frame: Frame,
    pub(crate) calendars: Vec<Days>,
}

/// A calendar.
#[derive(Default)]
pub(crate) struct Days {
    pub(crate) name: String,
    /// Who counts by it.
    pub(crate) procedures: Vec<String>,
    /// Working windows of a day.
    pub(crate) windows: String,
    /// The days off and the make-up working days of the year.
    pub(crate) special: Vec<SpecialDay>,
    pub(crate) year: i16,
    /// The years around this one, and whether the days off are known.
    pub(crate) years: Vec<(i16, bool)>,
}

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    _: NoParams,
) -> Result<Response, Problem> {
    let (desk, lang) = (app.desk(), visit.lang);
    let library = desk.library();
    let mut calendars: BTreeMap<(String, String), (Arc<Calendar>, Vec<String>)> = BTreeMap::new();
    for rules in library.all() {
        let Some((_, calendar)) = library.newest(&rules.key) else { continue };
        let key = (calendar.name().to_owned(), windows(&calendar));
        let known = calendars.entry(key).or_insert_with(|| (calendar, Vec::new()));
        known.1.push(lang.word(&rules.label).to_owned());
    }
    let days =
        |((name, windows), (calendar, procedures)): ((String, String), (Arc<Calendar>, _))| {
            let year = calendar.local(desk.now()).year();
            let years = (year - 1..=year + 1).map(|year| (year, calendar.known(year))).collect();
            let special = calendar.year(year).special;
            Days { name, procedures, windows, special, year, years }
        };
    let calendars = calendars.into_iter().map(days).collect();
    let frame = visit.frame(&app, Section::Admin, lang.say("admin.calendars"))?;
    Ok(visit.page(&Calendars { frame, calendars }.html()))
}

/// The working windows of a day in words.
fn windows(calendar: &Calendar) -> String {
    let clock = |seconds: u32| format!("{:02}:{:02}", seconds / 3_600, seconds % 3_600 / 60);
    let one = |window: engine::calendar::Window| {
        format!("{}–{}", clock(window.from.seconds()), clock(window.to.seconds()))
    };
    calendar.windows().iter().map(one).collect::<Vec<_>>().join(", ")
}

impl Calendars {
    pub(crate) fn html(&self) -> Markup {
        let (frame, lang) = (&self.frame, self.frame.lang);
        let content = html! {
            div.bar { h1 { (lang.say("admin.calendars")) } }
            p.quiet { (lang.say("admin.calendars.about")) }
            @for (place, one) in self.calendars.iter().enumerate() {
                section.card aria-labelledby={ "calendar-" (place) } {
                    header {
                        h2 id={ "calendar-" (place) } { (one.name) }
                        @for (year, known) in &one.years {
                            span.tag.s2[!known] { (year) " " (lang.say(if *known { "admin.calendars.known" } else { "admin.calendars.unknown" })) }
                        }
                    }
                    div.body {
                        dl.facts {
                            div { dt { (lang.say("admin.calendars.windows")) } dd { (one.windows) } }
                            div { dt { (lang.say("admin.procedures")) } dd { (lang.listed(&one.procedures)) } }
                        }
                        @if !one.special.is_empty() {
                            details id={ "days-" (place) } {
                                summary { (lang.fill("admin.calendars.days", &[("year", &one.year.to_string()), ("count", &one.special.len().to_string())])) }
                                ul.files { @for SpecialDay { date, name, works } in &one.special {
                                    li.tag.s2[!works] { (date.strftime("%m-%d")) " " (name) " " (lang.say(if *works { "admin.calendars.works" } else { "admin.calendars.off" })) }
                                } }
                            }
                        }
                    }
                }
            }
        };
        admin::page(frame, "/admin/calendars", &content)
    }
}
