//! A small reader of iCalendar holiday lists: `VEVENT` with `DTSTART`, `DTEND` or `DURATION`, and `SUMMARY`.

use jiff::{
    civil::{Date, DateTime, Time},
    tz::Offset,
};

use super::{
    data::days_from,
    import::{Entry, ImportError, ImportTrouble, parse_date},
};

/// The longest event in days.
const LONGEST_EVENT: usize = 366;

/// What a file says.
#[derive(Default)]
pub(super) struct List {
    pub(super) entries: Vec<Entry>,
    pub(super) errors: Vec<ImportError>,
    pub(super) ignored: Vec<usize>,
}

/// Reads a whole file; instants in UTC become local dates at `offset`.
pub(super) fn read(text: &str, offset: Offset) -> List {
    let mut list = List::default();
    let mut events: Vec<Event> = Vec::new();
    let mut open: Option<Event> = None;
    let mut inner = 0_usize;
    let mut calendar = false;
    for (line, text) in unfold(text) {
        let Some(property) = Property::parse(&text) else { continue };
        match (property.name.as_str(), property.value.to_ascii_uppercase().as_str()) {
            ("BEGIN", "VCALENDAR") => calendar = true,
            ("BEGIN", "VEVENT") if open.is_none() => {
                open = Some(Event { line, ..Event::default() })
            }
            // Alarms inside an event have properties of the same names.
            ("BEGIN", _) if open.is_some() => inner += 1,
            ("END", "VEVENT") if inner == 0 => events.extend(open.take()),
            ("END", _) if open.is_some() => inner = inner.saturating_sub(1),
            _ => {
                if let Some(event) = open.as_mut().filter(|_| inner == 0)
                    && let Err(trouble) = event.take(property, offset)
                {
                    event.broken = true;
                    list.errors.push(ImportError { line, trouble });
                }
            }
        }
    }
    if !calendar || open.is_some() {
        let line = open.map_or(1, |event| event.line);
        list.errors.push(ImportError { line, trouble: ImportTrouble::NotICalendar });
    }
    list.interpret(events);
    list
}

impl List {
    fn interpret(&mut self, events: Vec<Event>) {
        let events: Vec<Event> = events.into_iter().filter(|event| !event.broken).collect();
        let marked = events.iter().any(|event| !matches!(event.mark(), Ok(None)));
        for event in events {
            let line = event.line;
            let works = match event.mark() {
                _ if event.cancelled => None,
                Ok(None) if !marked => Some(false),
                Ok(mark) => mark,
                Err(trouble) => {
                    self.errors.push(ImportError { line, trouble });
                    continue;
                }
            };
            match (works, event.days()) {
                (None, _) => self.ignored.push(line),
                (Some(_), Err(trouble)) => self.errors.push(ImportError { line, trouble }),
                (Some(works), Ok(days)) => {
                    let name = event.name();
                    self.entries.extend(days.into_iter().map(|date| Entry {
                        line,
                        date,
                        works,
                        name: name.clone(),
                    }));
                }
            }
        }
    }
}

/// Logical lines with the number of their first physical line: a line that starts with blank space continues the one
/// before it (RFC 5545, 3.1).
fn unfold(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    for (number, text) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
        let folded = text.strip_prefix(' ').or_else(|| text.strip_prefix('\t'));
        match (folded, lines.last_mut()) {
            (Some(rest), Some((_, line))) => line.push_str(rest),
            _ => lines.push((number, text.to_owned())),
        }
    }
    lines
}

/// `NAME;PARAMETER=…:VALUE`, the name in upper case.
struct Property {
    name: String,
    value: String,
}

impl Property {
    fn parse(line: &str) -> Option<Property> {
        let mut quoted = false;
        let colon = line.find(|c| {
            quoted ^= c == '"';
            c == ':' && !quoted
        })?;
        let (head, value) = line.split_at_checked(colon)?;
        let name = head.split(';').next()?.trim().to_ascii_uppercase();
        Some(Property { name, value: value.strip_prefix(':')?.trim().to_owned() })
    }
}

/// One event as far as holidays are concerned.
#[derive(Default)]
struct Event {
    line: usize,
    start: Option<Moment>,
    end: Option<Moment>,
    /// `DURATION` in days.
    length: Option<usize>,
    summary: String,
    special: Option<bool>,
    cancelled: bool,
    broken: bool,
}

/// A date, or a local date and time.
#[derive(Clone, Copy)]
enum Moment {
    Day(Date),
    Time(DateTime),
}

impl Event {
    fn take(&mut self, property: Property, offset: Offset) -> Result<(), ImportTrouble> {
        let Property { name, value } = property;
        match name.as_str() {
            "DTSTART" => self.start = Some(moment(&value, offset)?),
            "DTEND" => self.end = Some(moment(&value, offset)?),
            "DURATION" => self.length = Some(whole_days(&value).ok_or(ImportTrouble::PartOfDay)?),
            "SUMMARY" => self.summary = unescape(&value),
            "STATUS" => self.cancelled = value.eq_ignore_ascii_case("CANCELLED"),
            "RRULE" | "RDATE" => return Err(ImportTrouble::Recurring),
            "X-APPLE-SPECIAL-DAY" => match value.to_ascii_uppercase().as_str() {
                "ALTERNATE-WORKDAY" => self.special = Some(true),
                "WORK-HOLIDAY" => self.special = Some(false),
                _ => {}
            },
            _ => {}
        }
        Ok(())
    }

