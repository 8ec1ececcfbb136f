//! `GET /api/v1/me`: on whose behalf the caller acts.

pub(crate) mod password;
pub(crate) mod preferences;
pub(crate) mod second;

use crate::answer::{ChosenPreferences, Scope, UserAnswer, json};
use crate::app::App;
use crate::gate::By;
use crate::parse::NoParams;
use crate::problem::{Kind, Problem};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use desk::{KeyScope, Preferences};
use serde::Serialize;
use utoipa::ToSchema;

/// The caller.
#[derive(Serialize, ToSchema)]
pub(crate) struct Me {
    /// Who.
    #[serde(flatten)]
    user: UserAnswer,
    /// What the key or the session allows.
    #[schema(value_type = Vec<Scope>)]
    scopes: Vec<KeyScope>,
    /// Language and theme, where chosen.
    #[schema(value_type = ChosenPreferences)]
    preferences: Preferences,
    /// Whether signing in asks for a second factor.
    second_factor: bool,
}

/// The caller
///
/// On whose behalf the key or the session acts, and what it allows.
#[utoipa::path(get, path = "", responses((status = 200, description = "The caller", body = Me)))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    _: NoParams,
) -> Result<Response, Problem> {
    let (desk, people) = (app.desk(), app.desk().people());
    let person =
        people.person(&caller.person).ok_or_else(|| Problem::new(Kind::Unauthenticated))?;
    let me = Me {
        user: UserAnswer::of(desk, person),
        preferences: desk.preferences(&person.id)?,
        second_factor: desk.second_factor(&person.id)?.is_some(),
        scopes: caller.scopes,
    };
    Ok(json(StatusCode::OK, &me))
}
