//! `POST /account/second-factor/removal`: the second factor is taken off, by the password.

use super::{Said, page};
use crate::app::App;
use crate::pages::document::text;
use crate::pages::visit::Visit;
use crate::parse::{Form, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::response::Response;
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
    visit: Visit,
    _: NoParams,
    Form(given): Form<Given>,
) -> Result<Response, Problem> {
    let again = app.clone();
    let work = move || {
        let person = &visit.signed.person.id;
        if !app.desk().is_password(person, &given.old)? {
            let second = Some(("old", text("password.old", visit.lang.english)));
            return page(&app, &visit, Said { second, ..Said::default() });
        }
        app.desk().remove_second_factor(person, person)?;
        page(&app, &visit, Said::default())
    };
    again.inner.passwords.run(work).await
}
