//! Reads procedure files and prints what is wrong with them: `cargo run -q -p engine --example read -- FILE…`.
//! Several files are also checked together.

use engine::procedure::{Finding, Procedure, check_together, read};
use std::io::{self, Write};
use std::process::ExitCode;

fn main() -> io::Result<ExitCode> {
    let mut out = io::stdout().lock();
    let mut findings: Vec<Finding> = Vec::new();
    let mut procedures: Vec<(String, Procedure)> = Vec::new();
    for file in std::env::args().skip(1) {
        match read(&file, &std::fs::read_to_string(&file)?) {
            Ok(procedure) => procedures.push((file, procedure)),
            Err(found) => findings.extend(found),
        }
    }
    if findings.is_empty() && procedures.len() > 1 {
        let all: Vec<_> =
            procedures.iter().map(|(file, procedure)| (file.as_str(), procedure)).collect();
        findings = check_together(&all);
    }
    for finding in &findings {
        writeln!(out, "{finding}")?;
    }
    for (file, Procedure { key, version, stages, actions, clocks, fields, .. }) in &procedures {
        let (stages, actions, clocks, fields) =
            (stages.len(), actions.len(), clocks.len(), fields.len());
        writeln!(
            out,
            "{file}: {key} version {version}: {fields} fields, {stages} stages, {actions} actions, {clocks} clocks"
        )?;
    }
    Ok(if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
