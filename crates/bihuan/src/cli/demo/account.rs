//! The account of a case: what happened, when, by whom and why, in a few readable lines; and the comparison with what
//! the requests were to come out as.

use super::script::{Play, Sample, Script};
use crate::cli::output::Output;
use anyhow::Result;
use desk::words::{Happened, Teller};
use desk::{Desk, Seen, decode_event};
use engine::case::Life;
use engine::clocks::DueCause;
use engine::event::Event;
use engine::people::Who;
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
    let people = desk.people();
    let number_of = |id: &str| number_of(desk, id);
    let teller = Teller { seen, people: &people, number_of: &number_of, english };
    let mut after = 0;
    loop {
        let rows = desk.store().events(seen.summary.id, after, 1_000)?;
        let Some(last) = rows.last().map(|row| row.seq) else { return Ok(()) };
        for recorded in rows.iter().filter_map(|row| decode_event(row).ok()) {
            if let Some(Happened { text, why, .. }) = teller.tell(&recorded) {
                let who = match &recorded.who {
                    Who::Person(id) => {
                        people.person(id).map_or_else(|| id.to_string(), |one| one.name.clone())
                    }
                    Who::System => output.text("demo.time", &[]),
                    Who::Customer => output.text("demo.customer", &[]),
                };
                output.line(format!(
                    "   {}  {who:　<4}  {text} {why}",
                    show::time(&seen.calendar, recorded.at)
                ));
            }
        }
        after = last;
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
