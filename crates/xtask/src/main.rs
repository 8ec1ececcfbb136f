//! Chores of this repository: `cargo run -p xtask -- TASK`.

mod crash;
mod mutate;
mod trace;

use std::io;
use std::process::ExitCode;

fn main() -> io::Result<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some("mutate") => mutate::run(&arguments.collect::<Vec<_>>(), &mut io::stdout().lock()),
        Some("crash") => crash::run(&arguments.collect::<Vec<_>>(), &mut io::stdout().lock()),
        Some("trace") => trace::run(&arguments.collect::<Vec<_>>(), &mut io::stdout().lock()),
        _ => {
            eprintln!("usage: xtask mutate [--only KIND] [--every]");
            eprintln!("       xtask crash [--rounds N] [--seed N] [--database sqlite|postgres]");
            eprintln!(
                "  crash   kills the server while it writes, and looks whether anything was lost"
            );
            eprintln!("  mutate  damages the built-in procedures and asks the check to find it");
            Ok(ExitCode::from(2))
        }
    }
}
