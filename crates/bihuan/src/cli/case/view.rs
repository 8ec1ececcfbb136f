//! How cases read on a terminal.

use crate::cli::output::Output;
use anyhow::{Result, bail};
use desk::words::{clock_state, told};
use desk::{Desk, Seen, decode_event, without_phones};
use engine::case::{Holder, holder};
use engine::procedure::FieldKind;
use engine::show;
use engine::value::Value;
use serde_json::json;
use store::CaseSummary;

/// One line per case.
pub(crate) fn rows(desk: &Desk, rows: &[CaseSummary], output: &mut Output) {
    if output.json {
        let rows: Vec<_> = rows.iter().map(|row| json!({ "number": row.number, "procedure": row.columns.procedure, "stage": row.columns.stage, "life": row.columns.life, "holder": row.columns.holder, "next_due": row.columns.next_due, "title": row.columns.title.as_deref().map(without_phones) })).collect();
        output.value(&json!(rows));
        return;
    }
    if rows.is_empty() {
        output.say("case.none", &[]);
    }
    let library = desk.library();
    for row in rows {
        let rules = library.version(&row.columns.procedure, row.columns.procedure_version);
        let stage = rules
            .as_ref()
            .and_then(|(procedure, _)| procedure.stage(&row.columns.stage))
            .map_or(row.columns.stage.as_str(), |stage| show::word(&stage.label, output.english))
            .to_owned();
        let due = match (&rules, row.columns.next_due) {
            (Some((_, calendar)), Some(due)) => show::time(calendar, due),
            _ => "-".to_owned(),
        };
        let holder = desk
            .people()
            .person(&row.columns.holder)
            .map_or_else(|| row.columns.holder.clone(), |person| person.name.clone());
        output.line(format!(
            "{:<20} {due:<16}  {stage}  {holder}  {}",
            row.number,
            row.columns.title.as_deref().map(without_phones).unwrap_or_default()
        ));
    }
}

/// A case: where it stands, its clocks, its fields.
pub(crate) fn case(desk: &Desk, seen: &Seen, output: &mut Output) -> Result<()> {
    let (case, rules) = (&seen.case, &seen.procedure);
    if output.json {
        let clocks: Vec<_> = case.clocks.iter().map(|instance| json!({ "clock": instance.clock, "generation": instance.generation, "start": instance.start, "due": instance.due, "original_due": instance.original, "state": instance.state, "provisional": instance.provisional })).collect();
        let fields: serde_json::Map<String, serde_json::Value> =
            case.fields.keys().map(|key| (key.to_string(), json!(seen.masked(key)))).collect();
        output.value(&json!({ "number": case.number, "procedure": case.procedure, "version": case.version, "life": case.life, "stage": case.stage, "round": case.round, "holder": holder(rules, case), "fields": fields, "clocks": clocks }));
        return Ok(());
    }
    let english = output.english;
    let word = |label: &engine::procedure::Label| show::word(label, english).to_owned();
    let stage = rules.stage(&case.stage);
    output.line(format!(
        "{}  {}  {}  v{}",
        case.number,
        word(&rules.label),
        stage.map(|stage| word(&stage.label)).unwrap_or_default(),
        case.version
    ));
    let held = match holder(rules, case) {
        Holder::Person(person) => desk
            .people()
            .person(&person)
            .map_or_else(|| person.to_string(), |person| person.name.clone()),
        Holder::Role(role) => rules.role(&role).map(|role| word(&role.label)).unwrap_or_default(),
        Holder::Nobody => output.text(&format!("life.{}", case.life.name()), &[]),
    };
    output.say("case.holder", &[("holder", &held)]);
    if let Some(action) =
        stage.and_then(|stage| stage.next.as_ref()).and_then(|next| rules.action(next))
    {
        output
            .say("case.next", &[("action", &format!("{} ({})", word(&action.label), action.key))]);
    }
    for instance in &case.clocks {
        let Some(clock) = rules.clock(&instance.clock) else { continue };
        let due = instance.due.map(|due| show::time(&seen.calendar, due)).unwrap_or_default();
        let provisional = if instance.provisional {
            output.text("clock.provisional", &[])
        } else {
            String::new()
        };
        output.line(format!(
            "  {due:<16} {} {} {provisional}",
            word(&clock.label),
            clock_state(&instance.state, english)
        ));
    }
    for field in &rules.fields {
        if matches!(field.kind, FieldKind::Auto(_)) {
            continue;
        }
        if let Some(value) = seen.masked(&field.key) {
            let value = match field.kind {
                FieldKind::Files => file_names(desk, &value)?,
                _ => value,
            };
            let text =
                show::value(rules, &seen.calendar, &desk.people(), &field.kind, &value, english);
            output.line(format!("  {}: {text}", word(&field.label)));
        }
    }
    Ok(())
}

