//! `POST /admin/people/{id}`: somebody gets another name, other roles, another department, other teams.

use super::show::Show;
use crate::app::App;
use crate::pages::visit::Visit;
use crate::parse::{Form, Named, NoParams};
use crate::problem::{Kind, Problem};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use desk::{Desk, DeskError, Team, words};
use engine::key::Key;
use engine::people::Person;

/// The form.
#[derive(Debug, Clone, Default)]
pub(crate) struct Given {
    pub(crate) name: String,
    pub(crate) department: String,
    pub(crate) roles: Vec<Key>,
    pub(crate) teams: Vec<Key>,
    pub(crate) senior: bool,
    /// The version that was seen.
    pub(crate) seen: Option<u64>,
}

impl Given {
    /// A box that is ticked is a field of its own.
    fn of(fields: Vec<(String, String)>) -> Result<Self, Problem> {
        let mut given = Self::default();
        for (name, value) in fields {
            match (name.as_str(), name.split_once('.')) {
                ("name", _) => given.name = value.trim().to_owned(),
                ("department", _) => given.department = value,
                ("senior", _) => given.senior = true,
                ("seen", _) => given.seen = value.parse().ok(),
                (_, Some(("role", role))) => given.roles.push(role.into()),
                (_, Some(("team", team))) => given.teams.push(team.into()),
                _ => return Err(Problem::new(Kind::InvalidBody)),
            }
        }
        Ok(given)
    }

    fn person(&self, known: Person) -> Person {
        let department = Some(self.department.as_str()).filter(|key| !key.is_empty());
        Person {
            name: self.name.clone(),
            roles: self.roles.clone(),
            department: department.map(Into::into),
            senior: self.senior,
            ..known
        }
    }
}

/// Shows the page again, and whether it was done.
pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    Named(id): Named<String>,
    _: NoParams,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let given = Given::of(fields)?;
    let again = app.clone();
    let work = move || {
        let (desk, lang) = (app.desk(), visit.lang);
        let (known, _) = desk.person(&id)?;
        let changed = given.person(known);
        let own = changed.id == visit.caller().person;
        let refused = |why: String, given: Given| {
            let page = Show { given, wrong: Some(why), ..Show::of(&app, &visit, &id)? };
            Ok(visit.answer(StatusCode::UNPROCESSABLE_ENTITY, &page.html()))
        };
        // Somebody must be left who administers.
        if own && !desk.is_administrator(&changed) {
            return refused(lang.say("admin.person.own").to_owned(), given);
        }
        if changed.name.is_empty() {
            return refused(lang.say("admin.person.nameless").to_owned(), given);
        }
        match desk.change_person(&visit.caller().person, &changed, given.seen) {
            Ok(()) => {
                belong(desk, &visit.caller().person, &changed.id, &given.teams)?;
                let page = Show { saved: true, ..Show::of(&app, &visit, &id)? };
                Ok(visit.page(&page.html()))
            }
            Err(error @ DeskError::Stale { .. }) => {
                refused(words::failure(&error, lang.english), given)
            }
            Err(error) => Err(error.into()),
        }
    };
    again.inner.pool.run(work).await
}

/// Puts somebody into the teams that are ticked, and takes him out of the others. Whoever leads one stays in it.
fn belong(desk: &Desk, actor: &Key, person: &Key, teams: &[Key]) -> Result<(), Problem> {
    for team in desk.teams().iter() {
        let (is, shall) = (team.members.contains(person), teams.contains(&team.id));
        let leads = team.lead.as_ref() == Some(person);
        if is == shall || (is && leads) {
            continue;
        }
        let others = team.members.iter().filter(|member| *member != person).cloned();
        let members = others.chain(shall.then(|| person.clone())).collect();
        desk.put_team(actor, &Team { members, ..team.clone() }, None)?;
    }
    Ok(())
}
