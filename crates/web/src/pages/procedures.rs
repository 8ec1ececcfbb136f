//! `GET /admin/procedures`: which procedures are in use, in which version. The last step of setting up.

pub(crate) mod retire;

use super::admin::{self, csrf};
use super::framed::{Frame, Section, list_href};
use super::visit::Visit;
use super::words::counted;
use crate::answer::encoded;
use crate::app::App;
use crate::parse::NoParams;
use crate::problem::Problem;
use axum::extract::State;
use axum::response::Response;
use desk::Criteria;
use maud::{Markup, html};

/// The page.
pub(crate) struct Procedures {
    pub(crate) frame: Frame,
    pub(crate) procedures: Vec<Ruled>,
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
    _: NoParams,
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
    Ok(visit.page(&Procedures { frame, procedures }.html()))
}

impl Procedures {
    pub(crate) fn html(&self) -> Markup {
        let (frame, lang) = (&self.frame, self.frame.lang);
        let content = html! {
            div.bar { h1 { (lang.say("admin.procedures")) } }
            p.quiet { (lang.say("admin.procedures.about")) }
            div.cases-frame { table.cases.things {
                thead { tr {
                    @for head in ["cases.procedure", "admin.version", "admin.calendar", "cases.open"] { th scope="col" { (lang.say(head)) } }
                    th scope="col" { span.unseen { (lang.say("admin.procedures.retire")) } }
                } }
                tbody { @for one in &self.procedures {
                    @let criteria = Criteria { procedure: one.key.clone(), ..Criteria::default() };
                    tr data-row {
                        td { b { (one.name) } " " span.quiet { (one.key) } @if !one.in_force { " " span.tag.s2 { (lang.say("admin.procedures.retired")) } } }
                        td { "v" (one.version) }
                        td { (one.calendar) }
                        td { a href=(list_href(&criteria)) { (counted(one.open)) } }
                        td.c-do { @if one.in_force {
                            form method="post" action={ "/admin/procedures/" (encoded(&one.key)) "/retirement" } {
                                (csrf(frame))
                                button.small { (lang.say("admin.procedures.retire")) span.unseen { " " (one.name) } }
                            }
                        } }
                    }
                } }
            } }
            p { a.button href="/" { (lang.say("admin.done")) } }
        };
        admin::page(frame, "/admin/procedures", &content)
    }
}
