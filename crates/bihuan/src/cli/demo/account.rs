//! The account of a case: what happened, when, by whom and why, in a few readable lines; and the comparison with what
//! the requests were to come out as.

use super::script::{Play, Sample, Script};
use crate::cli::output::Output;
use anyhow::Result;
use desk::{Desk, Seen, decode_event};
use engine::case::Life;
use engine::clocks::{DueCause, TimerStep};
use engine::event::{Event, Recorded, Topic};
use engine::people::Who;
use engine::procedure::Means;
use engine::show;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// Prints the account of a case.
pub(crate) fn tell(desk: &Desk, seen: &Seen, sample: &str, output: &mut Output) -> Result<()> {
    let rules = &seen.procedure;
    let english = output.english;
    let life = &seen.case.life;
    let stage = rules
        .stage(&seen.case.stage)
        .filter(|_| !matches!(life, Life::Voided { .. } | Life::Merged { .. }))
        .map_or_else(
            || output.text(&format!("life.{}", life.name()), &[]),
            |stage| show::word(&stage.label, english).to_owned(),
        );
    output.line("");
    output.line(format!(
        "━━ {}  {}  [{sample}]  {stage}",
        seen.case.number,
        show::word(&rules.label, english)
    ));
    if let Some(title) = &seen.summary.columns.title {
        output.line(format!("   {title}"));
    }
    let mut after = 0;
    loop {
        let rows = desk.store().events(seen.summary.id, after, 1_000)?;
        let Some(last) = rows.last().map(|row| row.seq) else { return Ok(()) };
        for recorded in rows.iter().filter_map(|row| decode_event(row).ok()) {
            if let Some(text) = sentence(desk, seen, &recorded, output) {
                let who = match &recorded.who {
                    Who::Person(id) => desk
                        .people()
                        .person(id)
                        .map_or_else(|| id.to_string(), |person| person.name.clone()),
                    Who::System => output.text("demo.time", &[]),
                    Who::Customer => output.text("demo.customer", &[]),
                };
                output.line(format!(
                    "   {}  {who:　<4}  {text}",
                    show::time(&seen.calendar, recorded.at)
                ));
            }
        }
        after = last;
    }
}

