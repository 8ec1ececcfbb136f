//! `PUT /api/v1/templates/{id}`: a template is kept, new or changed.

use crate::answer::TemplateAnswer;
use crate::api::change;
use crate::app::App;
use crate::gate::By;
use crate::parse::{Body, IfMatch, IfNoneMatch, Named, NoParams};
use crate::problem::{Problem, ProblemBody};
use axum::extract::State;
use axum::response::Response;
use desk::{Content, Shelf, user_name};
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
    params(
        ("id" = String, Path, description = "Id: 2 to 40 small letters, digits, dots, underscores, hyphens"),
        ("If-Match" = Option<String>, Header, description = "Version that the caller has seen"),
        ("If-None-Match" = Option<String>, Header, description = "`*`: only if there is none yet"),
    ),
    responses(
        (status = 200, description = "Changed", body = TemplateAnswer, headers(("ETag" = String, description = "Its version"))),
        (status = 201, description = "Made", body = TemplateAnswer, headers(("ETag" = String, description = "Its version"))),
        (status = 412, description = "Somebody was faster", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    Named(id): Named<String>,
    if_match: IfMatch,
    if_none_match: IfNoneMatch,
    _: NoParams,
    body: Body<Wanted>,
) -> Result<Response, Problem> {
    let desk = app.desk().clone();
    let work = move || {
        let known = desk.saved_one(&caller, Shelf::Templates, &id).map(|saved| saved.version);
        let (seen, there) = change::seen(known, &if_match, &if_none_match)?;
        let id = if there { id.as_str().into() } else { user_name(&id)? };
        let Wanted { name, shared, text } = body.value;
        let content = Content::Template(text.into());
        desk.keep_saved(&caller, &id, (&name, shared, content), seen)?;
        let saved = desk.saved_one(&caller, Shelf::Templates, &id)?;
        Ok(change::answer(saved.version, there, &TemplateAnswer::of(&desk, &saved)))
    };
    app.inner.pool.run(work).await
}
