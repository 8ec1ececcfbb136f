//! `POST /admin/procedures/{key}/reinstatement`: cases begin under a retired procedure again.

use crate::answer::encoded;
use crate::app::App;
use crate::pages::visit::see_other;
use crate::parse::{Named, NoParams};
use crate::problem::Problem;
use crate::signed::Signed;
use axum::extract::State;
use axum::response::Response;

/// Goes back to the list, which says so.
pub(crate) async fn handler(
    State(app): State<App>,
    signed: Signed,
    Named(key): Named<String>,
    _: NoParams,
) -> Result<Response, Problem> {
    let desk = app.desk().clone();
    let work = move || Ok(desk.reinstate(&signed.person.id, &key)?);
    let made = app.inner.pool.run(work).await?;
    Ok(see_other(&format!("/admin/procedures?done={}", encoded(&made.procedure.key))))
}
