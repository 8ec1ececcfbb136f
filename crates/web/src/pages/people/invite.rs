//! `POST /admin/people/{id}/invitation`: a link by which somebody chooses a password, the first one or a new one.

use super::show::Show;
use crate::app::App;
use crate::pages::visit::Visit;
use crate::parse::{Named, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::response::Response;

/// Shows the link, this once.
pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    Named(id): Named<String>,
    _: NoParams,
) -> Result<Response, Problem> {
    let again = app.clone();
    let work = move || {
        let (person, _) = app.desk().person(&id)?;
        let link = app.welcome(&app.desk().invite(&visit.caller().person, &person.id)?);
        let page = Show { invitation: Some(link), ..Show::of(&app, &visit, &person.id)? };
        Ok(visit.page(&page.html()))
    };
    again.inner.pool.run(work).await
}
