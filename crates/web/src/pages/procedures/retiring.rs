//! `GET /admin/procedures/{key}/retirement`: what becomes of a procedure's cases when it is retired, before it is.

use super::open_cases;
use crate::answer::encoded;
use crate::app::App;
use crate::pages::admin::{self, csrf};
use crate::pages::framed::{Frame, Section, list_href};
use crate::pages::visit::{Visit, see_other};
use crate::pages::words::counted;
use crate::parse::{Named, NoParams};
use crate::problem::{Kind, Problem};
use axum::extract::State;
use axum::response::Response;
use desk::Criteria;
use maud::{Markup, html};

/// The page.
pub(crate) struct Retiring {
    pub(crate) frame: Frame,
    pub(crate) key: String,
    pub(crate) name: String,
    pub(crate) version: u32,
    /// Cases in hand.
    pub(crate) open: u64,
    /// Names of procedures in force that hand cases over to it.
    pub(crate) from: Vec<String>,
}

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    Named(key): Named<String>,
    _: NoParams,
) -> Result<Response, Problem> {
    let (desk, lang) = (app.desk(), visit.lang);
    let library = desk.library();
    let Some((rules, _)) = library.newest(&key) else { return Err(Problem::new(Kind::NotFound)) };
    if library.in_force(&key).is_none() {
        return Ok(see_other("/admin/procedures"));
    }
    let others = library.all().filter(|one| {
        let hands_over = one.links.transfers.iter().any(|rule| rule.to == rules.key);
        one.key != rules.key && hands_over && library.in_force(&one.key).is_some()
    });
    let page = Retiring {
        frame: visit.frame(&app, Section::Admin, lang.say("admin.procedures.retire"))?,
        name: lang.word(&rules.label).to_owned(),
        version: rules.version,
        open: open_cases(&app, &visit, &key)?,
        from: others.map(|one| lang.word(&one.label).to_owned()).collect(),
        key,
    };
    Ok(visit.page(&page.html()))
}

/// The address of the page, and of doing it.
pub(crate) fn retirement_href(key: &str) -> String {
    format!("/admin/procedures/{}/retirement", encoded(key))
}

impl Retiring {
    pub(crate) fn html(&self) -> Markup {
        let (frame, lang) = (&self.frame, self.frame.lang);
        let criteria = Criteria { procedure: self.key.clone(), ..Criteria::default() };
        let content = html! {
            section.card aria-labelledby="retiring" {
                header { h1 #retiring { (lang.fill("admin.procedures.retiring", &[("name", &self.name)])) } span.tag { (self.key) " v" (self.version) } }
                form.body.split method="post" action=(retirement_href(&self.key)) {
                    (csrf(frame))
                    p { (lang.say("admin.procedures.retiring.new")) }
                    @if self.open > 0 {
                        p { (lang.fill("admin.procedures.retiring.open", &[("count", &counted(self.open))])) " " a href=(list_href(&criteria)) { (lang.say("procedure.stay.look")) } }
                    } @else { p { (lang.say("procedure.stay.none")) } }
                    @if !self.from.is_empty() {
                        p { (lang.fill("admin.procedures.retiring.from", &[("names", &lang.listed(&self.from))])) }
                    }
                    p.quiet { (lang.say("admin.procedures.retiring.back")) }
                    div.actions {
                        button.danger { (lang.say("admin.procedures.retire.do")) }
                        a.button href="/admin/procedures" { (lang.say("admin.procedures.keep")) }
                    }
                }
            }
        };
        admin::page(frame, "/admin/procedures", &content)
    }
}
