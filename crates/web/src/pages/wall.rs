//! `GET /wall`: a board for the wall: readable from afar, without anybody's data, true by itself.

use super::chart::{Column, columns};
use super::document::{Head, theme_name};
use super::left::Left;
use super::overview::{DAYS, Tile, days, kept, legend, tile};
use super::row::case_href;
use super::visit::Visit;
use super::words::Lang;
use crate::app::App;
use crate::problem::Problem;
use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use maud::{Markup, html};
use store::{Filter, Sort};

/// Days of the chart.
const SHOWN: usize = 14;
/// Cases that are shown by number.
const URGENT: usize = 5;

/// The page.
pub(crate) struct Wall {
    pub(crate) lang: Lang,
    pub(crate) csrf: String,
    pub(crate) theme: Option<&'static str>,
    pub(crate) now: Timestamp,
    pub(crate) at: String,
    pub(crate) sequence: u64,
    pub(crate) tiles: Vec<Tile>,
    pub(crate) urgent: Vec<(String, Left)>,
    pub(crate) days: Vec<Column>,
}

pub(crate) async fn handler(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    let (desk, lang) = (app.desk(), visit.lang);
    let sequence = *desk.store().changes().borrow();
    let figures = desk.figures(visit.caller(), DAYS)?;
    let filter = Filter { open: Some(true), ..Filter::default() };
    let found =
        desk.store().list(&desk.scope(visit.caller()), &filter, Sort::NextDue, None, URGENT)?;
    let library = desk.library();
    let urgent = found.rows.into_iter().filter_map(|row| {
        let (_, calendar) =
            library.version(&row.columns.procedure, row.columns.procedure_version)?;
        Some((row.number, Left::of(lang, &calendar, desk.now(), row.columns.next_due?)))
    });
    let calendar = desk.calendar_of_the_house();
    let at = calendar.map(|calendar| calendar.local(desk.now()).strftime("%H:%M").to_string());
    let first = figures.days.len().saturating_sub(SHOWN);
    let one = |name, figure: &desk::Figure, class: &'static str| {
        let tile = tile(lang, name, figure, class);
        let is_fine = tile.class.is_empty() && !class.is_empty();
        Tile { class: if is_fine { "fine" } else { tile.class }, ..tile }
    };
    let wall = Wall {
        lang,
        csrf: visit.signed.csrf.clone(),
        theme: theme_name(visit.signed.theme),
        now: desk.now(),
        at: at.unwrap_or_default(),
        sequence,
        tiles: vec![
            one("overview.today", &figures.registered_today(), ""),
            one("overview.open", &figures.open, ""),
            one("overview.hour", &figures.hour, "near"),
            one("overview.late", &figures.late, "late"),
            one("wall.closed", &figures.closed_today(), ""),
            kept(lang, &figures, DAYS, "/overview#clocks"),
        ],
        urgent: urgent.collect(),
        days: days(lang, figures.days.get(first..).unwrap_or_default()),
    };
    Ok(visit.page(&wall.html()))
}

impl Wall {
    pub(crate) fn html(&self) -> Markup {
        let lang = self.lang;
        let title = format!("{} · {}", lang.say("wall.title"), lang.say("product.name"));
        let head = Head {
            lang,
            theme: self.theme,
            title: &title,
            csrf: &self.csrf,
            now: self.now,
            sequence: Some(self.sequence),
        };
        head.document("wall", &html! {
            main #main {
                div.bar {
                    h1.spread { (lang.say("product.name")) " · " (lang.say("wall.title")) }
                    span #at data-live { (lang.fill("wall.at", &[("time", &self.at)])) }
                    span.state #state data-state="live" role="status" { (lang.say("js.live")) }
                    a href="/overview" { (lang.say("wall.back")) }
                }
                div.tiles #tiles data-live data-everything {
                    @for tile in &self.tiles { a.tile.(tile.class) href=(tile.href) { b { (tile.text) } span { (tile.name) } } }
                }
                div.below #below data-live {
                    section.tile aria-labelledby="urgent-title" {
                        h2 #urgent-title { (lang.say("wall.urgent")) }
                        ol.urgent { @for (number, left) in &self.urgent { li { a href=(case_href(number)) { (number) } (left.html(lang)) } } }
                    }
                    section.tile aria-labelledby="wall-days" {
                        h2 #wall-days { (lang.say("wall.day")) }
                        (legend(lang))
                        (columns(lang.say("wall.day"), &self.days))
                    }
                }
            }
        })
    }
}
