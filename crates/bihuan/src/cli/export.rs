//! `bihuan export`: lists of cases for spreadsheets and programs. Persons are masked, always.

use crate::cli::output::Output;
use crate::cli::progress::Progress;
use crate::cli::{Global, place};
use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use desk::{Desk, Listing};
use documents::{Cell, CsvTable, TableError, XlsxTable};
use engine::procedure::Procedure;
use jiff::civil::{Date, Time};
use jiff::{Timestamp, ToSpan};
use serde_json::json;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::{Filter, Scope};

#[derive(Args)]
pub(crate) struct ExportArgs {
    /// Only of this procedure
    #[arg(long)]
    procedure: Option<String>,
    /// Only in this stage, by key or name
    #[arg(long)]
    stage: Option<String>,
    /// Registered on this day or later
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,
    /// Registered on this day or earlier
    #[arg(long, value_name = "DATE")]
    to: Option<Date>,
    /// Archived and void ones as well
    #[arg(long)]
    all: bool,
    /// Format of the file
    #[arg(long, value_enum)]
    format: Format,
    /// File to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Csv,
    Xlsx,
    Jsonl,
}

pub(crate) fn run(global: &Global, args: &ExportArgs, output: &mut Output) -> Result<bool> {
    let desk = place::open(global)?;
    desk.run_due("command line")?;
    let library = desk.library();
    let wanted =
        |rules: &&Arc<Procedure>| args.procedure.as_ref().is_none_or(|key| rules.key == **key);
    let procedures: Vec<&Arc<Procedure>> = library.all().filter(wanted).collect();
    if procedures.is_empty() {
        bail!("procedure {}", args.procedure.as_deref().unwrap_or("-"));
    }
    let filter = filter(&desk, args, &procedures)?;
    let listing = Listing::of(procedures, output.english);
    let total = desk.store().count(&Scope::all(), &filter, usize::MAX >> 1)?;
    let mut progress = Progress::new(usize::try_from(total).unwrap_or(usize::MAX), output);
    // A list that breaks off must not look like a whole one.
    let part = with_suffix(&args.out, ".part");
    let to = File::create(&part).with_context(|| format!("{}", part.display()))?;
    let written = match args.format {
        Format::Csv => csv(&desk, &filter, &listing, &mut progress, to),
        Format::Xlsx => xlsx(&desk, &filter, &listing, &mut progress, to),
        Format::Jsonl => jsonl(&desk, &filter, &listing, &mut progress, to),
    };
    progress.end();
    let count = match written {
        Ok(count) => count,
        Err(error) => {
            fs::remove_file(&part).ok();
            return Err(error);
        }
    };
    fs::rename(&part, &args.out).with_context(|| format!("{}", args.out.display()))?;
    if output.json {
        output
            .value(&json!({ "file": args.out, "cases": count, "columns": listing.columns.len() }));
    } else {
        let file = args.out.display().to_string();
        output.say("export.done", &[("file", &file), ("cases", &count.to_string())]);
    }
    Ok(true)
}

fn filter(desk: &Desk, args: &ExportArgs, procedures: &[&Arc<Procedure>]) -> Result<Filter> {
    let stage = |name: &String| {
        let stages = procedures.iter().flat_map(|rules| &rules.stages);
        let mut named = stages.filter(|stage| {
            stage.key == **name
                || stage.label.zh == *name
                || stage.label.en.eq_ignore_ascii_case(name)
        });
        named.next().map(|stage| stage.key.to_string()).with_context(|| format!("stage {name}"))
    };
    let calendar = procedures.first().and_then(|rules| desk.library().newest(&rules.key));
    let begin = |date: Date| -> Option<Timestamp> {
        calendar.as_ref().map(|(_, calendar)| calendar.instant(date.to_datetime(Time::midnight())))
    };
    let after = args.to.map(|to| to.checked_add(1.day())).transpose().context("--to")?;
    Ok(Filter {
        open: (!args.all).then_some(true),
        procedure: args.procedure.clone(),
        stage: args.stage.as_ref().map(stage).transpose()?,
        registered_from: args.from.and_then(begin),
        registered_before: after.and_then(begin),
        ..Filter::default()
    })
}

/// The path with something after its whole name.
pub(crate) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Hands the rows to `take` and counts them on the terminal.
fn rows(
    desk: &Desk,
    filter: &Filter,
    listing: &Listing,
    progress: &mut Progress,
    take: &mut dyn FnMut(&[Cell]) -> Result<(), TableError>,
) -> Result<usize> {
    let mut done = 0;
    Ok(desk.export(&Scope::all(), filter, listing, &mut |cells| {
        done += 1;
        progress.at(done);
        take(cells)
    })?)
}

fn csv(
    desk: &Desk,
    filter: &Filter,
    listing: &Listing,
    progress: &mut Progress,
    to: File,
) -> Result<usize> {
    let mut table = CsvTable::new(BufWriter::new(to), &listing.columns)?;
    let count = rows(desk, filter, listing, progress, &mut |cells| table.row(cells))?;
    table.finish()?.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
    Ok(count)
}

fn xlsx(
    desk: &Desk,
    filter: &Filter,
    listing: &Listing,
    progress: &mut Progress,
    to: File,
) -> Result<usize> {
    let is_time = |place: usize| listing.times.get(place) == Some(&true);
    let mut table = XlsxTable::new(&listing.columns, is_time)?;
    let count = rows(desk, filter, listing, progress, &mut |cells| table.row(cells))?;
    table.finish(&to)?;
    to.sync_all()?;
    Ok(count)
}

/// One object per case, by the names of the columns; empty cells are left out.
fn jsonl(
    desk: &Desk,
    filter: &Filter,
    listing: &Listing,
    progress: &mut Progress,
    to: File,
) -> Result<usize> {
    let mut to = BufWriter::new(to);
    let count = rows(desk, filter, listing, progress, &mut |cells| {
        let filled = listing.columns.iter().zip(cells).filter_map(|(column, cell)| {
            let value = match cell {
                Cell::Empty => return None,
                Cell::Text(text) => json!(text),
                Cell::Number(number) => json!(number),
                Cell::Time(at) => json!(at.to_string()),
            };
            Some((column.clone(), value))
        });
        let object: serde_json::Map<String, serde_json::Value> = filled.collect();
        Ok(writeln!(to, "{}", json!(object))?)
    })?;
    to.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
    Ok(count)
}
