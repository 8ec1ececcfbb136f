//! `GET /cases`: lists of cases. The filters are the address; pages are turned by key, however many cases there are.

use super::framed::{Frame, Section, list_href};
use super::icon::icon;
use super::row::{self, Row, holder_name};
use super::visit::{Asked, Visit};
use super::words::counted;
use crate::answer::page_link;
use crate::app::App;
use crate::problem::{Kind, Problem};
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use desk::Criteria;
use engine::decide::Library;
use maud::{Markup, html};
use serde::Deserialize;
use std::collections::BTreeMap;
use store::StoreError;

/// Lines of a page.
const PAGE: usize = 50;

/// What an address asks for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    #[serde(flatten)]
    criteria: Criteria,
    cursor: String,
    /// What was just done.
    done: String,
}

/// A filter that can be chosen.
pub(crate) struct Choice {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    /// Value, text, chosen.
    pub(crate) options: Vec<(String, String, bool)>,
}

/// The page.
pub(crate) struct Cases {
    pub(crate) frame: Frame,
    pub(crate) heading: String,
    pub(crate) count: u64,
    pub(crate) tabs: Vec<Tab>,
    pub(crate) choices: Vec<Choice>,
    pub(crate) criteria: Criteria,
    /// It is a view already.
    pub(crate) viewed: bool,
    /// Numbers of lines that are picked.
    pub(crate) picked: Vec<String>,
    /// What was just done: a view was saved.
    pub(crate) done: Option<&'static str>,
    pub(crate) rows: Vec<Row>,
    pub(crate) first: Option<String>,
    pub(crate) next: Option<String>,
}

/// A list that is one step away.
pub(crate) struct Tab {
    pub(crate) href: String,
    pub(crate) name: String,
    pub(crate) count: Option<u64>,
    pub(crate) late: bool,
    pub(crate) here: bool,
}

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    uri: Uri,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Problem> {
    let (desk, lang) = (app.desk(), visit.lang);
    let scope = desk.scope(visit.caller());
    let asked = &wanted.criteria;
    let filter = asked.filter(desk).map_err(|_| Problem::new(Kind::BadQuery))?;
    let cursor = Some(wanted.cursor.as_str()).filter(|cursor| !cursor.is_empty());
    let page = desk.store().list(&scope, &filter, asked.sort(), cursor, PAGE);
    let page = page.map_err(|error| match error {
        StoreError::Invalid { .. } => Problem::new(Kind::BadQuery),
        error => error.into(),
    })?;
    let (library, people) = (desk.library(), desk.people());
    let rows = page.rows.iter().map(|row| Row::of_summary(&app, lang, &people, row)).collect();
    let link = |cursor: &str| page_link(uri.path(), uri.query(), &[("cursor", cursor)]);
    let frame = visit.frame(&app, Section::Cases, lang.say("cases.title"))?;
    let holder = (!asked.holder.is_empty()).then(|| {
        let mut names = library.all().map(|rules| holder_name(lang, rules, &people, &asked.holder));
        names.find(|name| *name != asked.holder).unwrap_or_else(|| asked.holder.clone())
    });
    let counts = desk.store().counts(&scope, desk.now())?;
    let view = frame.views.iter().find(|view| view.here).map(|view| view.name.clone());
    let heading = match &holder {
        _ if view.is_some() => view.clone().unwrap_or_default(),
        Some(name) => lang.fill("cases.of", &[("who", name)]),
        None if asked.due == "late" => lang.say("frame.overdue").to_owned(),
        None if asked.is_open() => lang.say("cases.open").to_owned(),
        None => lang.say("cases.all").to_owned(),
    };
    let shown = Cases {
        heading,
        count: desk.store().count(&scope, &filter, desk::COUNTED)?,
        tabs: tabs(asked, lang, &library, &counts, frame.overdue),
        choices: choices(asked, lang, &library),
        criteria: asked.clone(),
        viewed: view.is_some(),
        picked: picked(uri.query()),
        done: ["view"].into_iter().find(|done| *done == wanted.done),
        rows,
        first: cursor.map(|_| link("")),
        next: page.next.as_deref().map(link),
        frame,
    };
    Ok(visit.page(&shown.html()))
}

