//! Why something is refused, in the names that people use.

use super::text;
use engine::key::Key;
use engine::procedure::{Field, FieldKind, Label, Procedure};
use engine::refusal::{Problem, Refusal};
use engine::show::{self, word};

/// Why a command was refused, and what to do.
pub fn refusal(refusal: &Refusal, english: bool) -> String {
    told(refusal, None, english)
}

/// Why a command on a case was refused, with the names of its procedure instead of keys.
pub fn refusal_of(refusal: &Refusal, procedure: &Procedure, english: bool) -> String {
    told(refusal, Some(procedure), english)
}

fn told(refusal: &Refusal, procedure: Option<&Procedure>, english: bool) -> String {
    let say = |key: &str, values: &[(&str, &str)]| text(key, english, values);
    let named = |key: &Key, label: Option<&Label>| {
        label.map_or_else(|| key.to_string(), |label| word(label, english).to_owned())
    };
    let action =
        |key: &Key| named(key, procedure.and_then(|all| all.action(key)).map(|one| &one.label));
    let role =
        |key: &Key| named(key, procedure.and_then(|all| all.role(key)).map(|one| &one.label));
    match refusal {
        Refusal::Unknown { what, key } => {
            let name = say(&format!("what.{what}"), &[]);
            let what = if name.starts_with("what.") { what } else { &name };
            say("refusal.unknown", &[("what", what), ("key", key)])
        }
        Refusal::Unavailable { action: key, stage } => {
            let label = procedure.and_then(|all| all.stage(stage)).map(|one| &one.label);
            let values = [("action", &*action(key)), ("stage", &*named(stage, label))];
            say("refusal.unavailable", &values)
        }
        Refusal::Forbidden { action: key } => say("refusal.forbidden", &[("action", &action(key))]),
        Refusal::Own { action: key } => say("refusal.own", &[("action", &action(key))]),
        Refusal::Missing { fields, unmet } => {
            let names = fields.iter().map(|missing| match missing.label.zh.is_empty() {
                true => input(&missing.field, english),
                false => word(&missing.label, english).to_owned(),
            });
            let names: Vec<String> = names.collect();
            let missing = say("refusal.missing", &[("fields", &show::listed(&names, english))]);
            let others = unmet.iter().map(|one| word(&one.say, english).to_owned());
            std::iter::once(missing).chain(others).collect::<Vec<_>>().join(" ")
        }
        Refusal::Invalid { fields } => {
            let (after, between) = if english { (": ", "; ") } else { ("：", "；") };
            let lines = fields.iter().map(|(key, wrong)| {
                let field = procedure.and_then(|all| all.field(key));
                let name = match field {
                    Some(field) => word(&field.label, english).to_owned(),
                    None => input(key, english),
                };
                format!("{name}{after}{}", of_field(wrong, field, procedure, english))
            });
            let lines: Vec<String> = lines.collect();
            say("refusal.invalid", &[("fields", &lines.join(between))])
        }
        Refusal::Guard { unmet } => {
            let all: Vec<&str> = unmet.iter().map(|one| word(&one.say, english)).collect();
            all.join(if english { "; " } else { "；" })
        }
        Refusal::Reason { action: key } => say("refusal.reason", &[("action", &action(key))]),
        Refusal::Late { action: key } => say("refusal.late", &[("action", &action(key))]),
        Refusal::Nobody { role: key } => say("refusal.nobody", &[("role", &role(key))]),
        Refusal::Unmapped { what, key } => {
            let label = match what.as_str() {
                "stage" => procedure.and_then(|all| all.stage(key)).map(|one| &one.label),
                "role" => procedure.and_then(|all| all.role(key)).map(|one| &one.label),
                "task" => procedure.and_then(|all| all.task(key)).map(|one| &one.label),
                "chain" => procedure.and_then(|all| all.chain(key)).map(|one| &one.label),
                _ => None,
            };
            say(&format!("refusal.unmapped.{what}"), &[("name", &named(key, label))])
        }
        Refusal::NeedCases { .. } => say("refusal.need_cases", &[]),
    }
}

/// What is wrong with the value of a field, and what is expected, in the names of the procedure.
pub fn problem_of(problem: &Problem, field: &str, procedure: &Procedure, english: bool) -> String {
    of_field(problem, procedure.field(field), Some(procedure), english)
}

/// What is wrong with a value, and what is expected.
pub fn problem(problem: &Problem, english: bool) -> String {
    of_field(problem, None, None, english)
}

fn of_field(
    problem: &Problem,
    field: Option<&Field>,
    procedure: Option<&Procedure>,
    english: bool,
) -> String {
    let say = |key: &str, values: &[(&str, &str)]| text(key, english, values);
    match problem {
        Problem::Unknown => say("problem.unknown", &[]),
        Problem::WrongType { expected } => {
            if let Some(column) = field.and_then(|field| column(field, expected)) {
                return say("problem.no_column", &[("column", word(column, english))]);
            }
            let kind = say(&format!("kind.{expected}"), &[]);
            let kind = if kind.starts_with("kind.") { expected } else { &kind };
            say("problem.wrong_type", &[("expected", kind)])
        }
        Problem::NotAValue { values } => {
            let values: Vec<String> = values
                .iter()
                .map(|name| value_name(name, field, procedure, english).to_owned())
                .collect();
            say("problem.not_a_value", &[("values", &show::listed(&values, english))])
        }
        Problem::NotEditable => say("problem.not_editable", &[]),
        Problem::NeedsReason => say("problem.needs_reason", &[]),
        Problem::NeverEmptied => say("problem.never_emptied", &[]),
        Problem::TooShort(fewest) => say("problem.too_short", &[("fewest", &fewest.to_string())]),
        Problem::Vague => say("problem.vague", &[]),
        Problem::NotAPhone => say("problem.not_a_phone", &[]),
        Problem::InFuture => say("problem.in_future", &[]),
        Problem::TooEarly => say("problem.too_early", &[]),
        Problem::TooLong(most) => say("problem.too_long", &[("most", &most.to_string())]),
        Problem::BeyondLimit => say("problem.beyond_limit", &[]),
        Problem::NotUploaded => say("problem.not_uploaded", &[]),
        Problem::MustBeReached => say("problem.must_be_reached", &[]),
        Problem::Masked => say("problem.masked", &[]),
    }
}

/// The column of a table that must be filled in: the core names it by its key.
fn column<'p>(field: &'p Field, key: &str) -> Option<&'p Label> {
    let FieldKind::Table(columns) = &field.kind else { return None };
    columns.iter().find(|column| column.key == *key).map(|column| &column.label)
}

/// A value of the field's axes by its Chinese name, in the language wanted.
fn value_name<'p>(
    name: &'p str,
    field: Option<&'p Field>,
    procedure: Option<&'p Procedure>,
    english: bool,
) -> &'p str {
    let (Some(field), Some(procedure)) = (field, procedure) else { return name };
    let columns = match &field.kind {
        FieldKind::Table(columns) => columns.as_slice(),
        _ => &[],
    };
    let kinds = std::iter::once(&field.kind).chain(columns.iter().map(|column| &column.kind));
    let mut values =
        kinds.filter_map(|kind| procedure.axis(kind.axis()?)).flat_map(|axis| &axis.values);
    values.find(|value| value.label.zh == *name).map_or(name, |value| word(&value.label, english))
}

/// The name of a built-in input; other keys stay as they are.
pub fn input(key: &str, english: bool) -> String {
    let name = text(&format!("input.{key}"), english, &[]);
    if name.starts_with("input.") { key.to_owned() } else { name }
}
