//! `POST /admin/procedures/{key}/retirement`: no case begins under a procedure any more.

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
    Named(key): Named<String>,
    _: NoParams,
) -> Result<Response, Problem> {
    let desk = app.desk().clone();
    let work = move || Ok(desk.retire(&signed.person.id, &key)?);
    app.inner.pool.run(work).await?;
    Ok(see_other("/admin/procedures"))
}