/// What a fact says to people; most facts need no line of their own.
fn sentence(desk: &Desk, seen: &Seen, recorded: &Recorded, output: &Output) -> Option<String> {
    let rules = &seen.procedure;
    let english = output.english;
    let word = |label: &engine::procedure::Label| show::word(label, english).to_owned();
    let time = |at| show::time(&seen.calendar, at);
    let person = |id: &str| {
        desk.people().person(id).map_or_else(|| id.to_owned(), |person| person.name.clone())
    };
    let clock = |key: &str| rules.clock(key).map(|clock| word(&clock.label)).unwrap_or_default();
    let req =
        |key: &str| rules.clock(key).map(|clock| clock.origin.req.join(" ")).unwrap_or_default();
    let say = |key: &str, values: &[(&str, &str)]| Some(output.text(key, values));
    // What time itself does at a due where that is meant is no miss.
    let expires = |key: &str| rules.clock(key).is_some_and(|clock| clock.expires);
    match &recorded.event {
        Event::ClockStopped { clock: key, .. } if recorded.who == Who::System && expires(key) => {
            None
        }
        Event::StageEntered { stage, action, .. } => {
            let name = rules.stage(stage).map(|stage| word(&stage.label))?;
            match action.as_ref().and_then(|action| rules.action(action)) {
                Some(action) => {
                    say("demo.stage_by", &[("action", &word(&action.label)), ("stage", &name)])
                }
                None => say("demo.stage", &[("stage", &name)]),
            }
        }
        Event::Assigned { assignee, role, rule, .. } => {
            let role = role
                .as_ref()
                .and_then(|role| rules.role(role))
                .map(|role| word(&role.label))
                .unwrap_or_default();
            let to = assignee.as_ref().map_or_else(|| role.clone(), |id| person(id));
            let row = rule.as_ref().and_then(|(table, row)| rules.table(table)?.rows.get(*row));
            let why = row.map(|row| row.origin.req.join(" ")).unwrap_or_default();
            say("demo.assigned", &[("to", &to), ("role", &role), ("why", &why)])
        }
        Event::DueSet {
            clock: key, due: Some(due), cause: DueCause::Counted, provisional, ..
        } => {
            let mark =
                if *provisional { output.text("clock.provisional", &[]) } else { String::new() };
            say(
                "demo.due",
                &[
                    ("clock", &clock(key)),
                    ("due", &time(*due)),
                    ("why", &req(key)),
                    ("mark", &mark),
                ],
            )
        }
        Event::DueSet { clock: key, due, cause, .. } => {
            let cause = serde_json::to_value(cause).ok();
            let name = cause
                .as_ref()
                .and_then(|cause| {
                    cause
                        .as_str()
                        .map(str::to_owned)
                        .or_else(|| cause.as_object()?.keys().next().cloned())
                })
                .unwrap_or_default();
            let cause = output.text(&format!("cause.{name}"), &[]);
            say(
                "demo.due_moved",
                &[
                    ("clock", &clock(key)),
                    ("due", &due.map(time).unwrap_or_default()),
                    ("why", &cause),
                ],
            )
        }
        Event::ClockStopped { clock: key, generation, stopped } => {
            let late =
                seen.case.instance(key, *generation).is_some_and(|instance| instance.is_breached());
            say(
                if late { "demo.late" } else { "demo.met" },
                &[("clock", &clock(key)), ("at", &time(*stopped))],
            )
        }
        Event::StepFired { clock: key, step: TimerStep::Breach, due, .. } => {
            say("demo.breach", &[("clock", &clock(key)), ("due", &time(*due)), ("why", &req(key))])
        }
        Event::Notified(message) => match &message.topic {
            Topic::Clock { step: TimerStep::Step(_) | TimerStep::Again(_), .. }
                if !message.people.is_empty() =>
            {
                let names: Vec<String> = message.people.iter().map(|id| person(id)).collect();
                say("demo.told", &[("people", &names.join("、"))])
            }
            _ => None,
        },
        Event::Escalated { name, .. } => say(
            "demo.escalated",
            &[("name", &rules.escalation(name).map(|one| word(&one.label)).unwrap_or_default())],
        ),
        Event::Deescalated { name, .. } => say(
            "demo.deescalated",
            &[("name", &rules.escalation(name).map(|one| word(&one.label)).unwrap_or_default())],
        ),
        Event::Unassigned { reason } => {
            say("demo.unassigned", &[("reason", reason.as_ref().map_or("", |text| text.as_str()))])
        }
        Event::RoundBegun { round } => say("demo.round", &[("round", &round.to_string())]),
        Event::Overridden { field, value, .. } => {
            let known = rules.field(field)?;
            let text =
                show::value(rules, &seen.calendar, &desk.people(), &known.kind, value, english);
            say("demo.raised", &[("field", &word(&known.label)), ("value", &text)])
        }
        Event::FieldsSet { values, .. } => {
            let field = rules.field_meaning(Means::Rating)?;
            let value = values.get(&field.key)?.as_ref()?;
            let text =
                show::value(rules, &seen.calendar, &desk.people(), &field.kind, value, english);
            say("demo.rated", &[("field", &word(&field.label)), ("value", &text)])
        }
        Event::ChainDecided { approved, opinion, .. } => say(
            if *approved { "demo.approved" } else { "demo.rejected" },
            &[("opinion", opinion.as_ref().map_or("", |text| text.as_str()))],
        ),
        Event::ExtensionDecided { approved, .. } => {
            say(if *approved { "demo.extended" } else { "demo.not_extended" }, &[])
        }
        Event::ChangeAsked { number, content, .. } => {
            say("demo.change", &[("number", number), ("content", content.as_str())])
        }
        Event::ChangeSigned { method, hash, .. } => say(
            "demo.signed",
            &[("method", method), ("hash", &hash.chars().take(12).collect::<String>())],
        ),
        Event::MergedInto { main } => say("demo.merged", &[("main", &number_of(desk, main))]),
        Event::MemberJoined { member } => {
            say("demo.joined", &[("member", &number_of(desk, member))])
        }
        Event::Linked(link) => say("demo.linked", &[("other", &number_of(desk, &link.other))]),
        Event::TaskAdded { title, owner, due, .. } => {
            let owner = owner.as_ref().map(|id| person(id)).unwrap_or_default();
            say(
                "demo.task",
                &[
                    ("title", title.as_str()),
                    ("owner", &owner),
                    ("due", &due.map(time).unwrap_or_default()),
                ],
            )
        }
        Event::ContactLogged { reached, text, .. } => say(
            if *reached { "demo.contact" } else { "demo.attempt" },
            &[("text", text.as_ref().map_or("", |text| text.as_str()))],
        ),
        Event::ProgressNoted { note, .. } => say("demo.progress", &[("note", note.as_str())]),
        Event::Urged { .. } => say("demo.urged", &[]),
        Event::Archived { keep_until } => say("demo.archived", &[("until", &time(*keep_until))]),
        Event::Voided { reason } => say("demo.voided", &[("reason", reason.as_str())]),
        _ => None,
    }
}

