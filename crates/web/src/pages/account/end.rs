//! `POST /account/sessions/{id}/end`: somebody ends a session of his elsewhere.

use crate::app::App;
use crate::pages::visit::see_other;
use crate::parse::{Named, NoParams};
use crate::problem::Problem;
use crate::signed::Signed;
use axum::extract::State;
use axum::response::Response;

/// Goes back to the list.
pub(crate) async fn handler(
    State(app): State<App>,
    signed: Signed,
    Named(id): Named<String>,
    _: NoParams,
) -> Result<Response, Problem> {
    let desk = app.desk().clone();
    let work = move || Ok(desk.end_session(&signed.person.id, &id)?);
    app.inner.pool.run(work).await?;
    Ok(see_other("/account"))
}
