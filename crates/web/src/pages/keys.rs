//! `GET /admin/keys`: the keys by which programs enter.

pub(crate) mod make;
pub(crate) mod revoke;

use super::admin::{self, csrf, wrong};
use super::framed::{Frame, Section};
use super::once;
use super::visit::Visit;
use crate::app::App;
use crate::parse::NoParams;
use crate::problem::Problem;
use axum::extract::State;
use axum::response::Response;
use desk::KeyScope;
use maud::{Markup, html};

/// What a key may do, by its name in a form, with its words.
pub(super) const SCOPES: [(KeyScope, &str, &str); 4] = [
    (KeyScope::CasesRead, "cases:read", "admin.keys.read"),
    (KeyScope::CasesWrite, "cases:write", "admin.keys.write"),
    (KeyScope::ReportsRead, "reports:read", "admin.keys.reports"),
    (KeyScope::Admin, "admin", "admin.keys.admin"),
];

/// The page.
pub(crate) struct Keys {
    pub(crate) frame: Frame,
    pub(crate) keys: Vec<OneKey>,
    /// Everybody, by id and name.
    pub(crate) people: Vec<(String, String)>,
    pub(crate) given: Given,
    pub(crate) wrong: Option<String>,
    /// A key that was just made: its name and its secret.
    pub(crate) made: Option<(String, String)>,
}

/// A key.
pub(crate) struct OneKey {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) person: String,
    pub(crate) scopes: Vec<&'static str>,
    pub(crate) since: String,
}

/// The form.
#[derive(Debug, Clone, Default)]
pub(crate) struct Given {
    pub(super) name: String,
    pub(super) person: String,
    pub(super) scopes: Vec<String>,
}

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    _: NoParams,
) -> Result<Response, Problem> {
    Ok(visit.page(&Keys::of(&app, &visit)?.html()))
}

impl Keys {
    fn of(app: &App, visit: &Visit) -> Result<Self, Problem> {
        let (desk, lang) = (app.desk(), visit.lang);
        let people = desk.people();
        let key = |known: desk::KnownKey| OneKey {
            id: known.id,
            name: known.key.name,
            person: people
                .person(&known.key.person)
                .map_or_else(|| known.key.person.to_string(), |person| person.name.clone()),
            scopes: SCOPES
                .iter()
                .filter(|(scope, ..)| known.key.scopes.contains(scope))
                .map(|(_, _, words)| *words)
                .collect(),
            since: known.since.strftime("%F").to_string(),
        };
        Ok(Self {
            keys: desk.api_keys()?.into_iter().map(key).collect(),
            frame: visit.frame(app, Section::Admin, lang.say("admin.keys"))?,
            people: people
                .people
                .iter()
                .map(|one| (one.id.to_string(), one.name.clone()))
                .collect(),
            given: Given::default(),
            wrong: None,
            made: None,
        })
    }

    pub(crate) fn html(&self) -> Markup {
        let (frame, lang) = (&self.frame, self.frame.lang);
        let content = html! {
            div.bar {
                h1 { (lang.say("admin.keys")) " " span.count { (self.keys.len()) } }
                a.button.bare href="/reference" data-command=(lang.say("reference.title")) { (lang.say("reference.title")) }
            }
            p.quiet { (lang.say("admin.keys.about")) }
            @if let Some((name, secret)) = &self.made {
                (once::notice(lang, &lang.fill("admin.keys.made", &[("name", name)]), secret))
            }
            @if self.keys.is_empty() { div.card { p.empty { (lang.say("admin.keys.none")) } } } @else {
                div.cases-frame { table.cases.things {
                    thead { tr {
                        @for head in ["views.name", "admin.keys.person", "admin.keys.may", "admin.keys.since"] { th scope="col" { (lang.say(head)) } }
                        th scope="col" { span.unseen { (lang.say("admin.keys.revoke")) } }
                    } }
                    tbody { @for key in &self.keys {
                        tr data-row {
                            td { b { (key.name) } }
                            td { (key.person) }
                            td { @for scope in &key.scopes { span.tag { (lang.say(scope)) } " " } }
                            td.quiet { (key.since) }
                            td.c-do { form method="post" action={ "/admin/keys/" (key.id) "/revocation" } {
                                (csrf(frame))
                                button.small { (lang.say("admin.keys.revoke")) span.unseen { " " (key.name) } }
                            } }
                        }
                    } }
                } }
            }
            section.card aria-labelledby="new-key" {
                header { h2 #new-key { (lang.say("admin.keys.new")) } }
                div.body { (self.form()) }
            }
        };
        admin::page(frame, "/admin/keys", &content)
    }

    fn form(&self) -> Markup {
        let (frame, lang, given) = (&self.frame, self.frame.lang, &self.given);
        html! {
            form.fields method="post" action="/admin/keys" {
                (csrf(frame))
                (wrong(self.wrong.as_deref()))
                div.field { label for="key-name" { (lang.say("views.name")) } input id="key-name" name="name" value=(given.name) required maxlength="60" autocomplete="off"; }
                div.field {
                    label for="key-person" { (lang.say("admin.keys.person")) }
                    select id="key-person" name="person" required {
                        @for (person, name) in &self.people { option value=(person) selected[given.person == *person] { (name) } }
                    }
                }
                div.field.wide { fieldset {
                    legend { (lang.say("admin.keys.may")) }
                    div.choices { @for (_, scope, words) in SCOPES {
                        label.choice { input type="checkbox" name={ "scope." (scope) } checked[given.scopes.iter().any(|one| one == scope)]; span { (lang.say(words)) } }
                    } }
                } }
                div.actions.wide { button.main { (lang.say("admin.keys.make")) } }
            }
        }
    }
}
