//! `POST /set-up/{link}`: the installation is set up, and its first administrator signed in.

use crate::app::App;
use crate::frame::speaks_english;
use crate::origin::From;
use crate::pages::document::text;
use crate::pages::sign_in::entered;
use crate::parse::{Form, Named, NoParams};
use crate::problem::{Kind, Problem};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use desk::{DeskError, Language, SetUp, words};
use serde::Deserialize;

/// The form.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Given {
    pub(super) organisation: String,
    pub(super) language: String,
    pub(super) name: String,
    pub(super) id: String,
    password: String,
    again: String,
}

/// Goes on to the people.
pub(crate) async fn handler(
    State(app): State<App>,
    headers: HeaderMap,
    From(origin): From,
    Named(link): Named<String>,
    _: NoParams,
    Form(given): Form<Given>,
) -> Result<Response, Problem> {
    let english = speaks_english(&app, &headers);
    if given.password != given.again {
        let why = ("again", text("password.differs", english));
        return Ok(super::form(&link, english, &given, Some(&why)));
    }
    let set_up = SetUp {
        organisation: given.organisation.clone(),
        language: if given.language == "en" { Language::En } else { Language::Zh },
        id: given.id.clone(),
        name: given.name.clone(),
        password: given.password.clone(),
    };
    let (desk, opener) = (app.desk().clone(), link.clone());
    let work = move || {
        Ok(match desk.set_up(&opener, &set_up) {
            Ok(person) => Ok(desk.begin(&person, &origin)?),
            Err(error) => Err(error),
        })
    };
    match app.inner.passwords.run(work).await? {
        Ok(secret) => Ok(entered(&app, &secret, "/admin/people")),
        Err(error @ (DeskError::WeakPassword { .. } | DeskError::BadName)) => {
            let field = if matches!(error, DeskError::BadName) { "id" } else { "password" };
            let why = (field, words::failure(&error, english));
            Ok(super::form(&link, english, &given, Some(&why)))
        }
        Err(DeskError::NotFound { .. }) => Err(Problem::new(Kind::LinkEnded)),
        Err(error) => Err(error.into()),
    }
}
