//! `GET /search`: cases by number, telephone and words, from anywhere, while typing.

use super::customers::{Line, Look, table};
use super::framed::{Frame, Section};
use super::row::{Row, case_href};
use super::visit::{Asked, Visit};
use super::words::Lang;
use crate::answer::page_link;
use crate::app::App;
use crate::problem::{Kind, Problem};
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use desk::Desk;
use maud::{Markup, html};
use serde::Deserialize;
use store::{CaseSummary, Filter, PhoneMatch, Scope, Sort, StoreError, phone_digits};

/// Hits of each kind while typing, and of a page.
const TYPING: usize = 7;
const PAGE: usize = 30;
/// Customers beside them.
const CUSTOMERS: usize = 5;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    q: String,
    cursor: String,
    /// `hits`: only these, for the command bar.
    part: String,
}

/// Hits of one kind.
pub(crate) struct Hits {
    pub(crate) name: &'static str,
    pub(crate) rows: Vec<Row>,
}

/// The page.
pub(crate) struct Search {
    pub(crate) frame: Frame,
    pub(crate) text: String,
    pub(crate) customers: Vec<Line>,
    pub(crate) groups: Vec<Hits>,
    pub(crate) next: Option<String>,
}

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    uri: Uri,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Problem> {
    let (desk, lang) = (app.desk(), visit.lang);
    let (scope, text) = (desk.scope(visit.caller()), wanted.q.trim());
    let typing = wanted.part == "hits";
    let most = if typing { TYPING } else { PAGE };
    let people = desk.people();
    let rows = |found: &[CaseSummary]| -> Vec<Row> {
        found.iter().map(|row| Row::of_summary(&app, lang, &people, row)).collect()
    };
    let mut groups = Vec::new();
    let cursor = Some(wanted.cursor.as_str()).filter(|cursor| !cursor.is_empty());
    if cursor.is_none() {
        groups.push(Hits { name: "search.number", rows: rows(&by_number(desk, &scope, text)?) });
        groups
            .push(Hits { name: "search.phone", rows: rows(&by_phone(desk, &scope, text, most)?) });
    }
    let mut customers = Vec::new();
    if cursor.is_none() && !text.is_empty() {
        let look = Look::of(desk, &visit);
        let found = desk.customers(Some(text), None, None, CUSTOMERS)?.rows;
        customers = found.iter().map(|kept| look.line(kept)).collect::<Result<_, _>>()?;
    }
    let mut next = None;
    if !text.is_empty() {
        let page =
            desk.store().search(&scope, text, cursor, most).map_err(|error| match error {
                StoreError::Invalid { .. } => Problem::new(Kind::BadQuery),
                error => error.into(),
            })?;
        next = page.next.map(|cursor| page_link(uri.path(), uri.query(), &[("cursor", &cursor)]));
        let mut rows = Vec::with_capacity(page.rows.len());
        for row in &page.rows {
            // Gone since it was found: he sees it no longer.
            let Some(seen) = desk.case_listed(&scope, row)? else { continue };
            rows.push(Row::of_hit(&app, lang, &people, (&seen, text))?);
        }
        groups.push(Hits { name: "search.text", rows });
    }
    groups.retain(|group| !group.rows.is_empty());
    if typing {
        return Ok(visit.page(&html! { div #hits { (hits(lang, &customers, &groups)) } }));
    }
    let frame = visit.frame(&app, Section::Other, lang.say("search.title"))?;
    Ok(visit.page(&Search { frame, text: text.to_owned(), customers, groups, next }.html()))
}

fn by_number(desk: &Desk, scope: &Scope, text: &str) -> Result<Vec<CaseSummary>, Problem> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    Ok(desk.store().case_by_number(scope, text)?.map(|stored| stored.summary).into_iter().collect())
}

/// A whole number, its first seven or its last four digits; anything else is no telephone number.
fn by_phone(
    desk: &Desk,
    scope: &Scope,
    text: &str,
    most: usize,
) -> Result<Vec<CaseSummary>, Problem> {
    let digits = phone_digits(text);
    let plain =
        text.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '-' | '+' | '*' | '(' | ')'));
    let phone = match digits.len() {
        4 => PhoneMatch::LastFour(digits),
        7 => PhoneMatch::FirstSeven(digits),
        8.. => PhoneMatch::Whole(digits),
        _ => return Ok(Vec::new()),
    };
    if !plain {
        return Ok(Vec::new());
    }
    let filter = Filter { phone: Some(phone), ..Filter::default() };
    Ok(desk.store().list(scope, &filter, Sort::NewestEntry, None, most)?.rows)
}

/// Hits as the command bar shows them.
fn hits(lang: Lang, customers: &[Line], groups: &[Hits]) -> Markup {
    html! {
        @if !customers.is_empty() {
            p.head { (lang.say("search.customers")) }
            @for line in customers {
                a role="option" href=(line.href) { span.what { (line.name) " " (line.company) } span.number { (line.reached) } span.quiet { (line.cases(lang)) } }
            }
        }
        @for group in groups {
            p.head { (lang.say(group.name)) }
            @for row in &group.rows {
                a role="option" href=(case_href(&row.number)) {
                    span.number { (row.number) }
                    span.what { (row.title) @if let Some(why) = &row.found { (why.html()) } }
                    span.quiet { (row.stage) }
                }
            }
        }
    }
}

impl Search {
    pub(crate) fn html(&self) -> Markup {
        let lang = self.frame.lang;
        let content = html! {
            div.split #search {
                div.bar { h1 { @if self.text.is_empty() { (lang.say("search.title")) } @else { (lang.fill("search.of", &[("text", &self.text)])) } } }
                form.bar action="/search" role="search" aria-label=(lang.say("search.title")) {
                    input type="search" name="q" value=(self.text) aria-label=(lang.say("search.what")) placeholder=(lang.say("search.what")) autocomplete="off";
                }
                @if !self.customers.is_empty() {
                    section aria-label=(lang.say("search.customers")) { h2 { (lang.say("search.customers")) } (table(lang, &self.customers)) }
                }
                @if self.groups.is_empty() && self.customers.is_empty() && !self.text.is_empty() {
                    div.card { div.empty { p.say { (lang.say("search.none")) } p { (lang.say("search.none.what")) } } }
                }
                @for group in &self.groups {
                    section aria-label=(lang.say(group.name)) {
                        h2 { (lang.say(group.name)) }
                        (super::row::table(&self.frame, &group.rows, lang.say(group.name)))
                    }
                }
                @if let Some(next) = &self.next { p.more { a.button href=(next) rel="next" { (lang.say("search.more")) } } }
            }
        };
        self.frame.page(&content)
    }
}
