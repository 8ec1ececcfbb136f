//! Measures the program as people run it: built for release.

use std::io::{Result, Write};
use std::process::{Command, ExitCode};

/// What is measured when nobody asks for something else.
const WHOLE: &[&str] = &["--http", "--once"];

pub(crate) fn run(arguments: &[String], out: &mut dyn Write) -> Result<ExitCode> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args([
        "run",
        "--quiet",
        "--release",
        "--package",
        "bihuan",
        "--",
        "--lang",
        "en",
        "bench",
    ]);
    match arguments {
        [] => command.args(WHOLE),
        some => command.args(some),
    };
    // What was said before stands above it.
    out.flush()?;
    Ok(if command.status()?.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
