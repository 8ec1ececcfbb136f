//! Damage to clocks: nothing insists, nobody is told, nothing stops them.

use super::super::text::{Block, Text};
use super::{Mutant, kind_is, last_row, mutant, quoted};
use std::ops::Range;

/// Every step that repeats is gone, and every step by which the program acts: nothing insists any more.
pub(super) fn every_removed(text: &Text) -> Vec<Mutant> {
    let mut lines = text.lines.clone();
    let mut first = None;
    for block in text.of("clocks") {
        for at in block.entry("every").into_iter().cloned().flatten() {
            first.get_or_insert(at);
            lines.get_mut(at).into_iter().for_each(String::clear);
        }
    }
    let stages =
        text.of("stages").chain(text.of("clocks")).map(|block| block.lines.clone()).collect();
    let made = first.map(|at| mutant(lines.join("\n") + "\n", at, "all clocks", stages));
    made.into_iter().collect()
}

/// No clock starts with closing.
pub(super) fn closing_removed(text: &Text) -> Vec<Mutant> {
    let starts = |block: &&Block| {
        text.value(block, "start")
            .is_some_and(|start| quoted(&start).iter().any(|one| one.starts_with("closed")))
    };
    let mut lines = text.lines.clone();
    let mut suffering: Vec<Range<usize>> = text
        .of("stages")
        .filter(|stage| kind_is(text, stage, &["closed"]))
        .map(|stage| stage.lines.clone())
        .collect();
    let mut first = None;
    for block in text.of("clocks").filter(starts) {
        first.get_or_insert(block.lines.start);
        suffering.extend(text.naming(&block.key));
        suffering.push(block.lines.clone());
        for at in block.lines.clone() {
            lines.get_mut(at).into_iter().for_each(String::clear);
        }
    }
    // The action that only such a clock did may be the one that suffers.
    suffering.extend(
        text.of("actions")
            .filter(|action| text.slice(&action.lines).contains("@system"))
            .map(|action| action.lines.clone()),
    );
    let made = first
        .map(|at| mutant(lines.join("\n") + "\n", at, "clocks that start with closing", suffering));
    made.into_iter().collect()
}

/// A moment that one action alone emits, and a clock waits for, is emitted no more.
pub(super) fn source_removed(text: &Text) -> Vec<Mutant> {
    let mut made = Vec::new();
    let by_verbs = [
        "contacted",
        "responded",
        "attempted",
        "progress",
        "dispatched",
        "returned",
        "rated",
        "dissatisfied",
        "reopened",
        "closed",
        "archived",
        "plan_approved",
        "plan_submitted",
        "plan_rejected",
        "task_done",
        "task_sent",
        "filed",
        "survey_sent",
        "registered",
        "received",
        "change_requested",
        "change_decided",
        "urged",
        "transferred",
        "paused",
        "resumed",
        "voided",
    ];
    for block in text.of("actions") {
        let Some(emits) = text.value(block, "emits") else { continue };
        for moment in quoted(&emits).iter().filter(|moment| !by_verbs.contains(&moment.as_str())) {
            let emitted = |other: &Block| {
                text.value(other, "emits").is_some_and(|emits| quoted(&emits).contains(moment))
            };
            let others =
                text.of("actions").filter(|other| other.key != block.key && emitted(other)).count();
            let ruled = text
                .blocks
                .iter()
                .any(|other| text.slice(&other.lines).contains(&format!("emit:{moment}")));
            let waits = text.of("clocks").any(|clock| text.naming(moment).contains(&clock.lines));
            let (Some(at), true) = (block.entry("emits"), others == 0 && !ruled && waits) else {
                continue;
            };
            let left: Vec<String> = quoted(&emits)
                .into_iter()
                .filter(|one| one != moment)
                .map(|one| format!("\"{one}\""))
                .collect();
            let source = text.with(at, &format!("emits = [{}]", left.join(", ")));
            let mut suffering = text.naming(moment);
            suffering.push(block.lines.clone());
            made.push(mutant(
                source,
                at.start,
                format!("{} emits no {moment}", block.key),
                suffering,
            ));
        }
    }
    made
}

