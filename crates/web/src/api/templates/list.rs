//! `GET /api/v1/templates`: the templates of the caller.

use crate::answer::{TemplateAnswer, json};
use crate::api::list::List;
use crate::app::App;
use crate::gate::By;
use crate::parse::NoParams;
use crate::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use desk::Shelf;

/// Templates
///
/// The caller's own and those that are shared, each in its order, whole and without pages.
#[utoipa::path(get, path = "", responses((status = 200, description = "Templates", body = List<TemplateAnswer>)))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    _: NoParams,
) -> Result<Response, Problem> {
    let desk = app.desk();
    let saved = desk.saved(&caller, Shelf::Templates);
    let items = saved.iter().map(|saved| TemplateAnswer::of(desk, saved)).collect();
    Ok(json(StatusCode::OK, &List { items }))
}
