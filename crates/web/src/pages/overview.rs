//! `GET /overview`: numbers of what is in hand and of the last days. Each leads to the list that it counts.

use super::chart::{Bar, Column, Mark, bars, columns};
use super::framed::{Frame, Section, list_href};
use super::visit::{Asked, Visit};
use super::words::{Lang, counted};
use crate::app::App;
use crate::problem::Problem;
use axum::extract::State;
use axum::response::Response;
use desk::{Day, Desk, Figure, Figures, Punctuality};
use engine::decide::Library;
use engine::key::Key;
use engine::procedure::{Meaning, Means, Procedure};
use maud::{Markup, html};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Days that are looked at, unless others are asked for.
pub(crate) const DAYS: i32 = 30;
const PERIODS: [i32; 3] = [7, DAYS, 90];
/// Bars of a chart; the rest is small.
const MOST: usize = 10;
/// Ratings below which a share says little.
const FEW: u64 = 10;

/// Which days.
#[derive(Deserialize)]
pub(crate) struct Wanted {
    days: Option<i32>,
}

/// A number.
pub(crate) struct Tile {
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) href: String,
    pub(crate) class: &'static str,
}

/// Bars under a heading.
#[derive(Default)]
pub(crate) struct Chart {
    pub(crate) id: &'static str,
    pub(crate) name: String,
    pub(crate) bars: Vec<Bar>,
    /// The length of the full bar, where it is fixed.
    pub(crate) full: Option<u64>,
    /// What the bars do not say by themselves.
    pub(crate) note: Option<String>,
}

/// The page.
pub(crate) struct Overview {
    pub(crate) frame: Frame,
    pub(crate) period: i32,
    pub(crate) tiles: Vec<Tile>,
    pub(crate) days: Vec<Column>,
    pub(crate) charts: Vec<Chart>,
}

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Problem> {
    let lang = visit.lang;
    let period = wanted.days.unwrap_or(DAYS);
    if !PERIODS.contains(&period) {
        return Err(super::visit::unreadable("days"));
    }
    let figures = app.desk().figures(visit.caller(), period)?;
    let frame = visit.frame(&app, Section::Overview, lang.say("overview.title"))?;
    let page = Overview {
        frame,
        period,
        tiles: tiles(lang, &figures, period),
        days: days(lang, &figures.days),
        charts: Drawer { desk: app.desk(), library: app.desk().library(), lang, period }
            .charts(&figures),
    };
    Ok(visit.page(&page.html()))
}

/// A number that leads to its list.
pub(crate) fn tile(lang: Lang, name: &str, figure: &Figure, class: &'static str) -> Tile {
    Tile {
        name: lang.say(name).to_owned(),
        text: counted(figure.cases),
        href: list_href(&figure.criteria),
        class: if figure.cases > 0 { class } else { "" },
    }
}

/// The share of deadlines that were kept in so many days; it leads to them.
pub(crate) fn kept(lang: Lang, figures: &Figures, days: i32, href: &str) -> Tile {
    Tile {
        name: lang.fill("overview.kept", &[("days", &days.to_string())]),
        text: percent(figures.kept()),
        href: href.to_owned(),
        class: "",
    }
}

fn tiles(lang: Lang, figures: &Figures, days: i32) -> Vec<Tile> {
    vec![
        tile(lang, "overview.open", &figures.open, ""),
        tile(lang, "overview.late", &figures.late, "late"),
        tile(lang, "overview.hour", &figures.hour, "near"),
        tile(lang, "overview.day", &figures.day, ""),
        tile(lang, "overview.call", &figures.call, "near"),
        tile(lang, "overview.today", &figures.registered_today(), ""),
        kept(lang, figures, days, "#clocks"),
    ]
}

/// A share, or a dash while there is nothing to share.
fn percent(share: Option<u64>) -> String {
    share.map_or_else(|| "—".to_owned(), |share| format!("{share}%"))
}

/// The days as columns.
pub(crate) fn days(lang: Lang, days: &[Day]) -> Vec<Column> {
    let column = |day: &Day| {
        let mark = |name: &str, figure: &Figure| Mark {
            value: figure.cases,
            href: list_href(&figure.criteria),
            title: format!("{} {} {}", day.date, lang.say(name), figure.cases),
        };
        Column {
            label: day.date.strftime("%m-%d").to_string(),
            one: mark("overview.registered", &day.registered),
            two: mark("overview.closed", &day.closed),
        }
    };
    days.iter().map(column).collect()
}

