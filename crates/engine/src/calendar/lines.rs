//! The line protocol of `bihuan calendar due`: one JSON object in, one JSON object out.
//!
//! Keys of a question: `id` (any JSON value, echoed; `null` when missing), `start` (RFC 3339 with an offset), `mode`,
//! `amount` (a whole number, 0 or more), `calendar` (`cn`, `weekdays`, `24x7`, `all`), and optionally `windows` (pairs
//! of `HH:MM`; missing or `null`: the calendar's 09:00-18:00) and `pauses` (pairs of instants, the second may be
//! `null`). Any other key is refused by name. An answer has `due`, and `"provisional":true` where a year without data
//! had a say, or else `error` with a stable `code` and a `message` in English.

use std::{borrow::Cow, sync::LazyLock};

use jiff::{Timestamp, tz::Offset};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    Calendar, DayEnd, Limit, MAX_DAYS, MAX_SECONDS, Pause, Windows,
    walk::{End, Untraced, instant},
};

const KEYS: [&str; 7] = ["id", "start", "mode", "amount", "windows", "calendar", "pauses"];

/// The calendars by name; parsing `cn` once keeps a line cheap.
static CALENDARS: LazyLock<Vec<(&str, Calendar)>> = LazyLock::new(|| {
    let named = |name| Calendar::builtin(name).map(|calendar| (name, calendar));
    ["cn", "weekdays", "24x7", "all"].into_iter().filter_map(named).collect()
});

/// Answers one line of `bihuan calendar due`. Total: whatever the line is, the answer is one line of JSON without its
/// line end; a line that is no question gets an `error`. Instants are answered at the calendar's offset, +08:00 (G-04).
pub fn answer_line(line: &str) -> String {
    let (id, answer) = match read_object(line) {
        Ok(mut question) => (question.remove("id").unwrap_or(Value::Null), answer(&question)),
        Err(problem) => (Value::Null, Err(problem)),
    };
    let answer = match answer {
        Ok(Answer { due, provisional }) => serde_json::to_string(&Found { id, due, provisional }),
        Err(error) => serde_json::to_string(&Refused { id, error }),
    };
    answer.unwrap_or_else(|_| {
        r#"{"id":null,"error":{"code":"internal","message":"not representable"}}"#.to_owned()
    })
}

#[derive(Serialize)]
struct Found {
    id: Value,
    due: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    provisional: bool,
}

#[derive(Serialize)]
struct Refused {
    id: Value,
    error: Problem,
}

/// Why a line has no due.
#[derive(Serialize)]
struct Problem {
    code: &'static str,
    message: Cow<'static, str>,
}

impl Problem {
    fn new(code: &'static str, message: impl Into<Cow<'static, str>>) -> Problem {
        Problem { code, message: message.into() }
    }
}

struct Answer {
    due: Option<String>,
    provisional: bool,
}

fn read_object(line: &str) -> Result<Map<String, Value>, Problem> {
    match serde_json::from_str(line.trim_start_matches('\u{feff}')) {
        Ok(Value::Object(question)) => Ok(question),
        Ok(_) => Err(Problem::new("not-an-object", "the line must be a JSON object")),
        Err(error) => Err(Problem::new("not-json", format!("the line is not JSON: {error}"))),
    }
}

fn answer(question: &Map<String, Value>) -> Result<Answer, Problem> {
    let unknown: Vec<String> = question
        .keys()
        .filter(|key| !KEYS.contains(&key.as_str()))
        .map(|key| format!("{key:?}"))
        .collect();
    if !unknown.is_empty() {
        return Err(Problem::new("unknown-key", format!("unknown key {}", unknown.join(", "))));
    }
    let start = read_start(required(question, "start")?)?;
    let limit = read_limit(required(question, "mode")?, required(question, "amount")?)?;
    let calendar = read_calendar(required(question, "calendar")?)?;
    let windows = read_windows(question.get("windows"), calendar)?;
    let pauses = read_pauses(question.get("pauses"))?;

    let calendar = match windows {
        Some(windows) => Cow::Owned(calendar.clone().with_windows(windows)),
        None => Cow::Borrowed(calendar),
    };
    let found = calendar.find_due(start, limit, &pauses, &mut Untraced);
    match found.end {
        End::At(nanos) => Ok(Answer {
            due: Some(write(instant(nanos), calendar.offset())),
            provisional: found.provisional,
        }),
        End::Never => Ok(Answer { due: None, provisional: false }),
        End::Beyond => Err(Problem::new("out-of-range", "the due lies beyond the year 9999")),
    }
}

fn required<'a>(question: &'a Map<String, Value>, key: &'static str) -> Result<&'a Value, Problem> {
    question.get(key).ok_or_else(|| Problem::new("missing-key", format!("key {key:?} is missing")))
}

fn read_start(value: &Value) -> Result<Timestamp, Problem> {
    read_instant(value).map_err(|why| Problem::new("bad-start", format!("start: {why}")))
}