/// The parts of an address that no choice shows.
const UNSHOWN: [&str; 6] = ["holder", "department", "channel", "category", "from", "to"];

/// The numbers that an address names as picked.
pub(super) fn picked(query: Option<&str>) -> Vec<String> {
    let pairs: Vec<(String, String)> =
        serde_urlencoded::from_str(query.unwrap_or_default()).unwrap_or_default();
    pairs.into_iter().filter(|(name, _)| name == "pick").map(|(_, number)| number).collect()
}

/// Everything in hand, what is late, and the stages of the procedure that is looked at.
fn tabs(
    asked: &Criteria,
    lang: super::words::Lang,
    library: &Library,
    counts: &[store::Count],
    overdue: u64,
) -> Vec<Tab> {
    let plain = asked.holder.is_empty() && asked.due.is_empty() && asked.stage.is_empty();
    let encoded = crate::answer::encoded;
    let sum = |procedure: &str| {
        counts.iter().filter(|one| one.procedure == procedure).map(|one| one.cases).sum::<u64>()
    };
    let all = counts.iter().map(|one| one.cases).sum();
    let mut tabs = vec![
        Tab {
            href: "/cases".to_owned(),
            name: lang.say("cases.open").to_owned(),
            count: Some(all),
            late: false,
            here: plain && asked.procedure.is_empty() && asked.is_open(),
        },
        Tab {
            href: "/cases?due=late".to_owned(),
            name: lang.say("frame.overdue").to_owned(),
            count: Some(overdue),
            late: true,
            here: asked.due == "late",
        },
        Tab {
            href: "/cases?due=day".to_owned(),
            name: lang.say("cases.due.day").to_owned(),
            count: None,
            late: false,
            here: asked.due == "day",
        },
    ];
    match library.newest(&asked.procedure) {
        None => {
            let procedures =
                library.all().map(|rules| (rules, sum(&rules.key))).filter(|(_, cases)| *cases > 0);
            tabs.extend(procedures.map(|(rules, cases)| Tab {
                href: format!("/cases?procedure={}", encoded(&rules.key)),
                name: lang.word(&rules.label).to_owned(),
                count: Some(cases),
                late: false,
                here: false,
            }));
        }
        Some((rules, _)) => {
            let mut stages: BTreeMap<&str, u64> = BTreeMap::new();
            for one in counts.iter().filter(|one| one.procedure == asked.procedure) {
                *stages.entry(&one.stage).or_default() += one.cases;
            }
            let in_order =
                rules.stages.iter().filter_map(|stage| Some((stage, *stages.get(&*stage.key)?)));
            tabs.extend(in_order.map(|(stage, cases)| Tab {
                href: format!(
                    "/cases?procedure={}&stage={}",
                    encoded(&rules.key),
                    encoded(&stage.key)
                ),
                name: lang.word(&stage.label).to_owned(),
                count: Some(cases),
                late: false,
                here: asked.stage == *stage.key,
            }));
        }
    }
    tabs
}

