//! What the commands say: lines for people, JSON for programs.

use desk::DeskError;
use engine::refusal::Refusal;
use serde_json::{Value as Json, json};
use std::io::Write;
use store::StoreError;

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
        let failed = || json!({ "code": "failed" });
        let (cause, message) = if let Some(Refused { refusal, message }) = error.downcast_ref() {
            (json!(refusal), message.clone())
        } else if let Some(error) = error.downcast_ref::<DeskError>() {
            let cause = match error {
                DeskError::Refused(refusal) => json!(refusal),
                _ => failed(),
            };
            (cause, desk::words::failure(error, self.english))
        } else if let Some(store) = error.downcast_ref::<StoreError>() {
            (failed(), format!("{}{}", context(error), desk::words::storage(store, self.english)))
        } else {
            (failed(), format!("{error:#}"))
        };
        let mut stderr = std::io::stderr().lock();
        let _ = if self.json {
            writeln!(stderr, "{:#}", json!({ "error": cause, "message": message }))
        } else {
            writeln!(stderr, "{message}")
        };
    }
}

/// What was being done when the store failed, for example where the database is.
fn context(error: &anyhow::Error) -> String {
    let around = error.chain().take_while(|part| !part.is::<StoreError>());
    around.map(|part| format!("{part}: ")).collect()
}

/// A refusal with its words, in the names of a procedure.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) refusal: Refusal,
    pub(crate) message: String,
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Refused {}
