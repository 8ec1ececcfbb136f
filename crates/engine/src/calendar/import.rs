//! Yearly holiday lists from plain tables, and what every import reports.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
};

use jiff::{ToSpan, civil::Date};
use serde::{Deserialize, Serialize};

use super::{Calendar, Exception, Years, ics};

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportReport {
    /// Days off taken over.
    pub off: usize,
    /// Make-up working days taken over.
    pub work: usize,
    /// Dates that had another meaning or name before.
    pub replaced: Vec<Date>,
    /// Years that are known now and were not before; dues in them are no longer provisional.
    pub new_years: Vec<i16>,
    /// Years that got some days but not enough to call them known: a year needs days off both before and after the
    /// end of June. [`Calendar::mark_known`] overrules.
    pub partial_years: Vec<i16>,
    /// Lines of events that say nothing about working (festivals in a list that marks its days off), or are cancelled.
    pub ignored: Vec<usize>,
}

/// One line that an import refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportError {
    /// The line, from 1; of an iCalendar event the line of its `BEGIN:VEVENT` or of the property at fault.
    pub line: usize,
    /// What is wrong.
    pub trouble: ImportTrouble,
}

/// Why a line was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ImportTrouble {
    /// Not `date,kind,name`.
    NotThreeColumns,
    /// Not a date.
    BadDate {
        /// The text as written.
        text: String,
    },
    /// A kind other than `off`, `work`, `休` and `班`.
    BadKind {
        /// The text as written.
        text: String,
    },
    /// The date has the opposite meaning on an earlier line of the same list.
    Contradiction {
        /// The date.
        date: Date,
    },
    /// An event without a start.
    NoStart,
    /// An event that ends before it starts or lasts longer than a year.
    BadSpan,
    /// An event that covers part of a day; half days off cannot be expressed.
    PartOfDay,
    /// A recurring event (`RRULE`, `RDATE`); lists name each day.
    Recurring,
    /// A summary that speaks of days off and of working at once.
    AmbiguousSummary {
        /// The summary.
        text: String,
    },
    /// The date lies in another year than the one that is written.
    OtherYear {
        /// The date.
        date: Date,
    },
    /// No `BEGIN:VCALENDAR`, or an event that never ends.
    NotICalendar,
    /// The list has no days at all.
    Empty,
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: ", self.line)?;
        match &self.trouble {
            ImportTrouble::NotThreeColumns => f.write_str("expected date,kind,name"),
            ImportTrouble::BadDate { text } => {
                write!(f, "{text:?} is not a date such as 2026-02-14")
            }
            ImportTrouble::BadKind { text } => {
                write!(f, "{text:?} is not one of off, work, 休, 班")
            }
            ImportTrouble::Contradiction { date } => {
                write!(f, "{date} is both off and working in this list")
            }
            ImportTrouble::NoStart => f.write_str("the event has no start"),
            ImportTrouble::BadSpan => f.write_str("the event must last from 1 to 366 days"),
            ImportTrouble::PartOfDay => f.write_str("the event covers only part of a day"),
            ImportTrouble::Recurring => f.write_str("recurring events are not supported"),
            ImportTrouble::AmbiguousSummary { text } => {
                write!(f, "{text:?} speaks of a day off and of working")
            }
            ImportTrouble::OtherYear { date } => write!(f, "{date} lies in another year"),
            ImportTrouble::NotICalendar => f.write_str("this is not a complete iCalendar file"),
            ImportTrouble::Empty => f.write_str("the list has no days"),
        }
    }
}

impl std::error::Error for ImportError {}

/// Days of a year as somebody has typed them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct YearRow<'a> {
    /// The first day, as `2026-02-14`, `2026/2/14` or `20260214`.
    pub first: &'a str,
    /// The last one; empty for a single day.
    pub last: &'a str,
    /// The holiday that they belong to.
    pub name: &'a str,
    /// People work.
    pub works: bool,
}

/// One day of a list.
pub(super) struct Entry {
    pub(super) line: usize,
    pub(super) date: Date,
    pub(super) works: bool,
    pub(super) name: String,
}

