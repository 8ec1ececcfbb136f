//! `GET /api/v1/teams`: the teams.

use crate::answer::{TeamAnswer, json};
use crate::api::list::List;
use crate::app::App;
use crate::parse::NoParams;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

/// Teams
///
/// All of them, whole and without pages, by id.
#[utoipa::path(get, path = "", responses((status = 200, description = "Teams", body = List<TeamAnswer>)))]
pub(crate) async fn handler(State(app): State<App>, _: NoParams) -> Response {
    let teams = app.desk().teams();
    let items = teams.iter().map(|team| TeamAnswer::of(app.desk(), team)).collect();
    json(StatusCode::OK, &List { items })
}
