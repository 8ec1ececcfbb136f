//! `GET /admin/calendars`: the calendars that the procedures count by, and up to which year they know the days off.

pub(crate) mod change;
pub(crate) mod edit;

use super::admin;
use super::framed::{Frame, Section};
use super::visit::Visit;
use crate::answer::encoded;
use crate::app::App;
use crate::parse::NoParams;
use crate::problem::Problem;
use axum::extract::State;
use axum::response::Response;
use engine::calendar::Calendar;
use maud::{Markup, html};
use std::collections::BTreeMap;

/// The page.
pub(crate) struct Calendars {
    pub(crate) frame: Frame,
    pub(crate) calendars: Vec<Days>,
}

/// A calendar.
#[derive(Default)]
pub(crate) struct Days {
    pub(crate) name: String,
    /// Working windows of a day, with who counts by them.
    pub(crate) hours: Vec<(String, Vec<String>)>,
    /// Every second counts, so that there are no days to speak of.
    pub(crate) always: bool,
    /// The years around this one: whether the days off are known, and how many days differ from their weekday.
    pub(crate) years: Vec<(i16, bool, usize)>,
}

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    _: NoParams,
) -> Result<Response, Problem> {
    let (desk, lang) = (app.desk(), visit.lang);
    let library = desk.library();
    let days = |name: String| -> Result<Days, Problem> {
        let (calendar, _) = desk.calendar(&name)?;
        let mut hours: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for rules in library.all().filter(|rules| *rules.calendar == *name) {
            let Some((_, calendar)) = library.newest(&rules.key) else { continue };
            hours.entry(windows(&calendar)).or_default().push(lang.word(&rules.label).to_owned());
        }
        let this = calendar.local(desk.now()).year();
        let years = around(this).map(|year| {
            let one = calendar.year(year);
            (year, one.known, one.special.len())
        });
        let (hours, always) = (hours.into_iter().collect(), calendar.is_always_open());
        Ok(Days { name, hours, always, years: years.collect() })
    };
    let calendars = desk.calendars()?.into_iter().map(days).collect::<Result<_, _>>()?;
    let frame = visit.frame(&app, Section::Admin, lang.say("admin.calendars"))?;
    Ok(visit.page(&Calendars { frame, calendars }.html()))
}

/// The years that people look at.
fn around(this: i16) -> impl Iterator<Item = i16> {
    this.saturating_sub(1)..=this.saturating_add(2)
}

/// The working windows of a day in words.
fn windows(calendar: &Calendar) -> String {
    let clock = |seconds: u32| format!("{:02}:{:02}", seconds / 3_600, seconds % 3_600 / 60);
    let one = |window: engine::calendar::Window| {
        format!("{}–{}", clock(window.from.seconds()), clock(window.to.seconds()))
    };
    calendar.windows().iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Where a year of a calendar is changed.
fn year_href(name: &str, year: i16) -> String {
    format!("/admin/calendars/{}?year={year}", encoded(name))
}

impl Calendars {
    pub(crate) fn html(&self) -> Markup {
        let (frame, lang) = (&self.frame, self.frame.lang);
        let content = html! {
            div.bar { h1 { (lang.say("admin.calendars")) } }
            p.quiet { (lang.say("admin.calendars.about")) }
            @for (place, one) in self.calendars.iter().enumerate() {
                section.card aria-labelledby={ "calendar-" (place) } {
                    header { h2 id={ "calendar-" (place) } { (one.name) } }
                    div.body.split {
                        @if one.always { p.quiet { (lang.say("admin.calendars.always")) } } @else {
                            ul.years aria-label=(lang.say("calendar.years")) {
                                @for (year, known, days) in &one.years { li {
                                    a href=(year_href(&one.name, *year)) data-command={ (lang.say("admin.calendars")) ": " (one.name) " " (year) } {
                                        b { (year) }
                                        @if *known { span { (lang.count("admin.calendars.days", u64::try_from(*days).unwrap_or(0))) } }
                                        @else { span.tag.s2 { (lang.say("admin.calendars.unknown")) } }
                                    }
                                } }
                            }
                        }
                        @if one.hours.is_empty() { p.quiet { (lang.say("admin.calendars.unused")) } } @else {
                            dl.facts { @for (hours, who) in &one.hours { div { dt { (lang.say("admin.calendars.windows")) " " (hours) } dd { (lang.listed(who)) } } } }
                        }
                    }
                }
            }
        };
        admin::page(frame, "/admin/calendars", &content)
    }
}
