//! `GET /api/v1/keys`: the API keys.

use crate::answer::{KeyAnswer, json};
use crate::api::list::List;
use crate::app::App;
use crate::parse::NoParams;
use crate::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

/// API keys
///
/// All of them, whole and without pages, by name. Secrets are kept nowhere.
#[utoipa::path(get, path = "", responses((status = 200, description = "Keys", body = List<KeyAnswer>)))]
pub(crate) async fn handler(State(app): State<App>, _: NoParams) -> Result<Response, Problem> {
    let desk = app.desk();
    let items = desk.api_keys()?.into_iter().map(|known| KeyAnswer::of(desk, known)).collect();
    Ok(json(StatusCode::OK, &List { items }))
}