impl Calendar {
    /// Takes over a table of lines `date,kind,name`, separated by commas or tabs: `kind` is `off` or `休` for a day off,
    /// `work` or `班` for a make-up working day. A byte order mark, blank lines, `#` comments and a heading on the first
    /// line are accepted; dates are local, as `2026-02-14`, `2026/2/14` or `20260214`. Listed dates replace what the
    /// calendar said of them, others stay.
    ///
    /// # Errors
    /// Every bad line; then nothing is taken over.
    pub fn import_table(&mut self, text: &str) -> Result<ImportReport, Vec<ImportError>> {
        let mut entries = Vec::new();
        let mut errors = Vec::new();
        let mut first = true;
        for (line, text) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
            let text = text.trim();
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            let is_first = std::mem::replace(&mut first, false);
            match table_line(line, text) {
                Ok(entry) => entries.push(entry),
                Err(ImportTrouble::BadDate { text })
                    if is_first && !text.contains(|c: char| c.is_ascii_digit()) => {}
                Err(trouble) => errors.push(ImportError { line, trouble }),
            }
        }
        self.take_over(entries, errors, ImportReport::default())
    }

    /// Takes over an iCalendar list: all-day events, or events from midnight to midnight at the calendar's offset.
    ///
    /// An event is a make-up working day when `X-APPLE-SPECIAL-DAY` says so or its summary contains 班, 上班 or
    /// `workday`; a day off when its summary contains 休, 放假 or 假期. In a list in which no event is marked at all every
    /// event is a day off; in a list with marks the others are festivals without a day off and are ignored.
    ///
    /// # Errors
    /// Every bad event with its line; then nothing is taken over.
    pub fn import_ics(&mut self, text: &str) -> Result<ImportReport, Vec<ImportError>> {
        let list = ics::read(text, self.offset());
        let report = ImportReport { ignored: list.ignored, ..ImportReport::default() };
        self.take_over(list.entries, list.errors, report)
    }

    /// Takes over the special days of a year as they were typed, row by row: they are all that the year has; other years stay. The year
    /// is known when it is said to be `complete`, or has days off in both halves.
    ///
    /// # Errors
    /// Every bad row, counted from 1; then nothing is taken over.
    pub fn import_year(
        &mut self,
        year: i16,
        rows: &[YearRow<'_>],
        complete: bool,
    ) -> Result<(), Vec<ImportError>> {
        let mut changed = self.clone();
        Arc::make_mut(&mut changed.exceptions).retain(|date, _| date.year() != year);
        if let Years::Listed(years) = &mut changed.years {
            years.remove(&year);
        }
        let (mut entries, mut errors) = (Vec::new(), Vec::new());
        for (line, row) in (1..).zip(rows) {
            match row.days(year) {
                Ok(days) => entries.extend(days.into_iter().map(|date| {
                    let (works, name) = (row.works, row.name.trim().to_owned());
                    Entry { line, date, works, name }
                })),
                Err(trouble) => errors.push(ImportError { line, trouble }),
            }
        }
        // A year may have none at all.
        if !rows.is_empty() {
            changed.take_over(entries, errors, ImportReport::default())?;
        }
        if complete {
            changed.mark_known(year);
        }
        *self = changed;
        Ok(())
    }

    fn take_over(
        &mut self,
        entries: Vec<Entry>,
        mut errors: Vec<ImportError>,
        mut report: ImportReport,
    ) -> Result<ImportReport, Vec<ImportError>> {
        let mut days: BTreeMap<Date, Exception> = BTreeMap::new();
        for Entry { line, date, works, name } in entries {
            let entry = if works { Exception::Work(name) } else { Exception::Off(name) };
            let opposite = days
                .get(&date)
                .is_some_and(|earlier| matches!(earlier, Exception::Work(_)) != works);
            if opposite {
                errors.push(ImportError { line, trouble: ImportTrouble::Contradiction { date } });
            } else {
                days.entry(date).or_insert(entry);
            }
        }
        if errors.is_empty() && days.is_empty() {
            errors.push(ImportError { line: 1, trouble: ImportTrouble::Empty });
        }
        if !errors.is_empty() {
            errors.sort_by_key(|error| error.line);
            return Err(errors);
        }
        report.work = days.values().filter(|day| matches!(day, Exception::Work(_))).count();
        report.off = days.len() - report.work;
        let touched: BTreeSet<i16> = days.keys().map(|date| date.year()).collect();
        let exceptions = Arc::make_mut(&mut self.exceptions);
        for (date, day) in days {
            if exceptions.insert(date, day.clone()).is_some_and(|earlier| earlier != day) {
                report.replaced.push(date);
            }
        }
        for year in touched.into_iter().filter(|year| !self.known(*year)).collect::<Vec<_>>() {
            if self.covers(year) {
                report.new_years.push(year);
            } else {
                report.partial_years.push(year);
            }
        }
        if let Years::Listed(years) = &mut self.years {
            years.extend(&report.new_years);
        }
        Ok(report)
    }

    /// Whether a year has days off in both halves, as every complete list has.
    fn covers(&self, year: i16) -> bool {
        let has = |first_half: bool| {
            self.exceptions.iter().any(|(date, day)| {
                date.year() == year
                    && (date.month() <= 6) == first_half
                    && matches!(day, Exception::Off(_))
            })
        };
        has(true) && has(false)
    }
}

impl YearRow<'_> {
    fn days(&self, year: i16) -> Result<Vec<Date>, ImportTrouble> {
        let date = |text: &str| {
            let text = text.trim();
            parse_date(text).ok_or_else(|| ImportTrouble::BadDate { text: text.to_owned() })
        };
        let first = date(self.first)?;
        let last = if self.last.trim().is_empty() { first } else { date(self.last)? };
        if let Some(date) = [first, last].into_iter().find(|date| date.year() != year) {
            return Err(ImportTrouble::OtherYear { date });
        }
        if last < first {
            return Err(ImportTrouble::BadSpan);
        }
        Ok(first.series(1.day()).take_while(|date| *date <= last).collect())
    }
}

fn table_line(line: usize, text: &str) -> Result<Entry, ImportTrouble> {
    let separator = if text.contains('\t') { '\t' } else { ',' };
    let mut columns =
        text.splitn(3, separator).map(|column| column.trim().trim_matches('"').trim());
    let (Some(date), Some(kind)) = (columns.next(), columns.next()) else {
        return Err(ImportTrouble::NotThreeColumns);
    };
    let name = columns.next().unwrap_or_default().to_owned();
    let date = parse_date(date).ok_or_else(|| ImportTrouble::BadDate { text: date.to_owned() })?;
    let works = match kind {
        "off" | "休" => false,
        "work" | "班" => true,
        _ => return Err(ImportTrouble::BadKind { text: kind.to_owned() }),
    };
    Ok(Entry { line, date, works, name })
}

/// A date as `2026-02-14`, `2026/2/14` or `20260214`.
pub(super) fn parse_date(text: &str) -> Option<Date> {
    let plain = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let (year, month, day) = if text.len() == 8 && plain(text) {
        (text.get(..4)?, text.get(4..6)?, text.get(6..)?)
    } else {
        let separator = if text.contains('/') { '/' } else { '-' };
        let (year, rest) = text.split_once(separator)?;
        let (month, day) = rest.split_once(separator)?;
        (year, month, day)
    };
    if year.len() != 4 || ![year, month, day].into_iter().all(plain) {
        return None;
    }
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}
