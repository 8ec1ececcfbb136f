//! `POST /sign-in`: somebody gives name and password.

use super::{entered, held_back, patience};
use crate::answer::encoded;
use crate::app::App;
use crate::frame::speaks_english;
use crate::origin::From;
use crate::pages::document::text;
use crate::pages::visit::see_other;
use crate::parse::{Form, NoParams};
use crate::problem::Problem;
use crate::signed::set_cookie;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use desk::Entry;
use serde::Deserialize;

/// The form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Given {
    name: String,
    password: String,
    #[serde(default)]
    to: String,
}

/// Signs in, or shows the form once more. Why it did not work is never told more exactly.
pub(crate) async fn handler(
    State(app): State<App>,
    headers: HeaderMap,
    From(origin): From,
    _: NoParams,
    Form(given): Form<Given>,
) -> Result<Response, Problem> {
    let (desk, name) = (app.desk().clone(), given.name.clone());
    let look = move || Ok(desk.sign_in(&name, &given.password, &origin)?);
    let entry = app.inner.passwords.run(look).await?;
    let english = speaks_english(&app, &headers);
    let again = |wrong, status| {
        let form = super::Form { english, to: &given.to, name: &given.name, wrong: Some(wrong) };
        form.show(&app, status)
    };
    match entry {
        Entry::In(secret) => Ok(entered(&app, &secret, &given.to)),
        Entry::Code(secret) => {
            let cookie = [(header::SET_COOKIE, set_cookie(&app, &secret))];
            let place = format!("/sign-in/code?to={}", encoded(&given.to));
            Ok((cookie, see_other(&place)).into_response())
        }
        Entry::Wrong => again(text("page.wrong", english), StatusCode::UNPROCESSABLE_ENTITY),
        Entry::Wait(seconds) => {
            let form = again(patience(seconds, english), StatusCode::TOO_MANY_REQUESTS)?;
            Ok(held_back(form, seconds))
        }
    }
}
