//! Working calendars and the arithmetic of deadlines (G-01 to G-04, G-06, G-09).
//!
//! Everything here is a pure function of its arguments: the offset is part of the calendar's data, and no time zone
//! database or system clock is consulted. A calendar says which days work ([`Calendar::day`]) and within which
//! [`Windows`]; a [`Limit`] says how long something may take; [`Calendar::due`] makes an instant of both and tells how
//! it came about, [`Calendar::counted`] and [`Calendar::share`] measure the way there.
//!
//! - `data`: calendars as TOML and JSON, with validation
//! - `windows`, `limit`, `error`: the small vocabularies
//! - `walk`: one walk along the counted time; `due` and `counted` are its two uses
//! - `import`, `ics`: yearly holiday lists from tables and iCalendar files
//! - `lines`: the line protocol of `bihuan calendar due`
//! - `year`: what a year is like, for people

mod counted;
mod data;
mod due;
mod error;
mod ics;
mod import;
mod limit;
mod lines;
mod walk;
mod windows;
mod year;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time, Weekday},
    tz::Offset,
};
use serde::{Deserialize, Serialize};

pub use self::{
    due::{Due, Pause, Step},
    error::CalendarError,
    import::{ImportError, ImportReport, ImportTrouble, YearRow},
    limit::{DayEnd, Limit, MAX_DAYS, MAX_SECONDS},
    lines::answer_line,
    windows::{SecondOfDay, Window, Windows},
    year::{ChangedDay, Run, SpecialDay, Year},
};

/// A working calendar as data (G-03): offset from UTC, weekly days off, exceptions per date, the years these
/// exceptions are complete for, the working windows of a day, and quiet hours.
///
/// All dates and times of day are local to [`Calendar::offset`]; instants are [`Timestamp`]s. Its JSON and TOML shapes
/// are the same, and reading either validates it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "data::CalendarFile", into = "data::CalendarFile")]
pub struct Calendar {
    name: String,
    offset: Offset,
    /// Every second counts, whatever else is said; with this, windows and exceptions are kept but do not matter.
    always: bool,
    weekly_off: WeekdaySet,
    /// Shared, so that a calendar with other windows costs nothing.
    exceptions: Arc<BTreeMap<Date, Exception>>,
    years: Years,
    windows: Windows,
    quiet: Option<QuietHours>,
}

/// A date that differs from its weekday's rule, with the name of the holiday it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Exception {
    Off(String),
    Work(String),
}

/// The years whose exceptions are complete.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Years {
    Every,
    Listed(BTreeSet<i16>),
}

/// Weekdays as a bit set, Monday in bit 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct WeekdaySet(u8);

impl WeekdaySet {
    const ALL: WeekdaySet = WeekdaySet(0b111_1111);

    fn with(self, day: Weekday) -> WeekdaySet {
        WeekdaySet(self.0 | (1 << day.to_monday_zero_offset()))
    }

    fn contains(self, day: Weekday) -> bool {
        self.0 & (1 << day.to_monday_zero_offset()) != 0
    }
}

/// Quiet hours `[from, to)`; they pass midnight when `to` is not after `from`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct QuietHours {
    from: SecondOfDay,
    to: SecondOfDay,
}

/// What a date is in a calendar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "name", rename_all = "kebab-case")]
pub enum DayKind {
    /// An ordinary working day.
    Working,
    /// A weekly day off.
    WeekendOff,
    /// A listed day off, with the name of the holiday.
    Holiday(String),
    /// A listed make-up working day (调休上班), with the name of the holiday it makes up for.
    MakeUp(String),
}

impl DayKind {
    /// Whether people work on such a day.
    pub fn works(&self) -> bool {
        matches!(self, DayKind::Working | DayKind::MakeUp(_))
    }
}

/// A date's kind, and whether the calendar really knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// What the date is.
    #[serde(flatten)]
    pub kind: DayKind,
    /// The year has no data: the weekday alone decided.
    pub provisional: bool,
}

impl Calendar {
    /// A calendar that ships with the product: `cn` (official lists of 2024 to 2026, G-03), `weekdays` (Saturday and
    /// Sunday off), `all` (every day works, within the windows) or `24x7` (every second counts). The latter three know
    /// every year. All lie at +08:00 (G-04), have the office windows 09:00-18:00 and quiet hours 22:00-08:00 (G-09).
    pub fn builtin(name: &str) -> Option<Calendar> {
        match name {
            "cn" => Calendar::from_toml(include_str!("../../../calendars/cn.toml")).ok(),
            "weekdays" => {
                let weekend = WeekdaySet::default().with(Weekday::Saturday).with(Weekday::Sunday);
                Some(Calendar { weekly_off: weekend, ..Calendar::plain(name) })
            }
            "all" => Some(Calendar::plain(name)),
            "24x7" => Some(Calendar {
                always: true,
                windows: Windows::whole_day(),
                ..Calendar::plain(name)
            }),
            _ => None,
        }
    }

