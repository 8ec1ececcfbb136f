//! `bihuan calendar`: due instants for checking and for other programs; working days of a year; coming years put in force.

use crate::cli::output::Output;
use crate::cli::{Global, place};
use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use desk::{Counting, DeskError, words};
use engine::calendar::{Calendar, CalendarError, ImportError, SpecialDay, Year, answer_line};
use serde_json::json;
use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};

#[derive(Args)]
pub(crate) struct CalendarArgs {
    #[command(subcommand)]
    command: CalendarCommand,
}

#[derive(Subcommand)]
enum CalendarCommand {
    /// Read one JSON object per line and answer each with its due instant
    Due,
    /// Holidays and make-up working days of a year, as the installation knows them
    Show {
        /// Year
        #[arg(value_parser = clap::value_parser!(i16).range(1..=9999))]
        year: i16,
        /// Calendar: cn or weekdays
        #[arg(long, default_value = "cn")]
        calendar: String,
    },
    /// Put the holidays of a coming year in force; the deadlines of the cases in work are counted anew
    Import {
        /// File: .ics, lines of date,off|work,name, or a whole calendar as .toml
        file: PathBuf,
        /// Calendar that the year is added to
        #[arg(long, default_value = "cn")]
        calendar: String,
        /// Change nothing: print the whole calendar as TOML
        #[arg(long)]
        print: bool,
    },
}

pub(crate) fn run(global: &Global, args: &CalendarArgs, output: &mut Output) -> Result<bool> {
    match &args.command {
        CalendarCommand::Due => due(),
        CalendarCommand::Show { year, calendar } => show(global, *year, calendar, output),
        CalendarCommand::Import { file, calendar, print } => {
            import(global, file, calendar, *print, output)
        }
    }
}

fn import(
    global: &Global,
    file: &Path,
    name: &str,
    print: bool,
    output: &mut Output,
) -> Result<bool> {
    let text = std::fs::read_to_string(file).with_context(|| format!("{}", file.display()))?;
    let (known, version) = in_force(global, name)?;
    let calendar = match extended(known, file, &text) {
        Ok(calendar) => calendar,
        Err(lines) => bail!("{}", told(file, &lines, output).join("\n")),
    };
    if print {
        output.line(calendar.to_toml());
        return Ok(true);
    }
    let desk = place::open(global)?;
    desk.put_calendar("command line", &calendar, Some(version))?;
    let done = desk.count_anew(&|| true)?;
    if output.json {
        let Counting { cases, moved, failed } = done;
        let counted = json!({ "cases": cases, "moved": moved, "failed": failed });
        output.value(&json!({ "calendar": calendar.name(), "counted_anew": counted }));
    } else {
        let [cases, moved, failed] = [done.cases, done.moved, done.failed].map(|n| n.to_string());
        let facts = [("calendar", name), ("cases", &cases), ("moved", &moved), ("failed", &failed)];
        output.say("calendar.in_force", &facts);
    }
    Ok(done.failed == 0)
}

/// The calendar that the installation counts by, with its version; without an installation the one that travels with the program.
fn in_force(global: &Global, name: &str) -> Result<(Calendar, u64)> {
    let unknown = || format!("calendar {name}");
    if place::of(global)?.is_vacant()? {
        return Ok((Calendar::builtin(name).with_context(unknown)?, 0));
    }
    match place::open(global)?.calendar(name) {
        Err(DeskError::NotFound { .. }) => bail!("{}", unknown()),
        known => Ok(known?),
    }
}

/// What is wrong with a file: by line, or with a whole calendar.
enum Wrong {
    Lines(Vec<ImportError>),
    Whole(Vec<CalendarError>),
}

/// A calendar with what a file says of it.
fn extended(mut calendar: Calendar, file: &Path, text: &str) -> Result<Calendar, Wrong> {
    let kind = file.extension().map(|kind| kind.to_ascii_lowercase()).unwrap_or_default();
    if kind == "toml" {
        return Calendar::from_toml(text).map_err(Wrong::Whole);
    }
    let read = match kind == "ics" {
        true => calendar.import_ics(text),
        false => calendar.import_table(text),
    };
    read.map_err(Wrong::Lines)?;
    Ok(calendar)
}

fn told(file: &Path, wrong: &Wrong, output: &Output) -> Vec<String> {
    let file = file.display();
    match wrong {
        Wrong::Lines(errors) => errors
            .iter()
            .map(|error| {
                let why = words::calendar_trouble(&error.trouble, output.english);
                format!("{file}:{}: {why}", error.line)
            })
            .collect(),
        Wrong::Whole(errors) => errors.iter().map(|error| format!("{file}: {error}")).collect(),
    }
}

/// One answer per line, flushed when the input pauses; a line that cannot be read is answered with an error object.
fn due() -> Result<bool> {
    let mut stdout = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().split(b'\n') {
        let line = line?;
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end_matches('\r');
        if text.trim().is_empty() {
            continue;
        }
        if writeln!(stdout, "{}", answer_line(text)).is_err() {
            return Ok(true);
        }
    }
    stdout.flush().ok();
    Ok(true)
}

fn show(global: &Global, year: i16, name: &str, output: &mut Output) -> Result<bool> {
    let (calendar, _) = in_force(global, name)?;
    let Year { known, working_days, special } = calendar.year(year);
    let kind = |day: &SpecialDay| if day.works { "work" } else { "off" };
    if output.json {
        let day = |day: &SpecialDay| json!({ "date": day.date.to_string(), "kind": kind(day), "name": day.name });
        let days: Vec<_> = special.iter().map(day).collect();
        output.value(&json!({ "calendar": name, "year": year, "known": known, "working_days": working_days, "days": days }));
        return Ok(true);
    }
    if !known {
        output.say("calendar.unknown_year", &[("year", &year.to_string())]);
    }
    for day in &special {
        output.line(format!("{}  {:<4}  {}", day.date, kind(day), day.name));
    }
    output.say(
        "calendar.working_days",
        &[("year", &year.to_string()), ("days", &working_days.to_string())],
    );
    Ok(true)
}
