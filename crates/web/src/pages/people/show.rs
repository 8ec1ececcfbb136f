//! `GET /admin/people/{id}`: somebody who works here - who he is, what he holds, when he is away, and what would go to whom.

use super::change::Given;
use crate::answer::encoded;
use crate::app::App;
use crate::pages::absence::{Away, Shares};
use crate::pages::admin::{self, Names, csrf, named, wrong};
use crate::pages::framed::{Frame, Section};
use crate::pages::once;
use crate::pages::row::{self, Row};
use crate::pages::visit::Visit;
use crate::parse::{Named, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::response::Response;
use engine::people::Person;
use maud::{Markup, html};
use store::{Filter, Sort};

/// Cases that are shown of what somebody holds; the list has all.
const HELD: usize = 10;

/// The page.
pub(crate) struct Show {
    pub(crate) frame: Frame,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) present: bool,
    /// Has a password.
    pub(crate) account: bool,
    /// Whoever looks.
    pub(crate) me: bool,
    /// The version that is changed.
    pub(crate) seen: u64,
    pub(crate) given: Given,
    pub(crate) roles: Names,
    pub(crate) departments: Names,
    pub(crate) teams: Names,
    pub(crate) wrong: Option<String>,
    /// What was just done.
    pub(crate) saved: bool,
    /// A link by which he chooses a password, shown this once.
    pub(crate) invitation: Option<String>,
    pub(crate) held: Vec<Row>,
    pub(crate) count: u64,
    pub(crate) away: Away,
    /// What would go to whom if he left.
    pub(crate) leaving: Shares,
}

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    Named(id): Named<String>,
    _: NoParams,
) -> Result<Response, Problem> {
    let again = app.clone();
    let work = move || Ok(visit.page(&Show::of(&app, &visit, &id)?.html()));
    again.inner.pool.run(work).await
}

/// The address of somebody's page.
pub(crate) fn person_href(id: &str) -> String {
    format!("/admin/people/{}", encoded(id))
}

impl Show {
    /// The page as things stand.
    pub(super) fn of(app: &App, visit: &Visit, id: &str) -> Result<Self, Problem> {
        let (desk, lang, caller) = (app.desk(), visit.lang, visit.caller());
        let (person, seen) = desk.person(id)?;
        let people = desk.people();
        let assignee = Some(person.id.to_string());
        let filter = Filter { open: Some(true), assignee, ..Filter::default() };
        let scope = desk.scope(caller);
        let page = desk.store().list(&scope, &filter, Sort::NextDue, None, HELD)?;
        let held = page.rows.iter().map(|one| Row::of_summary(app, lang, &people, one));
        let mut away = Away::of(app, lang, &person, format!("{}/absence", person_href(id)));
        let substitute = person.substitute.as_deref().unwrap_or_default();
        let leaving = Away::foresee(app, lang, caller, &person.id, "")?;
        away.foreseen = match substitute.is_empty() {
            true => Some(leaving.clone()),
            false => Some(Away::foresee(app, lang, caller, &person.id, substitute)?),
        };
        let teams = desk.teams();
        Ok(Self {
            frame: visit.frame(app, Section::Admin, person.name.clone())?,
            id: person.id.to_string(),
            present: person.present(desk.now()),
            account: desk.has_account(&person.id)?,
            me: person.id == caller.person,
            seen,
            given: given(&person, &teams),
            roles: admin::roles(app, lang),
            departments: admin::departments(app, lang),
            teams: teams.iter().map(|team| (team.id.clone(), team.name.clone())).collect(),
            wrong: None,
            saved: false,
            invitation: None,
            held: held.collect(),
            count: desk.store().count(&scope, &filter, desk::COUNTED)?,
            away,
            leaving,
            name: person.name,
        })
    }