fn read_instant(value: &Value) -> Result<Timestamp, String> {
    let text = value.as_str().ok_or_else(|| format!("{value} is not a text"))?;
    text.parse().map_err(|_| format!("{text:?} is not an RFC 3339 instant with an offset"))
}

fn read_limit(mode: &Value, amount: &Value) -> Result<Limit, Problem> {
    let mode = mode
        .as_str()
        .ok_or_else(|| Problem::new("bad-mode", format!("mode: {mode} is not a text")))?;
    let days = |most: u32| {
        whole_number(amount, most.into()).map(|days| u32::try_from(days).unwrap_or(most))
    };
    match mode {
        "business_minutes" => whole_number(amount, MAX_SECONDS / 60)
            .map(|minutes| Limit::Business { seconds: minutes * 60 }),
        "working_days_eod" => {
            days(MAX_DAYS).map(|days| Limit::WorkingDays { days, end: DayEnd::Close })
        }
        "working_days_24" => {
            days(MAX_DAYS).map(|days| Limit::WorkingDays { days, end: DayEnd::Midnight })
        }
        "working_days_same" => {
            days(MAX_DAYS).map(|days| Limit::WorkingDays { days, end: DayEnd::Same })
        }
        "calendar_days_legal" => days(MAX_DAYS).map(|days| Limit::CalendarDaysLegal { days }),
        _ => Err(Problem::new("bad-mode", format!("mode: {mode:?} is not a mode"))),
    }
}

/// A whole number from 0 to `most`; `240.0` is one, `"240"` is not.
fn whole_number(value: &Value, most: i64) -> Result<i64, Problem> {
    let bad = |why: &str| Problem::new("bad-amount", format!("amount: {value} {why}"));
    let number = value.as_number().ok_or_else(|| bad("is not a number"))?;
    let whole = match (number.as_i64(), number.as_f64()) {
        (Some(whole), _) => Some(whole),
        (None, Some(float)) if float.fract() != 0.0 => return Err(bad("is not a whole number")),
        (None, Some(float)) => format!("{float:.0}").parse().ok(),
        (None, None) => None,
    };
    match whole {
        Some(whole) if whole < 0 => Err(bad("is negative")),
        Some(whole) if whole <= most => Ok(whole),
        None if number.as_f64().is_some_and(|float| float < 0.0) => Err(bad("is negative")),
        _ => Err(Problem::new("bad-amount", format!("amount: {value} is more than {most}"))),
    }
}

fn read_calendar(value: &Value) -> Result<&'static Calendar, Problem> {
    let name = value.as_str();
    CALENDARS
        .iter()
        .find(|(known, _)| Some(*known) == name)
        .map(|(_, calendar)| calendar)
        .ok_or_else(|| {
            Problem::new(
                "bad-calendar",
                format!("calendar: {value} is not cn, weekdays, 24x7 or all"),
            )
        })
}

/// The windows, or `None` for those of the calendar. For `24x7` they do not matter, so that an empty list passes too.
fn read_windows(value: Option<&Value>, calendar: &Calendar) -> Result<Option<Windows>, Problem> {
    let bad = |why: String| Problem::new("bad-windows", format!("windows: {why}"));
    let pairs = match value {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Array(pairs)) if pairs.is_empty() && calendar.counts_everything() => {
            return Ok(None);
        }
        Some(Value::Array(pairs)) => pairs,
        Some(value) => return Err(bad(format!("{value} is not a list"))),
    };
    let pair = |value: &Value| match value.as_array().map(Vec::as_slice) {
        Some([Value::String(from), Value::String(to)]) => Ok((from.clone(), to.clone())),
        _ => Err(bad(format!("{value} is not a pair of times"))),
    };
    let pairs = pairs.iter().map(pair).collect::<Result<Vec<_>, _>>()?;
    Windows::parse(&pairs).map(Some).map_err(|error| bad(error.to_string()))
}

fn read_pauses(value: Option<&Value>) -> Result<Vec<Pause>, Problem> {
    let bad = |why: String| Problem::new("bad-pauses", format!("pauses: {why}"));
    let pauses = match value {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(pauses)) => pauses,
        Some(value) => return Err(bad(format!("{value} is not a list"))),
    };
    let pause = |value: &Value| match value.as_array().map(Vec::as_slice) {
        Some([from, to]) => {
            let from = read_instant(from).map_err(bad)?;
            let to = if to.is_null() { None } else { Some(read_instant(to).map_err(bad)?) };
            match to {
                Some(to) if to < from => Err(bad(format!("{value} ends before it starts"))),
                to => Ok(Pause { from, to }),
            }
        }
        _ => Err(bad(format!("{value} is not a pair of instants"))),
    };
    pauses.iter().map(pause).collect()
}

/// RFC 3339 with seconds, and a fraction only where the start had one.
fn write(at: Timestamp, offset: Offset) -> String {
    at.display_with_offset(offset).to_string()
}
