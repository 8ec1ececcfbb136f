//! `POST /api/v1/me/second-factor`: the caller is given the key that an authenticator app takes in.

use crate::answer::{encoded, json};
use crate::app::App;
use crate::parse::NoParams;
use crate::problem::{Kind, Problem};
use crate::signed::Signed;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use desk::words;
use serde::Serialize;
use utoipa::ToSchema;

/// What an authenticator app takes in.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "key": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
    "address": "otpauth://totp/Bihuan:u1?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Bihuan"
}))]
pub(crate) struct Enrolment {
    /// The key, base 32.
    key: String,
    /// The same as an address, to be shown as a QR code.
    address: String,
}

/// Begin with a second factor
///
/// In a session of one's own, by no key. The key stays the same until it is confirmed, for at most 15 minutes; signing in asks for codes
/// only once it was.
#[utoipa::path(post, path = "", responses(
    (status = 201, description = "The key", body = Enrolment),
    (status = 409, description = "There is a second factor already", body = crate::problem::ProblemBody, content_type = "application/problem+json", example = json!(crate::problem::example(Kind::SecondFactorSet))),
))]
pub(crate) async fn handler(
    State(app): State<App>,
    signed: Signed,
    _: NoParams,
) -> Result<Response, Problem> {
    let desk = app.desk().clone();
    let work = move || {
        let person = &signed.person.id;
        if desk.second_factor(person)?.is_some() {
            return Err(Problem::new(Kind::SecondFactorSet));
        }
        if !desk.has_account(person)? {
            return Err(Problem::new(Kind::NotFound));
        }
        let key = desk.enrol(person)?;
        let address = address(&key, person, signed.english);
        Ok(json(StatusCode::CREATED, &Enrolment { key, address }))
    };
    app.inner.pool.run(work).await
}

/// The address by which apps take a key in.
pub(crate) fn address(key: &str, person: &str, english: bool) -> String {
    let issuer = encoded(&words::text("page.product", english, &[]));
    format!("otpauth://totp/{issuer}:{}?secret={key}&issuer={issuer}", encoded(person))
}
