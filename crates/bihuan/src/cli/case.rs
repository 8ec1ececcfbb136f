//! `bihuan case`: register, read, search and act. The actions are those of the procedure.

mod files;
mod view;

use crate::cli::output::{Output, Refused};
use crate::cli::{Global, place};
use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use desk::{Desk, DeskError, Options, Seen, entry};
use engine::command::Command;
use engine::decide::offers;
use engine::key::Key;
use engine::procedure::Procedure;
use serde_json::json;
use std::path::PathBuf;
use store::{Filter, Sort};

#[derive(Args)]
pub(crate) struct CaseArgs {
    #[command(subcommand)]
    command: CaseCommand,
}

#[derive(Subcommand)]
enum CaseCommand {
    /// Open a case: field=value …, fields by key or name
    Register {
        /// Key of the procedure
        procedure: String,
        /// field=value
        fields: Vec<String>,
        /// Upload a file into a field: field=path; may be given several times
        #[arg(long = "file", value_name = "FIELD=PATH")]
        files: Vec<String>,
    },
    /// Do an action of the procedure: name=value …
    Do {
        /// Number of the case
        number: String,
        /// Action, by key or name
        action: String,
        /// name=value: fields and inputs of the action
        inputs: Vec<String>,
        /// Upload a file into a field, beside those that are there, or as the sheet that was signed: name=path
        #[arg(long = "file", value_name = "NAME=PATH")]
        files: Vec<String>,
    },
    /// What may be done with a case now
    Actions {
        /// Number of the case
        number: String,
    },
    /// Open cases, what is due first
    List {
        /// Only of this procedure
        #[arg(long)]
        procedure: Option<String>,
        /// Only in this stage
        #[arg(long)]
        stage: Option<String>,
        /// Only what this person works on
        #[arg(long)]
        assignee: Option<String>,
        /// Closed, archived and void ones as well
        #[arg(long)]
        all: bool,
        /// How many
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// Cases that contain a text, newest first
    Search {
        /// Text
        text: String,
        /// How many
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// A case: stage, holder, clocks, fields
    Show {
        /// Number of the case
        number: String,
        /// Show names and telephone numbers in full
        #[arg(long)]
        reveal: bool,
    },
    /// Everything that happened to a case
    Events {
        /// Number of the case
        number: String,
        /// Show names and telephone numbers in full
        #[arg(long)]
        reveal: bool,
    },
    /// The files of a case
    Attachments {
        /// Number of the case
        number: String,
    },
    /// Save a file of a case
    Attachment {
        /// Number of the case
        number: String,
        /// Id of the file, or its name
        id: String,
        /// Where to: a file that is not there yet, or a folder
        #[arg(long)]
        out: PathBuf,
    },
    /// How a deadline came about, step by step
    Explain {
        /// Number of the case
        number: String,
        /// Clock, by key or name; all of them when absent
        clock: Option<String>,
    },
}

pub(crate) fn run(global: &Global, args: &CaseArgs, output: &mut Output) -> Result<bool> {
    let desk = place::open(global)?;
    desk.run_due("command line")?;
    match &args.command {
        CaseCommand::Register { procedure, fields, files } => {
            register(global, &desk, procedure, (fields, files), output)?
        }
        CaseCommand::Do { number, action, inputs, files } => {
            act(global, &desk, number, action, (inputs, files), output)?
        }
        CaseCommand::Attachments { number } => {
            files::list(&desk, &seen(&desk, number, false)?, output)?
        }
        CaseCommand::Attachment { number, id, out } => {
            files::save(&desk, &seen(&desk, number, false)?, id, out, output)?
        }
        CaseCommand::Actions { number } => actions(global, &desk, number, output)?,
        CaseCommand::List { procedure, stage, assignee, all, limit } => {
            let filter = Filter {
                open: (!all).then_some(true),
                procedure: procedure.clone(),
                stage: stage.clone(),
                assignee: assignee.clone(),
                ..Filter::default()
            };
            let page =
                desk.store().list(&store::Scope::all(), &filter, Sort::NextDue, None, *limit)?;
            view::rows(&desk, &page.rows, output);
        }
        CaseCommand::Search { text, limit } => {
            let page = desk.store().search(&store::Scope::all(), text, None, *limit)?;
            view::rows(&desk, &page.rows, output);
        }
        CaseCommand::Show { number, reveal } => {
            view::case(&desk, &seen(&desk, number, *reveal)?, output)?
        }
        CaseCommand::Events { number, reveal } => {
            view::events(&desk, &seen(&desk, number, *reveal)?, output)?
        }
        CaseCommand::Explain { number, clock } => {
            view::explain(&seen(&desk, number, false)?, clock.as_deref(), output)?
        }
    }
    Ok(true)
}

/// A case of the command line, which belongs to whoever may read the database's key.
fn seen(desk: &Desk, number: &str, reveal: bool) -> Result<Seen> {
    let mut seen = desk.case_for_operator(number)?;
    seen.reveal = reveal;
    Ok(seen)
}

fn pairs(texts: &[String]) -> Result<Vec<(String, String)>> {
    texts
        .iter()
        .map(|text| {
            text.split_once('=')
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .with_context(|| format!("name=value: {text}"))
        })
        .collect()
}

fn register(
    global: &Global,
    desk: &Desk,
    procedure: &str,
    (fields, files): (&[String], &[String]),
    output: &mut Output,
) -> Result<()> {
    let library = desk.library();
    let (rules, calendar) =
        library.in_force(procedure).with_context(|| format!("procedure {procedure}"))?;
    let action = rules.register_action().context("register")?;
    let (mut fields, mut extra) = entry::inputs(&rules, &calendar, action, &pairs(fields)?)
        .map_err(|unknown| unknown_names(output, &unknown))?;
    let who = place::who(global, desk)?;
    let target = files::Target { rules: &rules, action, case: None };
    files::upload(desk, &who, &target, &pairs(files)?, (&mut fields, &mut extra), output)?;
    let done = desk
        .register(&who, procedure, fields, Options::default())
        .map_err(|error| refused(error, &rules, output))?;
    if output.json {
        output.value(&json!({ "number": done.number, "version": done.version }));
    } else {
        view::case(desk, &seen(desk, &done.number, false)?, output)?;
    }
    Ok(())
}

fn act(
    global: &Global,
    desk: &Desk,
    number: &str,
    name: &str,
    (inputs, files): (&[String], &[String]),
    output: &mut Output,
) -> Result<()> {
    let seen_before = seen(desk, number, false)?;
    let rules = &seen_before.procedure;
    let named = |action: &&engine::procedure::Action| {
        action.key == *name || action.label.zh == name || action.label.en.eq_ignore_ascii_case(name)
    };
    let Some(action) = rules.actions.iter().find(named) else {
        let names: Vec<String> = rules
            .actions
            .iter()
            .map(|action| {
                format!("{} {}", action.key, engine::show::word(&action.label, output.english))
            })
            .collect();
        bail!(
            "{}\n  {}",
            output.text("case.unknown_action", &[("action", name)]),
            names.join("\n  ")
        );
    };
    let (mut fields, mut extra) =
        entry::inputs(rules, &seen_before.calendar, action, &pairs(inputs)?)
            .map_err(|unknown| unknown_names(output, &unknown))?;
    if let Some(other) = &extra.other {
        let id: Key = desk.case_for_operator(other)?.case.id.clone();
        extra.other = Some(id);
    }
    let case = seen_before.case.id.clone();
    let who = place::who(global, desk)?;
    let target = files::Target { rules, action, case: Some(&seen_before.case) };
    files::upload(desk, &who, &target, &pairs(files)?, (&mut fields, &mut extra), output)?;
    let command = Command::Act { case, action: action.key.clone(), fields, extra: Box::new(extra) };
    desk.submit(&who, command, Options::default())
        .map_err(|error| refused(error, rules, output))?;
    view::case(desk, &seen(desk, number, false)?, output)
}

/// A refusal in the words of the procedure.
fn refused(error: DeskError, rules: &Procedure, output: &Output) -> anyhow::Error {
    match error {
        DeskError::Refused(refusal) => {
            let message = desk::words::refusal_of(&refusal, rules, output.english);
            Refused { refusal, message }.into()
        }
        error => error.into(),
    }
}

fn unknown_names(output: &Output, names: &[String]) -> anyhow::Error {
    anyhow::anyhow!("{}", output.text("case.unknown_fields", &[("names", &names.join("、"))]))
}

fn actions(global: &Global, desk: &Desk, number: &str, output: &mut Output) -> Result<()> {
    let seen = seen(desk, number, false)?;
    let who = place::who(global, desk)?;
    let offered = offers(&seen.procedure, &seen.case, &desk.directory(), &who, desk.now());
    if output.json {
        output.value(&json!(offered));
        return Ok(());
    }
    for offer in offered {
        let Some(action) = seen.procedure.action(&offer.action) else { continue };
        let missing: Vec<&str> = offer
            .missing
            .iter()
            .map(|missing| engine::show::word(&missing.label, output.english))
            .collect();
        let mark = if offer.next { "»" } else { " " };
        output.line(format!(
            "{mark} {:<20} {}  {}",
            action.key,
            engine::show::word(&action.label, output.english),
            missing.join("、")
        ));
    }
    Ok(())
}
