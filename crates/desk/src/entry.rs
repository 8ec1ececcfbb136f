//! What people write - cells of a table, words on a command line - as the values that the core reads.

use engine::calendar::Calendar;
use engine::command::{Entered, Extra, NewTask};
use engine::key::Key;
use engine::procedure::{Action, FieldKind, Procedure, Verb};
use jiff::Timestamp;
use jiff::civil::DateTime;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::sync::LazyLock;

#[derive(Deserialize)]
struct Words {
    yes: Vec<String>,
    no: Vec<String>,
    /// What the columns of files of customers are called, beside what the pages call them.
    customers: BTreeMap<String, Vec<String>>,
    inputs: BTreeMap<String, Vec<String>>,
    purposes: BTreeMap<String, Vec<String>>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the file is part of the program and read by a test")]
    toml::from_str(include_str!("../../../locales/words.toml")).expect("locales/words.toml")
});

/// A yes or no in the words of the locale.
pub fn truth(text: &str) -> Option<bool> {
    let text = text.trim().to_lowercase();
    let among = |words: &[String]| words.contains(&text);
    if among(&WORDS.yes) { Some(true) } else { among(&WORDS.no).then_some(false) }
}

/// What a column of a file of customers says, by its heading.
pub(crate) fn customer_column(heading: &str) -> Option<&'static str> {
    let heading = heading.trim().to_lowercase();
    let known =
        WORDS.customers.iter().find(|(part, words)| **part == heading || words.contains(&heading));
    known.map(|(part, _)| part.as_str())
}

/// What was written for a field of a kind, as the core reads it. What cannot be read is passed on, for the core to refuse.
pub fn written(kind: &FieldKind, text: &str) -> Json {
    let text = text.trim();
    match kind {
        FieldKind::Bool => truth(text).map_or_else(|| json!(text), Json::Bool),
        FieldKind::Many(_) | FieldKind::People | FieldKind::Departments | FieldKind::Files => {
            json!(
                text.split(['、', ',', '，', ';', '；'])
                    .map(str::trim)
                    .filter(|one| !one.is_empty())
                    .collect::<Vec<_>>()
            )
        }
        FieldKind::Time => {
            local_time(text).map_or_else(|| json!(text), |local| json!(local.to_string()))
        }
        FieldKind::Table(_) => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
        _ => json!(text),
    }
}

/// A local time as people and spreadsheets write it: `2026/11/16 8:12`, `2026-11-16 08:12:30`, `2026年11月16日 8时12分`, or
/// a day alone. Never guesses: the year comes first and has four digits.
pub fn local_time(text: &str) -> Option<DateTime> {
    let text = text.trim().replace('T', " ").replace(['年', '月', '/', '.'], "-");
    let text = text.replace('日', " ").replace(['时', '分', '：'], ":").replace('秒', "");
    let mut parts = text.split_whitespace();
    let (date, time, rest) = (parts.next()?, parts.next().unwrap_or("0:0"), parts.next());
    let numbers = |text: &str, between: char| {
        text.trim_end_matches(between)
            .split(between)
            .map(|one| one.parse::<i16>().ok().filter(|_| one.len() <= 4))
            .collect::<Option<Vec<_>>>()
    };
    let small = |number: i16| i8::try_from(number).ok();
    let ([year, month, day], time) = (numbers(date, '-')?.try_into().ok()?, numbers(time, ':')?);
    let (hour, minute, second) = match *time {
        [hour, minute] => (hour, minute, 0),
        [hour, minute, second] => (hour, minute, second),
        _ => return None,
    };
    let date = jiff::civil::Date::new(year, small(month)?, small(day)?).ok();
    let date = date.filter(|_| year >= 1000 && rest.is_none())?;
    let time = jiff::civil::Time::new(small(hour)?, small(minute)?, small(second)?, 0).ok()?;
    Some(date.to_datetime(time))
}

/// The field that people call so: by key, name or another known name.
pub fn field_named<'p>(
    procedure: &'p Procedure,
    name: &str,
) -> Option<&'p engine::procedure::Field> {
    let name = name.trim();
    let by = |test: &dyn Fn(&engine::procedure::Field) -> bool| {
        procedure
            .fields
            .iter()
            .find(|field| !matches!(field.kind, FieldKind::Auto(_)) && test(field))
    };
    by(&|field| field.key == *name)
        .or_else(|| {
            by(&|field| field.label.zh == name || field.label.en.eq_ignore_ascii_case(name))
        })
        .or_else(|| by(&|field| field.also.iter().any(|also| also.eq_ignore_ascii_case(name))))
}

/// Fields and built-in inputs of an action from `name=value` pairs.
///
/// # Errors
/// The names that neither the procedure nor the action's verbs know.
pub fn inputs(
    procedure: &Procedure,
    calendar: &Calendar,
    action: &Action,
    pairs: &[(String, String)],
) -> Result<(Entered, Extra), Vec<String>> {
    let (mut fields, mut extra, mut task, mut unknown) =
        (Entered::new(), Extra::default(), NewTask::default(), Vec::new());
    for (name, value) in pairs {
        let builtin = input_named(name).filter(|input| takes(action, input));
        match (builtin, field_named(procedure, name)) {
            (Some(input), _) => set(calendar, action, &mut extra, &mut task, &input, value),
            (None, Some(field)) => {
                fields.insert(field.key.clone(), written(&field.kind, value));
            }
            (None, None) => unknown.push(name.clone()),
        }
    }
    if task != NewTask::default() {
        extra.tasks.push(task);
    }
    if unknown.is_empty() { Ok((fields, extra)) } else { Err(unknown) }
}

