//! `PUT /api/v1/users/{id}/absence`: when somebody is away.

use crate::answer::UserAnswer;
use crate::api::change;
use crate::app::App;
use crate::gate::By;
use crate::parse::{Body, IfMatch, Named, NoParams};
use crate::problem::{Kind, Problem};
use axum::extract::State;
use axum::response::Response;
use desk::{Absence, DeskError};
use engine::refusal::Problem as Wrong;
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;

/// When somebody is away. Without a beginning and an end the person is there.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "from": "2026-05-11T09:00:00+08:00", "to": "2026-05-18T09:00:00+08:00" }))]
pub(crate) struct Away {
    /// From this instant.
    from: Option<Timestamp>,
    /// Until before this one.
    to: Option<Timestamp>,
    /// Id of who takes over; without one the rules of dispatching choose.
    substitute: Option<String>,
}

/// Say when a person is away
///
/// People say it of themselves, leads of their teams, administrators of everybody. Whoever is away gets nothing new, and what he holds
/// is handed over when the absence begins.
#[utoipa::path(put, path = "", request_body = Away,
    params(("id" = String, Path, description = "Id of the person"), IfMatch),
    responses(
        (status = 200, description = "The person", body = UserAnswer, headers(("ETag" = String, description = "Its version"))),
    ))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    Named(id): Named<String>,
    if_match: IfMatch,
    _: NoParams,
    body: Body<Away>,
) -> Result<Response, Problem> {
    let desk = app.desk().clone();
    let work = move || {
        let (_, version) = desk.person(&id)?;
        let Away { from, to, substitute } = body.value;
        let substitute = substitute.map(|id| id.as_str().into());
        let missing = |name: &str| Problem::new(Kind::InvalidFields).field(name, None);
        let absence = match (from, to) {
            (Some(from), Some(to)) => Some(Absence { from, to, substitute }),
            (None, None) if substitute.is_none() => None,
            (None, None) => return Err(missing("from")),
            (Some(_), None) => return Err(missing("to")),
            (None, Some(_)) => return Err(missing("from")),
        };
        let wrong = |name: &str, wrong| Problem::new(Kind::InvalidFields).field(name, Some(wrong));
        desk.set_absence(&caller, &id.as_str().into(), absence.as_ref(), if_match.seen(version))
            .map_err(|error| match error {
                DeskError::NotFound { what: "substitute" } => wrong("substitute", Wrong::Unknown),
                DeskError::Invalid(name) => wrong(&name, Wrong::TooEarly),
                error => error.into(),
            })?;
        let (person, version) = desk.person(&id)?;
        Ok(change::answer(version, true, &UserAnswer::of(&desk, &person)))
    };
    app.inner.pool.run(work).await
}
