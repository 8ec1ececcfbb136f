//! `GET /cases`: lists of cases. The filters are the address; pages are turned by key, however many cases there are.

mod filters;

pub(crate) use filters::{Chip, Choice, described};

use super::framed::{Frame, Section, list_href};
use super::icon::icon;
use super::row::{self, Row};
use super::visit::{Asked, Visit, unread};
use super::words::{Lang, counted};
use crate::answer::page_link;
use crate::app::App;
use crate::problem::{Kind, Problem};
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use desk::{Criteria, DeskError};
use engine::decide::Library;
use engine::refusal::Refusal;
use filters::Filters;
use maud::{Markup, html};
use serde::Deserialize;
use std::collections::BTreeMap;

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

/// The page.
pub(crate) struct Cases {
    pub(crate) frame: Frame,
    pub(crate) heading: String,
    pub(crate) count: u64,
    pub(crate) tabs: Vec<Tab>,
    pub(crate) choices: Vec<Choice>,
    pub(crate) chips: Vec<Chip>,
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
    let filter = asked.filter(desk).map_err(unreadable)?;
    let cursor = Some(wanted.cursor.as_str()).filter(|cursor| !cursor.is_empty());
    let page = desk.store().list(&scope, &filter, asked.sort(), cursor, PAGE);
    let page = page.map_err(unread)?;
    let (library, people) = (desk.library(), desk.people());
    let mut rows = Vec::with_capacity(page.rows.len());
    for row in &page.rows {
        // Gone since it was listed: he sees it no longer.
        let Some(seen) = desk.case_listed(&scope, row)? else { continue };
        rows.push(Row::of_seen(&app, lang, &people, &seen));
    }
    let link = |cursor: &str| page_link(uri.path(), uri.query(), &[("cursor", cursor)]);
    let frame = visit.frame(&app, Section::Cases, lang.say("cases.title"))?;
    let counts = desk.store().counts(&scope, desk.now())?;
    let view = frame.views.iter().find(|view| view.here).map(|view| view.name.clone());
    let filters = Filters { asked, lang, library: &library, people: &people };
    let calls = Criteria { call: "today".to_owned(), ..Criteria::default() }.filter(desk)?;
    let calls = desk.store().count(&scope, &calls, desk::COUNTED)?;
    let soon = Criteria { due: "day".to_owned(), ..Criteria::default() }.filter(desk)?;
    let soon = desk.store().count(&scope, &soon, desk::COUNTED)?;
    let shown = Cases {
        heading: view.clone().unwrap_or_else(|| filters.heading()),
        count: desk.store().count(&scope, &filter, desk::COUNTED)?,
        tabs: tabs(asked, lang, &library, &counts, (frame.overdue, soon, calls)),
        choices: filters.choices(),
        chips: filters.chips(),
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

/// What is wrong with an address, by the names of its parameters.
fn unreadable(error: DeskError) -> Problem {
    let DeskError::Refused(Refusal::Invalid { fields }) = error else { return error.into() };
    let named = fields.into_iter().map(|(name, wrong)| (name.to_string(), wrong));
    named.fold(Problem::new(Kind::BadQuery), |problem, (name, wrong)| {
        problem.field(name, Some(wrong))
    })
}

/// The numbers that an address names as picked.
pub(super) fn picked(query: Option<&str>) -> Vec<String> {
    let pairs: Vec<(String, String)> =
        serde_urlencoded::from_str(query.unwrap_or_default()).unwrap_or_default();
    pairs.into_iter().filter(|(name, _)| name == "pick").map(|(_, number)| number).collect()
}

/// Everything in hand, what is late, whom to call, and the stages of the procedure that is looked at. A tab is here where the list is
/// narrowed by nothing else.
fn tabs(
    asked: &Criteria,
    lang: Lang,
    library: &Library,
    counts: &[store::Count],
    (overdue, soon, calls): (u64, u64, u64),
) -> Vec<Tab> {
    let here = asked.without(&["sort"]);
    let tab = |criteria: Criteria, name: &str, count| {
        let (href, here) = (list_href(&criteria), criteria == here);
        Tab { href, name: name.to_owned(), count, late: false, here }
    };
    let open = Criteria::default;
    let due = |due: &str| Criteria { due: due.to_owned(), ..open() };
    let sum = |procedure: &str| {
        counts.iter().filter(|one| one.procedure == procedure).map(|one| one.cases).sum::<u64>()
    };
    let all = counts.iter().map(|one| one.cases).sum();
    let call = Criteria { call: "today".to_owned(), ..open() };
    let mut tabs = vec![
        tab(open(), lang.say("cases.open"), Some(all)),
        Tab { late: true, ..tab(due("late"), lang.say("frame.overdue"), Some(overdue)) },
        tab(due("day"), lang.say("cases.due.day"), Some(soon)),
        tab(call, lang.say("work.calls"), Some(calls)),
    ];
    match library.newest(&asked.procedure) {
        None => {
            let procedures =
                library.all().map(|rules| (rules, sum(&rules.key))).filter(|(_, cases)| *cases > 0);
            tabs.extend(procedures.map(|(rules, cases)| {
                let criteria = Criteria { procedure: rules.key.to_string(), ..open() };
                tab(criteria, lang.word(&rules.label), Some(cases))
            }));
        }
        Some((rules, _)) => {
            let mut stages: BTreeMap<&str, u64> = BTreeMap::new();
            for one in counts.iter().filter(|one| one.procedure == asked.procedure) {
                *stages.entry(&one.stage).or_default() += one.cases;
            }
            let in_order =
                rules.stages.iter().filter_map(|stage| Some((stage, *stages.get(&*stage.key)?)));
            tabs.extend(in_order.map(|(stage, cases)| {
                let (procedure, stage_key) = (rules.key.to_string(), stage.key.to_string());
                let criteria = Criteria { procedure, stage: stage_key, ..open() };
                tab(criteria, lang.word(&stage.label), Some(cases))
            }));
        }
    }
    tabs
}

impl Cases {
    pub(crate) fn html(&self) -> Markup {
        let (frame, lang) = (&self.frame, self.frame.lang);
        // What the address says and nothing here can choose goes along.
        let chosen = |name: &str| self.choices.iter().any(|choice| choice.name == name);
        let kept: Vec<_> = self.criteria.given().filter(|(name, _)| !chosen(name)).collect();
        let content = html! {
            div #cases data-live data-everything {
                div.bar {
                    h1 { (self.heading) " " span.count { (counted(self.count)) } }
                    @if !self.viewed { (self.save()) }
                    (self.export())
                    @if frame.registers { a.button.main href="/new" { (lang.say("new.title")) " " kbd aria-hidden="true" { "n" } } }
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
                form.filters.tight action="/cases" data-swap="cases" data-auto {
                    @for choice in &self.choices {
                        div.field {
                            // What is not chosen shows its name; what is chosen stands with it above the list.
                            label.unseen for={ "f-" (choice.name) } { (lang.say(choice.label)) }
                            select name=(choice.name) id={ "f-" (choice.name) } title=(lang.say(choice.label)) {
                                @for (value, text, chosen) in &choice.options { option value=(value) selected[*chosen] { (text) } }
                            }
                        }
                    }
                    @for (name, value) in &kept { input type="hidden" name=(name) value=(value); }
                    button type="submit" { (lang.say("cases.apply")) }
                }
                @if !self.chips.is_empty() {
                    ul.chips aria-label=(lang.say("cases.chips")) {
                        @for chip in &self.chips {
                            li.chip { (chip.text) a href=(list_href(&chip.rest)) data-swap="cases rail" aria-label=(lang.fill("cases.chip.off", &[("filter", &chip.text)])) { (icon("close")) } }
                        }
                        li { a.button.bare.small href="/cases" data-swap="cases rail" { (lang.say("cases.clear")) } }
                    }
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

    /// The filters in a row; the state alone where there are none.
    fn narrowed(&self) -> String {
        let chips: Vec<&str> = self.chips.iter().map(|chip| chip.text.as_str()).collect();
        if chips.is_empty() { self.heading.clone() } else { chips.join(" · ") }
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
                        input id="view-name" name="name" required maxlength="40" autocomplete="off" data-first aria-describedby="view-of";
                    }
                    p.head #view-of { (lang.fill("views.of", &[("filters", &self.narrowed())])) }
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
        let (frame, lang) = (&self.frame, self.frame.lang);
        html! {
            div.card { div.empty {
                @if self.chips.is_empty() {
                    p.say { (lang.say("cases.fresh")) }
                    p { (lang.say("cases.fresh.what")) }
                    div.actions { @if frame.registers { a.button.main href="/new" { (lang.say("keys.new")) } } a.button href="/cases?state=all" data-swap="cases" { (lang.say("cases.fresh.all")) } }
                } @else {
                    p.say { (lang.say("cases.empty")) }
                    p { (lang.say("cases.empty.what")) }
                    a.button href="/cases" { (lang.say("cases.clear")) }
                }
            } }
        }
    }
}
