//! `GET /admin/log`: who had what shown in full, who took how many rows away, who changed which setting. What was shown or changed
//! is not told, only of what it was.

use super::admin;
use super::customers::{customer_href, named, title};
use super::framed::{Frame, Section};
use super::left::day_and_minute;
use super::people::show::person_href;
use super::row::case_href;
use super::visit::{Asked, Visit};
use crate::answer::page_link;
use crate::app::App;
use crate::problem::Problem;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use desk::{Desk, Shelf};
use engine::calendar::Calendar;
use engine::people::Directory;
use maud::{Markup, html};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::sync::Arc;
use store::{LogEntry, Scope};

/// Lines of a page.
const PAGE: usize = 50;

/// Entries of what was done at once: as many as a merge or a parting leaves.
const AT_ONCE: usize = 3;
/// Entries of customers that are looked through for whom somebody has parted.
const PARTED: usize = 500;

/// Kinds that have a name, in the order in which they are offered; what is rarely looked for comes last.
const KINDS: [&str; 15] = [
    "reveal",
    "export",
    "person",
    "invitation",
    "credential",
    "team",
    "procedure",
    "calendar",
    "api-key",
    "webhook",
    "installation",
    "customer",
    "view",
    "template",
    "preferences",
];

/// What an address asks for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    person: String,
    kind: String,
    /// Place in the log before which the page begins; empty: the newest.
    before: String,
}

/// The page.
pub(crate) struct Log {
    pub(crate) frame: Frame,
    /// Id, name, chosen.
    pub(crate) people: Vec<(String, String, bool)>,
    /// Kind, name, chosen.
    pub(crate) kinds: Vec<(String, String, bool)>,
    pub(crate) lines: Vec<Line>,
    pub(crate) first: Option<String>,
    pub(crate) next: Option<String>,
}

/// Something that somebody did.
pub(crate) struct Line {
    pub(crate) at: String,
    pub(crate) who: String,
    pub(crate) what: String,
    /// Of what, and where that is.
    pub(crate) about: String,
    pub(crate) href: Option<String>,
}

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    uri: Uri,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Problem> {
    let again = app.clone();
    let work = move || {
        let (desk, lang) = (app.desk(), visit.lang);
        let place: Option<u64> = wanted.before.parse().ok();
        let before = place.unwrap_or(u64::MAX);
        let mut entries =
            desk.store().newest_log(before, &wanted.person, &wanted.kind, PAGE + 1)?;
        let more = entries.len() > PAGE;
        entries.truncate(page_end(&entries));
        let link = |before: &str| page_link(uri.path(), uri.query(), &[("before", before)]);
        let last = entries.last().filter(|_| more).map(|entry| entry.sequence.to_string());
        let people = desk.people();
        let (scope, calendar) = (desk.scope(visit.caller()), desk.calendar_of_the_house());
        let look = Look { app: &app, visit: &visit, people: &people, scope, calendar };
        let parted = parted(desk, &entries)?;
        let (mut lines, mut rest) = (Vec::with_capacity(entries.len()), entries.as_slice());
        while let Some(newest) = rest.first() {
            let (taken, line) = match look.joined(rest, &parted) {
                Some(joined) => joined,
                None => (1, look.line(newest)?),
            };
            lines.push(line);
            rest = rest.get(taken..).unwrap_or_default();
        }
        let named = people
            .people
            .iter()
            .map(|one| (one.id.to_string(), one.name.clone(), wanted.person == *one.id));
        let kind = |kind: &str| (kind.to_owned(), kind_name(lang, kind), wanted.kind == kind);
        let page = Log {
            frame: visit.frame(&app, Section::Admin, lang.say("log.title"))?,
            people: named.collect(),
            kinds: KINDS.into_iter().map(kind).collect(),
            lines,
            first: place.map(|_| link("")),
            next: last.as_deref().map(link),
        };
        Ok(visit.page(&page.html()))
    };
    again.inner.pool.run(work).await
}

