//! What a year is like, for people who look at a calendar and change it.

use super::{Calendar, DayKind};
use jiff::{ToSpan, civil::Date};
use std::collections::BTreeSet;

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

/// Special days in a row that are alike, as people speak of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The first day.
    pub first: Date,
    /// The last day; the first one for a single day.
    pub last: Date,
    /// The holiday that they belong to.
    pub name: String,
    /// People work.
    pub works: bool,
}

/// A date on which two calendars differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedDay {
    /// The local date.
    pub date: Date,
    /// What it is in the one.
    pub before: DayKind,
    /// What it is in the other.
    pub after: DayKind,
}

impl Year {
    /// The special days, those in a row that are alike together.
    pub fn runs(&self) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        for SpecialDay { date, name, works } in &self.special {
            match runs.last_mut() {
                Some(run)
                    if run.last.tomorrow().is_ok_and(|next| next == *date)
                        && run.works == *works
                        && run.name == *name =>
                {
                    run.last = *date;
                }
                _ => {
                    let (first, last, name) = (*date, *date, name.clone());
                    runs.push(Run { first, last, name, works: *works });
                }
            }
        }
        runs
    }
}

impl Calendar {
    /// The dates that another calendar names otherwise than this one, in their order.
    pub fn changed_days(&self, other: &Calendar) -> Vec<ChangedDay> {
        let named = self.exceptions.keys().chain(other.exceptions.keys());
        let dates: BTreeSet<Date> = named.copied().collect();
        let both = dates.into_iter().map(|date| ChangedDay {
            date,
            before: self.day(date).kind,
            after: other.day(date).kind,
        });
        both.filter(|day| day.before != day.after).collect()
    }

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
