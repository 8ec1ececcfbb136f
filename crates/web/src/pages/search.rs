//! `GET /search`: cases by number, telephone and words, from anywhere, while typing.

use super::customers::{Line, Look, table};
use super::framed::{Frame, Section};
use super::row::{Row, case_href};
use super::visit::{Asked, Visit, unread};
use super::words::Lang;
use crate::answer::page_link;
use crate::app::App;
use crate::problem::Problem;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use desk::{Desk, Kept, says_all};
use maud::{Markup, html};
use serde::Deserialize;
use store::{CaseSummary, Filter, PhoneMatch, Query, Scope, Sort, phone_digits};

/// Hits of each kind while typing, and of a page.
const TYPING: usize = 7;
const PAGE: usize = 20;
/// Customers beside them.
const CUSTOMERS: usize = 5;
/// Customers that are looked at whose number ends in the same digits.
const ALIKE: usize = 50;

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
    let mut numbered = Vec::new();
    if cursor.is_none() {
        numbered = by_number(desk, &scope, text, most)?;
        groups.push(Hits { name: "search.number", rows: rows(&numbered) });
        groups
            .push(Hits { name: "search.phone", rows: rows(&by_phone(desk, &scope, text, most)?) });
    }
    let mut known = Vec::new();
    if cursor.is_none() && !text.is_empty() {
        let look = Look::of(desk, &visit);
        let found = customers(desk, text)?;
        known = found.iter().map(|kept| look.line(kept)).collect::<Result<_, _>>()?;
    }
    let mut next = None;
    if !text.is_empty() {
        let page = desk.store().search(&scope, text, cursor, most).map_err(unread)?;
        next = page.next.map(|cursor| page_link(uri.path(), uri.query(), &[("cursor", &cursor)]));
        let (query, mut rows) = (Query::of(text), Vec::with_capacity(page.rows.len()));
        // What stands above by its number is not told twice.
        let above = |row: &&CaseSummary| numbered.iter().any(|one| one.id == row.id);
        for row in page.rows.iter().filter(|row| !above(row)) {
            if says_all(row, &query) {
                rows.push(Row::of_summary(&app, lang, &people, row));
                continue;
            }
            // Gone since it was found: he sees it no longer.
            let Some(seen) = desk.case_listed(&scope, row)? else { continue };
            rows.push(Row::of_hit(&app, lang, &people, (&seen, &query))?);
        }
        groups.push(Hits { name: "search.text", rows });
    }
    groups.retain(|group| !group.rows.is_empty());
    if typing {
        return Ok(visit.page(&html! { div #hits { (hits(lang, &known, &groups)) } }));
    }
    let frame = visit.frame(&app, Section::Other, lang.say("search.title"))?;
    Ok(visit.page(&Search { frame, text: text.to_owned(), customers: known, groups, next }.html()))
}

/// The case with this number first, then those whose numbers somebody can mean by a part of one.
fn by_number(
    desk: &Desk,
    scope: &Scope,
    text: &str,
    most: usize,
) -> Result<Vec<CaseSummary>, Problem> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let exact = desk.store().case_by_number(scope, text)?.map(|stored| stored.summary);
    let mut found: Vec<CaseSummary> = exact.into_iter().collect();
    let numbers = Some(desk.number_beginnings(text)).filter(|all| !all.is_empty());
    if numbers.is_some() {
        let filter = Filter { numbers, ..Filter::default() };
        let begun = desk.store().list(scope, &filter, Sort::NewestEntry, None, most)?.rows;
        let known = found.first().map(|one| one.id);
        found.extend(begun.into_iter().filter(|one| Some(one.id) != known));
        found.truncate(most);
    }
    Ok(found)
}

/// A whole number, its first seven or its last four digits, or as pages show it; anything else is no telephone number.
fn by_phone(
    desk: &Desk,
    scope: &Scope,
    text: &str,
    most: usize,
) -> Result<Vec<CaseSummary>, Problem> {
    if let Some((begin, last_four)) = hidden(text) {
        return Ok(desk.cases_by_shown_phone(scope, (&begin, &last_four), most)?);
    }
    let digits = phone_digits(text);
    let phone = match digits.len() {
        4 => PhoneMatch::LastFour(digits),
        7 => PhoneMatch::FirstSeven(digits),
        8.. => PhoneMatch::Whole(digits),
        _ => return Ok(Vec::new()),
    };
    if !is_phone(text) {
        return Ok(Vec::new());
    }
    let filter = Filter { phone: Some(phone), ..Filter::default() };
    Ok(desk.store().list(scope, &filter, Sort::NewestEntry, None, most)?.rows)
}

/// Whether a text has nothing in it but what telephone numbers are written with.
fn is_phone(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '-' | '+' | '*' | '(' | ')'))
}

/// How a telephone number begins and ends whose middle is hidden, as in `138****5678`.
fn hidden(text: &str) -> Option<(String, String)> {
    let text = text.replace('＊', "*");
    let (begin, _) = text.split_once('*')?;
    let (_, end) = text.rsplit_once('*')?;
    let (begin, end) = (phone_digits(begin), phone_digits(end));
    (is_phone(&text) && end.len() == 4).then_some((begin, end))
}

/// The first customers that are found; of a number whose middle is hidden, those that have one that begins and ends so.
fn customers(desk: &Desk, text: &str) -> Result<Vec<Kept>, Problem> {
    let Some((begin, end)) = hidden(text) else {
        return Ok(desk.customers(Some(text), None, None, CUSTOMERS)?.rows);
    };
    let fits = |kept: &Kept| {
        let phones = kept.customer.contacts.iter().map(|contact| phone_digits(&contact.phone));
        phones.into_iter().any(|phone| phone.starts_with(&begin) && phone.ends_with(&end))
    };
    let alike = desk.customers(Some(&end), None, None, ALIKE)?.rows;
    Ok(alike.into_iter().filter(fits).take(CUSTOMERS).collect())
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
