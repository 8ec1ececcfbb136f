//! How cases read on a terminal.

use crate::cli::output::Output;
use anyhow::{Result, bail};
use desk::{Desk, Seen, decode_event};
use engine::calendar::{DayKind, Step};
use engine::case::{Holder, holder};
use engine::clocks::{ClockState, DueCause, Reason, TimerStep, Trace};
use engine::procedure::FieldKind;
use engine::show;
use engine::value::Value;
use serde_json::json;
use store::CaseSummary;

/// One line per case.
pub(crate) fn rows(desk: &Desk, rows: &[CaseSummary], output: &mut Output) {
    if output.json {
        let rows: Vec<_> = rows.iter().map(|row| json!({ "number": row.number, "procedure": row.columns.procedure, "stage": row.columns.stage, "life": row.columns.life, "holder": row.columns.holder, "next_due": row.columns.next_due, "title": row.columns.title })).collect();
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
            row.columns.title.clone().unwrap_or_default()
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
            state(output, &instance.state)
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

fn state(output: &Output, state: &ClockState) -> String {
    let key = match state {
        ClockState::Waiting => "waiting",
        ClockState::Running => "running",
        ClockState::Paused => "paused",
        ClockState::Met { .. } => "met",
        ClockState::Breached { .. } => "breached",
        ClockState::Expired { .. } => "expired",
        ClockState::Cancelled { .. } => "cancelled",
    };
    output.text(&format!("clock.{key}"), &[])
}

/// Everything that happened, one line each.
pub(crate) fn events(desk: &Desk, seen: &Seen, output: &mut Output) -> Result<()> {
    let mut after = 0;
    loop {
        let rows = desk.store().events(seen.summary.id, after, 500)?;
        let Some(last) = rows.last().map(|row| row.seq) else { return Ok(()) };
        for row in &rows {
            if output.json {
                output.line(json!({ "seq": row.seq, "at": row.at, "type": row.kind, "actor": row.actor, "event": row.body }).to_string());
            } else if let Ok(recorded) = decode_event(row) {
                let who = desk
                    .people()
                    .person(&row.actor)
                    .map_or_else(|| row.actor.clone(), |person| person.name.clone());
                let mut body = serde_json::to_value(&recorded.event)?;
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
                tell(seen, &trace, output);
            }
        }
    }
    if !found {
        bail!("{}", output.text("case.unknown_clock", &[("clock", clock.unwrap_or("-"))]));
    }
    Ok(())
}

fn tell(seen: &Seen, trace: &Trace, output: &mut Output) {
    let time = |at| show::time(&seen.calendar, at);
    for reason in &trace.reasons {
        let text = match reason {
            Reason::Started { moment: Some(moment), at } => output
                .text("explain.started", &[("at", &time(*at)), ("moment", moment.moment.name())]),
            Reason::Started { moment: None, at } => {
                output.text("explain.interval", &[("at", &time(*at))])
            }
            Reason::Limit { limit, req } => output.text(
                "explain.limit",
                &[("limit", &String::from(limit.clone())), ("req", &req.join(" "))],
            ),
            Reason::NotYetKnown => output.text("explain.unknown", &[]),
            Reason::Counted(due) => {
                for step in &due.trace {
                    if let Some(text) = counted(seen, step, output) {
                        output.line(format!("    {text}"));
                    }
                }
                continue;
            }
            Reason::Due(fact) => output.text(
                "explain.due",
                &[
                    ("at", &time(fact.at)),
                    ("due", &fact.due.map_or_else(|| "-".to_owned(), time)),
                    ("cause", &cause(output, &fact.cause)),
                ],
            ),
            Reason::Fired(fired) => output.text(
                "explain.fired",
                &[
                    ("at", &time(fired.at)),
                    ("due", &time(fired.due)),
                    ("step", &step_name(output, fired.step)),
                ],
            ),
            Reason::State(known) => {
                output.text("explain.state", &[("state", &state(output, known))])
            }
        };
        output.line(format!("  - {text}"));
    }
}

fn cause(output: &Output, cause: &DueCause) -> String {
    let key = match cause {
        DueCause::Counted => "counted",
        DueCause::Shorter => "shorter",
        DueCause::Longer => "longer",
        DueCause::Field => "field",
        DueCause::Extension(_) => "extension",
        DueCause::Change(_) => "change",
        DueCause::Merge => "merge",
        DueCause::Pause => "pause",
        DueCause::Resume => "resume",
        DueCause::Calendar => "calendar",
    };
    output.text(&format!("cause.{key}"), &[])
}

fn step_name(output: &Output, step: TimerStep) -> String {
    match step {
        TimerStep::Remind(_) => output.text("step.remind", &[]),
        TimerStep::Warn => output.text("step.warn", &[]),
        TimerStep::Breach => output.text("step.breach", &[]),
        TimerStep::Expire => output.text("step.expire", &[]),
        TimerStep::Step(number) => {
            output.text("step.step", &[("number", &(number + 1).to_string())])
        }
        TimerStep::Again(number) => output.text("step.again", &[("number", &number.to_string())]),
    }
}

/// A step of the calendar in words; those that only repeat the start or the end are left out.
fn counted(seen: &Seen, step: &Step, output: &Output) -> Option<String> {
    let time = |at: &jiff::Timestamp| show::time(&seen.calendar, *at);
    Some(match step {
        Step::DaySkipped { date, day } => {
            let why = match &day.kind {
                DayKind::Holiday(name) => name.clone(),
                _ => output.text("day.weekend", &[]),
            };
            output.text("explain.skipped", &[("date", &date.to_string()), ("why", &why)])
        }
        Step::DayCounted { date, number: Some(number), .. } => output.text(
            "explain.counted_day",
            &[("date", &date.to_string()), ("number", &number.to_string())],
        ),
        Step::TimeCounted { from, to, seconds, .. } => output.text(
            "explain.counted",
            &[("from", &time(from)), ("to", &time(to)), ("seconds", &seconds.to_string())],
        ),
        Step::CloseOfBusiness { at, .. } => output.text("explain.close", &[("at", &time(at))]),
        Step::YearWithoutData { year, .. } => {
            output.text("explain.no_data", &[("year", &year.to_string())])
        }
        _ => return None,
    })
}
