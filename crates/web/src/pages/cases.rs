//! `GET /cases`: lists of cases. The filters are the address; pages are turned by key, however many cases there are.

use super::framed::{Frame, Section};
use super::row::{self, Row, holder_name};
use super::visit::{Asked, Visit};
use super::words::counted;
use crate::answer::page_link;
use crate::app::App;
use crate::problem::{Kind, Problem};
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use engine::decide::Library;
use jiff::SignedDuration;
use maud::{Markup, html};
use serde::Deserialize;
use std::collections::BTreeMap;
use store::{Filter, Sort, StoreError};

/// Lines of a page.
const PAGE: usize = 50;

/// What an address asks for; what is empty asks for nothing.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    procedure: String,
    stage: String,
    holder: String,
    department: String,
    channel: String,
    category: String,
    /// `late`, `hour`, `day`.
    due: String,
    /// `open`, `all`.
    state: String,
    /// `due`, `newest`, `severity`.
    sort: String,
    severity: String,
    from: String,
    to: String,
    cursor: String,
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
    /// Parts of the address that no choice shows.
    pub(crate) kept: Vec<(&'static str, String)>,
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
    let filter = wanted.filter(&app)?;
    let cursor = Some(wanted.cursor.as_str()).filter(|cursor| !cursor.is_empty());
    let page = desk.store().list(&scope, &filter, wanted.sort(), cursor, PAGE);
    let page = page.map_err(|error| match error {
        StoreError::Invalid { .. } => Problem::new(Kind::BadQuery),
        error => error.into(),
    })?;
    let (library, people) = (desk.library(), desk.people());
    let rows = page.rows.iter().map(|row| Row::of_summary(&app, lang, &people, row)).collect();
    let link = |cursor: &str| page_link(uri.path(), uri.query(), &[("cursor", cursor)]);
    let frame = visit.frame(&app, Section::Cases, lang.say("cases.title"))?;
    let holder = (!wanted.holder.is_empty()).then(|| {
        let mut names =
            library.all().map(|rules| holder_name(lang, rules, &people, &wanted.holder));
        names.find(|name| *name != wanted.holder).unwrap_or_else(|| wanted.holder.clone())
    });
    let counts = desk.store().counts(&scope, desk.now())?;
    let heading = match &holder {
        Some(name) => lang.fill("cases.of", &[("who", name)]),
        None if wanted.due == "late" => lang.say("frame.overdue").to_owned(),
        None if wanted.is_open() => lang.say("cases.open").to_owned(),
        None => lang.say("cases.all").to_owned(),
    };
    let shown = Cases {
        heading,
        count: desk.store().count(&scope, &filter, desk::COUNTED)?,
        tabs: wanted.tabs(lang, &library, &counts, frame.overdue),
        choices: wanted.choices(lang, &library),
        kept: wanted.kept(),
        rows,
        first: cursor.map(|_| link("")),
        next: page.next.as_deref().map(link),
        frame,
    };
    Ok(visit.page(&shown.html()))
}

impl Wanted {
    fn is_open(&self) -> bool {
        self.state != "all"
    }

    fn sort(&self) -> Sort {
        match self.sort.as_str() {
            "newest" => Sort::Newest,
            "severity" => Sort::Severity,
            _ => Sort::NextDue,
        }
    }

    fn filter(&self, app: &App) -> Result<Filter, Problem> {
        let given = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        let now = app.desk().now();
        let within = |hours| now.checked_add(SignedDuration::from_hours(hours)).ok();
        let bad = || Problem::new(Kind::BadQuery);
        // Days are those of the calendar that the organisation works by.
        let library = app.desk().library();
        let calendar = library.all().find_map(|rules| library.newest(&rules.key));
        let day = |text: &String, after: i64| -> Result<_, Problem> {
            let Some(text) = given(text) else { return Ok(None) };
            let date: jiff::civil::Date = text.parse().map_err(|_| bad())?;
            let date = date.checked_add(jiff::Span::new().days(after)).map_err(|_| bad())?;
            let (_, calendar) = calendar.as_ref().ok_or_else(bad)?;
            Ok(Some(calendar.instant(date.at(0, 0, 0, 0))))
        };
        Ok(Filter {
            open: self.is_open().then_some(true),
            procedure: given(&self.procedure),
            stage: given(&self.stage),
            holder: given(&self.holder),
            department: given(&self.department),
            channel: given(&self.channel),
            category: given(&self.category),
            severity: given(&self.severity)
                .map(|text| text.parse().map_err(|_| bad()))
                .transpose()?,
            due_before: match self.due.as_str() {
                "late" => Some(now),
                "hour" => within(1),
                "day" => within(24),
                _ => None,
            },
            registered_from: day(&self.from, 0)?,
            registered_before: day(&self.to, 1)?,
            ..Filter::default()
        })
    }