/// Whether one person did both to customers at one moment.
fn at_once(one: &LogEntry, other: &LogEntry) -> bool {
    one.kind == "customer"
        && other.kind == "customer"
        && (one.at, &one.actor) == (other.at, &other.actor)
}

/// Where a page ends: what was done at once is not torn.
fn page_end(entries: &[LogEntry]) -> usize {
    let torn = |end: &usize| match (entries.get(end.wrapping_sub(1)), entries.get(*end)) {
        (Some(one), Some(other)) => at_once(one, other),
        _ => false,
    };
    let ends = PAGE.saturating_sub(AT_ONCE)..=PAGE.min(entries.len());
    ends.rev().find(|end| !torn(end)).unwrap_or(PAGE)
}

/// The pairs of customers that were parted after they had been merged, as the log names them; read only where it matters.
fn parted(desk: &Desk, entries: &[LogEntry]) -> Result<BTreeSet<String>, Problem> {
    let is_pair = |two: &[LogEntry]| matches!(two, [one, other] if at_once(one, other));
    if !entries.windows(2).any(is_pair) {
        return Ok(BTreeSet::new());
    }
    let newest = desk.store().newest_log(u64::MAX, "", "customer", PARTED)?;
    Ok(newest.into_iter().filter(|entry| entry.deed == "apart").map(|entry| entry.key).collect())
}

/// What a kind of entry is called; one without a name shows itself.
fn kind_name(lang: super::words::Lang, kind: &str) -> String {
    match KINDS.contains(&kind) {
        true => lang.say(&format!("log.kind.{kind}")).to_owned(),
        false => kind.to_owned(),
    }
}

/// What lines are made of.
struct Look<'a> {
    app: &'a App,
    visit: &'a Visit,
    people: &'a Directory,
    scope: Arc<Scope>,
    calendar: Option<Arc<Calendar>>,
}

