//! `PUT /api/v1/views/{id}`: a view is kept, new or changed.

use crate::answer::ViewAnswer;
use crate::api::change;
use crate::app::App;
use crate::gate::By;
use crate::parse::{Body, IfMatch, IfNoneMatch, Named, NoParams};
use crate::problem::Kind;
use crate::problem::{Problem, ProblemBody};
use axum::extract::State;
use axum::response::Response;
use desk::{Content, Criteria, Shelf, user_name};
use engine::refusal::Problem as Wrong;
use serde::Deserialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A view as it shall be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewView, example = json!({ "name": "今天到期", "filters": { "due": "day" } }))]
pub(crate) struct Wanted {
    /// Name, at most 40 characters.
    name: String,
    /// Everybody has it; that needs the power to share.
    #[serde(default)]
    shared: bool,
    /// Filters by their names: `procedure`, `stage`, `holder`, `department`, `channel`, `category`, `due` (`late`, `hour`, `day`), `state`
    /// (`all`), `sort` (`newest`, `severity`), `severity`, `from`, `to`.
    #[serde(default)]
    filters: BTreeMap<String, String>,
}

/// Keep a list under a name
///
/// Repeating it is harmless. `If-None-Match: *` only makes, `If-Match` only changes what was seen.
#[utoipa::path(put, path = "", request_body = Wanted,
    params(
        ("id" = String, Path, description = "Id: 2 to 40 small letters, digits, dots, underscores, hyphens"),
        ("If-Match" = Option<String>, Header, description = "Version that the caller has seen"),
        ("If-None-Match" = Option<String>, Header, description = "`*`: only if there is none yet"),
    ),
    responses(
        (status = 200, description = "Changed", body = ViewAnswer, headers(("ETag" = String, description = "Its version"))),
        (status = 201, description = "Made", body = ViewAnswer, headers(("ETag" = String, description = "Its version"))),
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
        let known = desk.saved_one(&caller, Shelf::Views, &id).map(|saved| saved.version);
        let (seen, there) = change::seen(known, &if_match, &if_none_match)?;
        let id = if there { id.as_str().into() } else { user_name(&id)? };
        let Wanted { name, shared, filters } = body.value;
        let content = Content::View(criteria(&desk, filters)?);
        desk.keep_saved(&caller, &id, (&name, shared, content), seen)?;
        let saved = desk.saved_one(&caller, Shelf::Views, &id)?;
        Ok(change::answer(saved.version, there, &ViewAnswer::of(&desk, &saved, None)))
    };
    app.inner.pool.run(work).await
}

fn criteria(desk: &desk::Desk, filters: BTreeMap<String, String>) -> Result<Criteria, Problem> {
    let known = Criteria::default();
    let strange = filters.keys().filter(|name| !known.named().iter().any(|(one, _)| one == name));
    let strange: Vec<String> = strange.map(|name| format!("filters.{name}")).collect();
    if !strange.is_empty() {
        let refused = |problem: Problem, name| problem.field(name, Some(Wrong::Unknown));
        return Err(strange.into_iter().fold(Problem::new(Kind::InvalidBody), refused));
    }
    let criteria: Criteria = crate::parse::typed("filters", serde_json::json!(filters))?;
    // What cannot be read is refused now, and not when the list is looked at.
    criteria.filter(desk)?;
    Ok(criteria)
}