    /// Everything in hand, what is late, and the stages of the procedure that is looked at.
    fn tabs(
        &self,
        lang: super::words::Lang,
        library: &Library,
        counts: &[store::Count],
        overdue: u64,
    ) -> Vec<Tab> {
        let plain = self.holder.is_empty() && self.due.is_empty() && self.stage.is_empty();
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
                here: plain && self.procedure.is_empty() && self.is_open(),
            },
            Tab {
                href: "/cases?due=late".to_owned(),
                name: lang.say("frame.overdue").to_owned(),
                count: Some(overdue),
                late: true,
                here: self.due == "late",
            },
            Tab {
                href: "/cases?due=day".to_owned(),
                name: lang.say("cases.due.day").to_owned(),
                count: None,
                late: false,
                here: self.due == "day",
            },
        ];
        match library.newest(&self.procedure) {
            None => {
                let procedures = library
                    .all()
                    .map(|rules| (rules, sum(&rules.key)))
                    .filter(|(_, cases)| *cases > 0);
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
                for one in counts.iter().filter(|one| one.procedure == self.procedure) {
                    *stages.entry(&one.stage).or_default() += one.cases;
                }
                let in_order = rules
                    .stages
                    .iter()
                    .filter_map(|stage| Some((stage, *stages.get(&*stage.key)?)));
                tabs.extend(in_order.map(|(stage, cases)| Tab {
                    href: format!(
                        "/cases?procedure={}&stage={}",
                        encoded(&rules.key),
                        encoded(&stage.key)
                    ),
                    name: lang.word(&stage.label).to_owned(),
                    count: Some(cases),
                    late: false,
                    here: self.stage == *stage.key,
                }));
            }
        }
        tabs
    }

    fn choices(&self, lang: super::words::Lang, library: &Library) -> Vec<Choice> {
        let option = |value: &str, text: &str, chosen: &str| {
            (value.to_owned(), text.to_owned(), value == chosen)
        };
        let any = || option("", lang.say("cases.any"), "?");
        let procedures =
            library.all().map(|rules| option(&rules.key, lang.word(&rules.label), &self.procedure));
        let mut choices = vec![Choice {
            name: "procedure",
            label: "cases.procedure",
            options: std::iter::once(any()).chain(procedures).collect(),
        }];
        if let Some((rules, _)) = library.newest(&self.procedure) {
            let stages = rules
                .stages
                .iter()
                .map(|stage| option(&stage.key, lang.word(&stage.label), &self.stage));
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
        choices.push(Choice { name: "due", label: "cases.due", options: fixed(&due, &self.due) });
        choices.push(Choice {
            name: "severity",
            label: "row.level",
            options: fixed(&severity, &self.severity),
        });
        choices.push(Choice {
            name: "state",
            label: "cases.state",
            options: fixed(&state, &self.state),
        });
        choices.push(Choice {
            name: "sort",
            label: "cases.sort",
            options: fixed(&sort, &self.sort),
        });
        choices
    }

    fn kept(&self) -> Vec<(&'static str, String)> {
        let all = [
            ("holder", &self.holder),
            ("department", &self.department),
            ("channel", &self.channel),
            ("category", &self.category),
            ("from", &self.from),
            ("to", &self.to),
        ];
        all.into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (name, value.clone()))
            .collect()
    }
}

impl Cases {
    pub(crate) fn html(&self) -> Markup {
        let (frame, lang) = (&self.frame, self.frame.lang);
        let content = html! {
            div #cases data-live data-everything {
                div.bar {
                    h1 { (self.heading) " " span.count { (counted(self.count)) } }
                    a.button.main href="/new" { (lang.say("new.title")) " " kbd aria-hidden="true" { "n" } }
                }
                nav.tabs aria-label=(lang.say("cases.tabs")) {
                    @for tab in &self.tabs {
                        a href=(tab.href) aria-current=[tab.here.then_some("page")] data-swap="cases" {
                            (tab.name)
                            @if let Some(count) = tab.count { span.count.late[tab.late && count > 0] { (counted(count)) } }
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
                    @for (name, value) in &self.kept { input type="hidden" name=(name) value=(value); }
                    button type="submit" { (lang.say("cases.apply")) }
                    @if !self.kept.is_empty() { a.button.bare href="/cases" { (lang.say("cases.clear")) } }
                }
                @if self.rows.is_empty() { (self.empty()) } @else { (row::table(frame, &self.rows, &self.heading)) }
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
