//! How values read for people, in Chinese or English.

use crate::calendar::Calendar;
use crate::case::Case;
use crate::key::Key;
use crate::numbering;
use crate::people::{Directory, Who};
use crate::procedure::{FieldKind, Label, Procedure, Source};
use crate::value::Value;
use jiff::Timestamp;

/// A label's text.
pub fn word(label: &Label, english: bool) -> &str {
    if english { &label.en } else { &label.zh }
}

/// A local time to the minute, with seconds only where they are not zero (G-04).
pub fn time(calendar: &Calendar, at: Timestamp) -> String {
    let local = calendar.local(at);
    let format = if local.second() == 0 { "%Y-%m-%d %H:%M" } else { "%Y-%m-%d %H:%M:%S" };
    local.strftime(format).to_string()
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
        Value::List(items) => {
            let rows = items.iter().map(|item| match (item, kind) {
                (Value::Row { cells }, FieldKind::Table(columns)) => {
                    let cell = |column: &crate::procedure::Column| {
                        cells
                            .get(&column.key)
                            .map(|cell| {
                                self::value(
                                    procedure,
                                    calendar,
                                    directory,
                                    &column.kind,
                                    cell,
                                    english,
                                )
                            })
                            .unwrap_or_default()
                    };
                    columns.iter().map(cell).collect::<Vec<_>>().join(" | ")
                }
                (other, _) => one(other.text()),
            });
            rows.collect::<Vec<_>>().join("、")
        }
        Value::Row { .. } => String::new(),
        Value::Text(text) => one(text),
        Value::Private(private) => private.as_str().to_owned(),
    }
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
        Source::CoOwners => case.co_owners.iter().map(person).collect::<Vec<_>>().join("、"),
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
