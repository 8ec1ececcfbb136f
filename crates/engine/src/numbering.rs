//! Numbers of cases: a pattern, a local date, a serial within a scope.

use crate::calendar::Calendar;
use crate::case::Case;
use crate::procedure::{Means, Procedure, Reset};
use crate::value::Value;
use jiff::Timestamp;

/// Where a number's serial is counted, and what is left to fill in once it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Counter: procedure, period and channel. Two cases share a counter when and only when these are equal.
    pub scope: String,
    /// The pattern with everything filled in but the serial.
    pattern: String,
}

impl Draft {
    /// The number with its serial; wider than the pattern asks when it must be, never shorter (S1-N01).
    pub fn with(&self, serial: i64) -> String {
        fill_serial(&self.pattern, serial)
    }
}

/// The draft of a case's number. The date is the local date of registration (G-15).
pub fn draft(procedure: &Procedure, calendar: &Calendar, case: &Case) -> Draft {
    let numbering = &procedure.numbering;
    let channel = channel_code(procedure, case);
    let day = date_parts(calendar, case.registered_at);
    let period = match numbering.reset {
        Reset::Day => day.clone(),
        Reset::Month => day.chars().take(6).collect(),
        Reset::Year => day.chars().take(4).collect(),
        Reset::Never => String::new(),
    };
    let mut scope = format!("{}:{period}", procedure.key);
    if numbering.per_channel {
        scope.push(':');
        scope.push_str(&channel);
    }
    let month: String = day.chars().take(6).collect();
    let year: String = day.chars().take(4).collect();
    let pattern = numbering
        .pattern
        .replace("{YYYYMMDD}", &day)
        .replace("{YYYYMM}", &month)
        .replace("{YYYY}", &year)
        .replace("{CH}", &channel);
    Draft { scope, pattern }
}

/// The number of something that belongs to a case: a change request, a dispatch.
pub fn child(pattern: &str, number: &str, serial: u32) -> String {
    let text = pattern.replace("{NUMBER}", number).replace("{ROUND}", &serial.to_string());
    fill_serial(&text, i64::from(serial))
}

fn date_parts(calendar: &Calendar, at: Timestamp) -> String {
    calendar.local(at).strftime("%Y%m%d").to_string()
}

fn channel_code(procedure: &Procedure, case: &Case) -> String {
    let field = procedure.field_meaning(Means::Channel);
    let value = field.and_then(|field| {
        procedure.axis_of(&field.key)?.value(case.value(&field.key).map(Value::text)?)
    });
    value.and_then(|value| value.code.clone()).unwrap_or_default()
}

fn fill_serial(pattern: &str, serial: i64) -> String {
    let Some((before, rest)) = pattern.split_once("{SEQ:") else { return pattern.to_owned() };
    let Some((width, after)) = rest.split_once('}') else { return pattern.to_owned() };
    let width: usize = width.parse().unwrap_or(1);
    format!("{before}{serial:0width$}{after}")
}