impl Look<'_> {
    fn line(&self, entry: &LogEntry) -> Result<Line, Problem> {
        let deed = match entry.deed.as_str() {
            "put" if entry.version == 1 => "log.deed.new",
            "put" => "log.deed.change",
            "remove" => "log.deed.remove",
            "erase" => "log.deed.erase",
            "apart" => "log.deed.apart",
            _ => "",
        };
        let (about, href) = self.about(entry)?;
        let (at, what) = (self.at(entry), self.what(entry, deed));
        Ok(Line { at, who: self.person(&entry.actor), what, about, href })
    }

    /// Two customers merged, or parted again: one line for the first several entries, which are the newest. Others are no such deed.
    fn joined(&self, entries: &[LogEntry], parted: &BTreeSet<String>) -> Option<(usize, Line)> {
        let lang = self.visit.lang;
        let put = |one: &LogEntry, newer: &LogEntry| one.deed == "put" && at_once(one, newer);
        let (taken, deed, text, main, other) = match entries {
            [judged, other, main, ..]
                if judged.deed == "apart"
                    && put(other, judged)
                    && put(main, judged)
                    && judged.key == format!("{} {}", main.key, other.key) =>
            {
                (3, "log.deed.part", "log.parted", main, other)
            }
            [main, other, ..] if put(main, main) && put(other, main) && other.version > 1 => {
                let kept = self.app.desk().customer(&other.key).ok();
                let into = kept.and_then(|kept| kept.customer.into);
                let is = into.is_some_and(|into| *into == *main.key)
                    || parted.contains(&format!("{} {}", main.key, other.key));
                is.then_some((2, "log.deed.merge", "log.merged", main, other))?
            }
            _ => return None,
        };
        let (newest, main, other) = (entries.first()?, main.key.as_str(), other.key.as_str());
        let names = [("main", &*self.named(main)), ("other", &*self.named(other))];
        let line = Line {
            at: self.at(newest),
            who: self.person(&newest.actor),
            what: self.what(newest, deed),
            about: lang.fill(text, &names),
            href: Some(customer_href(main)),
        };
        Some((taken, line))
    }

    /// What a customer is called and how he is reached, masked.
    fn named(&self, key: &str) -> String {
        match self.app.desk().customer(key) {
            Ok(kept) => named(&kept.customer),
            Err(_) => self.visit.lang.say("log.gone").to_owned(),
        }
    }

    fn at(&self, entry: &LogEntry) -> String {
        day_and_minute(self.calendar.as_deref(), entry.at)
    }

    /// What was done, by the key of its name; the kind alone where it has none.
    fn what(&self, entry: &LogEntry, deed: &str) -> String {
        let kind = kind_name(self.visit.lang, &entry.kind);
        if deed.is_empty() { kind } else { format!("{kind} · {}", self.visit.lang.say(deed)) }
    }

    fn person(&self, id: &str) -> String {
        if id.starts_with('@') {
            return self.visit.lang.say("story.system").to_owned();
        }
        self.people.person(id).map_or_else(|| id.to_owned(), |person| person.name.clone())
    }

    /// Of what it was, masked as everywhere.
    fn about(&self, entry: &LogEntry) -> Result<(String, Option<String>), Problem> {
        let (desk, lang, key) = (self.app.desk(), self.visit.lang, entry.key.as_str());
        Ok(match entry.kind.as_str() {
            "reveal" => match key.strip_prefix("customer ") {
                Some(part) => self.of_customer(part),
                None => self.of_case(key)?,
            },
            "export" => (lang.fill("log.rows", &[("count", key)]), None),
            "person" | "credential" | "invitation" | "preferences" => {
                let known = self.people.person(key).is_some();
                (self.person(key), known.then(|| person_href(key)))
            }
            "customer" => match key.split_once(' ') {
                Some((main, other)) => {
                    let names = [("main", &*self.named(main)), ("other", &*self.named(other))];
                    (lang.fill("log.two", &names), None)
                }
                None => self.customer(key),
            },
            "view" => self.saved(entry, Shelf::Views)?,
            "template" => self.saved(entry, Shelf::Templates)?,
            "webhook" => {
                let hooks = desk.webhooks();
                let known = hooks.iter().find(|hook| *hook.id == *key);
                let name = known.map(|hook| hook.name.clone());
                (name.unwrap_or_else(|| lang.say("log.gone").to_owned()), None)
            }
            "team" => {
                let teams = desk.teams();
                let known = teams.iter().find(|team| *team.id == *key);
                (
                    known.map_or_else(|| lang.say("log.gone").to_owned(), |team| team.name.clone()),
                    None,
                )
            }
            "procedure" => {
                let newest = desk.library().newest(key);
                let name = newest.map(|(rules, _)| lang.word(&rules.label).to_owned());
                (name.unwrap_or_else(|| key.to_owned()), None)
            }
            // A key is kept under the hash of its secret, which says nothing to anybody.
            "api-key" => {
                let known = desk.api_keys()?.into_iter().find(|one| one.id == key);
                (known.map(|one| one.key.name).unwrap_or_default(), None)
            }
            "installation" => (String::new(), None),
            _ => (key.to_owned(), None),
        })
    }

    /// A view or a template: by name where whoever looks has it as well.
    fn saved(&self, entry: &LogEntry, shelf: Shelf) -> Result<(String, Option<String>), Problem> {
        let (desk, lang) = (self.app.desk(), self.visit.lang);
        let shown = desk.saved(self.visit.caller(), shelf);
        if let Some(known) = shown.into_iter().find(|one| *one.id == *entry.key) {
            return Ok((known.name, Some(format!("/saved/{}", shelf.name()))));
        }
        let there = desk.store().setting(&entry.kind, &entry.key)?.is_some();
        Ok((lang.say(if there { "log.private" } else { "log.gone" }).to_owned(), None))
    }

    fn customer(&self, key: &str) -> (String, Option<String>) {
        match self.app.desk().customer(key) {
            Ok(kept) => (title(&kept.customer), Some(customer_href(key))),
            Err(_) => (key.to_owned(), None),
        }
    }

    /// A part of a customer: `key/name`, `key/contacts/id`.
    fn of_customer(&self, part: &str) -> (String, Option<String>) {
        let lang = self.visit.lang;
        let (key, part) = part.split_once('/').unwrap_or((part, ""));
        let part = lang.say(if part == "name" { "customer.name" } else { "customer.contacts" });
        let (name, href) = self.customer(key);
        (format!("{name} · {part}"), href)
    }

    /// A field of a case: `id/field`. A case that whoever looks may not see has no number here either.
    fn of_case(&self, key: &str) -> Result<(String, Option<String>), Problem> {
        let (desk, lang) = (self.app.desk(), self.visit.lang);
        let (id, field) = key.split_once('/').unwrap_or((key, ""));
        let stored = match id.parse() {
            Ok(id) => desk.store().case(&self.scope, id)?,
            Err(_) => None,
        };
        let Some(stored) = stored else { return Ok((lang.say("story.other").to_owned(), None)) };
        let name = field_name(self.app, lang, &stored.summary.columns.procedure, field);
        let number = &stored.summary.number;
        Ok((format!("{number} · {name}"), Some(case_href(number))))
    }
}

