//! `bihuan import`: a file of requests becomes cases; dry run, resumption, and a file of the rows that were refused.

use crate::cli::export::with_suffix;
use crate::cli::output::Output;
use crate::cli::progress::Progress;
use crate::cli::{Global, place};
use anyhow::{Context, Result, bail};
use clap::Args;
use desk::Desk;
use desk::import::{BadRow, Import, Misfit, Plan, Summary, Table, plan, read};
use engine::procedure::Procedure;
use serde_json::json;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

#[derive(Args)]
pub(crate) struct ImportArgs {
    /// File: CSV (UTF-8, GB18030; comma, semicolon or tab), XLSX or JSONL
    file: PathBuf,
    /// Key of the procedure under which cases are opened
    #[arg(long)]
    procedure: String,
    /// Check every row, write nothing
    #[arg(long)]
    dry_run: bool,
    /// Field of a column: column=field; an empty field leaves the column out
    #[arg(long, value_name = "COLUMN=FIELD")]
    map: Vec<String>,
    /// Leave out columns that nobody knows
    #[arg(long)]
    ignore_unknown: bool,
    /// Sheet of an XLSX file; the first when absent
    #[arg(long)]
    sheet: Option<String>,
    /// Most cases to open this time
    #[arg(long)]
    limit: Option<usize>,
}

pub(crate) fn run(global: &Global, args: &ImportArgs, output: &mut Output) -> Result<bool> {
    let bytes = fs::read(&args.file).with_context(|| format!("{}", args.file.display()))?;
    let table = read(&bytes, args.sheet.as_deref())
        .map_err(|why| anyhow::anyhow!("{}", why.told(output.english)))?;
    let desk = place::open(global)?;
    desk.run_due("command line")?;
    let plan = planned(&desk, args, &table, output)?;
    if !plan.unknown.is_empty() && !output.json {
        output.say("import.left_out", &[("columns", &plan.unknown.join("、"))]);
    }
    let who = place::who(global, &desk)?;
    let import = Import {
        who: &who,
        procedure: &args.procedure,
        table: &table,
        plan: &plan,
        dry_run: args.dry_run,
        limit: args.limit,
        english: output.english,
    };
    let mut progress = Progress::new(table.rows.len(), output);
    let result = desk.import(&import, &mut |done| progress.at(done));
    progress.end();
    if result.is_err() && !output.json && !args.dry_run {
        output.say("import.again", &[]);
    }
    let summary = result?;
    let rejected = if summary.bad.is_empty() || args.dry_run {
        None
    } else {
        Some(write_rejected(&args.file, &table, &summary.bad, output)?)
    };
    report(args, &table, &plan, &summary, rejected.as_deref(), output);
    Ok(summary.bad.is_empty())
}

fn planned(desk: &Desk, args: &ImportArgs, table: &Table, output: &Output) -> Result<Plan> {
    let library = desk.library();
    let key = &args.procedure;
    let (rules, _) = library.in_force(key).with_context(|| format!("procedure {key}"))?;
    let mapped = |text: &String| {
        let (column, field) = text.split_once('=')?;
        Some((column.trim().to_owned(), field.trim().to_owned()))
    };
    let map: Vec<(String, String)> = args
        .map
        .iter()
        .map(|text| mapped(text).with_context(|| format!("--map column=field: {text}")))
        .collect::<Result<_>>()?;
    // Refused rows that were corrected come back with their reasons.
    let beside =
        [false, true].map(|english| desk::words::text("import.reason", english, &[])).to_vec();
    let plan = plan(&rules, &table.columns, &map, &beside).map_err(|wrong| {
        let lines: Vec<String> = wrong.iter().map(|one| misfit(output, &rules, one)).collect();
        anyhow::anyhow!("{}", lines.join("\n"))
    })?;
    if !plan.unknown.is_empty() && !args.ignore_unknown {
        let (columns, fields) = (plan.unknown.join("、"), askable(&rules, output.english));
        bail!("{}", output.text("import.unknown", &[("columns", &columns), ("fields", &fields)]));
    }
    Ok(plan)
}

