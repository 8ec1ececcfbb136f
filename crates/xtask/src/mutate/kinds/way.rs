//! Damage to the way through: stages without owner or next, actions that nobody can do, rows that leave something open.

use super::super::text::{Block, Text};
use super::{Mutant, kind_is, last_row, mutant, quoted, without_key};
use std::ops::Range;

/// The way to filing leads back into work.
pub(super) fn archive_back(text: &Text) -> Vec<Mutant> {
    let archived: Vec<&Block> =
        text.of("stages").filter(|stage| kind_is(text, stage, &["archived"])).collect();
    let first_open = text.of("stages").filter(|stage| kind_is(text, stage, &["open"])).nth(1);
    let Some(open) = first_open else { return Vec::new() };
    let leads = |block: &&Block| {
        text.value(block, "to")
            .is_some_and(|to| archived.iter().any(|stage| to == format!("\"{}\"", stage.key)))
    };
    let leading: Vec<&Block> = text.of("actions").filter(leads).collect();
    let [only] = leading.as_slice() else { return Vec::new() };
    let suffering: Vec<Range<usize>> = archived
        .iter()
        .map(|stage| stage.lines.clone())
        .chain([only.lines.clone()])
        .chain(text.naming("archived"))
        .collect();
    let source = text.set(only, "to", &format!("\"{}\"", open.key));
    source
        .map(|source| mutant(source, only.lines.start, only.key.clone(), suffering))
        .into_iter()
        .collect()
}

/// An action that a stage asks for next is gone.
pub(super) fn due_action_removed(text: &Text) -> Vec<Mutant> {
    let mut made = Vec::new();
    for block in text.of("actions") {
        let next = |stage: &&Block| {
            text.value(stage, "next").is_some_and(|next| next == format!("\"{}\"", block.key))
        };
        if text.of("stages").any(|stage| next(&stage)) {
            let mut suffering = text.naming(&block.key);
            suffering.push(block.lines.clone());
            made.push(mutant(
                text.without(&block.lines),
                block.lines.start,
                block.key.clone(),
                suffering,
            ));
        }
    }
    made
}

pub(super) fn owner_removed(text: &Text) -> Vec<Mutant> {
    without_key(text, "stages", "owner", |_| true)
}

pub(super) fn owner_customer(text: &Text) -> Vec<Mutant> {
    let first = text.of("stages").next().map(|stage| stage.key.clone());
    let entered = |block: &&Block| {
        Some(&block.key) != first.as_ref()
            || text
                .of("actions")
                .any(|action| text.value(action, "to") == Some(format!("\"{}\"", block.key)))
    };
    let stages =
        text.of("stages").filter(|stage| kind_is(text, stage, &["open", "closed"])).filter(entered);
    stages
        .filter_map(|block| {
            Some(mutant(
                text.set(block, "owner", "\"@customer\"")?,
                block.entry("owner")?.start,
                block.key.clone(),
                vec![block.lines.clone()],
            ))
        })
        .collect()
}

pub(super) fn next_removed(text: &Text) -> Vec<Mutant> {
    let first = text.of("stages").next().map(|stage| stage.key.clone());
    let before = |block: &Block| {
        Some(&block.key) == first.as_ref()
            && !text
                .of("actions")
                .any(|action| text.value(action, "to") == Some(format!("\"{}\"", block.key)))
    };
    without_key(text, "stages", "next", |block| {
        kind_is(text, block, &["open", "closed"]) && !before(block)
    })
}

/// The action due in a closed stage can be done from open ones only.
pub(super) fn from_removed(text: &Text) -> Vec<Mutant> {
    let closed = text.of("stages").filter(|stage| kind_is(text, stage, &["closed"]));
    closed
        .filter_map(|stage| {
            let next = quoted(&text.value(stage, "next")?).into_iter().next()?;
            let action = text.of("actions").find(|action| action.key == next)?;
            let at = action.entry("from")?;
            let suffering = vec![stage.lines.clone(), action.lines.clone()];
            Some(mutant(text.without(at), at.start, next, suffering))
        })
        .collect()
}

