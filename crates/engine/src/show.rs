//! How values read for people, in Chinese or English.

use crate::calendar::Calendar;
use crate::case::Case;
use crate::key::Key;
use crate::numbering;
use crate::people::{Directory, Who};
use crate::procedure::{Column, FieldKind, Label, Procedure, Source};
use crate::value::Value;
use jiff::Timestamp;

/// A label's text.
pub fn word(label: &Label, english: bool) -> &str {
    if english { &label.en } else { &label.zh }
}

/// A local time to the minute, as people read it everywhere (G-04).
pub fn time(calendar: &Calendar, at: Timestamp) -> String {
    calendar.local(at).strftime("%Y-%m-%d %H:%M").to_string()
}

/// Names or values in a row.
pub fn listed<T: AsRef<str>>(parts: &[T], english: bool) -> String {
    joined(parts, if english { ", " } else { "、" })
}

fn joined<T: AsRef<str>>(parts: &[T], between: &str) -> String {
    parts.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join(between)
}

/// The text of a field on a case; empty when it is not set.
pub fn field(
    procedure: &Procedure,
    calendar: &Calendar,
    directory: &Directory,
    case: &Case,
    key: &str,
    english: bool,
) -> String {
    let Some(known) = procedure.field(key) else { return String::new() };
    match &known.kind {
        FieldKind::Auto(source) => auto(procedure, calendar, directory, case, source, english),
        kind => case
            .value(key)
            .map(|one| value(procedure, calendar, directory, kind, one, english))
            .unwrap_or_default(),
    }
}

/// The text of a value of a kind.
pub fn value(
    procedure: &Procedure,
    calendar: &Calendar,
    directory: &Directory,
    kind: &FieldKind,
    value: &Value,
    english: bool,
) -> String {
    let person =
        |id: &str| directory.person(id).map_or_else(|| id.to_owned(), |person| person.name.clone());
    let department = |key: &str| {
        procedure
            .department(key)
            .map_or_else(|| key.to_owned(), |one| word(&one.label, english).to_owned())
    };
    let level = |axis: &Key, key: &str| {
        procedure
            .axis(axis)
            .and_then(|axis| axis.value(key))
            .map_or_else(|| key.to_owned(), |value| word(&value.label, english).to_owned())
    };
    let one = |text: &str| match kind {
        FieldKind::One(axis) | FieldKind::Many(axis) => level(axis, text),
        FieldKind::Person | FieldKind::People => person(text),
        FieldKind::Department | FieldKind::Departments => department(text),
        _ => text.to_owned(),
    };
    match value {
        Value::Bool(true) => "✓".to_owned(),
        Value::Bool(false) => "✗".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Time { at } => time(calendar, *at),
        Value::List(_) if matches!(kind, FieldKind::Table(_)) => {
            let said = |(name, text): (&str, String)| match text.as_str() {
                // A mark says nothing without what it stands at.
                "✓" | "✗" => format!("{name} {text}"),
                _ => text,
            };
            let rows = rows(procedure, calendar, directory, kind, value, english).into_iter();
            let rows = rows.map(|row| row.into_iter().map(said).collect::<Vec<_>>());
            let rows: Vec<String> =
                rows.map(|cells| joined(&cells, if english { ", " } else { "，" })).collect();
            joined(&rows, if english { "; " } else { "；" })
        }
        Value::List(items) => {
            let all: Vec<String> = items.iter().map(|item| one(item.text())).collect();
            listed(&all, english)
        }
        Value::Row { .. } => String::new(),
        Value::Text(text) => one(text),
        Value::Private(private) => private.as_str().to_owned(),
    }
}

/// The rows of a table that say something: what each cell is called, and its text. Empty cells are left out.
pub fn rows<'p>(
    procedure: &Procedure,
    calendar: &Calendar,
    directory: &Directory,
    kind: &'p FieldKind,
    value: &Value,
    english: bool,
) -> Vec<Vec<(&'p str, String)>> {
    let (FieldKind::Table(columns), Value::List(items)) = (kind, value) else { return Vec::new() };
    let row = |item: &Value| {
        let Value::Row { cells } = item else { return Vec::new() };
        let cell = |column: &'p Column| {
            let cell = cells.get(&column.key)?;
            let text = self::value(procedure, calendar, directory, &column.kind, cell, english);
            Some((word(&column.label, english), text)).filter(|(_, text)| !text.trim().is_empty())
        };
        columns.iter().filter_map(cell).collect()
    };
    items.iter().map(row).filter(|row: &Vec<_>| !row.is_empty()).collect()
}