/// The fields of a registration, for the person to choose from.
fn askable(rules: &Procedure, english: bool) -> String {
    let names = rules.fields.iter().map(|field| engine::show::word(&field.label, english));
    let names: Vec<String> = names.map(str::to_owned).collect();
    // Which of them a registration asks is known by asking for each as a column.
    let asked = names.iter().filter(|name| plan(rules, &[(*name).clone()], &[], &[]).is_ok());
    asked.cloned().collect::<Vec<_>>().join("、")
}

fn misfit(output: &Output, rules: &Procedure, misfit: &Misfit) -> String {
    match misfit {
        Misfit::NoRegistration => output.text("import.no_registration", &[]),
        Misfit::NoColumn(column) => output.text("import.no_column", &[("column", column)]),
        Misfit::NoField(field) => output.text("import.no_field", &[("field", field)]),
        Misfit::Twice { field, columns } => {
            let name = rules
                .field(field)
                .map_or(&**field, |field| engine::show::word(&field.label, output.english));
            output.text("import.twice", &[("field", name), ("columns", &columns.join("、"))])
        }
        Misfit::NothingKnown => output.text("import.nothing_known", &[]),
    }
}

/// The refused rows beside the file, each with its reasons in the last column.
pub(crate) fn write_rejected(
    file: &Path,
    table: &Table,
    bad: &[BadRow],
    output: &Output,
) -> Result<PathBuf> {
    let path = with_suffix(file, ".rejected.csv");
    let named = || format!("{}", path.display());
    let mut to = File::create(&path).with_context(named)?;
    to.write_all(table.refused(bad, output.english)?.as_bytes()).with_context(named)?;
    to.sync_all().with_context(named)?;
    Ok(path)
}

fn report(
    args: &ImportArgs,
    table: &Table,
    plan: &Plan,
    summary: &Summary,
    rejected: Option<&Path>,
    output: &mut Output,
) {
    if output.json {
        let bad: Vec<_> = summary
            .bad
            .iter()
            .map(|bad| {
                let reasons: Vec<_> = bad.reasons.iter().map(|reason| json!({ "column": reason.column, "code": reason.code, "message": reason.message })).collect();
                json!({ "line": bad.line, "reasons": reasons })
            })
            .collect();
        let hash: String = table.hash.iter().map(|byte| format!("{byte:02x}")).collect();
        let columns: serde_json::Map<String, serde_json::Value> = table
            .columns
            .iter()
            .zip(&plan.fields)
            .map(|(column, field)| (column.clone(), json!(field)))
            .collect();
        output.value(&json!({ "file": args.file, "sha256": hash, "procedure": args.procedure, "dry_run": args.dry_run, "columns": columns, "rows": table.rows.len(), "imported": summary.imported, "skipped": summary.skipped, "left": summary.left, "bad": bad, "rejected": rejected }));
        return;
    }
    for bad in &summary.bad {
        let line = bad.line.to_string();
        for reason in &bad.reasons {
            match &reason.column {
                Some(column) => output.say(
                    "import.bad",
                    &[("line", &line), ("column", column), ("message", &reason.message)],
                ),
                None => {
                    output.say("import.bad_row", &[("line", &line), ("message", &reason.message)])
                }
            }
        }
    }
    let counts = [
        ("imported", summary.imported),
        ("skipped", summary.skipped),
        ("bad", summary.bad.len()),
        ("left", summary.left),
    ]
    .map(|(name, count)| (name, count.to_string()));
    let counts: Vec<(&str, &str)> =
        counts.iter().map(|(name, count)| (*name, count.as_str())).collect();
    output.say(if args.dry_run { "import.dry" } else { "import.done" }, &counts);
    if let Some(path) = rejected {
        output.say("import.rejected", &[("file", &path.display().to_string())]);
    }
    if summary.left > 0 {
        output.say("import.again", &[]);
    }
}
