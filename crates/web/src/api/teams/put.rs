//! `PUT /api/v1/teams/{id}`: a team is made, or changed.

use crate::answer::TeamAnswer;
use crate::api::change::{Put, answer};
use crate::app::App;
use crate::gate::By;
use crate::parse::{IfMatch, IfNoneMatch};
use crate::problem::{Kind, Problem};
use axum::extract::State;
use axum::response::Response;
use desk::DeskError;
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
    params(("id" = String, Path, description = "Id; of a new one 2 to 40 small letters, digits, dots, underscores, hyphens", pattern = "^[a-z0-9][a-z0-9._-]{1,39}$"), IfMatch, IfNoneMatch),
    responses(
        (status = 200, description = "Changed", body = TeamAnswer, headers(("ETag" = String, description = "Its version"))),
        (status = 201, description = "Made", body = TeamAnswer, headers(("ETag" = String, description = "Its version"))),
    ))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    put: Put<Team>,
) -> Result<Response, Problem> {
    let desk = app.desk().clone();
    let work = move || {
        let over = put.over(desk.team(&put.id).map(|(_, version)| version))?;
        let id = put.key(&over)?;
        let Team { name, lead, members } = put.value;
        let team = desk::Team {
            id,
            name: name.trim().to_owned(),
            lead: lead.map(|id| id.as_str().into()),
            members: members.iter().map(|id| id.as_str().into()).collect(),
        };
        desk.put_team(&caller.person, &team, over.seen).map_err(|error| match error {
            DeskError::NotFound { .. } => {
                Problem::new(Kind::InvalidFields).field("members", Some(Wrong::Unknown))
            }
            error => error.into(),
        })?;
        let (team, version) = desk.team(&team.id)?;
        Ok(answer(version, over.there, &TeamAnswer::of(&desk, &team)))
    };
    app.inner.pool.run(work).await
}
