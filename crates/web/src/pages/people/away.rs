//! `POST /admin/people/{id}/absence`: when somebody is away, and who stands in; or a look at what would go to whom.

use super::show::{Show, person_href};
use crate::app::App;
use crate::pages::absence::{Away, Given};
use crate::pages::visit::Visit;
use crate::parse::{Form, Named, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

/// Shows the page again.
pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    Named(id): Named<String>,
    _: NoParams,
    Form(given): Form<Given>,
) -> Result<Response, Problem> {
    let again = app.clone();
    let work = move || {
        let (key, place) = (id.as_str().into(), format!("{}/absence", person_href(&id)));
        let away = Away::done(&app, visit.lang, visit.caller(), &key, place, given)?;
        let status = match away.wrong {
            Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
            None => StatusCode::OK,
        };
        let page = Show { away, ..Show::of(&app, &visit, &id)? };
        Ok(visit.answer(status, &page.html()))
    };
    again.inner.pool.run(work).await
}