/// Files by their names; what was erased keeps its id.
fn file_names(desk: &Desk, ids: &Value) -> Result<Value> {
    let name = |id: &str| -> Result<Value> {
        let file = match id.parse() {
            Ok(uuid) => desk.store().attachment(uuid)?,
            Err(_) => None,
        };
        Ok(Value::Text(file.and_then(|file| file.name).unwrap_or_else(|| id.to_owned())))
    };
    Ok(Value::List(ids.texts().into_iter().map(name).collect::<Result<_>>()?))
}

/// Everything that happened, one line each.
pub(crate) fn events(desk: &Desk, seen: &Seen, output: &mut Output) -> Result<()> {
    let mut after = 0;
    loop {
        let rows = desk.store().events(seen.summary.id, after, 500)?;
        let Some(last) = rows.last().map(|row| row.seq) else { return Ok(()) };
        for row in &rows {
            let Ok(recorded) = decode_event(row) else { continue };
            let mut body = seen.shown(recorded.event);
            if output.json {
                output.line(json!({ "seq": row.seq, "at": row.at, "type": row.kind, "actor": row.actor, "event": body }).to_string());
                continue;
            }
            let who = desk
                .people()
                .person(&row.actor)
                .map_or_else(|| row.actor.clone(), |person| person.name.clone());
            if let Some(object) = body.as_object_mut() {
                object.remove("type");
            }
            output.line(format!(
                "{:>4} {} {:<18} {who}  {body}",
                row.seq,
                show::time(&seen.calendar, row.at),
                row.kind
            ));
        }
        after = last;
    }
}

/// How deadlines came about.
pub(crate) fn explain(seen: &Seen, clock: Option<&str>, output: &mut Output) -> Result<()> {
    let rules = &seen.procedure;
    let wanted = |known: &&engine::procedure::Clock| {
        clock.is_none_or(|name| {
            known.key == *name
                || known.label.zh == name
                || known.label.en.eq_ignore_ascii_case(name)
        })
    };
    let mut found = false;
    for known in rules.clocks.iter().filter(wanted) {
        for instance in seen.case.clocks.iter().filter(|instance| instance.clock == known.key) {
            let Some(trace) = engine::clocks::explain(
                rules,
                &seen.calendar,
                &seen.case,
                &known.key,
                Some(instance.generation),
            ) else {
                continue;
            };
            found = true;
            if output.json {
                output.value(&serde_json::to_value(&trace)?);
            } else {
                let due =
                    instance.due.map(|due| show::time(&seen.calendar, due)).unwrap_or_default();
                output.line(format!(
                    "{} #{}  {due}",
                    show::word(&known.label, output.english),
                    instance.generation
                ));
                for line in
                    told(&trace, (&seen.procedure, &seen.case), &seen.calendar, output.english)
                {
                    let mark = if line.detail { "    " } else { "  - " };
                    output.line(format!("{mark}{}", line.text));
                }
            }
        }
    }
    if !found {
        bail!("{}", output.text("case.unknown_clock", &[("clock", clock.unwrap_or("-"))]));
    }
    Ok(())
}
