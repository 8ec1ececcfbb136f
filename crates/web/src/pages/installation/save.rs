//! `POST /admin/installation`: the name of the organisation, and in which language people are spoken to who have not chosen one.

use crate::app::App;
use crate::pages::visit::{Visit, see_other};
use crate::parse::{Form, NoParams};
use crate::problem::{Kind, Problem};
use axum::extract::State;
use axum::response::Response;
use desk::Language;
use serde::Deserialize;

/// The form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Given {
    organisation: String,
    language: String,
}

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    _: NoParams,
    Form(given): Form<Given>,
) -> Result<Response, Problem> {
    let desk = app.desk().clone();
    let work = move || {
        let (actor, name) = (&visit.caller().person, given.organisation.trim());
        if name.is_empty() {
            return Err(Problem::new(Kind::MissingFields).field("organisation", None));
        }
        desk.name_organisation(actor, name)?;
        match given.language.as_str() {
            "zh" => desk.set_language(actor, Language::Zh)?,
            "en" => desk.set_language(actor, Language::En)?,
            _ => {}
        }
        Ok(see_other("/admin/installation"))
    };
    app.inner.pool.run(work).await
}
