//! `POST /sign-in`: somebody gives name and password.

use super::entered;
use crate::app::App;
use crate::frame::prefers_english;
use crate::origin::From;
use crate::pages::document::text;
use crate::parse::{Form, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use desk::{Entry, words};
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
    let english = prefers_english(&headers);
    let again = |wrong, status| {
        let form = super::Form { english, to: &given.to, name: &given.name, wrong: Some(wrong) };
        form.show(&app, status)
    };
    match entry {
        Entry::In(secret) => Ok(entered(&app, &secret, &given.to)),
        Entry::Wrong => again(text("page.wrong", english), StatusCode::UNPROCESSABLE_ENTITY),
        Entry::Wait(seconds) => {
            let minutes = seconds.div_ceil(60).to_string();
            let wrong = words::text("page.wait", english, &[("minutes", &minutes)]);
            let mut response = again(wrong, StatusCode::TOO_MANY_REQUESTS)?;
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            Ok(response)
        }
    }
}