fn auto(
    procedure: &Procedure,
    calendar: &Calendar,
    directory: &Directory,
    case: &Case,
    source: &Source,
    english: bool,
) -> String {
    let person = |id: &Key| {
        directory.person(id).map_or_else(|| id.to_string(), |person| person.name.clone())
    };
    let who = |who: &Who| who.person().map(&person).unwrap_or_default();
    let lines = |items: Vec<String>| items.join("\n");
    match source {
        Source::Number => case.number.clone(),
        Source::Status => procedure
            .stage(&case.stage)
            .map(|stage| word(&stage.label, english).to_owned())
            .unwrap_or_default(),
        Source::DispatchNumber => procedure
            .numbering
            .dispatch
            .as_ref()
            .filter(|_| !case.dispatches.is_empty())
            .map(|pattern| numbering::child(pattern, &case.number, case.round))
            .unwrap_or_default(),
        Source::Registrar => case.registrar.as_ref().map(person).unwrap_or_default(),
        Source::Assignee => case.assignee.as_ref().map(person).unwrap_or_default(),
        Source::CoOwners => listed(&case.co_owners.iter().map(person).collect::<Vec<_>>(), english),
        Source::Department => case
            .department
            .as_ref()
            .and_then(|key| procedure.department(key))
            .map(|one| word(&one.label, english).to_owned())
            .unwrap_or_default(),
        Source::Due(clock) => case
            .clock(clock)
            .and_then(|instance| instance.due)
            .map(|due| time(calendar, due))
            .unwrap_or_default(),
        Source::At(moment) => {
            case.last(*moment).map(|occurrence| time(calendar, occurrence.at)).unwrap_or_default()
        }
        Source::By(moment) => {
            case.last(*moment).map(|occurrence| who(&occurrence.who)).unwrap_or_default()
        }
        Source::Contacts => lines(
            case.contacts
                .iter()
                .map(|log| {
                    format!(
                        "{} {} {} {}",
                        time(calendar, log.at),
                        who(&log.by),
                        log.method.clone().unwrap_or_default(),
                        log.text.as_ref().map(|text| text.as_str().to_owned()).unwrap_or_default()
                    )
                })
                .collect(),
        ),
        Source::Progress => lines(
            case.progress
                .iter()
                .map(|note| {
                    format!("{} {} {}", time(calendar, note.at), who(&note.by), note.note.as_str())
                })
                .collect(),
        ),
        Source::Tasks(kind) => lines(
            case.tasks
                .iter()
                .filter(|task| task.kind == *kind)
                .map(|task| {
                    format!(
                        "{} {} {}",
                        task.id,
                        task.title.as_str(),
                        task.done.map(|at| time(calendar, at)).unwrap_or_default()
                    )
                })
                .collect(),
        ),
        Source::Approvals(chain) => lines(
            case.approvals
                .iter()
                .filter(|one| one.chain == *chain)
                .map(|one| {
                    format!(
                        "{} {} {} {}",
                        time(calendar, one.at),
                        who(&one.by),
                        if one.approved { "✓" } else { "✗" },
                        one.opinion
                            .as_ref()
                            .map(|text| text.as_str().to_owned())
                            .unwrap_or_default()
                    )
                })
                .collect(),
        ),
        Source::Extensions => lines(
            case.extensions
                .iter()
                .map(|log| format!("{} {}", time(calendar, log.new_due), log.reason.as_str()))
                .collect(),
        ),
        Source::Changes => lines(
            case.changes
                .iter()
                .map(|log| format!("{} {}", log.number, log.content.as_str()))
                .collect(),
        ),
        Source::Dispatches => lines(
            case.dispatches
                .iter()
                .map(|log| {
                    format!(
                        "{} {}",
                        time(calendar, log.at),
                        log.assignee.as_ref().map(person).unwrap_or_default()
                    )
                })
                .collect(),
        ),
        Source::Steps(clock) => {
            let fired = case
                .clocks
                .iter()
                .filter(|instance| instance.clock == *clock)
                .flat_map(|instance| &instance.fired);
            lines(
                fired
                    .filter(|fired| {
                        matches!(
                            fired.step,
                            crate::clocks::TimerStep::Step(_) | crate::clocks::TimerStep::Again(_)
                        )
                    })
                    .map(|fired| time(calendar, fired.due))
                    .collect(),
            )
        }
        Source::Links => lines(
            case.members
                .iter()
                .map(ToString::to_string)
                .chain(case.links.iter().map(|link| link.other.to_string()))
                .collect(),
        ),
        Source::Urges => case.urges.to_string(),
        Source::Reminders => case
            .clocks
            .iter()
            .flat_map(|instance| &instance.fired)
            .filter(|fired| {
                matches!(
                    fired.step,
                    crate::clocks::TimerStep::Step(_) | crate::clocks::TimerStep::Again(_)
                )
            })
            .count()
            .to_string(),
        Source::Checklist => {
            let forms = procedure.archive.forms.iter().filter_map(|form| procedure.form(form));
            lines(
                forms
                    .map(|form| {
                        format!(
                            "{} {}",
                            if crate::case::incomplete(procedure, case, form, usize::MAX).is_empty()
                            {
                                "✓"
                            } else {
                                "✗"
                            },
                            word(&form.label, english)
                        )
                    })
                    .collect(),
            )
        }
        Source::KeepUntil => match &case.life {
            crate::case::Life::Archived { keep_until, .. } => time(calendar, *keep_until),
            _ => String::new(),
        },
        Source::Round => case.round.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::Directory;

    const SMALL: &str = include_str!("../tests/data/small.toml");
    const CN: &str = include_str!("../../../calendars/cn.toml");

    fn column(key: &str, zh: &str, en: &str, kind: FieldKind) -> Column {
        let label = Label { zh: zh.to_owned(), en: en.to_owned() };
        Column { key: key.into(), label, kind, required: false, pii: false }
    }

    fn row(cells: &[(&str, Value)]) -> Value {
        let cells = cells.iter().map(|(key, value)| ((*key).into(), value.clone()));
        Value::Row { cells: cells.collect() }
    }

    #[test]
    fn a_table_says_what_is_filled_in_and_no_pipes() {
        let procedure = crate::procedure::read("small", SMALL).unwrap();
        let calendar = Calendar::from_toml(CN).unwrap();
        let people = Directory::default();
        let kind = FieldKind::Table(vec![
            column("way", "方式", "Way", FieldKind::Text),
            column("day", "日期", "Day", FieldKind::Text),
            column("fit", "合格", "Passed", FieldKind::Bool),
        ]);
        let text = |text: &str| Value::Text(text.to_owned());
        let value = Value::List(vec![
            row(&[("way", text("第三方检验")), ("day", text("")), ("fit", Value::Bool(true))]),
            row(&[("day", text(" "))]),
            row(&[("way", text("复测")), ("day", text("11-20"))]),
        ]);
        let said = |english| super::value(&procedure, &calendar, &people, &kind, &value, english);
        assert_eq!(said(false), "第三方检验，合格 ✓；复测，11-20");
        assert_eq!(said(true), "第三方检验, Passed ✓; 复测, 11-20");
        let rows = rows(&procedure, &calendar, &people, &kind, &value, false);
        let second = vec![("方式", "复测".to_owned()), ("日期", "11-20".to_owned())];
        assert_eq!((rows.len(), rows.get(1)), (2, Some(&second)));
    }

    #[test]
    fn people_read_minutes() {
        let calendar = Calendar::from_toml(CN).unwrap();
        let at = "2026-12-04T07:07:02Z".parse().unwrap();
        assert_eq!(time(&calendar, at), "2026-12-04 15:07");
    }
}
