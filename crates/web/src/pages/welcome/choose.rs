//! `POST /welcome/{link}`: the password is chosen; its owner signs in with it.

use crate::app::App;
use crate::frame::speaks_english;
use crate::pages::document::text;
use crate::pages::visit::see_other;
use crate::parse::{Form, Named, NoParams};
use crate::problem::{Kind, Problem};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use desk::{DeskError, words};
use serde::Deserialize;

/// The form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Given {
    #[serde(rename = "username")]
    _username: Option<String>,
    password: String,
    again: String,
}

/// Leads to sign in: whoever has a second factor needs that as well.
pub(crate) async fn handler(
    State(app): State<App>,
    headers: HeaderMap,
    Named(link): Named<String>,
    _: NoParams,
    Form(given): Form<Given>,
) -> Result<Response, Problem> {
    let english = speaks_english(&app, &headers);
    if given.password != given.again {
        let why = ("again", text("password.differs", english));
        return super::form(&app, &link, english, Some(&why));
    }
    let (desk, opener) = (app.desk().clone(), link.clone());
    let work = move || Ok(desk.accept(&opener, &given.password));
    match app.inner.passwords.run(work).await? {
        Ok(_) => Ok(see_other("/sign-in")),
        Err(error @ DeskError::WeakPassword { .. }) => {
            let why = ("password", words::failure(&error, english));
            super::form(&app, &link, english, Some(&why))
        }
        Err(DeskError::NotFound { .. }) => Err(Problem::new(Kind::LinkEnded)),
        Err(error) => Err(error.into()),
    }
}
