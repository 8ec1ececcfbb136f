//! `POST /drafts/{name}`: what somebody is typing is kept, so that no lost connection and no other machine loses it.

pub(crate) mod remove;

use super::form::{DRAFT, Typed, read};
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
const ANEW: [&str; 3] = [CSRF_FIELD, "once", DRAFT];
/// Of what version somebody has begun to type. Whoever goes on later is told what has changed since then before it is overwritten.
const SEEN: &str = "seen";

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

/// Keeps what was typed, and which fields were emptied: those that are named without a text. What nobody has touched is not named.
/// Forgets the draft where nothing is.
pub(crate) fn keep(
    desk: &Desk,
    caller: &Caller,
    name: &str,
    mut typed: Vec<(String, String)>,
) -> Result<(), Problem> {
    typed.retain(|(name, _)| !ANEW.contains(&name.as_str()));
    // Whose case it would be says nothing yet.
    match typed.iter().all(|(name, _)| [CUSTOMER, SEEN].contains(&name.as_str())) {
        true => desk.drop_draft(caller, name)?,
        false => desk.keep_draft(caller, name, &json!(typed))?,
    }
    Ok(())
}

/// The version that a form goes on from: that of its draft, where there is one.
pub(crate) fn begun(present: Option<u64>, kept: Option<&Typed>) -> Option<u64> {
    let begun = kept.and_then(|kept| kept.one(SEEN)).and_then(|seen| seen.parse::<u64>().ok());
    present.map(|present| begun.map_or(present, |begun| begun.min(present)))
}
