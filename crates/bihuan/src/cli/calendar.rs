//! `bihuan calendar`: due instants for checking and for other programs; working days of a year; import of coming years.

use crate::cli::output::Output;
use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use engine::calendar::{Calendar, DayKind, answer_line};
use jiff::civil::Date;
use serde_json::json;
use std::io::{BufRead, Write};
use std::path::PathBuf;

#[derive(Args)]
pub(crate) struct CalendarArgs {
    #[command(subcommand)]
    command: CalendarCommand,
}

#[derive(Subcommand)]
enum CalendarCommand {
    /// Read one JSON object per line and answer each with its due instant
    Due,
    /// Holidays and make-up working days of a year
    Show {
        /// Year
        year: i16,
        /// Calendar: cn or weekdays
        #[arg(long, default_value = "cn")]
        calendar: String,
    },
    /// Read a coming year from an ICS file or a plain table and print the calendar as TOML
    Import {
        /// File: .ics, or lines of date,off|work,name
        file: PathBuf,
        /// Calendar that the year is added to
        #[arg(long, default_value = "cn")]
        calendar: String,
    },
}

pub(crate) fn run(args: &CalendarArgs, output: &mut Output) -> Result<bool> {
    match &args.command {
        CalendarCommand::Due => due(),
        CalendarCommand::Show { year, calendar } => show(*year, calendar, output),
        CalendarCommand::Import { file, calendar } => {
            let mut calendar =
                Calendar::builtin(calendar).with_context(|| format!("calendar {calendar}"))?;
            let text =
                std::fs::read_to_string(file).with_context(|| format!("{}", file.display()))?;
            let is_ics =
                file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("ics"));
            let result =
                if is_ics { calendar.import_ics(&text) } else { calendar.import_table(&text) };
            match result {
                Ok(_) => output.line(calendar.to_toml()),
                Err(errors) => {
                    let lines: Vec<String> = errors
                        .iter()
                        .map(|error| {
                            format!("{}:{}: {:?}", file.display(), error.line, error.trouble)
                        })
                        .collect();
                    bail!("{}", lines.join("\n"));
                }
            }
            Ok(true)
        }
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

fn show(year: i16, name: &str, output: &mut Output) -> Result<bool> {
    let calendar = Calendar::builtin(name).with_context(|| format!("calendar {name}"))?;
    let first = Date::new(year, 1, 1).context("year")?;
    let mut special = Vec::new();
    let mut working = 0;
    for date in first.series(jiff::ToSpan::day(1)).take_while(|date| date.year() == year) {
        let day = calendar.day(date);
        working += u32::from(day.kind.works());
        match day.kind {
            DayKind::Holiday(name) => special.push((date, "off", name)),
            DayKind::MakeUp(name) => special.push((date, "work", name)),
            DayKind::Working | DayKind::WeekendOff => {}
        }
    }
    if output.json {
        let days: Vec<_> = special.iter().map(|(date, kind, name)| json!({ "date": date.to_string(), "kind": kind, "name": name })).collect();
        output.value(&json!({ "calendar": name, "year": year, "known": calendar.known(year), "working_days": working, "days": days }));
        return Ok(true);
    }
    if !calendar.known(year) {
        output.say("calendar.unknown_year", &[("year", &year.to_string())]);
    }
    for (date, kind, name) in &special {
        output.line(format!("{date}  {kind:<4}  {name}"));
    }
    output.say(
        "calendar.working_days",
        &[("year", &year.to_string()), ("days", &working.to_string())],
    );
    Ok(true)
}