/// What the two columns of a day are.
pub(crate) fn legend(lang: Lang) -> Markup {
    html! { p.legend { span { i.one {} (lang.say("overview.registered")) } span { i.two {} (lang.say("overview.closed")) } } }
}

/// Makes charts of figures.
struct Drawer<'a> {
    desk: &'a Desk,
    library: Arc<Library>,
    lang: Lang,
    period: i32,
}

impl Drawer<'_> {
    fn charts(&self, figures: &Figures) -> Vec<Chart> {
        let procedures = figures.procedures.iter().filter_map(|(key, figure)| {
            Some(bar(self.lang.word(&self.rules(key)?.label).to_owned(), figure))
        });
        let stages = figures.stages.iter().filter_map(|((procedure, stage), figure)| {
            let rules = self.rules(procedure)?;
            let label = self.lang.word(&rules.stage(stage)?.label).to_owned();
            Some(Bar { of: self.of(&rules), ..bar(label, figure) })
        });
        let people = self.desk.people();
        let persons = figures.people.iter().map(|(person, figure)| {
            let name = people.person(person).map(|one| one.name.clone());
            bar(name.unwrap_or_else(|| person.to_string()), figure)
        });
        let departments = |of: fn(&desk::Department) -> &Figure| -> Vec<Bar> {
            let all = figures.departments.iter().filter(|one| of(one).cases > 0);
            all.map(|one| bar(self.department(&one.key), of(one))).collect()
        };
        vec![
            self.greatest("stages", stages.collect()),
            self.greatest("procedures", procedures.collect()),
            self.greatest("people", persons.collect()),
            self.greatest("departments", departments(|one| &one.open)),
            self.clocks(&figures.clocks),
            self.ratings(&figures.ratings),
            self.greatest("departments_closed", departments(|one| &one.closed)),
            self.greatest("channels", self.axis(&figures.channels, Means::Channel)),
            self.greatest("categories", self.axis(&figures.categories, Means::Category)),
        ]
    }

    fn rules(&self, key: &str) -> Option<Arc<Procedure>> {
        self.library.newest(key).map(|(rules, _)| rules)
    }

    /// The procedure's name beside what others may call the same; nothing where there is one procedure only.
    fn of(&self, rules: &Procedure) -> Option<String> {
        (self.library.all().count() > 1).then(|| self.lang.word(&rules.label).to_owned())
    }

    fn department(&self, key: &str) -> String {
        let known = self.library.all().find_map(|rules| rules.department(key));
        known.map_or_else(|| key.to_owned(), |known| self.lang.word(&known.label).to_owned())
    }

    fn named(&self, id: &'static str) -> Chart {
        let days = self.period.to_string();
        Chart {
            id,
            name: self.lang.fill(&format!("overview.{id}"), &[("days", &days)]),
            ..Chart::default()
        }
    }

    /// The greatest of them; how many are left out is said.
    fn greatest(&self, id: &'static str, mut bars: Vec<Bar>) -> Chart {
        bars.sort_by_key(|bar| std::cmp::Reverse(bar.value));
        let rest = bars.split_off(MOST.min(bars.len()));
        let cases: u64 = rest.iter().map(|bar| bar.value).sum();
        let values = [("bars", rest.len().to_string()), ("cases", cases.to_string())];
        let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
        let note = (!rest.is_empty()).then(|| self.lang.fill("overview.rest", &values));
        Chart { bars, note, ..self.named(id) }
    }

    fn axis(&self, all: &BTreeMap<(Key, Key), Figure>, means: Means) -> Vec<Bar> {
        let one = |((procedure, value), figure): (&(Key, Key), &Figure)| {
            let rules = self.rules(procedure)?;
            let known = rules
                .field_meaning(means)
                .and_then(|field| rules.axis_of(&field.key)?.value(value));
            let label = known
                .map_or_else(|| value.to_string(), |known| self.lang.word(&known.label).to_owned());
            Some(Bar { of: self.of(&rules), ..bar(label, figure) })
        };
        all.iter().filter_map(one).collect()
    }

    /// The share of each clock, and the cases in which it was missed.
    fn clocks(&self, clocks: &[Punctuality]) -> Chart {
        let mut clocks: Vec<&Punctuality> = clocks.iter().collect();
        clocks.sort_by_key(|one| std::cmp::Reverse((one.missed > 0, one.met + one.missed)));
        let rest = clocks.split_off(MOST.min(clocks.len())).len();
        let bars = clocks.into_iter().filter_map(|one| {
            let rules = self.rules(&one.procedure)?;
            let label = self.lang.word(&rules.clock(&one.clock)?.label).to_owned();
            let all = one.met + one.missed;
            let (part, whole) = (one.met.to_string(), all.to_string());
            let class = match one.missed {
                0 => "two",
                missed if one.met >= missed => "one",
                _ => "bad",
            };
            let beside = (one.missed > 0).then(|| {
                let text = self.lang.count("overview.missed", one.cases.cases);
                (text, list_href(&one.cases.criteria))
            });
            Some(Bar {
                label,
                of: self.of(&rules),
                value: (one.met * 100).checked_div(all).unwrap_or(0),
                text: self.lang.fill("overview.of", &[("part", &part), ("whole", &whole)]),
                href: None,
                beside,
                class,
            })
        });
        let rest = u64::try_from(rest).ok().filter(|rest| *rest > 0);
        let note = rest.map(|rest| self.lang.count("overview.clocks_rest", rest));
        Chart { bars: bars.collect(), full: Some(100), note, ..self.named("clocks") }
    }

    /// What customers said, and the share of the content ones.
    fn ratings(&self, ratings: &[(Meaning, Figure)]) -> Chart {
        let said = |meaning: &Meaning| {
            self.lang.say(&format!("overview.rating.{}", meaning.name())).to_owned()
        };
        let all: u64 = ratings.iter().map(|(_, figure)| figure.cases).sum();
        let content = ratings.iter().filter(|(meaning, _)| *meaning == Meaning::Satisfied);
        let content: u64 = content.map(|(_, figure)| figure.cases).sum();
        let note = (all > 0).then(|| {
            let values =
                [("share", percent((content * 100).checked_div(all))), ("count", all.to_string())];
            let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
            let key = if all < FEW { "overview.satisfied_few" } else { "overview.satisfied" };
            self.lang.fill(key, &values)
        });
        let bars = ratings.iter().map(|(meaning, figure)| {
            let class = if *meaning == Meaning::Dissatisfied { "bad" } else { "two" };
            Bar { class, ..bar(said(meaning), figure) }
        });
        Chart { bars: bars.collect(), note, ..self.named("ratings") }
    }
}

