//! `GET /api/v1/sessions`: where the caller has signed in.

use crate::answer::json;
use crate::api::list::List;
use crate::app::App;
use crate::gate::By;
use crate::parse::NoParams;
use crate::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// A session.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionAnswer {
    /// Opaque id; does not open it.
    id: String,
    /// When it began.
    since: Timestamp,
    /// When it was last used, to some minutes.
    seen: Timestamp,
    /// When it ends by itself if it is not used.
    until: Timestamp,
    /// Network address where it began.
    address: String,
    /// What the browser said of itself.
    agent: String,
}

/// Sessions
///
/// Where the caller has signed in, the newest first.
#[utoipa::path(get, path = "", responses((status = 200, description = "Sessions", body = List<SessionAnswer>)))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    _: NoParams,
) -> Result<Response, Problem> {
    let sessions = app.desk().sessions(&caller.person)?.into_iter();
    let items = sessions.map(|session| SessionAnswer {
        until: session.until(),
        id: session.id,
        since: session.since,
        seen: session.seen,
        address: session.origin.address,
        agent: session.origin.agent,
    });
    Ok(json(StatusCode::OK, &List { items: items.collect() }))
}
