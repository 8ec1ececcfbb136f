//! `POST /sign-in/demo`: in a demonstration, one click signs in as any of its people.

use super::entered;
use crate::app::App;
use crate::origin::From;
use crate::parse::{Form, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

/// The form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Chosen {
    person: String,
    #[serde(default)]
    to: String,
}

/// Signs in; not found in a real installation.
pub(crate) async fn handler(
    State(app): State<App>,
    From(origin): From,
    _: NoParams,
    Form(chosen): Form<Chosen>,
) -> Result<Response, Problem> {
    let desk = app.desk().clone();
    let begin = move || Ok(desk.sign_in_for_demo(&chosen.person.as_str().into(), &origin)?);
    let secret = app.inner.pool.run(begin).await?;
    Ok(entered(&app, &secret, &chosen.to))
}
