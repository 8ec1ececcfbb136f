//! `POST /drafts/{name}`: what somebody is typing is kept, so that no lost connection and no other machine loses it.

pub(crate) mod remove;

use super::form::DRAFT;
use super::form::read;
use super::new::CUSTOMER;
use super::visit::Visit;
use crate::app::App;
use crate::parse::{self, CSRF_FIELD};
use crate::problem::{Kind, Problem};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use desk::{Caller, Desk};
use serde_json::json;

/// What a form sends unseen and makes anew each time it is shown.
const ANEW: [&str; 4] = [CSRF_FIELD, "seen", "once", DRAFT];

/// Longest name of a draft, in bytes.
pub(crate) const NAME: usize = 200;

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    parse::Named(name): parse::Named<String>,
    request: Request,
) -> Result<Response, Problem> {
    if name.len() > NAME {
        return Err(Problem::new(Kind::NotFound));
    }
    let given = read(&app, request).await?.typed;
    let desk = app.desk().clone();
    app.inner.pool.run(move || keep(&desk, visit.caller(), &name, given.0)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Keeps what says something of what was typed; forgets the draft where nothing does.
pub(crate) fn keep(
    desk: &Desk,
    caller: &Caller,
    name: &str,
    mut typed: Vec<(String, String)>,
) -> Result<(), Problem> {
    typed.retain(|(name, text)| !ANEW.contains(&name.as_str()) && !text.trim().is_empty());
    // Whose case it would be says nothing yet.
    match typed.iter().all(|(name, _)| name == CUSTOMER) {
        true => desk.drop_draft(caller, name)?,
        false => desk.keep_draft(caller, name, &json!(typed))?,
    }
    Ok(())
}
