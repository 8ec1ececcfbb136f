//! `GET /admin/teams`: people who see what the others of the team hold.

pub(crate) mod change;
pub(crate) mod make;

use super::admin::{self, csrf, wrong};
use super::framed::{Frame, Section};
use super::visit::Visit;
use crate::answer::encoded;
use crate::app::App;
use crate::parse::NoParams;
use crate::problem::{Kind, Problem};
use axum::extract::State;
use axum::response::Response;
use desk::Team;
use maud::{Markup, html};

/// The page.
pub(crate) struct Teams {
    pub(crate) frame: Frame,
    pub(crate) teams: Vec<Team>,
    /// Everybody, by id and name.
    pub(crate) people: Vec<(String, String)>,
    pub(crate) given: Given,
    pub(crate) wrong: Option<String>,
}

/// The form.
#[derive(Debug, Clone, Default)]
pub(crate) struct Given {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) lead: String,
    pub(super) members: Vec<String>,
    pub(super) deed: String,
}

impl Given {
    /// Somebody who is ticked is a field of its own.
    fn of(fields: Vec<(String, String)>) -> Result<Self, Problem> {
        let mut given = Self::default();
        for (name, value) in fields {
            match (name.as_str(), name.strip_prefix("member.")) {
                ("name", _) => given.name = value,
                ("id", _) => given.id = value,
                ("lead", _) => given.lead = value,
                ("deed", _) => given.deed = value,
                (_, Some(member)) => given.members.push(member.to_owned()),
                _ => return Err(Problem::new(Kind::InvalidBody)),
            }
        }
        Ok(given)
    }

    /// The team that is meant. Whoever leads it belongs to it.
    fn team(&self, id: engine::key::Key) -> Team {
        let lead = Some(self.lead.as_str()).filter(|lead| !lead.is_empty());
        let mut members: Vec<engine::key::Key> =
            self.members.iter().map(|member| member.as_str().into()).collect();
        let lead: Option<engine::key::Key> = lead.map(Into::into);
        members.extend(lead.clone().filter(|lead| !members.contains(lead)));
        Team { id, name: self.name.trim().to_owned(), lead, members }
    }
}

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    _: NoParams,
) -> Result<Response, Problem> {
    Ok(visit.page(&Teams::of(&app, &visit)?.html()))
}

impl Teams {
    fn of(app: &App, visit: &Visit) -> Result<Self, Problem> {
        let people = app.desk().people();
        let people = people.people.iter();
        Ok(Self {
            frame: visit.frame(app, Section::Admin, visit.lang.say("admin.teams"))?,
            teams: app.desk().teams().to_vec(),
            people: people.map(|one| (one.id.to_string(), one.name.clone())).collect(),
            given: Given::default(),
            wrong: None,
        })
    }

    pub(crate) fn html(&self) -> Markup {
        let (frame, lang) = (&self.frame, self.frame.lang);
        let content = html! {
            div.bar { h1 { (lang.say("admin.teams")) " " span.count { (self.teams.len()) } } }
            p.quiet { (lang.say("admin.teams.about")) }
            @for team in &self.teams {
                section.card aria-labelledby={ "team-" (team.id) } {
                    header { h2 id={ "team-" (team.id) } { (team.name) " " span.count { (team.members.len()) } } span.quiet { (team.id) } }
                    details.sheet-of id={ "change-" (team.id) } {
                        summary { (lang.listed(&self.names(team))) span.unseen { " " (lang.say("saved.change")) " " (team.name) } }
                        div.body { (self.form(Some(team))) }
                    }
                }
            }
            section.card aria-labelledby="new-team" {
                header { h2 #new-team { (lang.say("admin.teams.new")) } }
                div.body { (self.form(None)) }
            }
        };
        admin::page(frame, "/admin/teams", &content)
    }

    fn names(&self, team: &Team) -> Vec<String> {
        let name = |id: &engine::key::Key| {
            let known = self.people.iter().find(|(person, _)| *person == **id);
            known.map_or_else(|| id.to_string(), |(_, name)| name.clone())
        };
        team.members.iter().map(name).collect()
    }

    fn form(&self, team: Option<&Team>) -> Markup {
        let (frame, lang) = (&self.frame, self.frame.lang);
        let id = team.map_or("new", |team| &team.id);
        let action = match team {
            Some(team) => format!("/admin/teams/{}", encoded(&team.id)),
            None => "/admin/teams".to_owned(),
        };
        let name = team.map_or(self.given.name.as_str(), |team| &team.name);
        let leads = |person: &str| match team {
            Some(team) => team.lead.as_deref() == Some(person),
            None => self.given.lead == person,
        };
        let belongs = |person: &str| match team {
            Some(team) => team.members.iter().any(|member| *member == *person),
            None => self.given.members.iter().any(|member| member == person),
        };
        html! {
            form.fields method="post" action=(action) {
                (csrf(frame))
                @if team.is_none() { (wrong(self.wrong.as_deref())) }
                div.field { label for={ "name-" (id) } { (lang.say("views.name")) } input id={ "name-" (id) } name="name" value=(name) required autocomplete="off"; }
                @if team.is_none() {
                    div.field { label for="team-id" { (lang.say("admin.teams.id")) } input #team-id name="id" value=(self.given.id) required autocomplete="off" autocapitalize="none" spellcheck="false"; }
                }
                div.field {
                    label for={ "lead-" (id) } { (lang.say("admin.teams.lead")) }
                    select id={ "lead-" (id) } name="lead" {
                        option value="" { "—" }
                        @for (person, name) in &self.people { option value=(person) selected[leads(person)] { (name) } }
                    }
                }
                div.field.wide { fieldset {
                    legend { (lang.say("admin.teams.members")) }
                    div.choices.many[self.people.len() > 14] { @for (person, name) in &self.people {
                        label.choice { input type="checkbox" name={ "member." (person) } checked[belongs(person)]; span { (name) } }
                    } }
                } }
                div.actions.wide {
                    button.main name="deed" value="save" { (lang.say("views.keep")) }
                    @if team.is_some() { button name="deed" value="dissolve" formnovalidate { (lang.say("admin.teams.dissolve")) } }
                }
            }
        }
    }
}
