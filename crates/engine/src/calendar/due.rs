//! From a start and a limit to the due instant, with every step on the way.

use jiff::{Timestamp, ToSpan, civil::Date};
use serde::{Deserialize, Serialize};

use super::{
    Calendar, Day, DayEnd, Limit, MAX_DAYS, MAX_SECONDS,
    data::days_from,
    nanos_of_day,
    walk::{self, End, Measure, SECOND, Trace, Untraced, Walk},
};

/// Time that does not count, `[from, to)`; open as long as `to` is missing.
///
/// Pauses may overlap, nest, be empty and precede the start; one that ends before it begins is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// First instant that does not count.
    pub from: Timestamp,
    /// First instant that counts again; `None` while the pause lasts.
    pub to: Option<Timestamp>,
}

/// When a limit runs out, and how that came about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    /// The due instant; an event at it is still in time (G-07). `None`: an open pause keeps it from running out.
    /// A due beyond the year 9999 is [`Timestamp::MAX`], with [`Step::BeyondCalendar`] in the trace.
    pub at: Option<Timestamp>,
    /// A year without calendar data had a say and was decided by its weekdays alone.
    pub provisional: bool,
    /// How it came about, in order.
    pub trace: Vec<Step>,
}

/// One fact about how a due instant came about. Language-neutral: people read a translated line per step.
///
/// Dates are local to the calendar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Step {
    /// The limit counts from here.
    Started {
        /// The start.
        at: Timestamp,
        /// The limit as applied, after bounding its amount.
        limit: Limit,
    },
    /// The start day is not counted (G-02).
    StartDayNotCounted {
        /// The local date of the start.
        date: Date,
    },
    /// A day off was skipped.
    DaySkipped {
        /// The date.
        date: Date,
        /// Why: weekend or holiday, with its name; provisional when the year has no data.
        #[serde(flatten)]
        day: Day,
    },
    /// A working day was counted.
    DayCounted {
        /// The date.
        date: Date,
        /// Working day or make-up day, with the name of its holiday; provisional when the year has no data.
        #[serde(flatten)]
        day: Day,
        /// Which working day after the start it is, from 1; `None` where its windows are counted instead.
        number: Option<u32>,
    },
    /// Time was counted.
    TimeCounted {
        /// From this instant.
        from: Timestamp,
        /// To this instant.
        to: Timestamp,
        /// Its whole seconds.
        seconds: i64,
    },
    /// Time inside a pause did not count.
    PauseLeftOut {
        /// From this instant.
        from: Timestamp,
        /// To this instant; `None` for an open pause.
        to: Option<Timestamp>,
    },
    /// A year without data was decided by its weekdays; the due is provisional.
    YearWithoutData {
        /// The year.
        year: i16,
    },
    /// The natural days end with this date.
    NaturalDaysEnd {
        /// The date.
        date: Date,
        /// Natural days after the start day.
        days: u32,
    },
    /// The last natural day was a day off: the next working day takes its place (Civil Code art. 203).
    MovedToWorkingDay {
        /// The day off.
        from: Date,
        /// The working day.
        to: Date,
    },
    /// The last day ends at close of business (G-02).
    CloseOfBusiness {
        /// The date.
        date: Date,
        /// The instant.
        at: Timestamp,
    },
    /// The last day ends at the time of day of the start.
    SameTimeOfDay {
        /// The date.
        date: Date,
        /// The instant.
        at: Timestamp,
    },
    /// The last day ends at 24:00.
    EndOfDay {
        /// The date that ends.
        date: Date,
        /// The instant, midnight at the start of the next date.
        at: Timestamp,
    },
    /// The end would lie before the start (0 working days from an evening): the start stands.
    NotBeforeStart {
        /// The start.
        at: Timestamp,
    },
    /// An open pause keeps the limit from running out.
    WaitingForResume {
        /// Whole seconds of counted time that are still missing.
        seconds: i64,
    },
    /// The due lies beyond the representable dates (year 9999).
    BeyondCalendar,
}

impl Calendar {
    /// When `limit`, counted from `start`, runs out (G-01, G-02), with a trace for people.
    ///
    /// - Time limits end at the first instant at which their amount has been used up; an amount of nothing is used up at
    ///   the start itself. One hour from Friday 17:00 with a window to 18:00 is Friday 18:00, not Monday 09:00.
    /// - Day limits do not count the start day and are not moved by pauses ([`Limit::is_paused_by_pauses`]).
    ///
    /// Total: amounts are bounded to [`MAX_SECONDS`] and [`MAX_DAYS`], see [`Due::at`] for the far future.
    pub fn due(&self, start: Timestamp, limit: Limit, pauses: &[Pause]) -> Due {
        let mut trace = Vec::new();
        let found = self.find_due(start, limit, pauses, &mut trace);
        Due { at: found.end.at(), provisional: found.provisional, trace }
    }

    /// [`Calendar::due`] without provenance, for hot paths.
    pub fn due_at(&self, start: Timestamp, limit: Limit, pauses: &[Pause]) -> Option<Timestamp> {
        self.find_due(start, limit, pauses, &mut Untraced).end.at()
    }

