//! `GET /api/openapi.json`: this API described.

use crate::answer::json;
use crate::parse::NoParams;
use axum::http::StatusCode;
use axum::response::Response;

/// This document
///
/// OpenAPI 3.1, generated from the code.
#[utoipa::path(get, path = "", responses((status = 200, description = "OpenAPI 3.1", body = Object)))]
pub(crate) async fn handler(_: NoParams) -> Response {
    json(StatusCode::OK, &crate::openapi::document())
}
