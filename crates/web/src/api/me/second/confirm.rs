//! `POST /api/v1/me/second-factor/confirmation`: the authenticator app is confirmed with a code of it.

use crate::answer::json;
use crate::app::App;
use crate::parse::{Body, NoParams};
use crate::problem::{Kind, Problem};
use crate::signed::Signed;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A code of the app.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "code": "492039" }))]
pub(crate) struct Code {
    /// Six digits.
    code: String,
}

/// Codes for whoever has lost the app.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({ "recovery": ["3f9a0c1d-77e2b640", "a81c55d0-0b9fe213"] }))]
pub(crate) struct Recovery {
    /// Each is good once; they are shown this once.
    recovery: Vec<String>,
}

/// Confirm the second factor
///
/// In a session of one's own, by no key. From now on signing in asks for a code.
#[utoipa::path(post, path = "", request_body = Code, responses((status = 200, description = "Confirmed", body = Recovery)))]
pub(crate) async fn handler(
    State(app): State<App>,
    signed: Signed,
    _: NoParams,
    body: Body<Code>,
) -> Result<Response, Problem> {
    let desk = app.desk().clone();
    let work = move || {
        let recovery = desk.confirm_second_factor(&signed.person.id, &body.value.code)?;
        let recovery = recovery.ok_or_else(|| Problem::new(Kind::WrongCode))?;
        Ok(json(StatusCode::OK, &Recovery { recovery }))
    };
    app.inner.pool.run(work).await
}