pub(super) fn limit_dropped(text: &Text) -> Vec<Mutant> {
    text.of("clocks").filter_map(|block| last_row(text, block, "by")).collect()
}

/// The last step of a clock that repeats it.
pub(super) fn repeated_step(text: &Text) -> Vec<(&Block, Range<usize>, String)> {
    let clocks = text.of("clocks").filter(|block| block.entry("every").is_some());
    clocks
        .filter_map(|block| {
            let lines = block.entry("breach")?;
            let value = text.slice(lines);
            // A task tells its owner by itself.
            if value.rsplit("{ after").next()?.contains("do = \"task:") {
                return None;
            }
            let at = value.rfind("to = [")?;
            let tail = value.get(at..)?;
            let end = at + tail.find(']')? + 1;
            let told =
                |to: &str| Some(format!("{}to = [{to}]{}", value.get(..at)?, value.get(end..)?));
            Some((block, lines.clone(), told("\"@customer\"")?))
        })
        .collect()
}

pub(super) fn told_customer(text: &Text) -> Vec<Mutant> {
    let steps = repeated_step(text).into_iter();
    steps
        .map(|(block, lines, told)| {
            mutant(
                text.with(&lines, &told),
                lines.start,
                block.key.clone(),
                vec![block.lines.clone()],
            )
        })
        .collect()
}

pub(super) fn told_nobody(text: &Text) -> Vec<Mutant> {
    let steps = repeated_step(text).into_iter();
    steps
        .map(|(block, lines, told)| {
            let told = told.replacen("to = [\"@customer\"]", "to = []", 1);
            mutant(
                text.with(&lines, &told),
                lines.start,
                block.key.clone(),
                vec![block.lines.clone()],
            )
        })
        .collect()
}

/// A clock waits for a moment by an author who never causes it: the program acknowledges nothing.
pub(super) fn stop_author(text: &Text) -> Vec<Mutant> {
    let mut made = Vec::new();
    for block in text.of("clocks") {
        let Some(stop) = text.value(block, "stop") else { continue };
        // Rows with stops of their own do not ask the clock's.
        if text.value(block, "by").is_some_and(|by| by.contains("stop = ")) {
            continue;
        }
        let Some(moment) = quoted(&stop).into_iter().next() else { continue };
        let moment = moment.split(['@', '#']).next().unwrap_or_default().to_owned();
        let source = text.set(block, "stop", &format!("[\"{moment}@holder\"]"));
        made.extend(source.map(|source| {
            mutant(source, block.lines.start, block.key.clone(), vec![block.lines.clone()])
        }));
    }
    made
}

/// An action of the program alone is done by no clock any more.
pub(super) fn act_lost(text: &Text) -> Vec<Mutant> {
    let mut made = Vec::new();
    for action in text.of("actions") {
        if text.value(action, "by").is_none_or(|by| by != "[\"@system\"]") {
            continue;
        }
        let word = format!("do = \"act:{}\"", action.key);
        let mut lines = text.lines.clone();
        let mut suffering = vec![action.lines.clone()];
        for clock in text.of("clocks").filter(|clock| text.slice(&clock.lines).contains(&word)) {
            suffering.push(clock.lines.clone());
            for at in clock.lines.clone() {
                if let Some(line) = lines.get_mut(at) {
                    *line = line.replace(&word, "do = \"notify\", to = [\"@holder\"]");
                }
            }
        }
        if suffering.len() > 1 {
            made.push(mutant(
                lines.join("\n") + "\n",
                action.lines.start,
                action.key.clone(),
                suffering,
            ));
        }
    }
    made
}

/// Nothing cancels a clock any more: some still run when a case is filed.
pub(super) fn cancel_removed(text: &Text) -> Vec<Mutant> {
    let mut lines = text.lines.clone();
    let mut first = None;
    for at in text.of("clocks").filter_map(|clock| clock.entry("cancel")).cloned().flatten() {
        first.get_or_insert(at);
        lines.get_mut(at).into_iter().for_each(String::clear);
    }
    let clocks = text.of("clocks").map(|clock| clock.lines.clone()).collect();
    let made = first.map(|at| mutant(lines.join("\n") + "\n", at, "all clocks", clocks));
    made.into_iter().collect()
}
