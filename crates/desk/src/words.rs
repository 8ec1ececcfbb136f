//! Texts for people, in Chinese and English, from `locales/messages.toml`.

mod happened;
mod phrase;
mod refused;
mod told;

pub use happened::{Happened, Sort, Teller};
pub use phrase::{fact, known_fact, step};
pub use refused::{input, problem, problem_of, refusal, refusal_of};
pub use told::{Told, clock_state, moment, told};

use crate::error::DeskError;
use crate::password::SHORTEST_PASSWORD;
use engine::calendar::ImportTrouble;
use engine::check::Violation;
use engine::procedure::Finding;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;
use store::{FOLDER_ANCHOR, NoEntry, StoreError};

#[derive(Deserialize)]
struct Text {
    zh: String,
    en: String,
}

static MESSAGES: LazyLock<BTreeMap<String, Text>> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the file is part of the program and read by a test")]
    toml::from_str(include_str!("../../../locales/messages.toml")).expect("locales/messages.toml")
});

static FLAWS: LazyLock<BTreeMap<String, Text>> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the file is part of the program and read by a test")]
    toml::from_str(include_str!("../../../locales/flaws.toml")).expect("locales/flaws.toml")
});

/// What is wrong with a procedure, by the code of a finding or violation; a code without a text shows itself.
pub fn flaw(code: &'static str, english: bool) -> &'static str {
    FLAWS.get(code).map_or(code, |text| if english { &text.en } else { &text.zh })
}

/// A text with `{name}` filled in. A key that is missing shows itself, and a test finds it.
pub fn text(key: &str, english: bool, values: &[(&str, &str)]) -> String {
    let Some(text) = MESSAGES.get(key) else { return key.to_owned() };
    let pattern = if english { &text.en } else { &text.zh };
    values.iter().fold(pattern.clone(), |filled, (name, value)| {
        filled.replace(&format!("{{{name}}}"), value)
    })
}

/// Why a line of a list of holidays was refused, for people.
pub fn calendar_trouble(trouble: &ImportTrouble, english: bool) -> String {
    let facts = serde_json::to_value(trouble).unwrap_or_default();
    let fact = |name: &str| facts.get(name).and_then(|fact| fact.as_str()).unwrap_or_default();
    let what = if fact("text").is_empty() { fact("date") } else { fact("text") };
    text(&format!("calendar.trouble.{}", fact("code")), english, &[("text", what)])
}

/// A finding in a line: where, its code, which item, and what should stand there.
pub fn finding(one: &Finding, english: bool) -> String {
    let Finding { file, line, code, item, .. } = one;
    format!("{file}:{line}: {code}: {item}: {}", stands(one, english))
}

/// What should stand in a procedure's file, and what stands there.
pub fn stands(one: &Finding, english: bool) -> String {
    let told = if one.code == "bad_toml" { phrase::syntax } else { fact };
    let [expected, found] = [&one.expected, &one.found].map(|text| told(text, english));
    text("finding.stands", english, &[("expected", &expected), ("found", &found)])
}

/// A violation in a line: where, its code, which item, and why.
pub fn violation(one: &Violation, english: bool) -> String {
    let Violation { line, code, item, detail, .. } = one;
    format!("{line}: {code}: {item}: {}", fact(detail, english))
}

/// A failure of the desk for people: what is wrong, and what to do.
pub fn failure(error: &DeskError, english: bool) -> String {
    let say = |key: &str, values: &[(&str, &str)]| text(key, english, values);
    match error {
        DeskError::Refused(refused) => refusal(refused, english),
        DeskError::NotFound { what } => {
            say("error.not_found", &[("what", &say(&format!("what.{what}"), &[]))])
        }
        DeskError::Stale { .. } => say("error.stale", &[]),
        DeskError::Forbidden => say("error.forbidden", &[]),
        DeskError::WeakPassword { why } => {
            say(&format!("password.{why}"), &[("shortest", &SHORTEST_PASSWORD.to_string())])
        }
        DeskError::OpenCases { count } => {
            say("customer.open_cases", &[("count", &count.to_string())])
        }
        DeskError::BadName => say("person.bad_name", &[]),
        DeskError::NameTaken => say("person.name_taken", &[]),
        DeskError::TooMany { most } => {
            say("api.too-many-rows.detail", &[("limit", &most.to_string())])
        }
        DeskError::EmptyFile => say("api.empty-file.detail", &[]),
        DeskError::Procedure(findings) => {
            findings.iter().map(|one| finding(one, english)).collect::<Vec<_>>().join("\n")
        }
        DeskError::Unsound(all) => {
            let all: Vec<String> = all.iter().map(|one| violation(one, english)).collect();
            say("procedure.unsound", &[("all", &all.join("\n"))])
        }
        DeskError::Store(error) => storage(error, english),
        other => other.to_string(),
    }
}

/// A failure of the store for people: what is wrong, and what to do.
pub fn storage(error: &StoreError, english: bool) -> String {
    let say = |key: &str, values: &[(&str, &str)]| text(key, english, values);
    match error {
        StoreError::Unavailable { what } => say("store.unavailable", &[("why", what)]),
        StoreError::NoEntry { why } => say(&format!("store.no_entry.{}", no_entry(*why)), &[]),
        StoreError::InUse => say("store.in_use", &[]),
        StoreError::NotEmpty => say("store.not_empty", &[]),
        StoreError::Busy => say("store.busy", &[]),
        StoreError::OutcomeUnknown => say("store.outcome_unknown", &[]),
        StoreError::Corrupt { what } => say("store.corrupt", &[("what", what)]),
        StoreError::DiskFull => say("store.disk_full", &[]),
        StoreError::ReadOnly => say("store.read_only", &[]),
        StoreError::Moved => say("store.moved", &[]),
        StoreError::FilesAway { anchor: Some(anchor) } => {
            say("store.files_away", &[("file", FOLDER_ANCHOR), ("anchor", anchor)])
        }
        StoreError::FilesAway { anchor: None } => {
            say("store.files_foreign", &[("file", FOLDER_ANCHOR)])
        }
        StoreError::UnfinishedCopy => say("store.unfinished_copy", &[]),
        StoreError::FileMissing => say("store.file_missing", &[]),
        StoreError::TooNew { found, known } => {
            say("store.too_new", &[("found", &found.to_string()), ("known", &known.to_string())])
        }
        StoreError::WrongKey => say("store.wrong_key", &[]),
        StoreError::File { what } => say("store.file", &[("what", what)]),
        other => other.to_string(),
    }
}

fn no_entry(why: NoEntry) -> &'static str {
    match why {
        NoEntry::Login => "login",
        NoEntry::Database => "database",
        NoEntry::Rights => "rights",
        NoEntry::Encryption => "encryption",
        NoEntry::Certificate => "certificate",
        NoEntry::Full => "full",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_is_there_in_both_languages() {
        for (key, text) in MESSAGES.iter().chain(FLAWS.iter()) {
            assert!(!text.zh.is_empty() && !text.en.is_empty(), "{key}");
        }
    }

    /// Codes stand in quotes and have an underscore.
    #[test]
    fn every_flaw_of_a_procedure_has_a_text() {
        let engine = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/src");
        let mut folders = vec![engine.join("check"), engine.join("procedure/read")];
        let mut quoted = std::collections::BTreeSet::new();
        for file in ["check.rs", "procedure/read.rs"] {
            let text = std::fs::read_to_string(engine.join(file)).unwrap();
            quoted.extend(text.split('"').map(str::to_owned));
        }
        while let Some(folder) = folders.pop() {
            for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let text = std::fs::read_to_string(path).unwrap();
                quoted.extend(text.split('"').map(str::to_owned));
            }
        }
        for code in FLAWS.keys().filter(|code| *code != "unknown_calendar") {
            assert!(quoted.contains(code), "{code} is found nowhere");
        }
        let begins = ["unknown_", "bad_", "wrong_", "missing_", "duplicate_", "never_", "no_"];
        let ends = ["_by_nobody", "_nobody"];
        let plain = |one: &&String| one.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        let codes = quoted.iter().filter(plain).filter(|one| {
            begins.iter().any(|begin| one.starts_with(begin))
                || ends.iter().any(|end| one.ends_with(end))
        });
        let missing: Vec<_> = codes.filter(|code| !FLAWS.contains_key(*code)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn every_failure_of_the_store_has_a_text() {
        let what = || "X-1".to_owned();
        let why = [
            NoEntry::Login,
            NoEntry::Database,
            NoEntry::Rights,
            NoEntry::Encryption,
            NoEntry::Certificate,
            NoEntry::Full,
        ];
        let mut all: Vec<StoreError> = why.map(|why| StoreError::NoEntry { why }).to_vec();
        all.extend([
            StoreError::Unavailable { what: what() },
            StoreError::InUse,
            StoreError::NotEmpty,
            StoreError::Busy,
            StoreError::OutcomeUnknown,
            StoreError::Corrupt { what: what() },
            StoreError::DiskFull,
            StoreError::ReadOnly,
            StoreError::Moved,
            StoreError::FilesAway { anchor: Some(what()) },
            StoreError::FilesAway { anchor: None },
            StoreError::UnfinishedCopy,
            StoreError::FileMissing,
            StoreError::TooNew { found: 9, known: 1 },
            StoreError::WrongKey,
            StoreError::File { what: what() },
        ]);
        assert!(MESSAGES.contains_key("store.no_entry.other"));
        for error in all {
            for english in [false, true] {
                let said = storage(&error, english);
                assert!(!said.starts_with("store.") && !said.contains('{'), "{said}");
            }
        }
    }

    #[test]
    fn every_refusal_and_problem_has_a_text() {
        let keys = [
            "unknown",
            "unavailable",
            "forbidden",
            "own",
            "missing",
            "invalid",
            "reason",
            "late",
            "nobody",
            "need_cases",
        ];
        for what in [
            "action",
            "attachment",
            "case",
            "clock",
            "field",
            "link",
            "person",
            "procedure",
            "role",
            "session",
            "team",
        ] {
            assert!(MESSAGES.contains_key(&format!("what.{what}")), "{what}");
        }
        let problems = [
            "unknown",
            "wrong_type",
            "not_a_value",
            "not_editable",
            "needs_reason",
            "never_emptied",
            "too_short",
            "vague",
            "not_a_phone",
            "in_future",
            "too_early",
            "too_long",
            "beyond_limit",
            "not_uploaded",
            "must_be_reached",
        ];
        for key in keys
            .iter()
            .map(|key| format!("refusal.{key}"))
            .chain(problems.iter().map(|key| format!("problem.{key}")))
        {
            assert!(MESSAGES.contains_key(&key), "{key}");
        }
    }
}
