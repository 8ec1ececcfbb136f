//! `POST /api/v1/users/{id}/invitations`: a link by which somebody chooses a password.

use crate::answer::json;
use crate::app::App;
use crate::gate::By;
use crate::parse::{Named, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// A link; it is shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct Invitation {
    /// Where the person chooses a password, once.
    link: String,
    /// Until when.
    until: Timestamp,
}

/// Invite a person
///
/// The link lets the person choose the first password or a new one; links made before end.
#[utoipa::path(post, path = "", params(("id" = String, Path, description = "Id of the person")), responses((status = 201, description = "The link", body = Invitation)))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    Named(id): Named<String>,
    _: NoParams,
) -> Result<Response, Problem> {
    let again = app.clone();
    let work = move || {
        let desk = app.desk();
        let opener = desk.invite(&caller.person, &id.as_str().into())?;
        let until = desk.link(&opener)?.map_or(desk.now(), |link| link.until);
        Ok(json(StatusCode::CREATED, &Invitation { link: app.welcome(&opener), until }))
    };
    again.inner.pool.run(work).await
}
