//! `GET /customers/import`: a file of customers, and what came of it.

pub(crate) mod refused;
pub(crate) mod take;

use crate::app::App;
use crate::pages::framed::{Frame, Section};
use crate::pages::icon::icon;
use crate::pages::visit::Visit;
use crate::parse::NoParams;
use crate::problem::Problem;
use axum::extract::State;
use axum::response::Response;
use desk::CustomersImported;
use maud::{Markup, html};

/// What the rows that were refused are handed out as.
pub(crate) const MEDIA: &[&str] = &["text/csv"];
/// Refused rows that are shown; the file holds all.
const SHOWN: usize = 100;

/// The columns that are known, as people may call them.
const COLUMNS: [&str; 11] = [
    "key", "name", "company", "level", "contact", "role", "phone", "account", "product", "order",
    "note",
];

/// The page.
pub(crate) struct ImportPage {
    pub(crate) frame: Frame,
    /// Why the file was not read.
    pub(crate) wrong: Option<String>,
    pub(crate) done: Option<Done>,
}

/// What came of a file.
pub(crate) struct Done {
    pub(crate) file: String,
    pub(crate) dry_run: bool,
    /// Where the file is kept after it was looked at.
    pub(crate) kept: Option<String>,
    pub(crate) result: CustomersImported,
}

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    _: NoParams,
) -> Result<Response, Problem> {
    Ok(visit.page(&ImportPage::of(&app, &visit, None, None)?.html()))
}

impl ImportPage {
    fn of(
        app: &App,
        visit: &Visit,
        wrong: Option<String>,
        done: Option<Done>,
    ) -> Result<Self, Problem> {
        let frame = visit.frame(app, Section::Customers, visit.lang.say("import.title"))?;
        Ok(Self { frame, wrong, done })
    }

    pub(crate) fn html(&self) -> Markup {
        let lang = self.frame.lang;
        let columns: Vec<String> = COLUMNS
            .iter()
            .map(|name| lang.say(&format!("import.column.{name}")).to_owned())
            .collect();
        let content = html! {
            div.split #import {
                div.bar { h1 { (lang.say("import.title")) } a.button.bare href="/customers" { (lang.say("customers.title")) } }
                @if let Some(wrong) = &self.wrong { div.notice.late role="alert" { (icon("warn")) p { (wrong) } } }
                @if let Some(done) = &self.done { (self.report(done)) }
                section.card aria-labelledby="import-file" {
                    header { h2 #import-file { (lang.say("import.file")) } }
                    form.body method="post" action="/customers/import" enctype="multipart/form-data" {
                        input type="hidden" name="csrf" value=(self.frame.csrf);
                        div.fields {
                            div.field {
                                label for="file" { (lang.say("import.choose")) }
                                input #file type="file" name="file" accept=".csv,.xlsx,.txt" required;
                                p.hint { (lang.fill("import.limit", &[("rows", &desk::CUSTOMER_ROWS.to_string())])) }
                            }
                        }
                        div.actions {
                            button.main type="submit" name="does" value="try" { (lang.say("import.try")) }
                            button type="submit" name="does" value="take" { (lang.say("import.take")) }
                        }
                    }
                }
                section.card aria-labelledby="import-how" {
                    header { h2 #import-how { (lang.say("import.how")) } }
                    div.body {
                        p { (lang.say("import.columns")) }
                        p.columns-known { @for column in &columns { span.tag { (column) } " " } }
                        ul.hints { @for key in ["import.how.again", "import.how.rows", "import.how.bad"] { li { (lang.say(key)) } } }
                    }
                }
            }
        };
        self.frame.page(&content)
    }

    fn report(&self, done: &Done) -> Markup {
        let (lang, result) = (self.frame.lang, &done.result);
        let tiles = [
            ("import.made", result.made, ""),
            ("import.changed", result.changed, ""),
            ("import.same", result.same, ""),
            ("import.bad", result.bad.len(), if result.bad.is_empty() { "" } else { "late" }),
        ];
        html! {
            section.card role="status" aria-labelledby="import-done" {
                header {
                    h2 #import-done { (lang.fill(if done.dry_run { "import.tried" } else { "import.done" }, &[("file", &done.file)])) }
                    @if !result.bad.is_empty() { a.button.small href="/customers/import/refused" { (lang.say("import.refused")) } }
                }
                @if let Some(kept) = &done.kept {
                    form.body method="post" action="/customers/import" enctype="multipart/form-data" {
                        input type="hidden" name="csrf" value=(self.frame.csrf);
                        input type="hidden" name="kept" value=(kept);
                        div.actions { button.main type="submit" name="does" value="take" { (lang.fill("import.take.kept", &[("file", &done.file)])) } }
                    }
                }
                div.counts { @for (name, count, class) in tiles { div.(class) { b { (count) } span { (lang.say(name)) } } } }
                @if !result.unknown.is_empty() { p.body { (lang.fill("import.unknown", &[("columns", &lang.listed(&result.unknown))])) } }
                @if !result.bad.is_empty() {
                    div.scrolls {
                        table.plain {
                            thead { tr { th scope="col" { (lang.say("import.line")) } th scope="col" { (lang.say("import.why")) } } }
                            tbody { @for bad in result.bad.iter().take(SHOWN) { tr { td.number { (bad.line) } td { (lang.listed(&bad.told(lang.english))) } } } }
                        }
                    }
                    @if result.bad.len() > SHOWN { p.body.quiet { (lang.fill("import.more", &[("count", &(result.bad.len() - SHOWN).to_string())])) } }
                }
            }
        }
    }
}
