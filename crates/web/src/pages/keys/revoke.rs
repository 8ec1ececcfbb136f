//! `POST /admin/keys/{id}/revocation`: a key opens nothing any more.

use crate::app::App;
use crate::pages::visit::{Visit, see_other};
use crate::parse::{Named, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::response::Response;

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    Named(id): Named<String>,
    _: NoParams,
) -> Result<Response, Problem> {
    let desk = app.desk().clone();
    let work = move || Ok(desk.revoke_api_key(&visit.caller().person, &id)?);
    app.inner.pool.run(work).await?;
    Ok(see_other("/admin/keys"))
}
