//! `POST /api/v1/calendars/{name}/previews`: which days a change would change, and which deadlines it would move.

use super::put::{Days, changed};
use crate::answer;
use crate::app::App;
use crate::parse::{Body, Named, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use desk::Moving;
use engine::calendar::{ChangedDay, DayKind};
use serde::Serialize;
use utoipa::ToSchema;

/// What a change would do.
#[derive(Serialize, ToSchema)]
#[schema(as = CalendarPreview)]
pub(crate) struct Preview {
    /// Days that would be others than they are.
    days: Vec<ChangedDayAnswer>,
    /// What would move, by procedure; those that count by the calendar.
    moving: Vec<MovingAnswer>,
}

/// A day that would change.
#[derive(Serialize, ToSchema)]
#[schema(as = ChangedDay)]
struct ChangedDayAnswer {
    /// Date.
    date: String,
    /// What it is.
    before: DayKindAnswer,
    /// What it would be.
    after: DayKindAnswer,
}

/// What a day is.
#[derive(Serialize, ToSchema)]
#[schema(as = DayKind)]
struct DayKindAnswer {
    /// It is worked.
    works: bool,
    /// What it is called; empty where it is what its weekday says.
    #[schema(example = "元旦")]
    name: String,
}

/// What would move under a procedure.
#[derive(Serialize, ToSchema)]
#[schema(as = MovingDeadlines)]
struct MovingAnswer {
    /// The procedure.
    procedure: answer::Named,
    /// Cases in which a clock runs that were looked at.
    cases: usize,
    /// Further ones that were not, what is due later.
    beyond: usize,
    /// Cases of those looked at some deadline of which would move.
    moved: usize,
    /// Deadlines that would come later.
    later: usize,
    /// Deadlines that would come sooner.
    sooner: usize,
    /// Deadlines that would have passed at once.
    late: usize,
    /// Cases that could not be counted.
    failed: usize,
}

/// Look at a change of a calendar
///
/// Takes what changing it takes, and writes nothing. At most 5,000 cases are looked at, what is due first.
#[utoipa::path(post, path = "", request_body = Days,
    params(("name" = String, Path, description = "Name of the calendar")),
    responses((status = 200, description = "What it would do", body = Preview)))]
pub(crate) async fn handler(
    State(app): State<App>,
    Named(name): Named<String>,
    _: NoParams,
    body: Body<Days>,
) -> Result<Response, Problem> {
    let desk = app.desk().clone();
    let work = move || {
        let (known, _) = desk.calendar(&name)?;
        let fresh = changed(known.clone(), body.value)?;
        let library = desk.library();
        let moving = desk.foresee_calendar(&fresh)?.into_iter().map(|(key, one)| {
            let Moving { cases, beyond, moved, later, sooner, late, failed } = one;
            let label = library.newest(&key).map(|(rules, _)| rules.label.clone());
            let procedure = answer::Named::of(&key, label.as_ref());
            MovingAnswer { procedure, cases, beyond, moved, later, sooner, late, failed }
        });
        let moving = moving.collect();
        let days = known.changed_days(&fresh).into_iter().map(ChangedDayAnswer::of).collect();
        Ok(answer::json(StatusCode::OK, &Preview { days, moving }))
    };
    app.inner.slow.run(work).await
}

impl ChangedDayAnswer {
    fn of(ChangedDay { date, before, after }: ChangedDay) -> Self {
        let kind = |kind: DayKind| DayKindAnswer {
            works: kind.works(),
            name: match kind {
                DayKind::Working | DayKind::WeekendOff => String::new(),
                DayKind::Holiday(name) | DayKind::MakeUp(name) => name,
            },
        };
        Self { date: date.to_string(), before: kind(before), after: kind(after) }
    }
}
