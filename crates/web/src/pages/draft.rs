//! `POST /drafts/{name}`: what somebody is typing is kept, so that no lost connection and no other machine loses it.

use super::form::read;
use super::visit::Visit;
use crate::app::App;
use crate::parse;
use crate::problem::{Kind, Problem};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// Longest name of a draft, in bytes.
const NAME: usize = 200;

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    parse::Named(name): parse::Named<String>,
    request: Request,
) -> Result<Response, Problem> {
    if name.len() > NAME {
        return Err(Problem::new(Kind::NotFound));
    }
    let mut given = read(&app, request).await?.typed;
    given.0.retain(|(name, text)| name != "csrf" && !text.trim().is_empty());
    let desk = app.desk().clone();
    let keep = move || {
        if given.0.is_empty() {
            desk.drop_draft(visit.caller(), &name)?;
        } else {
            desk.keep_draft(visit.caller(), &name, &json!(given.0))?;
        }
        Ok(StatusCode::NO_CONTENT.into_response())
    };
    app.inner.pool.run(keep).await
}
