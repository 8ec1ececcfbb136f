//! `GET /customers`: the customers, found while typing names, numbers, products.

pub(crate) mod apart;
pub(crate) mod duplicates;
pub(crate) mod edit;
pub(crate) mod erase;
pub(crate) mod import;
pub(crate) mod merge;
pub(crate) mod part;
pub(crate) mod reveal;
pub(crate) mod save;
pub(crate) mod show;

use super::framed::{Frame, Section};
use super::visit::{Asked, Visit, unread};
use super::words::{Lang, counted};
use crate::answer::{encoded, masked_name, page_link};
use crate::app::App;
use crate::problem::Problem;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use desk::{Desk, Kept, Level, mask_account, mask_phone};
use engine::customer::Customer;
use maud::{Markup, html};
use serde::Deserialize;
use std::sync::Arc;
use store::{Filter, Scope};

/// Lines of a page.
const PAGE: usize = 40;
/// Cases of a customer beyond this number read "at least".
const CASES: usize = 99;

/// What an address asks for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    q: String,
    level: String,
    cursor: String,
    /// `erased`: what was just done.
    done: String,
}

/// A customer in a line.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) href: String,
    /// Masked; the organisation where there is no name.
    pub(crate) name: String,
    pub(crate) company: String,
    pub(crate) level: Option<(u8, String)>,
    /// How it is usually reached, masked.
    pub(crate) reached: String,
    /// Cases that whoever looks may see: in hand, and all.
    pub(crate) open: u64,
    pub(crate) all: u64,
}

/// The page.
pub(crate) struct Customers {
    pub(crate) frame: Frame,
    pub(crate) text: String,
    /// Key, name, chosen.
    pub(crate) levels: Vec<(String, String, bool)>,
    pub(crate) count: u64,
    /// Pairs that may be one, not yet judged.
    pub(crate) pairs: u64,
    pub(crate) may_write: bool,
    pub(crate) lines: Vec<Line>,
    pub(crate) erased: bool,
    pub(crate) first: Option<String>,
    pub(crate) next: Option<String>,
}

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    uri: Uri,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Problem> {
    let (desk, lang) = (app.desk(), visit.lang);
    let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let (text, level) = (given(&wanted.q), given(&wanted.level));
    let cursor = given(&wanted.cursor);
    let page = desk.customers(text.as_deref(), level.as_deref(), cursor.as_deref(), PAGE);
    let page = page.map_err(unread)?;
    let look = Look::of(desk, &visit);
    let lines = page.rows.iter().map(|kept| look.line(kept)).collect::<Result<_, _>>()?;
    let link = |cursor: &str| page_link(uri.path(), uri.query(), &[("cursor", cursor)]);
    let levels = look.levels.iter().map(|known| {
        let chosen = wanted.level == *known.key;
        (known.key.to_string(), lang.word(&known.label).to_owned(), chosen)
    });
    let shown = Customers {
        levels: levels.collect(),
        count: desk.store().count_customers(text.as_deref(), level.as_deref(), desk::COUNTED)?,
        pairs: desk.store().count_customer_pairs(CASES)?,
        may_write: desk.may_write_customers(&visit.signed.person),
        lines,
        erased: wanted.done == "erased",
        first: cursor.map(|_| link("")),
        next: page.next.as_deref().map(link),
        text: wanted.q,
        frame: visit.frame(&app, Section::Customers, lang.say("customers.title"))?,
    };
    Ok(visit.page(&shown.html()))
}

/// The address of a customer.
pub(crate) fn customer_href(key: &str) -> String {
    format!("/customers/{}", encoded(key))
}

/// What lines of customers are made of.
pub(crate) struct Look<'a> {
    desk: &'a Desk,
    lang: Lang,
    scope: Arc<Scope>,
    pub(crate) levels: Vec<Level>,
}

impl<'a> Look<'a> {
    pub(crate) fn of(desk: &'a Desk, visit: &Visit) -> Self {
        let (scope, levels) = (desk.scope(visit.caller()), desk.customer_levels());
        Self { desk, lang: visit.lang, scope, levels }
    }

    pub(crate) fn line(&self, kept: &Kept) -> Result<Line, Problem> {
        let count = |open| {
            let of_customer = Some(kept.key.to_string());
            let filter = Filter { open, of_customer, ..Filter::default() };
            self.desk.store().count(&self.scope, &filter, CASES)
        };
        let master = &kept.customer.master;
        Ok(Line {
            href: customer_href(&kept.key),
            name: title(&kept.customer),
            company: if master.name.is_empty() { String::new() } else { master.company.clone() },
            level: self.level(&kept.customer),
            reached: reached(&kept.customer),
            open: count(Some(true))?,
            all: count(None)?,
        })
    }

    /// The level with how much it is preferred.
    pub(crate) fn level(&self, customer: &Customer) -> Option<(u8, String)> {
        let key = customer.master.level.as_ref()?;
        let known = self.levels.iter().find(|level| level.key == *key);
        Some(known.map_or_else(
            || (0, key.to_string()),
            |level| (level.severity, self.lang.word(&level.label).to_owned()),
        ))
    }
}

/// What a customer is called, masked; an organisation without a name of its own is not a person.
pub(crate) fn title(customer: &Customer) -> String {
    let master = &customer.master;
    if master.name.is_empty() { master.company.clone() } else { masked_name(&master.name) }
}

