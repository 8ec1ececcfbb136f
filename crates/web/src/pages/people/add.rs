//! `POST /admin/people`: somebody is taken in, and an invitation for him made.

use super::{Invitation, page};
use crate::app::App;
use crate::parse::{Form, NoParams};
use crate::problem::{Kind, Problem};
use crate::signed::Signed;
use axum::extract::State;
use axum::response::Response;
use desk::{DeskError, user_name, words};
use engine::key::Key;
use engine::people::Person;

/// The form.
#[derive(Default)]
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
    signed: Signed,
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
            desk.add_person(&signed.person.id, &person)?;
            desk.invite(&signed.person.id, &id)
        });
        match taken {
            Ok(link) => {
                let link = app.welcome(&link);
                let invitation = Invitation { name: &given.name, link: &link };
                page(&app, &signed, &Given::default(), None, Some(invitation))
            }
            Err(error @ (DeskError::BadName | DeskError::NameTaken)) => {
                let why = words::failure(&error, signed.english);
                page(&app, &signed, &given, Some(&why), None)
            }
            Err(error) => Err(error.into()),
        }
    };
    again.inner.pool.run(work).await
}