    /// Whether the event is marked as working or off.
    fn mark(&self) -> Result<Option<bool>, ImportTrouble> {
        if self.special.is_some() {
            return Ok(self.special);
        }
        let text = self.summary.to_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
        match (
            says(&["班", "workday"]),
            says(&["放假", "假期", "休)", "休）", "休】", "(休", "（休"]),
        ) {
            (true, true) => Err(ImportTrouble::AmbiguousSummary { text: self.summary.clone() }),
            (true, false) => Ok(Some(true)),
            (false, true) => Ok(Some(false)),
            (false, false) => Ok(text.contains('休').then_some(false)),
        }
    }

    /// The dates it covers; the end of an all-day event is exclusive (RFC 5545, 3.6.1).
    fn days(&self) -> Result<Vec<Date>, ImportTrouble> {
        let first = match self.start.ok_or(ImportTrouble::NoStart)? {
            Moment::Day(date) => date,
            Moment::Time(time) if time.time() == Time::midnight() => time.date(),
            Moment::Time(_) => return Err(ImportTrouble::PartOfDay),
        };
        let count = match (self.end, self.length) {
            (None, None) => match self.start {
                Some(Moment::Time(_)) => return Err(ImportTrouble::PartOfDay),
                _ => 1,
            },
            (None, Some(days)) => days,
            (Some(Moment::Day(end)), _) => days_before(first, end),
            (Some(Moment::Time(end)), _) if end.time() == Time::midnight() => {
                days_before(first, end.date())
            }
            (Some(Moment::Time(end)), _) if (end.hour(), end.minute()) == (23, 59) => {
                days_before(first, end.date()) + 1
            }
            (Some(Moment::Time(_)), _) => return Err(ImportTrouble::PartOfDay),
        };
        // Some programs write the end of a single day equal to its start.
        let same_day = matches!((self.start, self.end), (Some(Moment::Day(start)), Some(Moment::Day(end))) if start == end);
        match if same_day { 1 } else { count } {
            count @ 1..=LONGEST_EVENT => Ok(days_from(first).take(count).collect()),
            _ => Err(ImportTrouble::BadSpan),
        }
    }

    /// The holiday's name: the summary up to the first blank or bracket, `春节` of `春节 假期 第1天/共9天`.
    fn name(&self) -> String {
        let name = self.summary.split(['(', '（', '【', ' ', '　']).next().unwrap_or_default();
        if name.is_empty() { self.summary.clone() } else { name.to_owned() }
    }
}

/// Days of `[first, end)`, bounded; 0 when it is empty.
fn days_before(first: Date, end: Date) -> usize {
    days_from(first).take(LONGEST_EVENT + 1).take_while(|date| *date < end).count()
}

/// `20260214`, `20260214T000000` (local) or `20260213T160000Z` (an instant, local at `offset`).
fn moment(text: &str, offset: Offset) -> Result<Moment, ImportTrouble> {
    let read = || {
        let Some((date, time)) = text.split_once(['T', 't']) else {
            return parse_date(text).map(Moment::Day);
        };
        let (time, utc) = match time.strip_suffix(['Z', 'z']) {
            Some(time) => (time, true),
            None => (time, false),
        };
        if time.len() != 6 || !time.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let part = |range: std::ops::Range<usize>| time.get(range)?.parse::<i8>().ok();
        let time = Time::new(part(0..2)?, part(2..4)?, part(4..6)?.min(59), 0).ok()?;
        let written = parse_date(date)?.to_datetime(time);
        if utc {
            let at = Offset::UTC.to_timestamp(written).ok()?;
            Some(Moment::Time(offset.to_datetime(at)))
        } else {
            Some(Moment::Time(written))
        }
    };
    read().ok_or_else(|| ImportTrouble::BadDate { text: text.to_owned() })
}

/// `P3D` or `P1W` as days.
fn whole_days(text: &str) -> Option<usize> {
    let text = text.trim_start_matches('+').strip_prefix(['P', 'p'])?;
    let (amount, factor) = match (text.strip_suffix(['D', 'd']), text.strip_suffix(['W', 'w'])) {
        (Some(days), _) => (days, 1),
        (_, Some(weeks)) => (weeks, 7),
        _ => return None,
    };
    amount.parse::<usize>().ok()?.checked_mul(factor)
}

/// Text with the escapes of RFC 5545, 3.3.11 undone.
fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n' | 'N') => plain.push(' '),
                Some(c) => plain.push(c),
                None => {}
            },
            c => plain.push(c),
        }
    }
    plain
}
