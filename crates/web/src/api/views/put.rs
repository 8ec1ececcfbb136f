//! `PUT /api/v1/views/{id}`: a view is kept, new or changed.

use crate::answer::ViewAnswer;
use crate::api::change::{Put, answer};
use crate::app::App;
use crate::gate::By;
use crate::parse::{IfMatch, IfNoneMatch};
use crate::problem::{Kind, Problem};
use axum::extract::State;
use axum::response::Response;
use desk::{Content, Criteria, Shelf};
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
    /// Filters by their names.
    #[serde(default)]
    #[schema(value_type = Filters)]
    filters: BTreeMap<String, String>,
}

/// Filters of a list.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[derive(Deserialize)]
#[schema(as = ViewFilters)]
#[expect(dead_code, reason = "only described")]
struct Filters {
    /// Key of the procedure.
    #[schema(required = false)]
    procedure: String,
    /// Key of the stage.
    #[schema(required = false)]
    stage: String,
    /// Who must act: id of a person, or key of a role.
    #[schema(required = false)]
    holder: String,
    /// Key of the department.
    #[schema(required = false)]
    department: String,
    /// Channel.
    #[schema(required = false)]
    channel: String,
    /// Category.
    #[schema(required = false)]
    category: String,
    /// `late`: past its due; `hour`, `day`: due within that time, and not yet past.
    #[schema(required = false, pattern = "^(late|hour|day)?$")]
    due: String,
    /// Cases in which the customer must be contacted by then.
    #[schema(required = false, pattern = "^(today)?$")]
    call: String,
    /// `all`: those that are filed, void or merged as well; `valid`: without the void ones.
    #[schema(required = false, pattern = "^(all|valid)?$")]
    state: String,
    /// Order.
    #[schema(required = false, pattern = "^(newest|severity)?$")]
    sort: String,
    /// Severity, 1 to 3.
    #[schema(required = false, pattern = "^[1-3]?$")]
    severity: String,
    /// What the days are days of; registration when nothing is said.
    #[schema(required = false, pattern = "^(closed|rated|missed)?$")]
    by: String,
    /// With `by=missed`: key of a clock of the procedure.
    #[schema(required = false)]
    clock: String,
    /// With `by=rated`: what was said.
    #[schema(required = false, pattern = "^(satisfied|neutral|dissatisfied)?$")]
    rating: String,
    /// On this day or later, as `2026-11-27`.
    #[schema(required = false, pattern = "^([0-9]{4}-[0-9]{2}-[0-9]{2})?$")]
    from: String,
    /// On this day or earlier.
    #[schema(required = false, pattern = "^([0-9]{4}-[0-9]{2}-[0-9]{2})?$")]
    to: String,
}

/// Keep a list under a name
///
/// Repeating it is harmless. `If-None-Match: *` only makes, `If-Match` only changes what was seen.
#[utoipa::path(put, path = "", request_body = Wanted,
    params(("id" = String, Path, description = "Id; of a new one 2 to 40 small letters, digits, dots, underscores, hyphens", pattern = "^[a-z0-9][a-z0-9._-]{1,39}$"), IfMatch, IfNoneMatch),
    responses(
        (status = 200, description = "Changed", body = ViewAnswer, headers(("ETag" = String, description = "Its version"))),
        (status = 201, description = "Made", body = ViewAnswer, headers(("ETag" = String, description = "Its version"))),
    ))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    put: Put<Wanted>,
) -> Result<Response, Problem> {
    let desk = app.desk().clone();
    let work = move || {
        let known = desk.saved_one(&caller, Shelf::Views, &put.id).map(|saved| saved.version);
        let over = put.over(known)?;
        let id = put.key(&over)?;
        let Wanted { name, shared, filters } = put.value;
        let content = Content::View(criteria(&desk, filters)?);
        desk.keep_saved(&caller, &id, (&name, shared, content), over.seen)?;
        let saved = desk.saved_one(&caller, Shelf::Views, &id)?;
        Ok(answer(saved.version, over.there, &ViewAnswer::of(&desk, &saved, None)))
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
