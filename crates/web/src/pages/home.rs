//! `GET /`: where everybody begins: with his work.

use crate::signed::Signed;
use axum::response::{IntoResponse, Redirect, Response};

pub(crate) async fn handler(_: Signed) -> Response {
    Redirect::to("/work").into_response()
}
