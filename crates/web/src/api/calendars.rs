//! Working calendars.

pub(crate) mod list;
pub(crate) mod preview;
pub(crate) mod put;
pub(crate) mod show;

use engine::calendar::{Calendar, SpecialDay, Year};
use serde::Serialize;
use utoipa::ToSchema;

/// A working calendar.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CalendarAnswer {
    /// Its name; procedures count by it.
    #[schema(example = "cn")]
    name: String,
    /// Version; also the entity tag. 0: as it travels with the program.
    version: u64,
    /// The whole of it as TOML, which can be written back.
    source: String,
    /// Last year, this one and the next.
    years: Vec<YearAnswer>,
}

/// A year of a calendar.
#[derive(Debug, Serialize, ToSchema)]
struct YearAnswer {
    /// The year.
    year: i16,
    /// Its holidays are complete. When they are not, deadlines in it count plain weekdays and are provisional.
    known: bool,
    /// Working days.
    working_days: u32,
    /// Days that differ from their weekday.
    days: Vec<DayAnswer>,
}

/// A day that differs from its weekday.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CalendarDay)]
struct DayAnswer {
    /// Date.
    date: String,
    /// It is worked: a make-up day. Otherwise a holiday.
    works: bool,
    /// What it is called.
    #[schema(example = "元旦")]
    name: String,
}

impl CalendarAnswer {
    /// A calendar around a year.
    pub(crate) fn of(calendar: &Calendar, version: u64, year: i16) -> Self {
        let years = (year - 1..=year + 1).map(|year| YearAnswer::of(calendar, year)).collect();
        let (name, source) = (calendar.name().to_owned(), calendar.to_toml());
        Self { name, version, source, years }
    }
}

impl YearAnswer {
    fn of(calendar: &Calendar, year: i16) -> Self {
        let Year { known, working_days, special } = calendar.year(year);
        let day =
            |SpecialDay { date, name, works }| DayAnswer { date: date.to_string(), works, name };
        Self { year, known, working_days, days: special.into_iter().map(day).collect() }
    }
}
