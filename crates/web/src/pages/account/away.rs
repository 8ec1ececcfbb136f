//! `POST /account/absence`: somebody says when he is away and who stands in, or looks at what would go to whom.

use super::{Said, page};
use crate::app::App;
use crate::pages::absence::{Away, Given};
use crate::pages::visit::Visit;
use crate::parse::{Form, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::response::Response;

/// Shows the page again.
pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    _: NoParams,
    Form(given): Form<Given>,
) -> Result<Response, Problem> {
    let again = app.clone();
    let work = move || {
        let place = super::ABSENCE.to_owned();
        let id = &visit.signed.person.id;
        let away = Away::done(&app, visit.lang, visit.caller(), id, place, given)?;
        page(&app, &visit, Said { away: Some(away), ..Said::default() })
    };
    again.inner.pool.run(work).await
}
