//! The kinds of damage. Each says where it fits, what it does to the text, and which lines may rightly be named: the
//! damaged item's, and those of the items that suffer from it.

mod clocks;
mod way;

use super::text::{Block, Text};
use std::ops::Range;

/// A damaged procedure.
pub(crate) struct Mutant {
    pub(crate) source: String,
    /// One-based line of the damage.
    pub(crate) line: usize,
    /// For people.
    pub(crate) what: String,
    /// Zero-based lines that may be named.
    suffering: Vec<Range<usize>>,
}

impl Mutant {
    /// Whether a one-based line belongs to what is damaged or suffers.
    pub(crate) fn suffers(&self, line: u32) -> bool {
        let line = usize::try_from(line).unwrap_or(0);
        self.suffering.iter().any(|range| range.start < line && line <= range.end)
    }
}

type Make = fn(&Text) -> Vec<Mutant>;

/// Every kind with its name.
pub(crate) const KINDS: &[(&str, Make)] = &[
    ("clocks lose every", clocks::every_removed),
    ("closing clocks removed", clocks::closing_removed),
    ("stop's only source removed", clocks::source_removed),
    ("to an unknown stage", to_unknown),
    ("archive leads back", way::archive_back),
    ("due action removed", way::due_action_removed),
    ("owner removed", way::owner_removed),
    ("owner is the customer", way::owner_customer),
    ("next removed", way::next_removed),
    ("from removed at the end", way::from_removed),
    ("last table row dropped", way::row_dropped),
    ("row doubled in front", way::row_doubled),
    ("last limit row dropped", clocks::limit_dropped),
    ("impossible guard", way::guard_impossible),
    ("impossible when", way::when_impossible),
    ("step tells the customer", clocks::told_customer),
    ("step tells nobody", clocks::told_nobody),
    ("stop by the wrong author", clocks::stop_author),
    ("role removed", role_removed),
    ("passes to itself", passes_circle),
    ("chain's role removed", chain_role),
    ("reset finer than the date", reset_finer),
    ("code of a channel removed", code_removed),
    ("last survey rule removed", way::survey_rule),
    ("nothing to choose", nothing_to_choose),
    ("done by nobody", way::by_nobody),
    ("by an unknown role", by_unknown),
    ("wrong type", wrong_type),
    ("unknown key", unknown_key),
    ("stage beside the way", way::limbo),
    ("act by hand only", clocks::act_lost),
    ("keeps too short", retention),
    ("nothing cancels", clocks::cancel_removed),
    ("guard out of reach", way::guard_out_of_reach),
];

fn mutant(
    source: String,
    at: usize,
    what: impl Into<String>,
    suffering: Vec<Range<usize>>,
) -> Mutant {
    Mutant { source, line: at + 1, what: what.into(), suffering }
}