/// What a customer is called and how he is reached, masked.
pub(crate) fn named(customer: &Customer) -> String {
    let parts = [title(customer), reached(customer)];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// How a customer is usually reached, masked.
fn reached(customer: &Customer) -> String {
    let first = customer.contacts.iter().find(|one| !one.phone.is_empty());
    let account = customer.contacts.iter().find(|one| !one.account.is_empty());
    first
        .map(|one| mask_phone(&one.phone))
        .or_else(|| account.map(|one| mask_account(&one.account)))
        .unwrap_or_default()
}

/// The level as a mark; only a preferred one is coloured.
pub(crate) fn level_tag(level: Option<&(u8, String)>) -> Markup {
    html! { @if let Some((severity, name)) = level { span.tag.accent[*severity > 1] { @if *severity > 1 { "★ " } (name) } } }
}

impl Line {
    /// How many cases, in words.
    pub(crate) fn cases(&self, lang: Lang) -> String {
        if self.all == 0 {
            return lang.say("customers.cases.none").to_owned();
        }
        let least = |count: u64| {
            if count >= u64::try_from(CASES).unwrap_or(u64::MAX) {
                format!("{CASES}+")
            } else {
                count.to_string()
            }
        };
        lang.fill("customers.cases", &[("open", &least(self.open)), ("all", &least(self.all))])
    }
}

impl Customers {
    pub(crate) fn html(&self) -> Markup {
        let lang = self.frame.lang;
        let content = html! {
            div #customers {
                @if self.erased { p.notice.fine role="status" { "✓ " (lang.say("customers.erased")) } }
                div.bar {
                    h1 { (lang.say("customers.title")) " " span.count { (counted(self.count)) } }
                    @if self.pairs > 0 { a.button href="/customers/duplicates" data-command=(lang.say("duplicates.title")) { (lang.say("duplicates.title")) " " span.count.near { (self.pairs) @if self.pairs >= 99 { "+" } } } }
                    @if self.frame.admin { a.button href="/customers/import" data-command=(lang.say("import.title")) { (lang.say("import.title")) } }
                    @if self.may_write { a.button.main href="/customers/new" data-command=(lang.say("customer.new")) { (lang.say("customer.new")) } }
                }
                form.filters action="/customers" role="search" aria-label=(lang.say("customers.find")) data-swap="customers" data-auto {
                    div.field.text {
                        label for="c-q" { (lang.say("customers.find")) }
                        input #c-q type="search" name="q" value=(self.text) placeholder=(lang.say("customers.find.what")) autocomplete="off";
                    }
                    @if !self.levels.is_empty() {
                        div.field {
                            label for="c-level" { (lang.say("customer.level")) }
                            select #c-level name="level" {
                                option value="" { (lang.say("cases.any")) }
                                @for (key, name, chosen) in &self.levels { option value=(key) selected[*chosen] { (name) } }
                            }
                        }
                    }
                    button type="submit" { (lang.say("customers.go")) }
                }
                @if self.lines.is_empty() { (self.empty()) } @else { (table(lang, &self.lines)) }
                @if self.first.is_some() || self.next.is_some() {
                    nav.more aria-label=(lang.say("cases.pages")) {
                        @if let Some(first) = &self.first { a.button href=(first) data-swap="customers" { (lang.say("cases.first")) } }
                        " "
                        @if let Some(next) = &self.next { a.button href=(next) rel="next" data-swap="customers" { (lang.say("cases.next")) } }
                    }
                }
            }
        };
        self.frame.page(&content)
    }

    fn empty(&self) -> Markup {
        let lang = self.frame.lang;
        let narrowed = !self.text.is_empty() || self.levels.iter().any(|(.., chosen)| *chosen);
        html! {
            div.card { div.empty {
                @if narrowed {
                    p.say { (lang.say("customers.none")) }
                    p { (lang.say("customers.none.what")) }
                    a.button href="/customers" { (lang.say("cases.clear")) }
                } @else {
                    p.say { (lang.say("customers.empty")) }
                    p { (lang.say("customers.empty.what")) }
                    @if self.may_write { a.button href="/customers/new" { (lang.say("customer.new")) } }
                }
            } }
        }
    }
}

/// Customers as a table; a telephone shows them as cards.
pub(crate) fn table(lang: Lang, lines: &[Line]) -> Markup {
    let companies = lines.iter().any(|line| !line.company.is_empty());
    html! {
        div.cases-frame {
            table.cases.people {
                caption.unseen { (lang.say("customers.title")) }
                thead { tr {
                    th.c-title scope="col" { (lang.say("customer.name")) }
                    @if companies { th.c-company scope="col" { (lang.say("customer.company")) } }
                    th.c-level scope="col" { (lang.say("customer.level")) }
                    th.c-number scope="col" { (lang.say("customer.phone")) }
                    th.c-who scope="col" { (lang.say("customers.cases.head")) }
                } }
                tbody {
                    @for line in lines {
                        tr data-row {
                            td.c-title { a href=(line.href) data-open { b { (line.name) } } }
                            @if companies { td.c-company title=(line.company) { (line.company) } }
                            td.c-level { (level_tag(line.level.as_ref())) }
                            td.c-number { @if line.reached.is_empty() { span.quiet { "—" } } @else { (line.reached) } }
                            td.c-who { span.quiet[line.open == 0] { (line.cases(lang)) } }
                        }
                    }
                }
            }
        }
    }
}
