//! What a year is like, for people who look at a calendar.

use super::{Calendar, DayKind};
use jiff::{ToSpan, civil::Date};

/// A year of a calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Year {
    /// Its exceptions are complete; otherwise dues in it count plain weekdays and are provisional.
    pub known: bool,
    /// How many of its days people work.
    pub working_days: u32,
    /// The days that are not what their weekday says, in their order.
    pub special: Vec<SpecialDay>,
}

/// A day off or a make-up working day (调休上班).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecialDay {
    /// The local date.
    pub date: Date,
    /// The holiday that it belongs to.
    pub name: String,
    /// People work: it makes up for a day off. Otherwise it is one.
    pub works: bool,
}

impl Calendar {
    /// A year as this calendar has it; one that cannot be written as a date (beyond ±9999) has no days.
    pub fn year(&self, year: i16) -> Year {
        let mut found = Year { known: self.known(year), working_days: 0, special: Vec::new() };
        let days = Date::new(year, 1, 1).map(|first| first.series(1.day()));
        for date in days.into_iter().flatten().take_while(|date| date.year() == year) {
            let kind = self.day(date).kind;
            let works = kind.works();
            found.working_days += u32::from(works);
            if let DayKind::Holiday(name) | DayKind::MakeUp(name) = kind {
                found.special.push(SpecialDay { date, name, works });
            }
        }
        found
    }
}
