//! `POST /account/second-factor/removal`: the second factor is taken off, by the password.

use super::page;
use crate::app::App;
use crate::pages::document::text;
use crate::parse::{Form, NoParams};
use crate::problem::Problem;
use crate::signed::Signed;
use axum::extract::State;
use axum::response::Response;
use maud::html;
use serde::Deserialize;

/// The form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Given {
    old: String,
}

/// Shows the page again.
pub(crate) async fn handler(
    State(app): State<App>,
    signed: Signed,
    _: NoParams,
    Form(given): Form<Given>,
) -> Result<Response, Problem> {
    let again = app.clone();
    let work = move || {
        let person = &signed.person.id;
        if !app.desk().is_password(person, &given.old)? {
            return page(
                &app,
                &signed,
                Some(&text("password.old", signed.english)),
                html! {},
                None,
            );
        }
        app.desk().remove_second_factor(person, person)?;
        page(&app, &signed, None, html! {}, None)
    };
    again.inner.passwords.run(work).await
}