fn quoted(value: &str) -> Vec<String> {
    value.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

fn kind_is(text: &Text, block: &Block, kinds: &[&str]) -> bool {
    text.value(block, "kind").is_some_and(|kind| kinds.contains(&kind.trim_matches('"')))
}

fn to_unknown(text: &Text) -> Vec<Mutant> {
    let actions = text.of("actions");
    actions
        .filter_map(|block| {
            Some(mutant(
                text.set(block, "to", "\"nowhere\"").filter(|_| block.entry("to").is_some())?,
                block.entry("to")?.start,
                block.key.clone(),
                vec![block.lines.clone()],
            ))
        })
        .collect()
}

fn without_key(
    text: &Text,
    section: &str,
    key: &str,
    fits: impl Fn(&Block) -> bool,
) -> Vec<Mutant> {
    let blocks = text.of(section).filter(|block| fits(block));
    blocks
        .filter_map(|block| {
            let at = block.entry(key)?;
            Some(mutant(
                text.without(at),
                at.start,
                format!("{} without {key}", block.key),
                vec![block.lines.clone()],
            ))
        })
        .collect()
}

fn last_row(text: &Text, block: &Block, key: &str) -> Option<Mutant> {
    let rows = text.rows(block, key);
    let at = *rows.last().filter(|_| rows.len() > 1)?;
    Some(mutant(text.without(&(at..at + 1)), at, block.key.clone(), vec![block.lines.clone()]))
}

fn role_removed(text: &Text) -> Vec<Mutant> {
    let used = text
        .of("roles")
        .filter(|role| text.naming(&role.key).iter().any(|lines| *lines != role.lines));
    used.map(|role| {
        let mut suffering = text.naming(&role.key);
        suffering.push(role.lines.clone());
        mutant(text.without(&role.lines), role.lines.start, role.key.clone(), suffering)
    })
    .collect()
}

fn passes_circle(text: &Text) -> Vec<Mutant> {
    text.of("roles")
        .filter_map(|role| {
            Some(mutant(
                text.set(role, "passes_to", &format!("\"{}\"", role.key))?,
                role.lines.start,
                role.key.clone(),
                vec![role.lines.clone()],
            ))
        })
        .collect()
}

fn chain_role(text: &Text) -> Vec<Mutant> {
    let mut made = Vec::new();
    for block in text.of("chains") {
        for at in block.lines.clone() {
            let line = text.slice(&(at..at + 1));
            if let Some((before, after)) = line.split_once("role = \"") {
                let rest = after.split_once('"').map(|(_, rest)| rest).unwrap_or_default();
                let source =
                    text.with(&(at..at + 1), &format!("{before}role = \"nobody_here\"{rest}"));
                made.push(mutant(source, at, block.key.clone(), vec![block.lines.clone()]));
            }
        }
    }
    made
}

fn reset_finer(text: &Text) -> Vec<Mutant> {
    let mut made = Vec::new();
    for block in text.of("numbering") {
        let Some(pattern) = text.value(block, "pattern") else { continue };
        let coarse = pattern.replace("{YYYYMMDD}", "{YYYY}").replace("{YYYYMM}", "{YYYY}");
        for reset in ["day", "month"] {
            let source = text.set(block, "pattern", &coarse).map(|source| Text::new(&source));
            let source = source.and_then(|changed| {
                let block = changed.of("numbering").next()?;
                changed.set(block, "reset", &format!("\"{reset}\""))
            });
            made.extend(
                source.map(|source| {
                    mutant(source, block.lines.start, reset, vec![block.lines.clone()])
                }),
            );
        }
    }
    made
}

fn code_removed(text: &Text) -> Vec<Mutant> {
    let coded = text
        .of("numbering")
        .any(|block| text.value(block, "pattern").is_some_and(|pattern| pattern.contains("{CH}")));
    if !coded {
        return Vec::new();
    }
    let mut made = Vec::new();
    for block in text.of("axes") {
        for at in block.lines.clone() {
            let line = text.slice(&(at..at + 1));
            let Some((before, after)) = line.split_once("code = \"") else { continue };
            let Some((_, rest)) = after.split_once("\", ") else { continue };
            made.push(mutant(
                text.with(&(at..at + 1), &format!("{before}{rest}")),
                at,
                block.key.clone(),
                vec![text.line(at)],
            ));
        }
    }
    made
}

/// Every value of an axis that a mandatory field takes is set by the program only.
fn nothing_to_choose(text: &Text) -> Vec<Mutant> {
    let mut made = Vec::new();
    for axis in text.of("axes") {
        let name = format!("\"{}\"", axis.key);
        let fields: Vec<&Block> = text
            .of("fields")
            .filter(|field| {
                text.value(field, "axis").is_some_and(|axis| axis == name)
                    && field.entry("default").is_none()
                    && field.entry("derive").is_none()
            })
            .collect();
        let needed = |field: &&&Block| {
            let row = format!("field = \"{}\"", field.key);
            text.of("forms").any(|form| {
                form.lines.clone().any(|at| {
                    let line = text.slice(&(at..at + 1));
                    line.contains(&row) && line.contains("need = true")
                })
            })
        };
        let Some(field) = fields.iter().find(needed) else { continue };
        let mut lines = text.lines.clone();
        for at in text.rows(axis, "values") {
            if let Some(line) = lines.get_mut(at).filter(|line| !line.contains("system = true")) {
                *line = line.replacen("{ key", "{ system = true, key", 1);
            }
        }
        let mut suffering = vec![axis.lines.clone(), field.lines.clone()];
        suffering.extend(text.naming(&field.key));
        suffering.extend(fields.iter().map(|field| field.lines.clone()));
        made.push(mutant(lines.join("\n") + "\n", axis.lines.start, axis.key.clone(), suffering));
    }
    made
}

fn by_unknown(text: &Text) -> Vec<Mutant> {
    text.of("actions")
        .filter_map(|block| {
            Some(mutant(
                text.set(block, "by", "[\"nobody_here\"]")?,
                block.lines.start,
                block.key.clone(),
                vec![block.lines.clone()],
            ))
        })
        .collect()
}

fn wrong_type(text: &Text) -> Vec<Mutant> {
    let mut made = Vec::new();
    for (section, key) in [
        ("actions", "label"),
        ("clocks", "start"),
        ("stages", "kind"),
        ("fields", "type"),
        ("forms", "fields"),
    ] {
        for block in text.of(section).take(3) {
            made.extend(text.set(block, key, "5").filter(|_| block.entry(key).is_some()).map(
                |source| {
                    mutant(
                        source,
                        block.lines.start,
                        format!("{section}.{}.{key}", block.key),
                        vec![block.lines.clone()],
                    )
                },
            ));
        }
    }
    made
}

fn unknown_key(text: &Text) -> Vec<Mutant> {
    let blocks = text.blocks.iter().filter(|block| block.section != "notes");
    blocks
        .step_by(17)
        .filter_map(|block| {
            Some(mutant(
                text.set(block, "colour", "\"red\"")?,
                block.lines.start,
                format!("{}.{}", block.section, block.key),
                vec![block.lines.clone()],
            ))
        })
        .collect()
}

fn retention(text: &Text) -> Vec<Mutant> {
    text.of("archive")
        .filter_map(|block| {
            let changed = Text::new(&text.set(block, "keep_years", "1")?);
            let source = changed.set(changed.of("archive").next()?, "floor_years", "2")?;
            Some(mutant(source, block.lines.start, "keep_years", vec![block.lines.clone()]))
        })
        .collect()
}
