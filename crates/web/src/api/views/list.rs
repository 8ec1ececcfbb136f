//! `GET /api/v1/views`: the views of the caller.

use crate::answer::{ViewAnswer, json};
use crate::api::list::List;
use crate::app::App;
use crate::gate::By;
use crate::parse::NoParams;
use crate::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

/// Views
///
/// The caller's own and those that are shared, each in its order, whole and without pages.
#[utoipa::path(get, path = "", responses((status = 200, description = "Views", body = List<ViewAnswer>)))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    _: NoParams,
) -> Result<Response, Problem> {
    let desk = app.desk();
    let views = desk.counted_views(&caller, usize::MAX)?;
    let items = views.iter().map(|(saved, cases)| ViewAnswer::of(desk, saved, *cases)).collect();
    Ok(json(StatusCode::OK, &List { items }))
}
