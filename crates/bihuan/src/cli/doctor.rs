//! `bihuan doctor`: whether this installation is sound, and what to do where it is not.

mod checks;
mod files;
mod server;

use crate::cli::Global;
use crate::cli::output::Output;
use anyhow::Result;
use serde_json::json;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    Fine,
    Warning,
    Wrong,
}

/// What was found: an id, which is also the id of its text, and the facts in it.
pub(super) struct Found {
    level: Level,
    code: &'static str,
    facts: Vec<(&'static str, String)>,
}

/// The findings so far.
#[derive(Default)]
pub(super) struct Findings(Vec<Found>);

impl Findings {
    fn add(&mut self, level: Level, code: &'static str, facts: &[(&'static str, String)]) {
        self.0.push(Found { level, code, facts: facts.to_vec() });
    }

    /// Fine when it holds, else as bad as said.
    fn check(
        &mut self,
        holds: bool,
        otherwise: Level,
        codes: (&'static str, &'static str),
        facts: &[(&'static str, String)],
    ) {
        let (level, code) = if holds { (Level::Fine, codes.0) } else { (otherwise, codes.1) };
        self.add(level, code, facts);
    }
}

pub(crate) fn run(global: &Global, output: &mut Output) -> Result<bool> {
    let mut findings = Findings::default();
    checks::all(global, output.english, &mut findings);
    let sound = findings.0.iter().all(|found| found.level != Level::Wrong);
    let text = |found: &Found| {
        let facts: Vec<(&str, &str)> =
            found.facts.iter().map(|(name, value)| (*name, value.as_str())).collect();
        desk::words::text(found.code, output.english, &facts)
    };
    if output.json {
        let rows: Vec<_> = findings
            .0
            .iter()
            .map(|found| {
                let level = match found.level {
                    Level::Fine => "ok",
                    Level::Warning => "warning",
                    Level::Wrong => "wrong",
                };
                let facts: serde_json::Map<String, serde_json::Value> = found
                    .facts
                    .iter()
                    .map(|(name, value)| ((*name).to_owned(), json!(value)))
                    .collect();
                let code = found.code.trim_start_matches("doctor.");
                json!({ "level": level, "code": code, "facts": facts, "message": text(found) })
            })
            .collect();
        output.value(&json!({ "sound": sound, "findings": rows }));
        return Ok(sound);
    }
    let lines: Vec<String> = findings
        .0
        .iter()
        .map(|found| {
            let mark = match found.level {
                Level::Fine => "✓",
                Level::Warning => "!",
                Level::Wrong => "✗",
            };
            format!("{mark} {}", text(found))
        })
        .collect();
    lines.iter().for_each(|line| output.line(line));
    output.say(if sound { "doctor.sound" } else { "doctor.unsound" }, &[]);
    Ok(sound)
}

fn size(bytes: u64) -> String {
    let units = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
    let unit = units.into_iter().find(|(shift, _)| bytes >> shift > 0);
    unit.map_or_else(
        || format!("{bytes} B"),
        |(shift, name)| {
            let tenths = (bytes >> (shift - 4)) * 10 / 16;
            format!("{}.{} {name}", tenths / 10, tenths % 10)
        },
    )
}
