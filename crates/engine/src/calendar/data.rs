//! Calendars as data: one shape for TOML files, JSON and the database, validated whenever it is read.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    sync::Arc,
};

use jiff::{
    civil::{Date, Weekday},
    tz::Offset,
};
use serde::{Deserialize, Serialize};

use super::{
    Calendar, CalendarError, Exception, QuietHours, SecondOfDay, WeekdaySet, Windows, Years,
};

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

/// The longest span of days off that one entry may name, in days.
const LONGEST_SPAN: usize = 366;

/// A calendar as written; `calendars/cn.toml` is the example to follow.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CalendarFile {
    name: String,
    offset: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    always: bool,
    #[serde(default)]
    weekly_off: Vec<String>,
    years: YearsFile,
    windows: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    quiet: Option<(String, String)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    off: Vec<OffSpan>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    work: Vec<WorkDay>,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum YearsFile {
    Every(String),
    Listed(BTreeSet<i16>),
}

/// Days off `first..=last`; without `last` a single day.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OffSpan {
    first: Date,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last: Option<Date>,
    #[serde(default)]
    name: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WorkDay {
    date: Date,
    #[serde(default)]
    name: String,
}

impl Calendar {
    /// Reads a calendar from TOML; `calendars/cn.toml` is the example to follow.
    ///
    /// # Errors
    /// One [`CalendarError::Syntax`] when it is no TOML of this shape, otherwise everything that is wrong at once.
    pub fn from_toml(text: &str) -> Result<Calendar, Vec<CalendarError>> {
        let file: CalendarFile = toml::from_str(text.trim_start_matches('\u{feff}'))
            .map_err(|error| vec![CalendarError::Syntax { message: error.to_string() }])?;
        file.validate()
    }

    /// The calendar as TOML that [`Calendar::from_toml`] reads back to an equal calendar.
    pub fn to_toml(&self) -> String {
        CalendarFile::from(self.clone()).to_toml()
    }
}

impl CalendarFile {
    fn validate(self) -> Result<Calendar, Vec<CalendarError>> {
        let mut errors = Vec::new();
        let mut keep = |error| errors.push(error);

        let offset = parse_offset(&self.offset).map_err(&mut keep).unwrap_or(Offset::UTC);
        let mut weekly_off = WeekdaySet::default();
        for text in self.weekly_off {
            match WEEKDAYS.iter().find(|(name, _)| *name == text) {
                Some((_, day)) => weekly_off = weekly_off.with(*day),
                None => keep(CalendarError::BadWeekday { text }),
            }
        }
        if weekly_off == WeekdaySet::ALL {
            keep(CalendarError::NoWorkingDay);
        }
        let years = match self.years {
            YearsFile::Every(text) if text == "every" => Years::Every,
            YearsFile::Every(text) => {
                keep(CalendarError::BadYears { text });
                Years::Every
            }
            YearsFile::Listed(years) => Years::Listed(years),
        };
        let windows = Windows::parse(&self.windows)
            .map_err(&mut keep)
            .unwrap_or_else(|()| Windows::whole_day());
        let quiet =
            self.quiet.and_then(|(from, to)| parse_quiet(&from, &to).map_err(&mut keep).ok());
        let exceptions = exceptions(self.off, self.work, &mut keep);

        let calendar = Calendar {
            name: self.name,
            offset,
            always: self.always,
            weekly_off,
            exceptions: Arc::new(exceptions),
            years,
            windows: if self.always { Windows::whole_day() } else { windows },
            quiet,
        };
        if errors.is_empty() { Ok(calendar) } else { Err(errors) }
    }

    fn to_toml(&self) -> String {
        let list = |items: &mut dyn Iterator<Item = String>| items.collect::<Vec<_>>().join(", ");
        let pair = |(from, to): &(String, String)| format!("[{}, {}]", quote(from), quote(to));
        let mut lines = vec![
            format!("name = {}", quote(&self.name)),
            format!("offset = {}", quote(&self.offset)),
        ];
        if self.always {
            lines.push("always = true".to_owned());
        }
        lines.push(format!(
            "weekly_off = [{}]",
            list(&mut self.weekly_off.iter().map(|day| quote(day)))
        ));
        lines.push(match &self.years {
            YearsFile::Every(text) => format!("years = {}", quote(text)),
            YearsFile::Listed(years) => {
                format!("years = [{}]", list(&mut years.iter().map(i16::to_string)))
            }
        });
        lines.push(format!("windows = [{}]", list(&mut self.windows.iter().map(pair))));
        if let Some(quiet) = &self.quiet {
            lines.push(format!("quiet = {}", pair(quiet)));
        }
        if !self.off.is_empty() {
            lines.push("off = [".to_owned());
            lines.extend(self.off.iter().map(|span| {
                let last = span.last.map(|last| format!(", last = \"{last}\"")).unwrap_or_default();
                format!("  {{ first = \"{}\"{last}, name = {} }},", span.first, quote(&span.name))
            }));
            lines.push("]".to_owned());
        }
        if !self.work.is_empty() {
            lines.push("work = [".to_owned());
            lines.extend(self.work.iter().map(|day| {
                format!("  {{ date = \"{}\", name = {} }},", day.date, quote(&day.name))
            }));
            lines.push("]".to_owned());
        }
        lines.push(String::new());
        lines.join("\n")
    }
}

