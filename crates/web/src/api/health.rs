//! `GET /healthz`: the process is there.

use crate::parse::NoParams;

/// Liveness
///
/// The process answers.
#[utoipa::path(get, path = "", responses((status = 200, description = "The process answers", body = String, content_type = "text/plain", example = json!("ok\n"))))]
pub(crate) async fn handler(_: NoParams) -> &'static str {
    "ok\n"
}
