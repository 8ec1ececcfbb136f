//! `GET /admin/people`: who works here, and taking people in. The second step of setting up.

pub(crate) mod add;
pub(crate) mod away;
pub(crate) mod change;
pub(crate) mod invite;
pub(crate) mod leave;
pub(crate) mod show;

use super::admin::{self, Names, csrf, named, wrong};
use super::framed::{Frame, Section};
use super::once;
use super::steps::{self, Step};
use super::visit::{Asked, Visit};
use crate::app::App;
use crate::problem::Problem;
use add::Given;
use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;
use show::person_href;

/// What an address asks for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    /// Part of a name, user name, role or department.
    q: String,
}

/// The page.
pub(crate) struct People {
    pub(crate) frame: Frame,
    pub(crate) people: Vec<Somebody>,
    /// How many there are, found or not.
    pub(crate) count: usize,
    /// What was looked for.
    pub(crate) text: String,
    pub(crate) roles: Names,
    pub(crate) departments: Names,
    pub(crate) given: Given,
    pub(crate) wrong: Option<String>,
    /// An invitation that was just made: for whom, and the link.
    pub(crate) invitation: Option<(String, String)>,
    /// Somebody has just left: what went to whom.
    pub(crate) left: Option<String>,
    /// The installation is being set up.
    pub(crate) step: Option<Step>,
}

/// Somebody who works here.
pub(crate) struct Somebody {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) roles: String,
    pub(crate) department: String,
    pub(crate) present: bool,
    /// Has a password.
    pub(crate) account: bool,
}

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Problem> {
    Ok(visit.page(&People::of(&app, &visit, &wanted)?.html()))
}

impl People {
    fn of(app: &App, visit: &Visit, wanted: &Wanted) -> Result<Self, Problem> {
        let (desk, lang) = (app.desk(), visit.lang);
        let (roles, departments) = (admin::roles(app, lang), admin::departments(app, lang));
        let (mut people, all) = (Vec::new(), desk.people());
        let sought = store::fold(wanted.q.trim());
        for person in all.people.iter() {
            let held: Vec<String> = person.roles.iter().map(|role| named(&roles, role)).collect();
            let department = person.department.as_ref().map(|key| named(&departments, key));
            let (roles, department) = (lang.listed(&held), department.unwrap_or_default());
            let said = [&*person.id, &person.name, &roles, &department];
            if !said.iter().any(|text| store::fold(text).contains(&sought)) {
                continue;
            }
            people.push(Somebody {
                id: person.id.to_string(),
                name: person.name.clone(),
                roles,
                department,
                present: person.present(desk.now()),
                account: desk.has_account(&person.id)?,
            });
        }
        Ok(Self {
            frame: visit.frame(app, Section::Admin, lang.say("admin.people"))?,
            people,
            count: all.people.len(),
            text: wanted.q.clone(),
            roles,
            departments,
            given: Given::default(),
            wrong: None,
            invitation: None,
            left: None,
            step: steps::step(app, Step::People)?,
        })
    }

    pub(crate) fn html(&self) -> Markup {
        let (frame, lang) = (&self.frame, self.frame.lang);
        let content = html! {
            div.bar { h1 { (lang.say("admin.people")) " " span.count { (self.count) } } }
            @if let Some(step) = self.step { (step.head(lang)) }
            @if let Some(left) = &self.left { p.notice.fine role="status" { (left) } }
            @if let Some((name, link)) = &self.invitation {
                (once::notice(lang, &lang.fill("admin.people.invited", &[("name", name)]), link))
            }
            div #people {
                form.filters action="/admin/people" role="search" aria-label=(lang.say("admin.people.find")) data-swap="people" data-auto {
                    div.field.text {
                        label for="people-q" { (lang.say("admin.people.find")) }
                        input #people-q type="search" name="q" value=(self.text) placeholder=(lang.say("admin.people.find.what")) autocomplete="off";
                    }
                    button type="submit" { (lang.say("customers.go")) }
                }
                @if self.people.is_empty() { p.quiet role="status" { (lang.say("admin.people.none")) } }
                @else {
                    div.cases-frame { table.cases.things {
                        thead { tr {
                            @for head in ["admin.name", "admin.id", "admin.roles", "admin.department"] { th scope="col" { (lang.say(head)) } }
                        } }
                        tbody { @for person in &self.people { (self.line(person)) } }
                    } }
                }
            }
            section.card aria-labelledby="add" {
                header { h2 #add { (lang.say("admin.people.add")) } }
                div.body { (self.form()) }
            }
            @if let Some(step) = self.step { (step.ways(lang)) }
        };
        admin::page(frame, "/admin/people", &content)
    }

    fn line(&self, person: &Somebody) -> Markup {
        let lang = self.frame.lang;
        html! {
            tr data-row {
                td {
                    a href=(person_href(&person.id)) data-open { b { (person.name) } }
                    @if !person.present { " " span.tag.s2 { (lang.say("admin.people.away")) } }
                    @if !person.account { " " span.tag { (lang.say("admin.people.no_account")) } }
                }
                td.quiet { (person.id) }
                td { (person.roles) }
                td { (person.department) }
            }
        }
    }

    fn form(&self) -> Markup {
        let (frame, lang, given) = (&self.frame, self.frame.lang, &self.given);
        html! {
            form.fields method="post" action="/admin/people" {
                (csrf(frame))
                (wrong(self.wrong.as_deref()))
                div.field { label for="person-name" { (lang.say("admin.name")) } input id="person-name" name="name" value=(given.name) required autocomplete="off"; }
                div.field { label for="person-id" { (lang.say("admin.id")) } input id="person-id" name="id" value=(given.id) required autocomplete="off" autocapitalize="none" spellcheck="false"; }
                div.field {
                    label for="person-department" { (lang.say("admin.department")) }
                    select id="person-department" name="department" {
                        option value="" { "—" }
                        @for (key, name) in &self.departments { option value=(**key) selected[given.department == **key] { (name) } }
                    }
                }
                div.field.wide {
                    fieldset {
                        legend { (lang.say("admin.roles")) }
                        div.choices { @for (key, name) in &self.roles {
                            label.choice { input type="checkbox" name={ "role." (key) } checked[given.roles.contains(key)]; span { (name) } }
                        } }
                    }
                }
                div.actions.wide { button.main { (lang.say("admin.people.add")) } }
            }
        }
    }
}
