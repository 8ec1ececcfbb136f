//! Runs a command with a PostgreSQL server of its own, which the tests in it share: `cargo run -p cluster -- cargo nextest run`.

use cluster::{Cluster, Durable};
use std::process::{Command, ExitCode};

fn main() -> std::io::Result<ExitCode> {
    let mut words = std::env::args_os().skip(1);
    let Some(program) = words.next() else {
        return Err(std::io::Error::other("a command is expected"));
    };
    let cluster = Cluster::start(Durable::No)?;
    let mut command = Command::new(program);
    cluster.share(command.args(words));
    Ok(if command.status()?.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
