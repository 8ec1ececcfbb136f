//! `PUT /api/v1/me/password`: the caller changes his password; his other sessions end.

use crate::app::App;
use crate::parse::{Body, NoParams};
use crate::problem::{Kind, Problem};
use crate::signed::Signed;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

/// The password as it shall be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPassword, example = json!({ "old": "correct horse battery", "password": "马到成功的一天从早饭开始" }))]
pub(crate) struct Wanted {
    /// The one that is in use now.
    old: String,
    /// The new one: at least 10 characters, without name or user name.
    #[schema(min_length = 10, max_length = 256)]
    password: String,
}

/// Change one's password
///
/// In a session of one's own, by no key. All other sessions of the caller end.
#[utoipa::path(put, path = "", request_body = Wanted, responses((status = 204, description = "Changed")))]
pub(crate) async fn handler(
    State(app): State<App>,
    signed: Signed,
    _: NoParams,
    body: Body<Wanted>,
) -> Result<StatusCode, Problem> {
    let desk = app.desk().clone();
    let work = move || {
        let (person, Wanted { old, password }) = (&signed.person.id, body.value);
        if !desk.is_password(person, &old)? {
            return Err(Problem::new(Kind::WrongPassword));
        }
        Ok(desk.set_password(person, person, &password, Some(&signed.session.id))?)
    };
    app.inner.passwords.run(work).await?;
    Ok(StatusCode::NO_CONTENT)
}