fn input_named(name: &str) -> Option<String> {
    let known = |(key, names): &(&String, &Vec<String>)| {
        key.as_str() == name || names.iter().any(|one| one == name)
    };
    WORDS.inputs.iter().find(known).map(|(key, _)| key.clone())
}

/// Whether a name stands for a built-in input, and the action reads it.
pub fn takes_named(action: &Action, name: &str, input: &str) -> bool {
    input_named(name).as_deref() == Some(input) && takes(action, input)
}

/// Whether one of an action's verbs reads an input.
fn takes(action: &Action, input: &str) -> bool {
    let does = |verbs: &[Verb]| verbs.iter().any(|verb| action.does.contains(verb));
    match input {
        "reason" | "override_guards" => true,
        "assignee" | "role" => does(&[Verb::Assign]),
        "department" => does(&[Verb::Assign, Verb::Task]),
        "co_owners" => does(&[Verb::Assign, Verb::CoOwners]),
        "method" | "purpose" | "reached" => does(&[Verb::Contact]),
        "text" => does(&[Verb::Contact, Verb::Comment, Verb::Deescalate]),
        "note" => does(&[Verb::Progress, Verb::Assign]),
        "node" => does(&[Verb::Progress]),
        "title" | "due" | "owner" | "depends_on" => does(&[Verb::Task]),
        "task" | "outcome" => does(&[Verb::TaskDone]),
        "opinion" => {
            does(&[Verb::Approve, Verb::Reject, Verb::File, Verb::ExtendDecide, Verb::ChangeDecide])
        }
        "new_due" => does(&[Verb::Extend, Verb::Change]),
        "approve" => does(&[Verb::ExtendDecide, Verb::ChangeDecide]),
        "content" => does(&[Verb::Change]),
        "change" | "sign_method" | "file" | "hash" => does(&[Verb::Sign, Verb::ChangeDecide]),
        "other" => does(&[Verb::Merge, Verb::Link, Verb::Unlink]),
        "escalation" => does(&[Verb::Deescalate]),
        "field" => does(&[Verb::ClearOverride]),
        _ => false,
    }
}

fn set(
    calendar: &Calendar,
    action: &Action,
    extra: &mut Extra,
    task: &mut NewTask,
    input: &str,
    value: &str,
) {
    let text = || Some(value.to_owned());
    let key = || Some(Key::from(value));
    let keys = || value.split(['、', ',', '，']).map(|one| Key::from(one.trim())).collect();
    match input {
        "reason" => extra.reason = text(),
        "override_guards" => extra.override_guards = truth(value).unwrap_or(false),
        "assignee" => extra.assignee = key(),
        "role" => extra.role = key(),
        "department" if action.does.contains(&Verb::Task) => task.department = key(),
        "department" => extra.department = key(),
        "co_owners" => extra.co_owners = Some(keys()),
        "method" => extra.method = text(),
        "purpose" => {
            extra.purpose = WORDS
                .purposes
                .iter()
                .find(|(key, names)| key.as_str() == value || names.iter().any(|one| one == value))
                .map(|(key, _)| key.clone())
        }
        "reached" => extra.reached = truth(value),
        "text" => extra.text = text(),
        "note" => extra.note = text(),
        "node" => extra.node = key(),
        "title" => task.title = text(),
        "due" => task.due = instant(calendar, value),
        "owner" => task.owner = key(),
        "depends_on" => {
            task.depends_on =
                value.split([',', '、']).filter_map(|one| one.trim().parse().ok()).collect()
        }
        "task" => extra.task = value.parse().ok(),
        "outcome" => extra.outcome = text(),
        "opinion" => extra.opinion = text(),
        "new_due" => extra.new_due = instant(calendar, value),
        "approve" => extra.approve = truth(value),
        "content" => extra.content = text(),
        "change" => extra.change = value.parse().ok(),
        "sign_method" => extra.sign_method = text(),
        "file" => extra.file = text(),
        "hash" => extra.hash = text(),
        "other" => extra.other = key(),
        "escalation" => extra.escalation = key(),
        "field" => extra.field = key(),
        _ => {}
    }
}

/// An instant with an offset, or a local time of the calendar.
pub fn instant(calendar: &Calendar, text: &str) -> Option<Timestamp> {
    let text = text.trim();
    text.parse().ok().or_else(|| text.parse::<DateTime>().ok().map(|local| calendar.instant(local)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_times_as_people_write_them() {
        let same = jiff::civil::date(2026, 11, 16).at(8, 12, 0, 0);
        for text in [
            "2026/11/16 8:12",
            "2026-11-16 08:12",
            "2026-11-16T08:12:00",
            "2026年11月16日 8时12分",
            "2026.11.16 8：12",
        ] {
            assert_eq!(local_time(text), Some(same), "{text}");
        }
        assert_eq!(
            local_time("2026/1/2").map(|at| at.to_string()),
            Some("2026-01-02T00:00:00".into())
        );
        for text in
            ["11/16/2026 8:12", "26/11/16", "2026-13-01", "8:12", "2026-11-16 8:12 PM", "", "x"]
        {
            assert_eq!(local_time(text), None, "{text}");
        }
    }
}
