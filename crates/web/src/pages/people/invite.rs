//! `POST /admin/people/{id}/invitation`: a link by which somebody chooses a password, the first one or a new one.

use super::{Invitation, add::Given, page};
use crate::app::App;
use crate::parse::{Named, NoParams};
use crate::problem::Problem;
use crate::signed::Signed;
use axum::extract::State;
use axum::response::Response;

/// Shows the link, this once.
pub(crate) async fn handler(
    State(app): State<App>,
    signed: Signed,
    Named(id): Named<String>,
    _: NoParams,
) -> Result<Response, Problem> {
    let again = app.clone();
    let work = move || {
        let (person, _) = app.desk().person(&id)?;
        let link = app.welcome(&app.desk().invite(&signed.person.id, &person.id)?);
        let invitation = Invitation { name: &person.name, link: &link };
        page(&app, &signed, &Given::default(), None, Some(invitation))
    };
    again.inner.pool.run(work).await
}
