//! `GET /customers/duplicates`: records that may be one and the same customer, the most likely first.

use super::{Line, Look, level_tag};
use crate::answer::page_link;
use crate::app::App;
use crate::pages::framed::{Frame, Section};
use crate::pages::visit::{Asked, Visit, unread};
use crate::pages::words::Lang;
use crate::problem::Problem;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;

const PAGE: usize = 30;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    cursor: String,
    done: String,
}

/// Two records.
pub(crate) struct Pair {
    pub(crate) one: Line,
    pub(crate) other: Line,
    pub(crate) percent: u8,
    pub(crate) why: String,
    /// Whether the names are the same, where both have one: masked, they may look so.
    pub(crate) name: Option<&'static str>,
    /// Where they are compared, and where they are judged to be two.
    pub(crate) merge: String,
    pub(crate) apart: String,
}

/// The page.
pub(crate) struct Duplicates {
    pub(crate) frame: Frame,
    pub(crate) pairs: Vec<Pair>,
    pub(crate) may_write: bool,
    pub(crate) done: bool,
    pub(crate) next: Option<String>,
}

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    uri: Uri,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Problem> {
    let (desk, lang) = (app.desk(), visit.lang);
    let cursor = Some(wanted.cursor.as_str()).filter(|cursor| !cursor.is_empty());
    let page = desk.customer_pairs(cursor, PAGE).map_err(unread)?;
    let look = Look::of(desk, &visit);
    let mut pairs = Vec::with_capacity(page.rows.len());
    for (pair, one, other) in &page.rows {
        let names = [one, other].map(|kept| store::fold(&kept.customer.master.name));
        let (one, other) = (look.line(one)?, look.line(other)?);
        // The record with more to it stays.
        let (main, rest) = if other.all > one.all { (&other, &one) } else { (&one, &other) };
        let key = |line: &Line| line.href.trim_start_matches("/customers/").to_owned();
        pairs.push(Pair {
            merge: format!("{}/merge/{}", main.href, key(rest)),
            apart: format!("{}/apart/{}", one.href, key(&other)),
            percent: pair.percent,
            name: same_name(&names),
            why: lang.say(&format!("duplicates.why.{}", pair.why)).to_owned(),
            one,
            other,
        });
    }
    let link = |cursor: &str| page_link(uri.path(), uri.query(), &[("cursor", cursor)]);
    let shown = Duplicates {
        frame: visit.frame(&app, Section::Customers, lang.say("duplicates.title"))?,
        pairs,
        may_write: desk.may_write_customers(&visit.signed.person),
        done: wanted.done == "apart",
        next: page.next.as_deref().map(link),
    };
    Ok(visit.page(&shown.html()))
}

/// What is to be said of two names.
fn same_name([one, other]: &[String; 2]) -> Option<&'static str> {
    match one.is_empty() || other.is_empty() {
        true => None,
        false if one == other => Some("duplicates.name.same"),
        false => Some("duplicates.name.differs"),
    }
}

impl Duplicates {
    pub(crate) fn html(&self) -> Markup {
        let lang = self.frame.lang;
        let content = html! {
            div.split #duplicates {
                div.bar { h1 { (lang.say("duplicates.title")) } a.button href="/customers" { (lang.say("customers.title")) } }
                @if self.done { p.notice.fine role="status" { "✓ " (lang.say("duplicates.apart.done")) } }
                @if self.pairs.is_empty() {
                    div.card { div.empty { p.say { (lang.say("duplicates.none")) } p { (lang.say("duplicates.none.what")) } a.button href="/customers" { (lang.say("customers.title")) } } }
                } @else { p.quiet { (lang.say("duplicates.what")) } }
                ul.pairs {
                    @for pair in &self.pairs {
                        li.card data-row {
                            div.why { b { (pair.percent) " %" } span.quiet { (pair.why) @if let Some(name) = pair.name { " · " (lang.say(name)) } } }
                            (side(lang, &pair.one, true)) (side(lang, &pair.other, false))
                            @if self.may_write {
                                div.does {
                                    a.button.main.small href=(pair.merge) data-next { (lang.say("duplicates.compare")) span.unseen { " " (pair.one.name) } }
                                    form method="post" action=(pair.apart) {
                                        input type="hidden" name="csrf" value=(self.frame.csrf);
                                        button.small type="submit" { (lang.say("duplicates.apart")) }
                                    }
                                }
                            }
                        }
                    }
                }
                @if let Some(next) = &self.next { p.more { a.button href=(next) rel="next" { (lang.say("cases.next")) } } }
            }
        };
        self.frame.page(&content)
    }
}

fn side(lang: Lang, line: &Line, open: bool) -> Markup {
    html! {
        div.side {
            div.line { a href=(line.href) data-open[open] { b { (line.name) } } (level_tag(line.level.as_ref())) }
            span.quiet { (line.company) }
            span.number { (line.reached) }
            span.quiet { (line.cases(lang)) }
        }
    }
}
