//! `POST /account/password`: somebody changes his password; his other sessions end.

use super::{Said, news, page};
use crate::app::App;
use crate::pages::document::text;
use crate::pages::visit::Visit;
use crate::parse::{Form, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::response::Response;
use desk::{DeskError, words};
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
    visit: Visit,
    _: NoParams,
    Form(given): Form<Given>,
) -> Result<Response, Problem> {
    let again = app.clone();
    let work = move || {
        let (desk, english, person) = (app.desk(), visit.lang.english, &visit.signed.person.id);
        let refused = |field: &'static str, why: String| {
            page(&app, &visit, Said { password: Some((field, why)), ..Said::default() })
        };
        if given.password != given.again {
            return refused("again", text("password.differs", english));
        }
        if !desk.is_password(person, &given.old)? {
            return refused("old", text("password.old", english));
        }
        match desk.set_password(person, person, &given.password, Some(&visit.signed.session.id)) {
            Ok(()) => {
                let news = news(&text("password.changed", english));
                page(&app, &visit, Said { news, ..Said::default() })
            }
            Err(error @ DeskError::WeakPassword { .. }) => {
                refused("password", words::failure(&error, english))
            }
            Err(error) => Err(error.into()),
        }
    };
    again.inner.passwords.run(work).await
}
