//! `POST /account/password`: somebody changes his password; his other sessions end.

use super::page;
use crate::app::App;
use crate::pages::document::text;
use crate::parse::{Form, NoParams};
use crate::problem::Problem;
use crate::signed::Signed;
use axum::extract::State;
use axum::response::Response;
use desk::{DeskError, words};
use maud::html;
use serde::Deserialize;

/// The form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Given {
    old: String,
    password: String,
    again: String,
}

/// Shows the page again, and whether it was done.
pub(crate) async fn handler(
    State(app): State<App>,
    signed: Signed,
    _: NoParams,
    Form(given): Form<Given>,
) -> Result<Response, Problem> {
    let again = app.clone();
    let work = move || {
        let (desk, english, person) = (app.desk(), signed.english, &signed.person.id);
        let refused = |why: &str| page(&app, &signed, Some(why), html! {}, None);
        if given.password != given.again {
            return refused(&text("password.differs", english));
        }
        if !desk.is_password(person, &given.old)? {
            return refused(&text("password.old", english));
        }
        match desk.set_password(person, person, &given.password, Some(&signed.session.id)) {
            Ok(()) => {
                let done = html! { p role="status" { (text("password.changed", english)) } };
                page(&app, &signed, None, done, None)
            }
            Err(error @ DeskError::WeakPassword { .. }) => {
                refused(&words::failure(&error, english))
            }
            Err(error) => Err(error.into()),
        }
    };
    again.inner.passwords.run(work).await
}
