//! `POST /api/v1/me/second-factor/removal`: the second factor is taken off, by the password.

use crate::app::App;
use crate::parse::{Body, NoParams};
use crate::problem::{Kind, Problem};
use crate::signed::Signed;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

/// The password that is in use.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OwnPassword, example = json!({ "password": "correct horse battery" }))]
pub(crate) struct Given {
    /// The password.
    password: String,
}

/// Take the second factor off
///
/// In a session of one's own, by no key. Repeating it is harmless.
#[utoipa::path(post, path = "", request_body = Given, responses((status = 204, description = "Gone")))]
pub(crate) async fn handler(
    State(app): State<App>,
    signed: Signed,
    _: NoParams,
    body: Body<Given>,
) -> Result<StatusCode, Problem> {
    let desk = app.desk().clone();
    let work = move || {
        let person = &signed.person.id;
        if !desk.is_password(person, &body.value.password)? {
            return Err(Problem::new(Kind::WrongPassword));
        }
        Ok(desk.remove_second_factor(person, person)?)
    };
    app.inner.passwords.run(work).await?;
    Ok(StatusCode::NO_CONTENT)
}
