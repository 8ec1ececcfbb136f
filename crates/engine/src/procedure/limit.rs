//! How long a clock runs, as procedure files say it.

use crate::calendar::Limit;
use crate::key::Key;
use serde::{Deserialize, Serialize};

/// A limit: a measured length, the instant in a field, a time of day, or the due of the task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum LimitSpec {
    /// `30m`, `4h`, `4bh`, `3wd`, `7cd`: see [`Limit`].
    Length(Limit),
    /// `field:plan_finish`: the instant that the field holds.
    Field(Key),
    /// `at:00:30`: the next time the local clock shows this hour and minute.
    At(i8, i8),
    /// `task`: the due of the task that the clock counts for.
    Task,
}

impl LimitSpec {
    /// Reads the text of a file; `None` when it is not a limit.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "task" {
            return Some(Self::Task);
        }
        if let Some(field) = text.strip_prefix("field:") {
            return (!field.is_empty()).then(|| Self::Field(field.into()));
        }
        if let Some(time) = text.strip_prefix("at:") {
            let (hour, minute) = time.split_once(':')?;
            let (hour, minute) = (hour.parse().ok()?, minute.parse().ok()?);
            return ((0..24).contains(&hour) && (0..60).contains(&minute))
                .then_some(Self::At(hour, minute));
        }
        text.parse().ok().map(Self::Length)
    }
}

impl From<LimitSpec> for String {
    fn from(limit: LimitSpec) -> Self {
        match limit {
            LimitSpec::Length(length) => length.to_string(),
            LimitSpec::Field(field) => format!("field:{field}"),
            LimitSpec::At(hour, minute) => format!("at:{hour:02}:{minute:02}"),
            LimitSpec::Task => "task".to_owned(),
        }
    }
}

impl TryFrom<String> for LimitSpec {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("`{text}` is not a limit"))
    }
}
