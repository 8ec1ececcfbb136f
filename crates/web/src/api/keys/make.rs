//! `POST /api/v1/keys`: an API key is made.

use crate::answer::{Scope, json};
use crate::app::App;
use crate::gate::By;
use crate::parse::{Body, NoParams};
use crate::problem::{Kind, Problem};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use desk::{ApiKey, DeskError, KeyScope};
use engine::refusal::Problem as Wrong;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A key as it shall be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewKey, example = json!({ "name": "网站", "person": "…", "scopes": ["cases:read"] }))]
pub(crate) struct Wanted {
    /// Name.
    #[schema(min_length = 1)]
    name: String,
    /// Id of the person on whose behalf it acts.
    person: String,
    /// What it may do.
    #[schema(value_type = Vec<Scope>, min_items = 1)]
    scopes: Vec<KeyScope>,
}

/// A key that was made.
#[derive(Serialize, ToSchema)]
#[schema(as = MadeKey)]
pub(crate) struct Made {
    /// What opens: shown this once.
    secret: String,
}

/// Make an API key
///
/// Its secret is in the answer and nowhere else.
#[utoipa::path(post, path = "", request_body = Wanted, responses((status = 201, description = "The secret", body = Made)))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    _: NoParams,
    body: Body<Wanted>,
) -> Result<Response, Problem> {
    let desk = app.desk().clone();
    let work = move || {
        let Wanted { name, person, scopes } = body.value;
        let name = name.trim().to_owned();
        let missing = [("name", name.is_empty()), ("scopes", scopes.is_empty())];
        if let Some((name, _)) = missing.into_iter().find(|(_, missing)| *missing) {
            return Err(Problem::new(Kind::InvalidFields).field(name, None));
        }
        let key = ApiKey { name, person: person.as_str().into(), scopes };
        let secret = desk.make_api_key(&caller.person, &key).map_err(|error| match error {
            DeskError::NotFound { .. } => {
                Problem::new(Kind::InvalidFields).field("person", Some(Wrong::Unknown))
            }
            error => error.into(),
        })?;
        Ok(json(StatusCode::CREATED, &Made { secret }))
    };
    app.inner.pool.run(work).await
}
