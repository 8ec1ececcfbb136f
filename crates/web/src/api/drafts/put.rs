//! `PUT /api/v1/drafts/{name}`: what the caller is typing is kept.

use super::{Draft, named};
use crate::app::App;
use crate::gate::By;
use crate::pages::draft::keep;
use crate::parse::{Body, Named, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;

/// Keep a draft
///
/// In place of the earlier one of this name; the console's forms begin with theirs. A field without a text was emptied, one that is
/// not named is as nobody has touched it; `seen` is the version of the case on which it was begun: the console tells
/// whoever takes it up what others did since then. A draft without fields is forgotten. Repeating it is harmless.
#[utoipa::path(put, path = "", request_body = Draft, params(("name" = String, Path, description = "Name of the draft, at most 200 bytes")), responses((status = 204, description = "Kept")))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    Named(name): Named<String>,
    _: NoParams,
    body: Body<Draft>,
) -> Result<StatusCode, Problem> {
    let (desk, name) = (app.desk().clone(), named(name)?);
    let typed = body.value.items.into_iter().map(|item| (item.name, item.text)).collect();
    app.inner.pool.run(move || keep(&desk, &caller, &name, typed)).await?;
    Ok(StatusCode::NO_CONTENT)
}
