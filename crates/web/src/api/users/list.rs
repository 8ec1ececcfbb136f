//! `GET /api/v1/users`: who works here.

use crate::answer::{UserAnswer, json};
use crate::api::list::List;
use crate::app::App;
use crate::parse::NoParams;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

/// People
///
/// Everybody, whole and without pages, by id.
#[utoipa::path(get, path = "", responses((status = 200, description = "People", body = List<UserAnswer>)))]
pub(crate) async fn handler(State(app): State<App>, _: NoParams) -> Response {
    let people = app.desk().people();
    let items = people.people.iter().map(|person| UserAnswer::of(app.desk(), person)).collect();
    json(StatusCode::OK, &List { items })
}
