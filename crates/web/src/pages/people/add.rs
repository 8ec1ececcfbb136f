//! `POST /admin/people`: somebody is taken in, and an invitation for him made.

use super::{People, Wanted};
use crate::app::App;
use crate::pages::visit::Visit;
use crate::parse::{Form, NoParams};
use crate::problem::{Kind, Problem};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use desk::{DeskError, user_name, words};
use engine::key::Key;
use engine::people::Person;

/// The form.
#[derive(Debug, Clone, Default)]
pub(crate) struct Given {
    pub(super) name: String,
    pub(super) id: String,
    pub(super) department: String,
    pub(super) roles: Vec<Key>,
}

impl Given {
    /// A box that is ticked is a field of its own.
    fn of(fields: Vec<(String, String)>) -> Result<Self, Problem> {
        let mut given = Self::default();
        for (name, value) in fields {
            match (name.as_str(), name.strip_prefix("role.")) {
                ("name", _) => given.name = value,
                ("id", _) => given.id = value,
                ("department", _) => given.department = value,
                (_, Some(role)) => given.roles.push(role.into()),
                _ => return Err(Problem::new(Kind::InvalidBody)),
            }
        }
        Ok(given)
    }
}

/// Shows the link, this once.
pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    _: NoParams,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let given = Given::of(fields)?;
    let again = app.clone();
    let work = move || {
        let desk = app.desk();
        let taken = user_name(&given.id).and_then(|id| {
            let person = Person {
                id: id.clone(),
                name: given.name.trim().to_owned(),
                roles: given.roles.clone(),
                department: Some(given.department.as_str())
                    .filter(|key| !key.is_empty())
                    .map(Into::into),
                senior: false,
                absent: Vec::new(),
                substitute: None,
            };
            desk.add_person(&visit.caller().person, &person)?;
            desk.invite(&visit.caller().person, &id)
        });
        match taken {
            Ok(link) => {
                let invitation = Some((given.name, app.welcome(&link)));
                let page = People { invitation, ..People::of(&app, &visit, &Wanted::default())? };
                Ok(visit.page(&page.html()))
            }
            Err(error @ (DeskError::BadName | DeskError::NameTaken)) => {
                let wrong = Some(words::failure(&error, visit.lang.english));
                let page = People { given, wrong, ..People::of(&app, &visit, &Wanted::default())? };
                Ok(visit.answer(StatusCode::UNPROCESSABLE_ENTITY, &page.html()))
            }
            Err(error) => Err(error.into()),
        }
    };
    again.inner.pool.run(work).await
}
