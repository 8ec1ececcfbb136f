//! `GET /api/v1/drafts/{name}`: what the caller was typing.

use super::{Draft, DraftItem, named};
use crate::answer::json;
use crate::app::App;
use crate::gate::By;
use crate::parse::{Named, NoParams};
use crate::problem::{Kind, Problem};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

/// A draft
///
/// What the caller has typed under this name and not yet sent, on whichever machine. Drafts are forgotten 30 days after they were touched.
#[utoipa::path(get, path = "", params(("name" = String, Path, description = "Name of the draft")), responses((status = 200, description = "The draft", body = Draft)))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    Named(name): Named<String>,
    _: NoParams,
) -> Result<Response, Problem> {
    let kept = app.desk().draft(&caller, &named(name)?)?;
    let typed: Option<Vec<(String, String)>> =
        kept.and_then(|kept| serde_json::from_value(kept).ok());
    let typed = typed.ok_or_else(|| Problem::new(Kind::NotFound))?;
    let items = typed.into_iter().map(|(name, text)| DraftItem { name, text }).collect();
    Ok(json(StatusCode::OK, &Draft { items }))
}
