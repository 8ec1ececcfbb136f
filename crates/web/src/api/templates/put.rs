//! `PUT /api/v1/templates/{id}`: a template is kept, new or changed.

use crate::answer::TemplateAnswer;
use crate::api::change::{Put, answer};
use crate::app::App;
use crate::gate::By;
use crate::parse::{IfMatch, IfNoneMatch};
use crate::problem::Problem;
use axum::extract::State;
use axum::response::Response;
use desk::{Content, Shelf};
use serde::Deserialize;
use utoipa::ToSchema;

/// A template as it shall be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewTemplate, example = json!({ "name": "常用答复", "text": "{customer}，您好！您的工单 {number} 已受理。" }))]
pub(crate) struct Wanted {
    /// Name, at most 40 characters.
    name: String,
    /// Everybody has it; that needs the power to share.
    #[serde(default)]
    shared: bool,
    /// The text, at most 4,000 characters. `{number}`, `{customer}` and `{agent}` are filled in where it is used.
    text: String,
}

/// Keep a text under a name
///
/// Repeating it is harmless. `If-None-Match: *` only makes, `If-Match` only changes what was seen.
#[utoipa::path(put, path = "", request_body = Wanted,
    params(("id" = String, Path, description = "Id; of a new one 2 to 40 small letters, digits, dots, underscores, hyphens", pattern = "^[a-z0-9][a-z0-9._-]{1,39}$"), IfMatch, IfNoneMatch),
    responses(
        (status = 200, description = "Changed", body = TemplateAnswer, headers(("ETag" = String, description = "Its version"))),
        (status = 201, description = "Made", body = TemplateAnswer, headers(("ETag" = String, description = "Its version"))),
    ))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    put: Put<Wanted>,
) -> Result<Response, Problem> {
    let desk = app.desk().clone();
    let work = move || {
        let known = desk.saved_one(&caller, Shelf::Templates, &put.id).map(|saved| saved.version);
        let over = put.over(known)?;
        let id = put.key(&over)?;
        let Wanted { name, shared, text } = put.value;
        let content = Content::Template(text.into());
        desk.keep_saved(&caller, &id, (&name, shared, content), over.seen)?;
        let saved = desk.saved_one(&caller, Shelf::Templates, &id)?;
        Ok(answer(saved.version, over.there, &TemplateAnswer::of(&desk, &saved)))
    };
    app.inner.pool.run(work).await
}