/// What a field of a procedure is called.
pub(crate) fn field_name(
    app: &App,
    lang: super::words::Lang,
    procedure: &str,
    field: &str,
) -> String {
    let newest = app.desk().library().newest(procedure);
    let label = newest.as_ref().and_then(|(rules, _)| rules.field(field)).map(|one| &one.label);
    label.map_or_else(|| field.to_owned(), |label| lang.word(label).to_owned())
}

impl Log {
    pub(crate) fn html(&self) -> Markup {
        let lang = self.frame.lang;
        let choice = |id: &str, name: &str, label: &str, options: &[(String, String, bool)]| {
            html! {
                div.field {
                    label for=(id) { (lang.say(label)) }
                    select id=(id) name=(name) {
                        option value="" { (lang.say("cases.any")) }
                        @for (key, name, chosen) in options { option value=(key) selected[*chosen] { (name) } }
                    }
                }
            }
        };
        let content = html! {
            div.bar { h1 { (lang.say("log.title")) } }
            p.quiet { (lang.say("log.what")) }
            div #log {
                form.filters action="/admin/log" data-swap="log" data-auto aria-label=(lang.say("log.title")) {
                    (choice("log-person", "person", "log.who", &self.people))
                    (choice("log-kind", "kind", "log.kind", &self.kinds))
                    button type="submit" { (lang.say("customers.go")) }
                }
                @if self.lines.is_empty() { p.quiet role="status" { (lang.say("log.none")) } }
                @else {
                    div.cases-frame { table.cases.things {
                        thead { tr {
                            @for head in ["log.at", "log.who", "log.kind", "log.about"] { th scope="col" { (lang.say(head)) } }
                        } }
                        tbody { @for line in &self.lines { tr {
                            td.number { (line.at) }
                            td { (line.who) }
                            td { (line.what) }
                            td { @match &line.href { Some(href) => a href=(href) { (line.about) }, None => (line.about) } }
                        } } }
                    } }
                }
                @if self.first.is_some() || self.next.is_some() {
                    nav.more aria-label=(lang.say("cases.pages")) {
                        @if let Some(first) = &self.first { a.button href=(first) data-swap="log" { (lang.say("cases.first")) } }
                        " "
                        @if let Some(next) = &self.next { a.button href=(next) rel="next" data-swap="log" { (lang.say("cases.next")) } }
                    }
                }
            }
        };
        admin::page(&self.frame, "/admin/log", &content)
    }
}
