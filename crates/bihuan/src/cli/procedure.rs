//! `bihuan procedure`: check, publish, compare and take out of use.

mod check;

use crate::cli::output::Output;
use crate::cli::{Global, place};
use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use engine::procedure::{Procedure, diff, read};
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};

#[derive(Args)]
pub(crate) struct ProcedureArgs {
    #[command(subcommand)]
    command: ProcedureCommand,
}

#[derive(Subcommand)]
enum ProcedureCommand {
    /// Published procedures
    List,
    /// Stages, actions and clocks of a procedure
    Show {
        /// Key of the procedure
        key: String,
    },
    /// Write the text of a procedure to a file
    Export {
        /// Key of the procedure; all of them when absent
        key: Option<String>,
        /// Folder or file to write to
        #[arg(long, default_value = ".")]
        to: PathBuf,
    },
    /// Prove that no case can be forgotten under a procedure; publishes nothing
    Check {
        /// Files
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Check a file and publish it as the next version
    Import {
        /// Files
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// What differs between the published version and a file, or another version
    Diff {
        /// Key of the procedure
        key: String,
        /// A file, or the number of an earlier version
        other: String,
    },
    /// Publish the built-in text of a procedure again
    Restore {
        /// Key of the procedure; all built-in ones when absent
        key: Option<String>,
    },
    /// Take a procedure out of use: no case is opened under it any more
    Retire {
        /// Key of the procedure
        key: String,
    },
}

pub(crate) fn run(global: &Global, args: &ProcedureArgs, output: &mut Output) -> Result<bool> {
    if let ProcedureCommand::Check { files } = &args.command {
        return check::run(files, output);
    }
    let desk = place::open(global)?;
    match &args.command {
        ProcedureCommand::Check { files } => return check::run(files, output),
        ProcedureCommand::List => {
            let published = desk.published()?;
            if output.json {
                let rows: Vec<_> = published.iter().map(|one| json!({ "key": one.procedure.key, "name": one.procedure.label, "version": one.procedure.version })).collect();
                output.value(&json!(rows));
                return Ok(true);
            }
            for one in &published {
                let procedure = &one.procedure;
                output.line(format!(
                    "{:<4} v{:<3} {}",
                    procedure.key,
                    procedure.version,
                    engine::show::word(&procedure.label, output.english)
                ));
            }
        }
        ProcedureCommand::Show { key } => {
            show(&desk.published_version(key, None)?.procedure, output)
        }
        ProcedureCommand::Export { key, to } => {
            for one in desk.published()? {
                if key.as_ref().is_none_or(|key| one.procedure.key == **key) {
                    let path = if to.is_dir() {
                        to.join(format!("{}.toml", one.procedure.key))
                    } else {
                        to.clone()
                    };
                    fs::write(&path, &one.source).with_context(|| format!("{}", path.display()))?;
                    output.line(path.display().to_string());
                }
            }
        }
        ProcedureCommand::Import { files } => return import(&desk, files, output),
        ProcedureCommand::Diff { key, other } => {
            let old = desk.published_version(key, None)?.procedure;
            let new = match other.parse::<u64>() {
                Ok(version) if !Path::new(other).exists() => {
                    desk.published_version(key, Some(version))?.procedure
                }
                _ => match parsed(Path::new(other), output)? {
                    Some(procedure) => std::sync::Arc::new(procedure),
                    None => return Ok(false),
                },
            };
            for difference in diff(&old, &new) {
                output.line(format!(
                    "{}: {} -> {}",
                    difference.path,
                    shown(difference.old.as_ref()),
                    shown(difference.new.as_ref())
                ));
            }
        }
        ProcedureCommand::Restore { key } => {
            for one in desk::builtin() {
                let procedure = read(one.name, one.text).map_err(desk::DeskError::Procedure)?;
                if key.as_ref().is_none_or(|key| procedure.key == **key) {
                    let published = desk.publish("command line", one.name, one.text)?;
                    output.say(
                        "procedure.published",
                        &[("key", &published.key), ("version", &published.version.to_string())],
                    );
                }
            }
        }
        ProcedureCommand::Retire { key } => {
            desk.retire("command line", key)?;
            output.say("procedure.retired", &[("key", key)]);
        }
    }
    Ok(true)
}

fn shown(value: Option<&serde_json::Value>) -> String {
    value.map_or_else(|| "-".to_owned(), ToString::to_string)
}

/// A file as a procedure; its findings are printed, one a line.
fn parsed(path: &Path, output: &mut Output) -> Result<Option<Procedure>> {
    let text = fs::read_to_string(path).with_context(|| format!("{}", path.display()))?;
    match read(&path.display().to_string(), &text) {
        Ok(procedure) => Ok(Some(procedure)),
        Err(findings) => {
            findings.iter().for_each(|finding| output.line(finding.to_string()));
            Ok(None)
        }
    }
}

fn import(desk: &desk::Desk, files: &[PathBuf], output: &mut Output) -> Result<bool> {
    let mut fine = true;
    for path in files {
        match parsed(path, output)? {
            Some(_) => {
                let text = fs::read_to_string(path)?;
                let procedure = desk.publish("command line", &path.display().to_string(), &text)?;
                output.say(
                    "procedure.published",
                    &[("key", &procedure.key), ("version", &procedure.version.to_string())],
                );
            }
            None => fine = false,
        }
    }
    Ok(fine)
}

fn show(procedure: &Procedure, output: &mut Output) {
    if output.json {
        output.value(&serde_json::to_value(procedure).unwrap_or_default());
        return;
    }
    let english = output.english;
    let word = |label: &engine::procedure::Label| engine::show::word(label, english).to_owned();
    output.line(format!("{} v{}  {}", procedure.key, procedure.version, word(&procedure.label)));
    for stage in &procedure.stages {
        output.line(format!("  [{}] {}", stage.key, word(&stage.label)));
        for action in procedure.actions.iter().filter(|action| action.from.contains(&stage.key)) {
            let to = action.to.as_ref().map(|to| format!(" -> {to}")).unwrap_or_default();
            output.line(format!("      {} {}{to}", action.key, word(&action.label)));
        }
    }
    for clock in &procedure.clocks {
        let limits: Vec<String> =
            clock.by.iter().map(|row| String::from(row.limit.clone())).collect();
        output.line(format!(
            "  ({}) {}  {}  {}",
            clock.key,
            word(&clock.label),
            limits.join(" / "),
            clock.origin.req.join(" ")
        ));
    }
}