    pub(super) fn find_due<T: Trace>(
        &self,
        start: Timestamp,
        limit: Limit,
        pauses: &[Pause],
        trace: &mut T,
    ) -> Found {
        let limit = bounded(limit);
        trace.step(|| Step::Started { at: start, limit });
        let pauses = if limit.is_paused_by_pauses() { pauses } else { &[] };
        let mut walk = Walk::new(self, pauses, trace);
        let from = start.as_nanosecond();
        let end = match limit {
            Limit::Natural { seconds } => {
                walk.use_up(from, i128::from(seconds) * SECOND, Measure::Natural)
            }
            Limit::Business { seconds } => {
                walk.use_up(from, i128::from(seconds) * SECOND, Measure::Windows)
            }
            Limit::WorkingDays { days, end } => {
                self.end_of_working_days(start, days, end, &mut walk)
            }
            Limit::CalendarDaysLegal { days } => self.end_of_natural_days(start, days, &mut walk),
        };
        let end = match end {
            End::At(nanos) if Timestamp::from_nanosecond(nanos).is_err() => End::Beyond,
            end => end,
        };
        let left = walk.left();
        let provisional = walk.unknown_year.is_some();
        match end {
            End::At(_) => {}
            End::Never => {
                walk.trace.step(|| Step::WaitingForResume { seconds: walk::whole_seconds(left) })
            }
            End::Beyond => walk.trace.step(|| Step::BeyondCalendar),
        }
        Found { end, provisional }
    }

    fn end_of_working_days<T: Trace>(
        &self,
        start: Timestamp,
        days: u32,
        end: DayEnd,
        walk: &mut Walk<'_, T>,
    ) -> End {
        let start_date = self.local(start).date();
        let mut date = start_date;
        if days > 0 {
            walk.trace.step(|| Step::StartDayNotCounted { date });
        }
        let mut number = 0;
        while number < days {
            let Ok(next) = date.tomorrow() else { return End::Beyond };
            date = next;
            number += u32::from(self.look_at(date, Some(number + 1), walk));
        }
        self.end_of_day(start, date, end, walk)
    }

    fn end_of_natural_days<T: Trace>(
        &self,
        start: Timestamp,
        days: u32,
        walk: &mut Walk<'_, T>,
    ) -> End {
        let start_date = self.local(start).date();
        let Ok(last) = start_date.checked_add(i64::from(days).days()) else { return End::Beyond };
        if days > 0 {
            walk.trace.step(|| Step::StartDayNotCounted { date: start_date });
        }
        walk.trace.step(|| Step::NaturalDaysEnd { date: last, days });
        let Some(date) = days_from(last).find(|date| self.look_at(*date, None, walk)) else {
            return End::Beyond;
        };
        if date != last {
            walk.trace.step(|| Step::MovedToWorkingDay { from: last, to: date });
        }
        self.end_of_day(start, date, DayEnd::Midnight, walk)
    }

    /// Whether people work on a date, noting it in the trace.
    fn look_at<T: Trace>(&self, date: Date, number: Option<u32>, walk: &mut Walk<'_, T>) -> bool {
        walk.needs(date);
        let works = self.works(date);
        walk.trace.step(|| match self.day(date) {
            day if works => Step::DayCounted { date, day, number },
            day => Step::DaySkipped { date, day },
        });
        works
    }

    fn end_of_day<T: Trace>(
        &self,
        start: Timestamp,
        date: Date,
        end: DayEnd,
        walk: &mut Walk<'_, T>,
    ) -> End {
        let local = self.local(start);
        let time = match end {
            DayEnd::Close => self.windows.close().nanos(),
            DayEnd::Same => nanos_of_day(local.time()),
            DayEnd::Midnight => walk::DAY,
        };
        let days = local.date().until(date).map_or(0, |span| i128::from(span.get_days()));
        let nanos = start.as_nanosecond() - nanos_of_day(local.time()) + days * walk::DAY + time;
        let at = walk::instant(nanos);
        walk.trace.step(|| match end {
            DayEnd::Close => Step::CloseOfBusiness { date, at },
            DayEnd::Same => Step::SameTimeOfDay { date, at },
            DayEnd::Midnight => Step::EndOfDay { date, at },
        });
        if nanos < start.as_nanosecond() {
            walk.trace.step(|| Step::NotBeforeStart { at: start });
            return End::At(start.as_nanosecond());
        }
        End::At(nanos)
    }
}

/// A due before it is shown to anybody.
pub(super) struct Found {
    pub(super) end: End,
    pub(super) provisional: bool,
}

impl End {
    fn at(self) -> Option<Timestamp> {
        match self {
            End::At(nanos) => Some(walk::instant(nanos)),
            End::Never => None,
            End::Beyond => Some(Timestamp::MAX),
        }
    }
}

/// The limit with its amount inside the bounds that [`Limit`] documents.
fn bounded(limit: Limit) -> Limit {
    match limit {
        Limit::Natural { seconds } => Limit::Natural { seconds: seconds.clamp(0, MAX_SECONDS) },
        Limit::Business { seconds } => Limit::Business { seconds: seconds.clamp(0, MAX_SECONDS) },
        Limit::WorkingDays { days, end } => Limit::WorkingDays { days: days.min(MAX_DAYS), end },
        Limit::CalendarDaysLegal { days } => Limit::CalendarDaysLegal { days: days.min(MAX_DAYS) },
    }
}
