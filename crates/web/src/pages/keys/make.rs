//! `POST /admin/keys`: a key is made. Its secret is shown this once.

use super::{Given, Keys, SCOPES};
use crate::app::App;
use crate::pages::visit::Visit;
use crate::parse::{Form, NoParams};
use crate::problem::{Kind, Problem};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use desk::{ApiKey, KeyScope};

impl Given {
    /// A box that is ticked is a field of its own.
    fn of(fields: Vec<(String, String)>) -> Result<Self, Problem> {
        let mut given = Self::default();
        for (name, value) in fields {
            match (name.as_str(), name.strip_prefix("scope.")) {
                ("name", _) => given.name = value,
                ("person", _) => given.person = value,
                (_, Some(scope)) => given.scopes.push(scope.to_owned()),
                _ => return Err(Problem::new(Kind::InvalidBody)),
            }
        }
        Ok(given)
    }

    fn scopes(&self) -> Vec<KeyScope> {
        let chosen =
            |(_, name, _): &&(KeyScope, &str, &str)| self.scopes.iter().any(|one| one == name);
        SCOPES.iter().filter(chosen).map(|(scope, ..)| *scope).collect()
    }
}

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    _: NoParams,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let given = Given::of(fields)?;
    let again = app.clone();
    let work = move || {
        let name = given.name.trim().to_owned();
        let key = ApiKey { name, person: given.person.as_str().into(), scopes: given.scopes() };
        if key.name.is_empty() || key.scopes.is_empty() {
            let wrong = Some(visit.lang.say("admin.keys.incomplete").to_owned());
            let page = Keys { given, wrong, ..Keys::of(&app, &visit)? };
            return Ok(visit.answer(StatusCode::UNPROCESSABLE_ENTITY, &page.html()));
        }
        let secret = app.desk().make_api_key(&visit.caller().person, &key)?;
        let page = Keys { made: Some((key.name, secret)), ..Keys::of(&app, &visit)? };
        Ok(visit.page(&page.html()))
    };
    again.inner.pool.run(work).await
}