fn bar(label: String, figure: &Figure) -> Bar {
    Bar {
        label,
        of: None,
        value: figure.cases,
        text: counted(figure.cases),
        href: Some(list_href(&figure.criteria)),
        beside: None,
        class: "one",
    }
}

impl Overview {
    pub(crate) fn html(&self) -> Markup {
        let lang = self.frame.lang;
        let title = lang.fill("overview.days", &[("days", &self.period.to_string())]);
        let content = html! {
            div #overview data-live data-everything {
                div.bar {
                    h1 { (lang.say("overview.title")) }
                    nav.tabs aria-label=(lang.say("overview.period")) {
                        @for days in PERIODS {
                            a href={ "/overview?days=" (days) } aria-current=[(days == self.period).then_some("page")] data-swap="overview" {
                                (lang.fill("overview.last", &[("days", &days.to_string())]))
                            }
                        }
                    }
                    a.button href="/wall" { (lang.say("wall.title")) }
                }
                div.glance {
                    @for tile in &self.tiles { a.(tile.class) href=(tile.href) { b { (tile.text) } span { (tile.name) } } }
                }
                div.board {
                    section.card.all aria-labelledby="days-title" {
                        header { h2 #days-title { (title) } (legend(lang)) }
                        div.body { (columns(&title, &self.days)) }
                    }
                    @for chart in &self.charts {
                        section.card id=(chart.id) aria-label=(chart.name) {
                            header { h2 { (chart.name) } }
                            div.body {
                                @if chart.bars.is_empty() { p.quiet { (lang.say("overview.none")) } } @else { (bars(&chart.name, &chart.bars, chart.full)) }
                                @if let Some(note) = &chart.note { p.quiet.note { (note) } }
                            }
                        }
                    }
                }
            }
        };
        self.frame.page(&content)
    }
}