    fn plain(name: &str) -> Calendar {
        Calendar {
            name: name.to_owned(),
            offset: Offset::constant(8),
            always: false,
            weekly_off: WeekdaySet::default(),
            exceptions: Arc::default(),
            years: Years::Every,
            windows: Windows::office(),
            quiet: Some(QuietHours { from: SecondOfDay::hour(22), to: SecondOfDay::hour(8) }),
        }
    }

    /// The calendar's name, `cn` for example.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The working windows of every working day; the whole day for a calendar that is always open.
    pub fn windows(&self) -> &Windows {
        &self.windows
    }

    /// The same calendar with other working windows. A calendar that is always open (`24x7`) keeps its whole days.
    pub fn with_windows(self, windows: Windows) -> Calendar {
        if self.always { self } else { Calendar { windows, ..self } }
    }

    /// Whether the exceptions of this year are complete, so that dues in it are not provisional.
    pub fn known(&self, year: i16) -> bool {
        match &self.years {
            _ if self.always => true,
            Years::Every => true,
            Years::Listed(years) => years.contains(&year),
        }
    }

    /// Whether every second counts, whatever day it is.
    pub fn is_always_open(&self) -> bool {
        self.always
    }

    /// Whether it knows every year, so that none has to be declared complete.
    pub fn knows_every_year(&self) -> bool {
        self.always || self.years == Years::Every
    }

    /// Declares the exceptions of a year complete; for a year that an import left partial.
    pub fn mark_known(&mut self, year: i16) {
        if let Years::Listed(years) = &mut self.years {
            years.insert(year);
        }
    }

    /// What a local date is. Total: a year without data is decided by its weekdays and marked provisional.
    pub fn day(&self, date: Date) -> Day {
        let kind = match self.exceptions.get(&date) {
            _ if self.always => DayKind::Working,
            Some(Exception::Off(name)) => DayKind::Holiday(name.clone()),
            Some(Exception::Work(name)) => DayKind::MakeUp(name.clone()),
            None if self.weekly_off.contains(date.weekday()) => DayKind::WeekendOff,
            None => DayKind::Working,
        };
        Day { kind, provisional: !self.known(date.year()) }
    }

    /// [`Calendar::day`] without the names, for walks over many days.
    fn works(&self, date: Date) -> bool {
        match self.exceptions.get(&date) {
            _ if self.always => true,
            Some(Exception::Off(_)) => false,
            Some(Exception::Work(_)) => true,
            None => !self.weekly_off.contains(date.weekday()),
        }
    }

    /// Whether natural time and counted time are the same in this calendar.
    fn counts_everything(&self) -> bool {
        self.always
            || (self.weekly_off.0 == 0 && self.exceptions.is_empty() && self.windows.is_whole_day())
    }

    /// The half of a local day in which an instant lies, counted from the first of 1970-01-01.
    pub fn half_day(&self, at: Timestamp) -> i64 {
        (at.as_second() + i64::from(self.offset.seconds())).div_euclid(12 * 3600)
    }

    /// The fixed offset from UTC of all local dates and times; +08:00 for `cn` (G-04).
    pub fn offset(&self) -> Offset {
        self.offset
    }

    /// The local date and time of an instant.
    pub fn local(&self, at: Timestamp) -> DateTime {
        self.offset.to_datetime(at)
    }

    /// By how many seconds local times are ahead of UTC.
    pub fn ahead_of_utc(&self) -> i32 {
        self.offset.seconds()
    }

    /// The instant of a local date and time; beyond the representable range (year ±9999) the nearest instant.
    pub fn instant(&self, local: DateTime) -> Timestamp {
        let end = if local.year() < 0 { Timestamp::MIN } else { Timestamp::MAX };
        self.offset.to_timestamp(local).unwrap_or(end)
    }

    /// When `at` falls into the quiet hours `[from, to)`, the instant at which they end (G-09). Quiet hours hold back
    /// reminders and never move a due instant; who is exempt is the procedure's matter.
    pub fn quiet_until(&self, at: Timestamp) -> Option<Timestamp> {
        let QuietHours { from, to } = self.quiet?;
        let local = self.local(at);
        let [from, now, to] = [from.nanos(), nanos_of_day(local.time()), to.nanos()];
        let begin = at.as_nanosecond() - now;
        let end = match (from < to, from <= now, now < to) {
            (true, true, true) | (false, false, true) => begin + to,
            (false, true, _) => begin + walk::DAY + to,
            _ => return None,
        };
        Some(Timestamp::from_nanosecond(end).unwrap_or(Timestamp::MAX))
    }
}

/// Nanoseconds since local midnight.
fn nanos_of_day(time: Time) -> i128 {
    let seconds =
        i128::from(time.hour()) * 3600 + i128::from(time.minute()) * 60 + i128::from(time.second());
    seconds * walk::SECOND + i128::from(time.subsec_nanosecond())
}
