//! `POST /cases/{number}/follow`: somebody begins or ends to follow a case.

use crate::app::App;
use crate::pages::row::case_href;
use crate::pages::visit::{Visit, see_other};
use crate::parse::{Form, Named, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

/// The form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Given {
    /// `yes` or `no`.
    on: String,
}

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    Named(number): Named<String>,
    _: NoParams,
    Form(given): Form<Given>,
) -> Result<Response, Problem> {
    let desk = app.desk().clone();
    let work = move || {
        let seen = desk.case_for(visit.caller(), &number)?;
        desk.follow_case(visit.caller(), &seen, given.on == "yes")?;
        Ok(see_other(&case_href(&seen.case.number)))
    };
    app.inner.pool.run(work).await
}
