//! What the commands say: lines for people, JSON for programs.

use desk::DeskError;
use engine::refusal::Refusal;
use serde_json::{Value as Json, json};
use std::io::Write;

/// Where answers go. A reader that has gone away (a closed pipe) ends nothing.
pub(crate) struct Output {
    pub(crate) json: bool,
    pub(crate) english: bool,
}

impl Output {
    pub(crate) fn new(json: bool, english: bool) -> Self {
        Self { json, english }
    }

    /// A line for people.
    pub(crate) fn line(&mut self, text: impl AsRef<str>) {
        let _ = writeln!(std::io::stdout().lock(), "{}", text.as_ref());
    }

    /// One JSON document.
    pub(crate) fn value(&mut self, value: &Json) {
        let _ = writeln!(std::io::stdout().lock(), "{value:#}");
    }

    /// A text of the locale, with `{name}` filled in.
    pub(crate) fn text(&self, key: &str, values: &[(&str, &str)]) -> String {
        desk::words::text(key, self.english, values)
    }

    /// A line of the locale.
    pub(crate) fn say(&mut self, key: &str, values: &[(&str, &str)]) {
        let text = self.text(key, values);
        self.line(text);
    }

    /// A failure, on standard error: what is wrong and what to do.
    pub(crate) fn error(&mut self, error: &anyhow::Error) {
        let refusal = error.downcast_ref::<DeskError>().and_then(|error| match error {
            DeskError::Refused(refusal) => Some(refusal),
            _ => None,
        });
        let mut stderr = std::io::stderr().lock();
        let _ = match (refusal, self.json) {
            (Some(refusal), true) => writeln!(
                stderr,
                "{:#}",
                json!({ "error": refusal, "message": self.refusal(refusal) })
            ),
            (Some(refusal), false) => writeln!(stderr, "{}", self.refusal(refusal)),
            (None, true) => writeln!(
                stderr,
                "{:#}",
                json!({ "error": { "code": "failed" }, "message": format!("{error:#}") })
            ),
            (None, false) => writeln!(stderr, "{error:#}"),
        };
    }

    fn refusal(&self, refusal: &Refusal) -> String {
        desk::words::refusal(refusal, self.english)
    }
}
