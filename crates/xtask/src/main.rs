//! Chores of this repository: `cargo build --workspace --bins && target/debug/xtask TASK`.

mod api;
mod bench;
mod crash;
mod many;
mod mutate;
mod shots;
mod simulate;
mod trace;

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Instant;

type Task = fn(&[String], &mut dyn Write) -> io::Result<ExitCode>;

/// Name, arguments, what it is for, and what does it.
const TASKS: &[(&str, &str, &str, Task)] = &[
    (
        "mutate",
        "[--only KIND] [--every]",
        "damages the built-in procedures and asks the check to find it",
        |arguments, mut out| mutate::run(arguments, &mut out),
    ),
    (
        "crash",
        "[--rounds N] [--seed N] [--database sqlite|postgres]",
        "kills servers while they write, and looks whether anything was lost",
        crash::run,
    ),
    (
        "trace",
        "[--lossy]",
        "looks whether the log was forced to disk before each answer",
        trace::run,
    ),
    (
        "simulate",
        "[--seeds N] [--from SEED] [--store memory|file] [--steps N] [--verbose] [--twice] [--bugs]",
        "lives random lives over a store that things go wrong under, and looks whether anything was lost",
        simulate::run,
    ),
    (
        "api",
        "[arguments of `schemathesis run`]",
        "compares what the server answers with its own description; needs Python",
        api::run,
    ),
    (
        "bench",
        "[arguments of `bihuan bench`]",
        "builds the program for release and measures it: three sizes, in the process and over HTTP",
        bench::run,
    ),
    (
        "shots",
        "OUT [NAME…]",
        "takes pictures of the main pages, for a desk and a telephone, light and dark",
        shots::run,
    ),
    ("full", "", "the long rounds of all of them; takes two to three hours", full),
];

fn main() -> io::Result<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    let wanted = arguments.next().unwrap_or_default();
    let arguments: Vec<String> = arguments.collect();
    if let Some((.., run)) = TASKS.iter().find(|(name, ..)| *name == wanted) {
        return run(&arguments, &mut io::stdout().lock());
    }
    for (name, arguments, purpose, _) in TASKS {
        eprintln!("xtask {name} {arguments}\n    {purpose}");
    }
    Ok(ExitCode::from(2))
}

/// Everything that is too long for each change. What fails, or cannot be run, does not keep the rest from being run.
fn full(_: &[String], out: &mut dyn Write) -> io::Result<ExitCode> {
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let (mut sound, mut told) = (true, Vec::new());
    for (name, arguments) in [
        ("mutate", "--every"),
        ("crash", "--rounds 200"),
        ("trace", "--lossy"),
        ("simulate", "--bugs"),
        ("simulate", "--from 1000000 --seeds 6000"),
        ("simulate", "--from 2000000 --seeds 50 --steps 400"),
        ("simulate", "--from 3000000 --seeds 300 --twice"),
        ("bench", ""),
        ("api", ""),
    ] {
        let Some((.., run)) = TASKS.iter().find(|(task, ..)| *task == name) else { continue };
        let since = Instant::now();
        let outcome = match run(&words(arguments), out) {
            Ok(ExitCode::SUCCESS) => "sound".to_owned(),
            Ok(_) => "NOT SOUND".to_owned(),
            Err(error) => format!("COULD NOT BE RUN: {error}"),
        };
        sound &= outcome == "sound";
        let minutes = since.elapsed().as_secs().div_ceil(60);
        let line = format!("{minutes:>4} min  xtask {name} {arguments}: {outcome}");
        writeln!(out, "{line}")?;
        told.push(line);
    }
    writeln!(out, "\n{}", told.join("\n"))?;
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
