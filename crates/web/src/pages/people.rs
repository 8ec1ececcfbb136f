//! `GET /admin/people`: who works here; taking people in, inviting them, letting them go. The second step of setting up.

pub(crate) mod add;
pub(crate) mod invite;
pub(crate) mod leave;

use super::admin::{self, Names, csrf, named, wrong};
use super::framed::{Frame, Section};
use super::visit::Visit;
use crate::answer::encoded;
use crate::app::App;
use crate::parse::NoParams;
use crate::problem::Problem;
use add::Given;
use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};

/// The page.
pub(crate) struct People {
    pub(crate) frame: Frame,
    pub(crate) people: Vec<Somebody>,
    pub(crate) roles: Names,
    pub(crate) departments: Names,
    pub(crate) given: Given,
    pub(crate) wrong: Option<String>,
    /// An invitation that was just made: for whom, and the link.
    pub(crate) invitation: Option<(String, String)>,
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
    /// Whoever looks.
    pub(crate) me: bool,
}

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    _: NoParams,
) -> Result<Response, Problem> {
    Ok(visit.page(&People::of(&app, &visit)?.html()))
}

impl People {
    fn of(app: &App, visit: &Visit) -> Result<Self, Problem> {
        let (desk, lang) = (app.desk(), visit.lang);
        let (roles, departments) = (admin::roles(app, lang), admin::departments(app, lang));
        let mut people = Vec::new();
        for person in desk.people().people.iter() {
            let held: Vec<String> = person.roles.iter().map(|role| named(&roles, role)).collect();
            let department = person.department.as_ref().map(|key| named(&departments, key));
            people.push(Somebody {
                id: person.id.to_string(),
                name: person.name.clone(),
                roles: lang.listed(&held),
                department: department.unwrap_or_default(),
                present: person.present(desk.now()),
                account: desk.has_account(&person.id)?,
                me: person.id == visit.caller().person,
            });
        }
        Ok(Self {
            frame: visit.frame(app, Section::Admin, lang.say("admin.people"))?,
            people,
            roles,
            departments,
            given: Given::default(),
            wrong: None,
            invitation: None,
        })
    }

    pub(crate) fn html(&self) -> Markup {
        let (frame, lang) = (&self.frame, self.frame.lang);
        let content = html! {
            div.bar { h1 { (lang.say("admin.people")) " " span.count { (self.people.len()) } } }
            @if let Some((name, link)) = &self.invitation {
                div.notice.fine role="status" {
                    div {
                        p { (lang.fill("admin.people.invited", &[("name", name)])) }
                        p { code { (link) } }
                    }
                }
            }
            div.cases-frame { table.cases.things {
                thead { tr {
                    @for head in ["admin.name", "admin.id", "admin.roles", "admin.department"] { th scope="col" { (lang.say(head)) } }
                    th scope="col" { span.unseen { (lang.say("admin.entry")) } }
                } }
                tbody { @for person in &self.people { (self.line(person)) } }
            } }
            section.card aria-labelledby="add" {
                header { h2 #add { (lang.say("admin.people.add")) } }
                div.body { (self.form()) }
            }
            p.quiet { a href="/admin/procedures" { (lang.say("admin.people.then")) } }
        };
        admin::page(frame, "/admin/people", &content)
    }

    fn line(&self, person: &Somebody) -> Markup {
        let (frame, lang) = (&self.frame, self.frame.lang);
        let place = format!("/admin/people/{}", encoded(&person.id));
        let entry = if person.account { "admin.people.reset" } else { "admin.people.invite" };
        html! {
            tr data-row {
                td { b { (person.name) } @if !person.present { " " span.tag.s2 { (lang.say("admin.people.away")) } } }
                td.quiet { (person.id) }
                td { (person.roles) }
                td { (person.department) }
                td.c-do {
                    form method="post" action={ (place) "/invitation" } { (csrf(frame)) button.small { (lang.say(entry)) span.unseen { " " (person.name) } } }
                    " "
                    @if !person.me {
                        details.menu id={ "leave-" (person.id) } {
                            summary.small.button aria-label={ (lang.say("admin.people.leave")) " " (person.name) } { (lang.say("admin.people.leave")) }
                            form.sheet method="post" action={ (place) "/leave" } {
                                (csrf(frame))
                                p { (lang.fill("admin.people.leave.what", &[("name", &person.name)])) }
                                button.danger { (lang.say("admin.people.leave.do")) }
                            }
                        }
                    }
                }
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