pub(super) fn by_nobody(text: &Text) -> Vec<Mutant> {
    let acted: Vec<String> = text
        .of("clocks")
        .flat_map(|clock| quoted(&text.slice(&clock.lines)))
        .filter_map(|word| word.strip_prefix("act:").map(str::to_owned))
        .collect();
    let daily = text
        .of("archive")
        .any(|block| text.value(block, "mode").is_some_and(|mode| mode.contains("daily")));
    let by_hand = text.of("actions").filter(|block| {
        let archives = text.value(block, "to").is_some_and(|to| to.contains("archived"));
        let kept = acted.contains(&block.key) || (daily && archives);
        !kept && !text.slice(&block.lines).contains("\"register\"")
    });
    by_hand
        .filter_map(|block| {
            Some(mutant(
                text.set(block, "by", "[\"@system\"]")?,
                block.lines.start,
                block.key.clone(),
                vec![block.lines.clone()],
            ))
        })
        .collect()
}

/// A stage to which nothing leads.
pub(super) fn limbo(text: &Text) -> Vec<Mutant> {
    let next = text.of("actions").find(|action| {
        action.entry("from").is_none() && !text.slice(&action.lines).contains("\"register\"")
    });
    let role = text.of("roles").next();
    let (Some(next), Some(role)) = (next, role) else { return Vec::new() };
    let end = text.lines.len();
    let stage = format!(
        "\n[[stages]]\nkey = \"limbo\"\nlabel = \"悬空\"\nen = \"Limbo\"\nkind = \"open\"\nowner = \"{}\"\nnext = \"{}\"",
        role.key, next.key
    );
    vec![mutant(
        text.with(&(end..end), &stage),
        end,
        "limbo",
        vec![Range { start: end, end: end + 9 }],
    )]
}

const NEVER: &str = "{ \"$round\" = { le = 0 } }";

pub(super) fn guard_impossible(text: &Text) -> Vec<Mutant> {
    let actions =
        text.of("actions").filter(|block| !text.slice(&block.lines).contains("\"register\""));
    actions
        .filter_map(|block| {
            let guard = format!("[{{ need = {NEVER}, say = \"不可能\", en = \"Never\" }}]");
            Some(mutant(
                text.set(block, "guards", &guard)?,
                block.lines.start,
                block.key.clone(),
                vec![block.lines.clone()],
            ))
        })
        .collect()
}

pub(super) fn when_impossible(text: &Text) -> Vec<Mutant> {
    let mut made = Vec::new();
    for section in ["actions", "clocks"] {
        for block in text.of(section) {
            made.extend(text.set(block, "when", NEVER).map(|source| {
                mutant(source, block.lines.start, block.key.clone(), vec![block.lines.clone()])
            }));
        }
    }
    made
}

pub(super) fn row_dropped(text: &Text) -> Vec<Mutant> {
    text.of("tables").filter_map(|block| last_row(text, block, "rows")).collect()
}

pub(super) fn survey_rule(text: &Text) -> Vec<Mutant> {
    text.of("survey").filter_map(|block| last_row(text, block, "rules")).collect()
}

pub(super) fn row_doubled(text: &Text) -> Vec<Mutant> {
    let mut made = Vec::new();
    for (section, key) in [("tables", "rows"), ("clocks", "by"), ("survey", "rules")] {
        for block in text.of(section) {
            for at in text.rows(block, key) {
                let row = text.slice(&(at..at + 1));
                let row = row.trim().trim_end_matches(',');
                let source = text.with(&(at..at + 1), &format!("  {row}, {row},"));
                made.push(mutant(
                    source,
                    at,
                    block.key.clone(),
                    vec![text.line(at), block.lines.clone()],
                ));
            }
        }
    }
    made
}

/// A guard that could hold, if only what it asks could come together: registration in a later round.
pub(super) fn guard_out_of_reach(text: &Text) -> Vec<Mutant> {
    let due: Vec<String> = text
        .of("stages")
        .filter_map(|stage| quoted(&text.value(stage, "next")?).into_iter().next())
        .collect();
    let need = "{ \"$happened:registered\" = { ge = 1 }, \"$round\" = { ge = 2 } }";
    let guard = format!("[{{ need = {need}, say = \"不可能\", en = \"Never\" }}]");
    let asked = |action: &&Block| {
        due.contains(&action.key) && !text.slice(&action.lines).contains("\"register\"")
    };
    let damaged = |action: &Block| {
        let mut suffering = text.naming(&action.key);
        suffering.push(action.lines.clone());
        let source = text.set(action, "guards", &guard)?;
        Some(mutant(source, action.lines.start, action.key.clone(), suffering))
    };
    text.of("actions").filter(asked).step_by(2).filter_map(damaged).collect()
}
