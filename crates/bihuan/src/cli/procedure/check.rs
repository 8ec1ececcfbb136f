//! `bihuan procedure check`: what keeps a procedure from being published, one finding a line.

use crate::cli::output::Output;
use anyhow::{Context, Result};
use desk::{calendar_for, words};
use engine::check::check;
use engine::procedure::{Finding, Procedure, check_together, read};
use serde_json::{Value as Json, json};
use std::fs;
use std::path::PathBuf;

/// Reads and checks files. Procedures that travel with the program stand beside them, unless a file replaces one.
pub(crate) fn run(files: &[PathBuf], output: &mut Output) -> Result<bool> {
    let mut read_ones: Vec<(String, Procedure)> = Vec::new();
    let mut reports: Vec<Json> = Vec::new();
    let mut sound = true;
    for path in files {
        let name = path.display().to_string();
        let text = fs::read_to_string(path).with_context(|| name.clone())?;
        match read(&name, &text) {
            Ok(procedure) => read_ones.push((name, procedure)),
            Err(findings) => {
                sound = false;
                told(&findings, output);
                let findings: Vec<Json> = findings.iter().map(as_json).collect();
                reports.push(json!({ "file": name, "sound": false, "findings": findings }));
            }
        }
    }
    let builtin: Vec<Procedure> = desk::builtin()
        .iter()
        .filter_map(|one| read(one.name, one.text).ok())
        .filter(|one| !read_ones.iter().any(|(_, procedure)| procedure.key == one.key))
        .collect();
    let named = read_ones.iter().map(|(name, procedure)| (name.as_str(), procedure));
    let beside = builtin.iter().map(|procedure| (&*procedure.key, procedure));
    let together = check_together(&named.chain(beside).collect::<Vec<_>>());
    told(&together, output);
    sound &= together.is_empty();
    let all: Vec<&Procedure> =
        read_ones.iter().map(|(_, procedure)| procedure).chain(&builtin).collect();
    for (name, procedure) in &read_ones {
        let report = check(procedure, &calendar_for(procedure)?, &all);
        let findings: Vec<Json> =
            together.iter().filter(|finding| finding.file == *name).map(as_json).collect();
        let fine = report.violations.is_empty() && findings.is_empty();
        sound &= fine;
        if output.json {
            reports.push(json!({ "file": name, "sound": fine, "findings": findings, "states": report.states, "transitions": report.transitions, "capped": report.capped, "proved": report.proved, "proof_states": report.proof_states, "proof_transitions": report.proof_transitions, "violations": report.violations }));
            continue;
        }
        for violation in &report.violations {
            let english = output.english;
            output.line(format!("{name}:{}", words::violation(violation, english)));
            for step in &violation.path {
                output.line(format!("    {}", words::step(step, english)));
            }
        }
        let facts = [
            ("file", name.as_str()),
            ("states", &report.states.to_string()),
            ("transitions", &report.transitions.to_string()),
            ("violations", &report.violations.len().to_string()),
        ];
        output.say("procedure.checked", &facts);
        if report.proved {
            let facts = [
                ("states", report.proof_states.to_string()),
                ("transitions", report.proof_transitions.to_string()),
            ];
            output.say("procedure.proved", &facts.each_ref().map(|(key, text)| (*key, &**text)));
        } else if report.capped {
            output.say("procedure.capped", &[]);
        }
    }
    let beside = together.iter().filter(|one| !read_ones.iter().any(|(name, _)| *name == one.file));
    for finding in beside {
        let finding_only = [as_json(finding)];
        reports.push(json!({ "file": finding.file, "sound": false, "findings": finding_only }));
    }
    if output.json {
        output.value(&json!(reports));
    }
    Ok(sound)
}

fn told(findings: &[Finding], output: &mut Output) {
    if !output.json {
        let english = output.english;
        findings.iter().for_each(|finding| output.line(words::finding(finding, english)));
    }
}

fn as_json(finding: &Finding) -> Json {
    json!({ "line": finding.line, "code": finding.code, "item": finding.item, "expected": finding.expected, "found": finding.found })
}
