//! Checks procedure files together, as publishing would: `cargo run -q -p engine --example check -- [--json] FILE…`.
//!
//! All files named stand beside each other (hand-over, numbers). Findings come one per line,
//! `file:line: code: item: detail`, with the way there below; the exit status is 1 when there is any.

use engine::calendar::Calendar;
use engine::check::{Report, check};
use engine::procedure::{Procedure, read};
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Instant;

fn main() -> io::Result<ExitCode> {
    let (options, files): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|argument| argument.starts_with("--"));
    let json = options.iter().any(|option| option == "--json");
    let mut out = io::stdout().lock();
    let mut procedures = Vec::new();
    let mut sound = true;
    for file in &files {
        match read(file, &std::fs::read_to_string(file)?) {
            Ok(procedure) => procedures.push((file, procedure)),
            Err(findings) => {
                sound = false;
                findings.iter().try_for_each(|finding| writeln!(out, "{finding}"))?;
            }
        }
    }
    let all: Vec<&Procedure> = procedures.iter().map(|(_, procedure)| procedure).collect();
    for (file, procedure) in &procedures {
        let calendar = match calendar(procedure)? {
            Ok(calendar) => calendar,
            Err(why) => {
                sound = false;
                writeln!(out, "{file}:1: calendar: procedure.calendar: {why}")?;
                continue;
            }
        };
        let begun = Instant::now();
        let report = check(procedure, &calendar, &all);
        sound &= report.violations.is_empty();
        if json {
            let text =
                serde_json::json!({ "file": file, "procedure": procedure.key, "report": report });
            writeln!(out, "{text}")?;
        } else {
            tell(&mut out, file, &report, begun.elapsed().as_secs_f64())?;
        }
    }
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The calendar that a procedure names, from the folder of calendars beside the crates.
fn calendar(procedure: &Procedure) -> io::Result<Result<Calendar, String>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../calendars");
    let text = std::fs::read_to_string(format!("{folder}/{}.toml", procedure.calendar))?;
    Ok(Calendar::from_toml(&text)
        .map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")))
}

fn tell(out: &mut impl Write, file: &str, report: &Report, seconds: f64) -> io::Result<()> {
    for violation in &report.violations {
        let (line, code) = (violation.line, violation.code);
        writeln!(out, "{file}:{line}: {code}: {}: {}", violation.item, violation.detail)?;
        if !violation.path.is_empty() {
            writeln!(out, "    {}", violation.path.join(" > "))?;
        }
    }
    let capped = if report.capped { ", stopped at the budget" } else { "" };
    writeln!(
        out,
        "{file}: {} violations, {} states, {} transitions{capped}, {seconds:.1} s",
        report.violations.len(),
        report.states,
        report.transitions
    )
}
