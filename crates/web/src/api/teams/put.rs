//! `PUT /api/v1/teams/{id}`: a team is made, or changed.

use crate::answer::TeamAnswer;
use crate::api::change;
use crate::app::App;
use crate::gate::By;
use crate::parse::{Body, IfMatch, IfNoneMatch, Named, NoParams};
use crate::problem::{Kind, Problem, ProblemBody};
use axum::extract::State;
use axum::response::Response;
use desk::{DeskError, user_name};
use engine::refusal::Problem as Wrong;
use serde::Deserialize;
use utoipa::ToSchema;

/// A team as it shall be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "早班", "members": [] }))]
pub(crate) struct Team {
    /// Name.
    name: String,
    /// Id of who leads it.
    lead: Option<String>,
    /// Ids of who belongs to it.
    #[serde(default)]
    members: Vec<String>,
}

/// Make a team, or change one
///
/// Repeating it is harmless. `If-None-Match: *` only makes, `If-Match` only changes what was seen.
#[utoipa::path(put, path = "", request_body = Team,
    params(
        ("id" = String, Path, description = "Id: 2 to 40 small letters, digits, dots, underscores, hyphens"),
        ("If-Match" = Option<String>, Header, description = "Version that the caller has seen"),
        ("If-None-Match" = Option<String>, Header, description = "`*`: only if there is none yet"),
    ),
    responses(
        (status = 200, description = "Changed", body = TeamAnswer, headers(("ETag" = String, description = "Its version"))),
        (status = 201, description = "Made", body = TeamAnswer, headers(("ETag" = String, description = "Its version"))),
        (status = 412, description = "Somebody was faster", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    Named(id): Named<String>,
    if_match: IfMatch,
    if_none_match: IfNoneMatch,
    _: NoParams,
    body: Body<Team>,
) -> Result<Response, Problem> {
    let desk = app.desk().clone();
    let work = move || {
        let known = desk.team(&id).map(|(_, version)| version);
        let (seen, there) = change::seen(known, &if_match, &if_none_match)?;
        let Team { name, lead, members } = body.value;
        let team = desk::Team {
            id: if there { id.as_str().into() } else { user_name(&id)? },
            name: name.trim().to_owned(),
            lead: lead.map(|id| id.as_str().into()),
            members: members.iter().map(|id| id.as_str().into()).collect(),
        };
        desk.put_team(&caller.person, &team, seen).map_err(|error| match error {
            DeskError::NotFound { .. } => {
                Problem::new(Kind::InvalidFields).field("members", Some(Wrong::Unknown))
            }
            error => error.into(),
        })?;
        let (team, version) = desk.team(&team.id)?;
        Ok(change::answer(version, there, &TeamAnswer::of(&desk, &team)))
    };
    app.inner.pool.run(work).await
}
