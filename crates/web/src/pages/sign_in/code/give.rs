//! `POST /sign-in/code`: the second factor is given.

use crate::app::App;
use crate::frame::speaks_english;
use crate::origin::From;
use crate::pages::document::text;
use crate::pages::sign_in::{entered, held_back, patience};
use crate::pages::visit::see_other;
use crate::parse::{Form, NoParams};
use crate::problem::Problem;
use crate::signed::cookie;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use desk::{DeskError, Entry};
use serde::Deserialize;

/// The form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Given {
    code: String,
    #[serde(default)]
    to: String,
}

/// Signs in, or asks once more; back to the password when that was too long ago.
pub(crate) async fn handler(
    State(app): State<App>,
    headers: HeaderMap,
    From(origin): From,
    _: NoParams,
    Form(given): Form<Given>,
) -> Result<Response, Problem> {
    let english = speaks_english(&app, &headers);
    let opener = cookie(&app, &headers).unwrap_or_default();
    let desk = app.desk().clone();
    let work = move || {
        Ok(match desk.sign_in_with_code(&opener, &given.code, &origin) {
            Err(DeskError::NotFound { .. }) => None,
            entry => Some(entry?),
        })
    };
    let again = |why: &str, status| super::form(english, &given.to, Some(why), status);
    match app.inner.passwords.run(work).await? {
        Some(Entry::In(secret)) => Ok(entered(&app, &secret, &given.to)),
        Some(Entry::Wait(seconds)) => {
            let form = again(&patience(seconds, english), StatusCode::TOO_MANY_REQUESTS);
            Ok(held_back(form, seconds))
        }
        Some(Entry::Wrong | Entry::Code(_)) => {
            Ok(again(&text("page.code.wrong", english), StatusCode::UNPROCESSABLE_ENTITY))
        }
        None => Ok(see_other("/sign-in")),
    }
}
