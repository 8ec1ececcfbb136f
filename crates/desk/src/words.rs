//! Texts for people, in Chinese and English, from `locales/messages.toml`.

use engine::key::Key;
use engine::procedure::Procedure;
use engine::refusal::{Problem, Refusal};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

#[derive(Deserialize)]
struct Text {
    zh: String,
    en: String,
}

static MESSAGES: LazyLock<BTreeMap<String, Text>> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the file is part of the program and read by a test")]
    toml::from_str(include_str!("../../../locales/messages.toml")).expect("locales/messages.toml")
});

/// A text with `{name}` filled in. A key that is missing shows itself, and a test finds it.
pub fn text(key: &str, english: bool, values: &[(&str, &str)]) -> String {
    let Some(text) = MESSAGES.get(key) else { return key.to_owned() };
    let pattern = if english { &text.en } else { &text.zh };
    values.iter().fold(pattern.clone(), |filled, (name, value)| {
        filled.replace(&format!("{{{name}}}"), value)
    })
}

/// Why a command was refused, and what to do.
pub fn refusal(refusal: &Refusal, english: bool) -> String {
    let word = |label: &engine::procedure::Label| engine::show::word(label, english).to_owned();
    let say = |key: &str, values: &[(&str, &str)]| text(key, english, values);
    match refusal {
        Refusal::Unknown { what, key } => say("refusal.unknown", &[("what", what), ("key", key)]),
        Refusal::Unavailable { action, stage } => {
            say("refusal.unavailable", &[("action", action), ("stage", stage)])
        }
        Refusal::Forbidden { action } => say("refusal.forbidden", &[("action", action)]),
        Refusal::Own { action } => say("refusal.own", &[("action", action)]),
        Refusal::Missing { fields } => {
            let names: Vec<String> = fields
                .iter()
                .map(|missing| {
                    if missing.label.zh.is_empty() {
                        input(&missing.field, english)
                    } else {
                        word(&missing.label)
                    }
                })
                .collect();
            say("refusal.missing", &[("fields", &names.join("、"))])
        }
        Refusal::Invalid { fields } => {
            let lines: Vec<String> = fields
                .iter()
                .map(|(field, wrong)| {
                    format!("{}: {}", input(field, english), problem(wrong, english))
                })
                .collect();
            say("refusal.invalid", &[("fields", &lines.join("; "))])
        }
        Refusal::Guard { say } => word(say),
        Refusal::Reason { action } => say("refusal.reason", &[("action", action)]),
        Refusal::Late { action } => say("refusal.late", &[("action", action)]),
        Refusal::Nobody { role } => say("refusal.nobody", &[("role", role)]),
        Refusal::NeedCases { .. } => say("refusal.need_cases", &[]),
    }
}

/// Why a command on a case was refused, with the names of its procedure instead of keys.
pub fn refusal_of(refusal: &Refusal, procedure: &Procedure, english: bool) -> String {
    let word = |label: &engine::procedure::Label| Key::from(engine::show::word(label, english));
    let action =
        |key: &Key| procedure.action(key).map_or_else(|| key.clone(), |one| word(&one.label));
    let stage =
        |key: &Key| procedure.stage(key).map_or_else(|| key.clone(), |one| word(&one.label));
    let field =
        |key: &Key| procedure.field(key).map_or_else(|| key.clone(), |one| word(&one.label));
    let role = |key: &Key| procedure.role(key).map_or_else(|| key.clone(), |one| word(&one.label));
    let named = match refusal.clone() {
        Refusal::Unavailable { action: key, stage: at } => {
            Refusal::Unavailable { action: action(&key), stage: stage(&at) }
        }
        Refusal::Forbidden { action: key } => Refusal::Forbidden { action: action(&key) },
        Refusal::Own { action: key } => Refusal::Own { action: action(&key) },
        Refusal::Reason { action: key } => Refusal::Reason { action: action(&key) },
        Refusal::Late { action: key } => Refusal::Late { action: action(&key) },
        Refusal::Nobody { role: key } => Refusal::Nobody { role: role(&key) },
        Refusal::Invalid { fields } => Refusal::Invalid {
            fields: fields.into_iter().map(|(key, wrong)| (field(&key), wrong)).collect(),
        },
        other => other,
    };
    self::refusal(&named, english)
}

/// What is wrong with a value, and what is expected.
pub fn problem(problem: &Problem, english: bool) -> String {
    let say = |key: &str, values: &[(&str, &str)]| text(key, english, values);
    match problem {
        Problem::Unknown => say("problem.unknown", &[]),
        Problem::WrongType { expected } => {
            // Columns of tables are named by their key.
            let kind = text(&format!("kind.{expected}"), english, &[]);
            let kind = if kind.starts_with("kind.") { expected } else { &kind };
            say("problem.wrong_type", &[("expected", kind)])
        }
        Problem::NotAValue { values } => {
            say("problem.not_a_value", &[("values", &values.join("、"))])
        }
        Problem::NotEditable => say("problem.not_editable", &[]),
        Problem::NeedsReason => say("problem.needs_reason", &[]),
        Problem::TooShort(fewest) => say("problem.too_short", &[("fewest", &fewest.to_string())]),
        Problem::Vague => say("problem.vague", &[]),
        Problem::NotAPhone => say("problem.not_a_phone", &[]),
        Problem::InFuture => say("problem.in_future", &[]),
        Problem::TooEarly => say("problem.too_early", &[]),
        Problem::TooLong(most) => say("problem.too_long", &[("most", &most.to_string())]),
        Problem::BeyondLimit => say("problem.beyond_limit", &[]),
        Problem::NotUploaded => say("problem.not_uploaded", &[]),
        Problem::MustBeReached => say("problem.must_be_reached", &[]),
    }
}

/// The name of a built-in input; other keys stay as they are.
fn input(key: &str, english: bool) -> String {
    let name = text(&format!("input.{key}"), english, &[]);
    if name.starts_with("input.") { key.to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_is_there_in_both_languages() {
        for (key, text) in MESSAGES.iter() {
            assert!(!text.zh.is_empty() && !text.en.is_empty(), "{key}");
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
        let problems = [
            "unknown",
            "wrong_type",
            "not_a_value",
            "not_editable",
            "needs_reason",
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