/// The exceptions by date; a date with two meanings is an error, the same meaning twice is not.
fn exceptions(
    off: Vec<OffSpan>,
    work: Vec<WorkDay>,
    keep: &mut impl FnMut(CalendarError),
) -> BTreeMap<Date, Exception> {
    let mut exceptions = BTreeMap::new();
    let mut put = |date: Date, exception: Exception, keep: &mut dyn FnMut(CalendarError)| {
        if exceptions.insert(date, exception.clone()).is_some_and(|earlier| earlier != exception) {
            keep(CalendarError::Contradiction { date });
        }
    };
    for OffSpan { first, last, name } in off {
        let last = last.unwrap_or(first);
        let days: Vec<Date> =
            days_from(first).take(LONGEST_SPAN + 1).take_while(|date| *date <= last).collect();
        if days.is_empty() || days.len() > LONGEST_SPAN {
            keep(CalendarError::BadSpan { first, last });
            continue;
        }
        for date in days {
            put(date, Exception::Off(name.clone()), keep);
        }
    }
    for WorkDay { date, name } in work {
        put(date, Exception::Work(name), keep);
    }
    exceptions
}

/// All dates from `first` on, to the end of the representable range.
pub(super) fn days_from(first: Date) -> impl Iterator<Item = Date> {
    std::iter::successors(Some(first), |date| date.tomorrow().ok())
}

fn parse_offset(text: &str) -> Result<Offset, CalendarError> {
    let bad = || CalendarError::BadOffset { text: text.to_owned() };
    let (sign, time) = match text.strip_prefix('+') {
        Some(time) => (1, time),
        None => (-1, text.strip_prefix('-').ok_or_else(bad)?),
    };
    let time: SecondOfDay = time.parse().map_err(|_| bad())?;
    let seconds = i32::try_from(time.seconds()).map_err(|_| bad())?;
    if seconds > 14 * 3600 || seconds % 60 != 0 {
        return Err(bad());
    }
    Offset::from_seconds(sign * seconds).map_err(|_| bad())
}

fn write_offset(offset: Offset) -> String {
    let seconds = offset.seconds();
    let (sign, minutes) = (if seconds < 0 { '-' } else { '+' }, seconds.abs() / 60);
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

fn parse_quiet(from: &str, to: &str) -> Result<QuietHours, CalendarError> {
    let (from, to): (SecondOfDay, SecondOfDay) = (from.parse()?, to.parse()?);
    match (from, to) {
        (SecondOfDay::MIDNIGHT, SecondOfDay::END_OF_DAY) => Err(CalendarError::EndlessQuietHours),
        (from, to) if from == to => Err(CalendarError::EmptyQuietHours { at: from }),
        (SecondOfDay::END_OF_DAY, SecondOfDay::MIDNIGHT) => {
            Err(CalendarError::EmptyQuietHours { at: from })
        }
        (SecondOfDay::END_OF_DAY, to) => Ok(QuietHours { from: SecondOfDay::MIDNIGHT, to }),
        (from, to) => Ok(QuietHours { from, to }),
    }
}

/// A TOML basic string.
fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => {
                let _infallible = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

impl TryFrom<CalendarFile> for Calendar {
    type Error = String;

    fn try_from(file: CalendarFile) -> Result<Calendar, String> {
        file.validate().map_err(|errors| {
            errors.iter().map(CalendarError::to_string).collect::<Vec<_>>().join("; ")
        })
    }
}

impl From<Calendar> for CalendarFile {
    fn from(calendar: Calendar) -> CalendarFile {
        let mut off: Vec<OffSpan> = Vec::new();
        let mut work = Vec::new();
        for (date, exception) in Arc::unwrap_or_clone(calendar.exceptions) {
            match exception {
                Exception::Off(name) => match off.last_mut() {
                    Some(span)
                        if span.name == name
                            && span.last.unwrap_or(span.first).tomorrow().ok() == Some(date)
                            && span.first.year() == date.year() =>
                    {
                        span.last = Some(date);
                    }
                    _ => off.push(OffSpan { first: date, last: None, name }),
                },
                Exception::Work(name) => work.push(WorkDay { date, name }),
            }
        }
        let weekly_off = WEEKDAYS.iter().filter(|(_, day)| calendar.weekly_off.contains(*day));
        CalendarFile {
            name: calendar.name,
            offset: write_offset(calendar.offset),
            always: calendar.always,
            weekly_off: weekly_off.map(|(name, _)| (*name).to_owned()).collect(),
            years: match calendar.years {
                Years::Every => YearsFile::Every("every".to_owned()),
                Years::Listed(years) => YearsFile::Listed(years),
            },
            windows: calendar.windows.into(),
            quiet: calendar.quiet.map(|quiet| (quiet.from.to_string(), quiet.to.to_string())),
            off,
            work,
        }
    }
}