fn number_of(desk: &Desk, id: &str) -> String {
    let stored =
        id.parse().ok().and_then(|id| desk.store().case(&store::Scope::all(), id).ok().flatten());
    stored.map_or_else(|| id.to_owned(), |stored| stored.summary.number)
}

/// What came out otherwise than the request says: derived labels, owners, due instants.
pub(crate) fn compare(
    desk: &Desk,
    seen: &Seen,
    play: &Play,
    script: &Script,
    sample: &str,
    expected: &BTreeMap<String, Json>,
) -> Vec<String> {
    let Some(sample) = script.samples.iter().find(|one| one.id == sample) else {
        return Vec::new();
    };
    let labels = sample.labelled(&play.labels);
    let rules = &seen.procedure;
    let mut differences = Vec::new();
    let mut differ = |what: &str, wanted: &str, is: &str| {
        differences.push(format!("{} [{}] {what}: {wanted} ≠ {is}", seen.case.number, sample.id))
    };
    for (name, path) in &play.derived {
        let wanted = labels.text(&format!("labels.{path}"));
        let is = first_value(desk, seen, name);
        if !wanted.is_empty() && is != wanted {
            differ(name, &wanted, &is);
        }
    }
    let wanted = labels.text("labels.owner");
    if let Some(role) = play.owners.get(&wanted) {
        let first = seen.case.dispatches.first();
        let is = first
            .and_then(|dispatch| dispatch.role.as_ref())
            .and_then(|role| rules.role(role))
            .map(|role| role.label.zh.clone())
            .unwrap_or_default();
        if first.is_some() && !role.split('/').any(|one| one == is) {
            differ("owner", role, &is);
        }
    }
    for (name, wanted) in dues(expected, &sample.id, play) {
        let clocks = play.dues.get(&name).cloned().unwrap_or_default();
        let firsts: Vec<String> =
            clocks.iter().filter_map(|label| first_due(seen, label)).collect();
        if !firsts.contains(&wanted) {
            differ(&name, &wanted, &firsts.join(" / "));
        }
    }
    differences
}

/// How many labels and dues are compared.
pub(crate) fn compared(
    script: &Script,
    numbers: &BTreeMap<(String, String), String>,
    expected: &BTreeMap<String, Json>,
) -> usize {
    numbers
        .keys()
        .filter_map(|(sample, folder)| {
            let play = script.plays.iter().find(|play| play.folder == *folder)?;
            let sample: &Sample = script.samples.iter().find(|one| one.id == *sample)?;
            let labels = sample.labelled(&play.labels);
            let derived = play
                .derived
                .values()
                .filter(|path| !labels.text(&format!("labels.{path}")).is_empty())
                .count();
            let owner = usize::from(play.owners.contains_key(&labels.text("labels.owner")));
            Some(derived + owner + dues(expected, &sample.id, play).len())
        })
        .sum()
}

fn dues(expected: &BTreeMap<String, Json>, sample: &str, play: &Play) -> Vec<(String, String)> {
    let dues =
        expected.get(sample).and_then(|dues| dues.get(&play.labels)).and_then(Json::as_object);
    dues.into_iter()
        .flatten()
        .filter_map(|(name, due)| Some((name.clone(), due.as_str()?.to_owned())))
        .collect()
}

/// The due that a clock had first; with a `+` after its name, the one that it got when a longer limit was first said.
fn first_due(seen: &Seen, label: &str) -> Option<String> {
    let (name, longer) = label.strip_suffix('+').map_or((label, false), |name| (name, true));
    let clock = seen.procedure.clocks.iter().find(|clock| clock.label.zh == name)?;
    let instance = seen.case.clocks.iter().find(|instance| instance.clock == clock.key)?;
    let due = if longer {
        instance.dues.iter().find(|fact| fact.cause == DueCause::Longer)?.due
    } else {
        instance.original
    };
    due.map(|due| show::time(&seen.calendar, due))
}

/// The value that a derived field had first: later raises are part of the story.
fn first_value(desk: &Desk, seen: &Seen, name: &str) -> String {
    let Some(field) = seen.procedure.fields.iter().find(|field| field.label.zh == name) else {
        return String::new();
    };
    let rows = desk.store().events(seen.summary.id, 0, 1_000).unwrap_or_default();
    let first = rows.iter().filter_map(|row| decode_event(row).ok()).find_map(|recorded| {
        match recorded.event {
            Event::FieldsSet { values, .. } => values.get(&field.key).cloned().flatten(),
            Event::Overridden { field: key, value, .. } if key == field.key => Some(value),
            _ => None,
        }
    });
    first
        .map(|value| {
            show::value(&seen.procedure, &seen.calendar, &desk.people(), &field.kind, &value, false)
        })
        .unwrap_or_default()
}