fn choices(asked: &Criteria, lang: super::words::Lang, library: &Library) -> Vec<Choice> {
    let option = |value: &str, text: &str, chosen: &str| {
        (value.to_owned(), text.to_owned(), value == chosen)
    };
    let any = || option("", lang.say("cases.any"), "?");
    let procedures =
        library.all().map(|rules| option(&rules.key, lang.word(&rules.label), &asked.procedure));
    let mut choices = vec![Choice {
        name: "procedure",
        label: "cases.procedure",
        options: std::iter::once(any()).chain(procedures).collect(),
    }];
    if let Some((rules, _)) = library.newest(&asked.procedure) {
        let stages = rules
            .stages
            .iter()
            .map(|stage| option(&stage.key, lang.word(&stage.label), &asked.stage));
        choices.push(Choice {
            name: "stage",
            label: "row.stage",
            options: std::iter::once(any()).chain(stages).collect(),
        });
    }
    let fixed = |values: &[(&str, &str)], chosen: &str| -> Vec<_> {
        values.iter().map(|(value, key)| option(value, lang.say(key), chosen)).collect()
    };
    let due = [
        ("", "cases.any"),
        ("late", "frame.overdue"),
        ("hour", "cases.due.hour"),
        ("day", "cases.due.day"),
    ];
    let severity = [
        ("", "cases.any"),
        ("3", "cases.severity.3"),
        ("2", "cases.severity.2"),
        ("1", "cases.severity.1"),
    ];
    let state = [("", "cases.open"), ("all", "cases.all")];
    let sort = [
        ("", "cases.sort.due"),
        ("newest", "cases.sort.newest"),
        ("severity", "cases.sort.severity"),
    ];
    choices.push(Choice { name: "due", label: "cases.due", options: fixed(&due, &asked.due) });
    choices.push(Choice {
        name: "severity",
        label: "row.level",
        options: fixed(&severity, &asked.severity),
    });
    choices.push(Choice {
        name: "state",
        label: "cases.state",
        options: fixed(&state, &asked.state),
    });
    choices.push(Choice { name: "sort", label: "cases.sort", options: fixed(&sort, &asked.sort) });
    choices
}

/// What filters ask for, in words.
pub(super) fn described(
    asked: &Criteria,
    lang: super::words::Lang,
    library: &Library,
    people: &engine::people::Directory,
) -> String {
    let chosen = choices(asked, lang, library).into_iter().filter_map(|choice| {
        let mut options = choice.options.into_iter();
        let (_, text, _) = options.find(|(value, _, chosen)| *chosen && !value.is_empty())?;
        Some(format!("{} {text}", lang.say(choice.label)))
    });
    let mut said: Vec<String> = chosen.collect();
    let rules = library.newest(&asked.procedure).map(|(rules, _)| rules);
    let rules: Vec<_> = rules.into_iter().chain(library.all().cloned()).collect();
    if !asked.holder.is_empty() {
        let names = rules.iter().map(|rules| holder_name(lang, rules, people, &asked.holder));
        let name = names.into_iter().find(|name| *name != asked.holder);
        let name = name.unwrap_or_else(|| asked.holder.clone());
        said.push(format!("{} {name}", lang.say("row.holder")));
    }
    if !asked.department.is_empty() {
        let known = rules.iter().find_map(|rules| rules.department(&asked.department));
        let name = known.map_or(asked.department.as_str(), |known| lang.word(&known.label));
        said.push(format!("{} {name}", lang.say("cases.department")));
    }
    let plain = [
        ("cases.channel", &asked.channel),
        ("cases.category", &asked.category),
        ("cases.from", &asked.from),
        ("cases.to", &asked.to),
    ];
    let plain = plain.into_iter().filter(|(_, value)| !value.is_empty());
    said.extend(plain.map(|(key, value)| format!("{} {value}", lang.say(key))));
    said.join(" · ")
}

