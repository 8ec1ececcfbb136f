//! `GET /admin/procedures`: which procedures are in use, in which version. The last step of setting up.

pub(crate) mod draft;
pub(crate) mod reinstate;
pub(crate) mod retire;
pub(crate) mod retiring;

use super::admin::{self, csrf};
use super::framed::{Frame, Section, list_href};
use super::icon::icon;
use super::steps::{self, Step};
use super::visit::{Asked, Visit};
use super::words::counted;
use crate::answer::encoded;
use crate::app::App;
use crate::problem::Problem;
use axum::extract::State;
use axum::response::Response;
use desk::Criteria;
use maud::{Markup, html};
use retiring::retirement_href;
use serde::Deserialize;

/// The page.
pub(crate) struct Procedures {
    pub(crate) frame: Frame,
    pub(crate) procedures: Vec<Ruled>,
    /// The key of the one that was just published, or put back in force.
    pub(crate) done: String,
    /// The installation is being set up.
    pub(crate) step: Option<Step>,
}

/// What the address asks for.
#[derive(Deserialize)]
pub(crate) struct Wanted {
    /// The key of a procedure that was just published, or put back in force.
    #[serde(default)]
    done: String,
}

/// A procedure.
pub(crate) struct Ruled {
    pub(crate) key: String,
    pub(crate) name: String,
    pub(crate) version: u32,
    pub(crate) calendar: String,
    /// Cases in hand.
    pub(crate) open: u64,
    /// Cases may begin under it.
    pub(crate) in_force: bool,
}

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    Asked(Wanted { done }): Asked<Wanted>,
) -> Result<Response, Problem> {
    let (desk, lang) = (app.desk(), visit.lang);
    let library = desk.library();
    let counts = desk.store().counts(&desk.scope(visit.caller()), desk.now())?;
    let ruled = |rules: &std::sync::Arc<engine::procedure::Procedure>| Ruled {
        key: rules.key.to_string(),
        name: lang.word(&rules.label).to_owned(),
        version: rules.version,
        calendar: rules.calendar.clone(),
        open: counts.iter().filter(|one| *one.procedure == *rules.key).map(|one| one.cases).sum(),
        in_force: library.in_force(&rules.key).is_some(),
    };
    let procedures = library.all().map(ruled).collect();
    let frame = visit.frame(&app, Section::Admin, lang.say("admin.procedures"))?;
    let step = steps::step(&app, Step::Procedures)?;
    Ok(visit.page(&Procedures { frame, procedures, done, step }.html()))
}

/// Cases in hand under the versions that there are of a procedure.
fn open_cases(app: &App, visit: &Visit, key: &str) -> Result<u64, Problem> {
    let desk = app.desk();
    let counts = desk.store().counts(&desk.scope(visit.caller()), desk.now())?;
    Ok(counts.iter().filter(|one| one.procedure == key).map(|one| one.cases).sum())
}

impl Procedures {
    pub(crate) fn html(&self) -> Markup {
        let (frame, lang) = (&self.frame, self.frame.lang);
        let content = html! {
            div.bar {
                h1 { (lang.say("admin.procedures")) }
                a.button.main href="/admin/procedures/draft" data-command=(lang.say("procedure.draft")) { (lang.say("procedure.draft")) }
            }
            @if let Some(step) = self.step { (step.head(lang)) }
            @if let Some(one) = self.procedures.iter().find(|one| one.key == self.done) {
                div.notice.fine role="status" { (icon("done")) p { (lang.fill("procedure.published", &[("name", &one.name), ("version", &one.version.to_string())])) } }
            }
            p.quiet { (lang.say("admin.procedures.about")) }
            div.cases-frame { table.cases.things {
                thead { tr {
                    @for head in ["cases.procedure", "admin.version", "admin.calendar", "cases.open"] { th scope="col" { (lang.say(head)) } }
                    th scope="col" { span.unseen { (lang.say("procedure.do")) } }
                } }
                tbody { @for one in &self.procedures {
                    @let criteria = Criteria { procedure: one.key.clone(), ..Criteria::default() };
                    tr data-row {
                        td { b { (one.name) } " " span.quiet { (one.key) } @if !one.in_force { " " span.tag.s2 { (lang.say("admin.procedures.retired")) } } }
                        td { "v" (one.version) }
                        td data-label=(lang.say("admin.calendar")) { (one.calendar) }
                        td data-label=(lang.say("cases.open")) { a href=(list_href(&criteria)) { (counted(one.open)) } }
                        td.c-do { a.button.small href={ "/admin/procedures/draft?from=" (encoded(&one.key)) } { (lang.say("procedure.change")) span.unseen { " " (one.name) } }
                            @if one.in_force {
                                " " a.button.small href=(retirement_href(&one.key)) { (lang.say("admin.procedures.retire")) span.unseen { " " (one.name) } }
                            } @else {
                                form.within method="post" action={ "/admin/procedures/" (encoded(&one.key)) "/reinstatement" } {
                                    (csrf(frame))
                                    button.small { (lang.say("admin.procedures.reinstate")) span.unseen { " " (one.name) } }
                                }
                            }
                        }
                    }
                } }
            } }
            @if let Some(step) = self.step { (step.ways(lang)) }
        };
        admin::page(frame, "/admin/procedures", &content)
    }
}
