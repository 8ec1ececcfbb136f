//! `GET /api/v1/calendars`: the working calendars.

use super::CalendarAnswer;
use crate::answer::json;
use crate::api::list::List;
use crate::app::App;
use crate::parse::NoParams;
use crate::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use desk::DeskError;

/// Calendars
///
/// Those that procedures count by, and those of the organisation; whole and without pages, by name.
#[utoipa::path(get, path = "", responses((status = 200, description = "Calendars", body = List<CalendarAnswer>)))]
pub(crate) async fn handler(State(app): State<App>, _: NoParams) -> Result<Response, Problem> {
    let desk = app.desk();
    let year = desk.now().to_zoned(jiff::tz::TimeZone::UTC).year();
    let one = |name: String| {
        let (calendar, version) = desk.calendar(&name)?;
        Ok(CalendarAnswer::of(&calendar, version, year))
    };
    let items = desk.calendars()?.into_iter().map(one).collect::<Result<_, DeskError>>()?;
    Ok(json(StatusCode::OK, &List { items }))
}