impl Cases {
    pub(crate) fn html(&self) -> Markup {
        let (frame, lang) = (&self.frame, self.frame.lang);
        let kept: Vec<_> =
            self.criteria.given().filter(|(name, _)| UNSHOWN.contains(name)).collect();
        let content = html! {
            div #cases data-live data-everything {
                div.bar {
                    h1 { (self.heading) " " span.count { (counted(self.count)) } }
                    @if !self.viewed { (self.save()) }
                    (self.export())
                    a.button.main href="/new" { (lang.say("new.title")) " " kbd aria-hidden="true" { "n" } }
                }
                @if self.done.is_some() { p.notice.fine role="status" { "✓ " (lang.say("views.kept")) } }
                nav.tabs aria-label=(lang.say("cases.tabs")) {
                    @for tab in &self.tabs {
                        a href=(tab.href) aria-current=[tab.here.then_some("page")] data-swap="cases" {
                            (tab.name)
                            @if let Some(count) = tab.count { span.count.late[tab.late && count > 0] { (counted(count)) } }
                        }
                    }
                    @for view in &frame.views {
                        a.view href=(view.href) aria-current=[view.here.then_some("page")] data-swap="cases rail" {
                            (icon("view")) (view.name)
                            @if let Some(count) = view.cases { span.count { (counted(count)) } }
                        }
                    }
                }
                form.filters action="/cases" data-swap="cases" data-auto {
                    @for choice in &self.choices {
                        div.field {
                            label for={ "f-" (choice.name) } { (lang.say(choice.label)) }
                            select name=(choice.name) id={ "f-" (choice.name) } {
                                @for (value, text, chosen) in &choice.options { option value=(value) selected[*chosen] { (text) } }
                            }
                        }
                    }
                    @for (name, value) in &kept { input type="hidden" name=(name) value=(value); }
                    button type="submit" { (lang.say("cases.apply")) }
                    @if !kept.is_empty() { a.button.bare href="/cases" { (lang.say("cases.clear")) } }
                }
                @if self.rows.is_empty() { (self.empty()) } @else {
                    (row::picking(frame, &self.rows, &self.heading, ("bulk", &self.picked)))
                    (self.bulk())
                }
                @if self.first.is_some() || self.next.is_some() {
                    nav.more aria-label=(lang.say("cases.pages")) {
                        @if let Some(first) = &self.first { a.button href=(first) data-swap="cases" { (lang.say("cases.first")) } }
                        " "
                        @if let Some(next) = &self.next { a.button href=(next) rel="next" data-swap="cases" { (lang.say("cases.next")) } }
                    }
                }
            }
        };
        frame.page(&content)
    }

    /// Keeps the filters under a name.
    fn save(&self) -> Markup {
        let (frame, lang) = (&self.frame, self.frame.lang);
        html! {
            details.menu #save-view data-keep {
                summary.button data-command=(lang.say("views.save")) { (icon("view")) (lang.say("views.save")) }
                form.sheet method="post" action="/saved/views" {
                    input type="hidden" name="csrf" value=(frame.csrf);
                    @for (name, value) in self.criteria.given() { input type="hidden" name=(name) value=(value); }
                    div.field {
                        label for="view-name" { (lang.say("views.name")) }
                        input id="view-name" name="name" required maxlength="40" autocomplete="off";
                    }
                    @if frame.supervises { label.check { input type="checkbox" name="shared" value="yes"; (lang.say("views.share")) } }
                    button.main type="submit" { (lang.say("views.keep")) }
                }
            }
        }
    }

    /// The list as a file.
    fn export(&self) -> Markup {
        let lang = self.frame.lang;
        let mut href = list_href(&self.criteria).replacen("/cases", "/cases/export", 1);
        href.push(if href.contains('?') { '&' } else { '?' });
        html! {
            details.menu #export {
                summary.button { (icon("file")) (lang.say("export.do")) }
                div.sheet {
                    @for (format, name) in [("xlsx", "Excel (.xlsx)"), ("csv", "CSV")] {
                        a href={ (href) "format=" (format) } download data-command={ (lang.say("export.do")) " " (name) } { (name) }
                    }
                    p.head { (lang.say("export.masked")) }
                }
            }
        }
    }

    /// What is picked goes on from here.
    fn bulk(&self) -> Markup {
        let lang = self.frame.lang;
        html! {
            form.bulk #bulk action="/bulk" data-bulk {
                input type="hidden" name="back" value=(list_href(&self.criteria));
                span.quiet data-picked { (lang.say("bulk.what")) }
                button.main type="submit" data-command=(lang.say("bulk.title")) { (lang.say("bulk.title")) }
            }
        }
    }

    fn empty(&self) -> Markup {
        let lang = self.frame.lang;
        html! {
            div.card { div.empty {
                p.say { (lang.say("cases.empty")) }
                p { (lang.say("cases.empty.what")) }
                a.button href="/cases" { (lang.say("cases.clear")) }
            } }
        }
    }
}
