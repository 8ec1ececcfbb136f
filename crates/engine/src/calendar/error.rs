//! What can be wrong with a calendar, its windows or a limit: ids and facts, no prose for people.

use std::fmt;

use jiff::civil::Date;

use super::SecondOfDay;

/// Why a calendar, its windows or a limit was refused.
///
/// [`CalendarError::code`] is the stable id that message catalogues translate; `Display` is plain English for logs and
/// for the answers of `bihuan calendar due`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CalendarError {
    /// The file is not TOML of the expected shape; the message names line and column.
    Syntax {
        /// What the TOML reader said.
        message: String,
    },
    /// A time of day that is not `HH:MM` or `HH:MM:SS` up to `24:00`.
    BadTime {
        /// The text as written.
        text: String,
    },
    /// No working window at all.
    NoWindow,
    /// A window that ends at or before its start; a shift across midnight is two windows.
    WindowEndsBeforeStart {
        /// The window, counted from 1.
        number: usize,
        /// Its start.
        from: SecondOfDay,
        /// Its end.
        to: SecondOfDay,
    },
    /// A window that starts before the previous one ended: they overlap or are out of order.
    WindowsOverlap {
        /// The later window, counted from 1.
        number: usize,
        /// Its start.
        from: SecondOfDay,
        /// The end of the window before it.
        earlier_to: SecondOfDay,
    },
    /// Quiet hours without a length.
    EmptyQuietHours {
        /// Their start, equal to their end.
        at: SecondOfDay,
    },
    /// Quiet hours that fill the whole day and so would never end.
    EndlessQuietHours,
    /// An offset that is not `+HH:MM` or `-HH:MM` up to 14 hours.
    BadOffset {
        /// The text as written.
        text: String,
    },
    /// A weekday that is not one of `mon` to `sun`.
    BadWeekday {
        /// The text as written.
        text: String,
    },
    /// All seven weekdays are off: no deadline could ever be reached.
    NoWorkingDay,
    /// `years` is neither a list of years nor `"every"`.
    BadYears {
        /// The text as written.
        text: String,
    },
    /// A span of days off whose last day is before its first, or that is longer than a year.
    BadSpan {
        /// Its first day.
        first: Date,
        /// Its last day.
        last: Date,
    },
    /// One date with two meanings: off twice under different names, or off and working.
    Contradiction {
        /// The date.
        date: Date,
    },
    /// A limit that is not one of `30m`, `4h`, `30bm`, `4bh`, `3wd`, `3wd@same`, `3wd@24`, `7cd`.
    BadLimit {
        /// The text as written.
        text: String,
    },
    /// An amount above [`super::MAX_DAYS`] days or the seconds of as many days.
    LimitTooLong {
        /// The text as written.
        text: String,
    },
}

impl CalendarError {
    /// The stable id of this kind of error, for message catalogues.
    pub fn code(&self) -> &'static str {
        match self {
            CalendarError::Syntax { .. } => "calendar-syntax",
            CalendarError::BadTime { .. } => "bad-time",
            CalendarError::NoWindow => "no-window",
            CalendarError::WindowEndsBeforeStart { .. } => "window-ends-before-start",
            CalendarError::WindowsOverlap { .. } => "windows-overlap",
            CalendarError::EmptyQuietHours { .. } => "empty-quiet-hours",
            CalendarError::EndlessQuietHours => "endless-quiet-hours",
            CalendarError::BadOffset { .. } => "bad-offset",
            CalendarError::BadWeekday { .. } => "bad-weekday",
            CalendarError::NoWorkingDay => "no-working-day",
            CalendarError::BadYears { .. } => "bad-years",
            CalendarError::BadSpan { .. } => "bad-span",
            CalendarError::Contradiction { .. } => "contradicting-days",
            CalendarError::BadLimit { .. } => "bad-limit",
            CalendarError::LimitTooLong { .. } => "limit-too-long",
        }
    }
}

impl fmt::Display for CalendarError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CalendarError::Syntax { message } => f.write_str(message),
            CalendarError::BadTime { text } => {
                write!(f, "{text:?} is not a time of day HH:MM up to 24:00")
            }
            CalendarError::NoWindow => f.write_str("there must be at least one window"),
            CalendarError::WindowEndsBeforeStart { number, from, to } => {
                write!(f, "window {number} ({from}-{to}) must end after it starts")
            }
            CalendarError::WindowsOverlap { number, from, earlier_to } => {
                write!(
                    f,
                    "window {number} starts at {from}, before window {} ends at {earlier_to}",
                    number - 1
                )
            }
            CalendarError::EmptyQuietHours { at } => {
                write!(f, "quiet hours {at}-{at} have no length")
            }
            CalendarError::EndlessQuietHours => {
                f.write_str("quiet hours may not fill the whole day")
            }
            CalendarError::BadOffset { text } => {
                write!(f, "{text:?} is not an offset such as +08:00")
            }
            CalendarError::BadWeekday { text } => {
                write!(f, "{text:?} is not one of mon, tue, wed, thu, fri, sat, sun")
            }
            CalendarError::NoWorkingDay => {
                f.write_str("at least one weekday must be a working day")
            }
            CalendarError::BadYears { text } => {
                write!(f, "years must be a list of years or \"every\", not {text:?}")
            }
            CalendarError::BadSpan { first, last } => {
                write!(f, "{first} to {last} is not a span of 1 to 366 days")
            }
            CalendarError::Contradiction { date } => {
                write!(f, "{date} is listed twice with different meanings")
            }
            CalendarError::BadLimit { text } => {
                write!(
                    f,
                    "{text:?} is not a limit such as 30m, 4h, 30bm, 4bh, 3wd, 3wd@same, 3wd@24 or 7cd"
                )
            }
            CalendarError::LimitTooLong { text } => {
                write!(f, "{text:?} is longer than {} days", super::MAX_DAYS)
            }
        }
    }
}

impl std::error::Error for CalendarError {}
