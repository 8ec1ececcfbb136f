//! `GET /overview`: numbers of what is in hand and of the last thirty days; every number leads to its list.

use super::chart::{Bar, Column, bars, columns};
use super::framed::{Frame, Section};
use super::visit::Visit;
use super::words::{Lang, counted};
use crate::answer::encoded;
use crate::app::App;
use crate::problem::Problem;
use axum::extract::State;
use axum::response::Response;
use desk::{Desk, Figures};
use engine::procedure::{Means, Procedure};
use maud::{Markup, html};
use std::collections::BTreeMap;
use std::sync::Arc;

const DAYS: i32 = 30;
/// Bars of a chart; the rest is small.
const MOST: usize = 10;

/// A number.
pub(crate) struct Tile {
    pub(crate) name: &'static str,
    pub(crate) text: String,
    pub(crate) href: String,
    pub(crate) class: &'static str,
}

/// The page.
pub(crate) struct Overview {
    pub(crate) frame: Frame,
    pub(crate) tiles: Vec<Tile>,
    pub(crate) days: Vec<Column>,
    /// Name, bars, and the length of the full bar where it is fixed.
    pub(crate) charts: Vec<(&'static str, Vec<Bar>, Option<u64>)>,
}

pub(crate) async fn handler(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    let lang = visit.lang;
    let figures = app.desk().figures(visit.caller(), DAYS)?;
    let frame = visit.frame(&app, Section::Overview, lang.say("overview.title"))?;
    let page = Overview {
        frame,
        tiles: tiles(&figures),
        days: days(lang, &figures),
        charts: charts(app.desk(), lang, &figures),
    };
    Ok(visit.page(&page.html()))
}

fn tiles(figures: &Figures) -> Vec<Tile> {
    let tile = |name, text, href: &str, class| Tile { name, text, href: href.to_owned(), class };
    let class = |count: u64, class| if count > 0 { class } else { "" };
    let today = format!("/cases?state=all&sort=newest&from={0}&to={0}", figures.today);
    vec![
        tile("overview.open", counted(figures.open()), "/cases", ""),
        tile(
            "overview.late",
            counted(figures.late),
            "/cases?due=late",
            class(figures.late, "late"),
        ),
        tile(
            "overview.hour",
            counted(figures.hour),
            "/cases?due=hour",
            class(figures.hour, "near"),
        ),
        tile("overview.day", counted(figures.day), "/cases?due=day", ""),
        tile("overview.today", counted(figures.registered_today()), &today, ""),
        tile("overview.kept", percent(figures.kept()), "#clocks", ""),
    ]
}

/// A share, or a dash while there is nothing to share.
pub(crate) fn percent(share: Option<u64>) -> String {
    share.map_or_else(|| "—".to_owned(), |share| format!("{share}%"))
}

/// The days as columns.
pub(crate) fn days(lang: Lang, figures: &Figures) -> Vec<Column> {
    let column = |(day, registered, closed): &(jiff::civil::Date, u64, u64)| Column {
        label: day.strftime("%m-%d").to_string(),
        one: *registered,
        two: *closed,
        href: Some(format!("/cases?state=all&sort=newest&from={day}&to={day}")),
        title: format!(
            "{day}: {} {registered}, {} {closed}",
            lang.say("overview.registered"),
            lang.say("overview.closed")
        ),
    };
    figures.days.iter().map(column).collect()
}

fn charts(
    desk: &Desk,
    lang: Lang,
    figures: &Figures,
) -> Vec<(&'static str, Vec<Bar>, Option<u64>)> {
    let library = desk.library();
    let procedures: Vec<&Arc<Procedure>> = library.all().collect();
    let rules = |key: &str| procedures.iter().find(|rules| rules.key == *key);
    let bar = |label: String, value: u64, href: String| Bar {
        label,
        value,
        text: value.to_string(),
        href: Some(href),
        class: "one",
    };
    let mut stages: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    let mut open: BTreeMap<&str, u64> = BTreeMap::new();
    for count in &figures.counts {
        *stages.entry((&count.procedure, &count.stage)).or_default() += count.cases;
        *open.entry(&count.procedure).or_default() += count.cases;
    }
    let stages = stages.into_iter().filter_map(|((procedure, stage), cases)| {
        let rules = rules(procedure)?;
        let label = lang.word(&rules.stage(stage)?.label).to_owned();
        Some(bar(
            label,
            cases,
            format!("/cases?procedure={}&stage={}", encoded(procedure), encoded(stage)),
        ))
    });
    let open = open.into_iter().filter_map(|(procedure, cases)| {
        Some(bar(
            lang.word(&rules(procedure)?.label).to_owned(),
            cases,
            format!("/cases?procedure={}", encoded(procedure)),
        ))
    });
    let from = figures.days.first().map(|(day, ..)| *day).unwrap_or(figures.today);
    let axis = |all: &BTreeMap<(engine::key::Key, engine::key::Key), u64>,
                means: Means,
                parameter: &str|
     -> Vec<Bar> {
        let one = |((procedure, value), cases): (&(engine::key::Key, engine::key::Key), &u64)| {
            let rules = rules(procedure)?;
            let known = rules
                .field_meaning(means)
                .and_then(|field| rules.axis_of(&field.key)?.value(value));
            let label =
                known.map_or_else(|| value.to_string(), |known| lang.word(&known.label).to_owned());
            let list = format!(
                "/cases?state=all&sort=newest&procedure={}&{parameter}={}&from={from}&to={}",
                encoded(procedure),
                encoded(value),
                figures.today
            );
            Some(bar(label, *cases, list))
        };
        all.iter().filter_map(one).collect()
    };
    let people = desk.people();
    let persons = figures.people.iter().map(|(person, cases)| {
        let name = people.person(person).map_or_else(|| person.to_string(), |one| one.name.clone());
        bar(name, *cases, format!("/cases?holder={}", encoded(person)))
    });
    let clocks = figures.clocks.iter().filter_map(|((procedure, clock), (met, missed))| {
        let rules = rules(procedure)?;
        let label = lang.word(&rules.clock(clock)?.label).to_owned();
        let all = met + missed;
        let text =
            lang.fill("overview.of", &[("part", &met.to_string()), ("whole", &all.to_string())]);
        let class = if *missed == 0 {
            "two"
        } else if met >= missed {
            "one"
        } else {
            "bad"
        };
        let href = Some(format!(
            "/cases?state=all&procedure={}&from={from}&to={}",
            encoded(procedure),
            figures.today
        ));
        Some((
            all,
            Bar { label, value: (met * 100).checked_div(all).unwrap_or(0), text, href, class },
        ))
    });
    let mut clocks: Vec<(u64, Bar)> = clocks.collect();
    clocks.sort_by_key(|(all, _)| std::cmp::Reverse(*all));
    let clocks: Vec<Bar> = clocks.into_iter().map(|(_, bar)| bar).take(MOST).collect();
    vec![
        ("overview.stages", greatest(stages.collect()), None),
        ("overview.procedures", greatest(open.collect()), None),
        ("overview.people", greatest(persons.collect()), None),
        ("overview.clocks", clocks, Some(100)),
        ("overview.channels", greatest(axis(&figures.channels, Means::Channel, "channel")), None),
        (
            "overview.categories",
            greatest(axis(&figures.categories, Means::Category, "category")),
            None,
        ),
    ]
}

fn greatest(mut bars: Vec<Bar>) -> Vec<Bar> {
    bars.sort_by_key(|bar| std::cmp::Reverse(bar.value));
    bars.truncate(MOST);
    bars
}

impl Overview {
    pub(crate) fn html(&self) -> Markup {
        let lang = self.frame.lang;
        let content = html! {
            div #overview data-live data-everything {
                div.bar { h1 { (lang.say("overview.title")) } a.button href="/wall" { (lang.say("wall.title")) } }
                div.glance {
                    @for tile in &self.tiles { a.(tile.class) href=(tile.href) { b { (tile.text) } span { (lang.say(tile.name)) } } }
                }
                div.board {
                    section.card.all aria-labelledby="days-title" {
                        header {
                            h2 #days-title { (lang.say("overview.days")) }
                            p.legend { span { i.one {} (lang.say("overview.registered")) } span { i.two {} (lang.say("overview.closed")) } }
                        }
                        div.body { (columns(lang.say("overview.days"), &self.days)) }
                    }
                    @for (name, chart, most) in &self.charts {
                        section.card id=[(*name == "overview.clocks").then_some("clocks")] aria-label=(lang.say(name)) {
                            header { h2 { (lang.say(name)) } }
                            div.body { @if chart.is_empty() { p.quiet { (lang.say("overview.none")) } } @else { (bars(lang.say(name), chart, *most)) } }
                        }
                    }
                }
            }
        };
        self.frame.page(&content)
    }
}
