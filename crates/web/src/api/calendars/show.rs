//! `GET /api/v1/calendars/{name}`: a working calendar.

use super::CalendarAnswer;
use crate::api::change;
use crate::app::App;
use crate::parse::{Named, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::response::Response;

/// A calendar
///
/// With the version to write over.
#[utoipa::path(get, path = "", params(("name" = String, Path, description = "Name of the calendar")), responses(
    (status = 200, description = "The calendar", body = CalendarAnswer, headers(("ETag" = String, description = "Its version"))),
))]
pub(crate) async fn handler(
    State(app): State<App>,
    Named(name): Named<String>,
    _: NoParams,
) -> Result<Response, Problem> {
    let desk = app.desk();
    let (calendar, version) = desk.calendar(&name)?;
    let answer = CalendarAnswer::of(&calendar, version, calendar.local(desk.now()).year());
    Ok(change::answer(version, true, &answer))
}