    pub(crate) fn html(&self) -> Markup {
        let (frame, lang) = (&self.frame, self.frame.lang);
        let roles: Vec<String> =
            self.given.roles.iter().map(|role| named(&self.roles, role)).collect();
        let content = html! {
            div.bar {
                h1 { (self.name) " " span.quiet { (self.id) } @if !self.present { " " span.tag.s2 { (lang.say("admin.people.away")) } } }
                a.button href="/admin/people" { (lang.say("admin.people")) }
            }
            p.quiet { (lang.listed(&roles)) }
            @if self.saved { p.notice.fine role="status" { "✓ " (lang.say("admin.person.saved")) } }
            (wrong(self.wrong.as_deref()))
            @if let Some(link) = &self.invitation {
                (once::notice(lang, &lang.fill("admin.people.invited", &[("name", &self.name)]), link))
            }
            section.card aria-labelledby="held" {
                header {
                    h2 #held { (lang.say("admin.person.held")) " " span.count { (self.count) } }
                    @if self.count > 0 { a.button.small href={ "/cases?holder=" (encoded(&self.id)) } { (lang.say("admin.person.all")) } }
                }
                @if self.held.is_empty() { p.body.quiet { (lang.say("admin.person.holds_nothing")) } }
                @else { (row::table(frame, &self.held, lang.say("admin.person.held"))) }
            }
            section.card aria-labelledby="absence" {
                header { h2 #absence { (lang.say("away.title")) } }
                div.body { (self.away.html(lang, &frame.csrf)) }
            }
            section.card aria-labelledby="who" {
                header { h2 #who { (lang.say("admin.person.who")) } }
                div.body { (self.form()) }
            }
            section.card aria-labelledby="entry" {
                header { h2 #entry { (lang.say("admin.person.entry")) } }
                form.body method="post" action={ (person_href(&self.id)) "/invitation" } {
                    (csrf(frame))
                    button { (lang.say(if self.account { "admin.people.reset" } else { "admin.people.invite" })) }
                }
            }
            @if !self.me { (self.leave()) }
        };
        admin::page(frame, "/admin/people", &content)
    }

    fn leave(&self) -> Markup {
        let (frame, lang) = (&self.frame, self.frame.lang);
        html! {
            details.card.sheet-of #leave {
                summary { (lang.say("admin.people.leave")) }
                form method="post" action={ (person_href(&self.id)) "/leave" } {
                    (csrf(frame))
                    p { (lang.fill("admin.people.leave.what", &[("name", &self.name)])) }
                    (self.leaving.html(lang))
                    div.actions { button.danger { (lang.say("admin.people.leave.do")) } }
                }
            }
        }
    }

    fn form(&self) -> Markup {
        let (frame, lang, given) = (&self.frame, self.frame.lang, &self.given);
        let boxes = |legend: &str, kind: &str, names: &Names, chosen: &[engine::key::Key]| {
            html! {
                div.field.wide { fieldset {
                    legend { (lang.say(legend)) }
                    div.choices { @for (key, name) in names {
                        label.choice { input type="checkbox" name={ (kind) "." (key) } checked[chosen.contains(key)]; span { (name) } }
                    } }
                } }
            }
        };
        html! {
            form.fields method="post" action=(person_href(&self.id)) {
                (csrf(frame))
                input type="hidden" name="seen" value=(self.seen);
                div.field { label for="person-name" { (lang.say("admin.name")) } input id="person-name" name="name" value=(given.name) required autocomplete="off"; }
                div.field {
                    label for="person-department" { (lang.say("admin.department")) }
                    select id="person-department" name="department" {
                        option value="" { "—" }
                        @for (key, name) in &self.departments { option value=(**key) selected[given.department == **key] { (name) } }
                    }
                }
                (boxes("admin.roles", "role", &self.roles, &given.roles))
                @if !self.teams.is_empty() { (boxes("admin.teams", "team", &self.teams, &given.teams)) }
                label.line { input type="checkbox" name="senior" value="yes" checked[given.senior]; " " (lang.say("admin.person.senior")) }
                div.actions.wide { button.main { (lang.say("views.keep")) } }
            }
        }
    }
}

/// What the form shows of somebody.
fn given(person: &Person, teams: &[desk::Team]) -> Given {
    let belongs = teams.iter().filter(|team| team.members.contains(&person.id));
    Given {
        name: person.name.clone(),
        department: person.department.as_deref().unwrap_or_default().to_owned(),
        roles: person.roles.clone(),
        teams: belongs.map(|team| team.id.clone()).collect(),
        senior: person.senior,
        seen: None,
    }
}
