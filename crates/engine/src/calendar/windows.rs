//! Times of day and the working windows of a day.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{CalendarError, walk::SECOND};

/// Seconds of a whole day; also the second of day that is written `24:00`.
pub(super) const DAY_SECONDS: u32 = 86_400;

/// A time of day as seconds since local midnight, `00:00` to `24:00` inclusive.
///
/// `24:00` exists so that a window can end with the day: `00:00-24:00` has no gap, `00:00-23:59` has one of a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SecondOfDay(u32);

impl SecondOfDay {
    /// Local midnight at the start of the day.
    pub const MIDNIGHT: SecondOfDay = SecondOfDay(0);
    /// The end of the day, `24:00`; the same instant as `00:00` of the next day.
    pub const END_OF_DAY: SecondOfDay = SecondOfDay(DAY_SECONDS);

    /// A time of day from its seconds since midnight; `None` above 86 400.
    pub fn new(seconds: u32) -> Option<SecondOfDay> {
        (seconds <= DAY_SECONDS).then_some(SecondOfDay(seconds))
    }

    /// Seconds since local midnight, 0 to 86 400.
    pub fn seconds(self) -> u32 {
        self.0
    }

    /// A full hour, 0 to 24.
    pub(super) fn hour(hour: u8) -> SecondOfDay {
        SecondOfDay(3600 * u32::from(hour.min(24)))
    }

    /// Nanoseconds since local midnight.
    pub(super) fn nanos(self) -> i128 {
        i128::from(self.0) * SECOND
    }
}

impl FromStr for SecondOfDay {
    type Err = CalendarError;

    /// Reads `HH:MM` or `HH:MM:SS`, the hour with one or two digits; `24:00` is the end of the day.
    fn from_str(text: &str) -> Result<SecondOfDay, CalendarError> {
        let bad = || CalendarError::BadTime { text: text.to_owned() };
        let digits = |part: &str, shortest: usize| {
            let plain = part.len() <= 2
                && part.len() >= shortest
                && part.bytes().all(|b| b.is_ascii_digit());
            if plain { part.parse::<u32>().map_err(|_| bad()) } else { Err(bad()) }
        };
        let mut parts = text.trim().split(':');
        let hour = digits(parts.next().unwrap_or_default(), 1)?;
        let minute = digits(parts.next().unwrap_or_default(), 2)?;
        let second = parts.next().map_or(Ok(0), |part| digits(part, 2))?;
        if parts.next().is_some() || minute > 59 || second > 59 {
            return Err(bad());
        }
        SecondOfDay::new(hour * 3600 + minute * 60 + second).ok_or_else(bad)
    }
}

impl TryFrom<String> for SecondOfDay {
    type Error = CalendarError;

    fn try_from(text: String) -> Result<SecondOfDay, CalendarError> {
        text.parse()
    }
}

impl From<SecondOfDay> for String {
    fn from(time: SecondOfDay) -> String {
        time.to_string()
    }
}

impl fmt::Display for SecondOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hour, minute, second) = (self.0 / 3600, self.0 / 60 % 60, self.0 % 60);
        write!(f, "{hour:02}:{minute:02}")?;
        if second == 0 { Ok(()) } else { write!(f, ":{second:02}") }
    }
}

/// One working window `[from, to)` of a day, local time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// First second that counts.
    pub from: SecondOfDay,
    /// First second that no longer counts; may be `24:00`.
    pub to: SecondOfDay,
}

/// The working windows of a day, for example `09:00-12:00` and `13:30-18:00`.
///
/// Never empty; each window is longer than nothing; they are in order and do not overlap, though they may touch.
/// The times are local to the calendar. A shift across midnight is two windows, `00:00-06:00` and `22:00-24:00`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<(String, String)>", into = "Vec<(String, String)>")]
pub struct Windows(Vec<Window>);

impl Windows {
    /// Reads windows from pairs of `HH:MM` texts.
    ///
    /// # Errors
    /// [`CalendarError::BadTime`], [`CalendarError::NoWindow`], [`CalendarError::WindowEndsBeforeStart`] and
    /// [`CalendarError::WindowsOverlap`]; the latter two say which window it is, counted from 1.
    pub fn parse(pairs: &[(String, String)]) -> Result<Windows, CalendarError> {
        let mut windows: Vec<Window> = Vec::with_capacity(pairs.len());
        for (number, (from, to)) in (1..).zip(pairs) {
            let window = Window { from: from.parse()?, to: to.parse()? };
            if window.to <= window.from {
                return Err(CalendarError::WindowEndsBeforeStart {
                    number,
                    from: window.from,
                    to: window.to,
                });
            }
            if let Some(last) = windows.last().filter(|last| window.from < last.to) {
                return Err(CalendarError::WindowsOverlap {
                    number,
                    from: window.from,
                    earlier_to: last.to,
                });
            }
            windows.push(window);
        }
        if windows.is_empty() { Err(CalendarError::NoWindow) } else { Ok(Windows(windows)) }
    }

    /// The one window `00:00-24:00`.
    pub fn whole_day() -> Windows {
        Windows(vec![Window { from: SecondOfDay::MIDNIGHT, to: SecondOfDay::END_OF_DAY }])
    }

    /// The default office day `09:00-18:00`, close of business 18:00 (G-02).
    pub fn office() -> Windows {
        Windows(vec![Window { from: SecondOfDay::hour(9), to: SecondOfDay::hour(18) }])
    }

    /// The windows in order.
    pub fn iter(&self) -> impl Iterator<Item = Window> + '_ {
        self.0.iter().copied()
    }

    /// Close of business: the end of the last window (G-02).
    pub fn close(&self) -> SecondOfDay {
        self.0.last().map_or(SecondOfDay::END_OF_DAY, |window| window.to)
    }

    /// Seconds that one working day counts, 1 to 86 400.
    pub fn seconds(&self) -> u32 {
        self.iter().map(|window| window.to.0 - window.from.0).sum()
    }

    /// Whether every second of the day counts.
    pub fn is_whole_day(&self) -> bool {
        self.seconds() == DAY_SECONDS
    }

    /// Whether the day ends with `23:59`, which leaves one minute of every night closed.
    ///
    /// It is taken as written; an editor asks whether `24:00` was meant.
    pub fn ends_a_minute_short(&self) -> bool {
        self.close().0 == DAY_SECONDS - 60
    }
}

impl TryFrom<Vec<(String, String)>> for Windows {
    type Error = CalendarError;

    fn try_from(pairs: Vec<(String, String)>) -> Result<Windows, CalendarError> {
        Windows::parse(&pairs)
    }
}

impl From<Windows> for Vec<(String, String)> {
    fn from(windows: Windows) -> Vec<(String, String)> {
        windows.iter().map(|window| (window.from.to_string(), window.to.to_string())).collect()
    }
}
