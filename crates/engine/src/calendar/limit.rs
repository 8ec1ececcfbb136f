//! What a limit says, and the compact text of it in procedure files.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::CalendarError;

/// The longest limit in days, about one hundred years.
pub const MAX_DAYS: u32 = 36_500;
/// The longest limit in seconds: [`MAX_DAYS`] whole days.
pub const MAX_SECONDS: i64 = 3_153_600_000;

/// How long something may take, before any calendar has turned it into an instant.
///
/// | text | meaning |
/// |---|---|
/// | `30m` `4h` `45s` | natural time around the clock (G-01) |
/// | `30bm` `4bh` `45bs` | time inside the windows of working days |
/// | `3wd` | close of business of the 3rd working day after the start day (G-02) |
/// | `3wd@same` | same time of day on that working day (G-02, option `same_time`) |
/// | `3wd@24` | 24:00 of that working day |
/// | `7cd` | 24:00 of the 7th natural day after the start day, moved to the next working day when that one is off |
///
/// `Display` writes the shortest text with the same meaning (`60m` becomes `1h`) and `FromStr` reads it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Limit {
    /// Natural time around the clock (G-01); pauses stop it.
    Natural {
        /// Seconds, 0 to [`MAX_SECONDS`]; other values are taken as the nearest of these.
        seconds: i64,
    },
    /// Time inside the windows of working days; pauses stop it.
    Business {
        /// Seconds, 0 to [`MAX_SECONDS`]; other values are taken as the nearest of these.
        seconds: i64,
    },
    /// The N-th working day after the start day, which is not counted (G-02). Pauses do not move it.
    WorkingDays {
        /// Working days, 0 to [`MAX_DAYS`]; 0 is the start day itself, whatever kind of day it is.
        days: u32,
        /// The time of that day.
        end: DayEnd,
    },
    /// The N-th natural day after the start day, until 24:00, moved to the next working day when it is a day off
    /// (Civil Code art. 203). Pauses do not move it.
    CalendarDaysLegal {
        /// Natural days, 0 to [`MAX_DAYS`].
        days: u32,
    },
}

/// At what time of the last working day a limit in working days ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DayEnd {
    /// Close of business: the end of the last window (G-02).
    Close,
    /// The local time of day of the start.
    Same,
    /// 24:00.
    Midnight,
}

impl Limit {
    /// Whether pauses stop this limit. Limits in whole days are dates; pauses do not move them.
    pub fn is_paused_by_pauses(self) -> bool {
        matches!(self, Limit::Natural { .. } | Limit::Business { .. })
    }
}

impl FromStr for Limit {
    type Err = CalendarError;

    fn from_str(text: &str) -> Result<Limit, CalendarError> {
        let bad = || CalendarError::BadLimit { text: text.to_owned() };
        let too_long = || CalendarError::LimitTooLong { text: text.to_owned() };
        let unit_at = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(bad)?;
        let (number, unit) = text.split_at_checked(unit_at).ok_or_else(bad)?;
        if number.is_empty() {
            return Err(bad());
        }
        let amount: i64 = number.parse().map_err(|_| too_long())?;
        let seconds = |unit: i64| {
            amount.checked_mul(unit).filter(|seconds| *seconds <= MAX_SECONDS).ok_or_else(too_long)
        };
        let days =
            || u32::try_from(amount).ok().filter(|days| *days <= MAX_DAYS).ok_or_else(too_long);
        match unit {
            "s" => Ok(Limit::Natural { seconds: seconds(1)? }),
            "m" => Ok(Limit::Natural { seconds: seconds(60)? }),
            "h" => Ok(Limit::Natural { seconds: seconds(3600)? }),
            "bs" => Ok(Limit::Business { seconds: seconds(1)? }),
            "bm" => Ok(Limit::Business { seconds: seconds(60)? }),
            "bh" => Ok(Limit::Business { seconds: seconds(3600)? }),
            "wd" => Ok(Limit::WorkingDays { days: days()?, end: DayEnd::Close }),
            "wd@same" => Ok(Limit::WorkingDays { days: days()?, end: DayEnd::Same }),
            "wd@24" => Ok(Limit::WorkingDays { days: days()?, end: DayEnd::Midnight }),
            "cd" => Ok(Limit::CalendarDaysLegal { days: days()? }),
            _ => Err(bad()),
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = |f: &mut fmt::Formatter<'_>, seconds: i64, business: &str| {
            let (amount, unit) = match seconds {
                s if s % 3600 == 0 => (s / 3600, "h"),
                s if s % 60 == 0 => (s / 60, "m"),
                s => (s, "s"),
            };
            write!(f, "{amount}{business}{unit}")
        };
        match *self {
            Limit::Natural { seconds } => time(f, seconds, ""),
            Limit::Business { seconds } => time(f, seconds, "b"),
            Limit::WorkingDays { days, end: DayEnd::Close } => write!(f, "{days}wd"),
            Limit::WorkingDays { days, end: DayEnd::Same } => write!(f, "{days}wd@same"),
            Limit::WorkingDays { days, end: DayEnd::Midnight } => write!(f, "{days}wd@24"),
            Limit::CalendarDaysLegal { days } => write!(f, "{days}cd"),
        }
    }
}

impl TryFrom<String> for Limit {
    type Error = CalendarError;

    fn try_from(text: String) -> Result<Limit, CalendarError> {
        text.parse()
    }
}

impl From<Limit> for String {
    fn from(limit: Limit) -> String {
        limit.to_string()
    }
}
