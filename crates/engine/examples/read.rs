//! Reads procedure files and prints what is wrong with them: `cargo run -q -p engine --example read -- FILE…`.

use std::io::{self, Write};
use std::process::ExitCode;

fn main() -> io::Result<ExitCode> {
    let mut out = io::stdout().lock();
    let mut code = ExitCode::SUCCESS;
    for file in std::env::args().skip(1) {
        match engine::procedure::read(&file, &std::fs::read_to_string(&file)?) {
            Ok(procedure) => {
                let (stages, clocks) = (procedure.stages.len(), procedure.clocks.len());
                writeln!(
                    out,
                    "{file}: {} version {}, {stages} stages, {clocks} clocks",
                    procedure.key, procedure.version
                )?;
            }
            Err(findings) => {
                findings.iter().try_for_each(|finding| writeln!(out, "{finding}"))?;
                writeln!(out, "{file}: {} findings", findings.len())?;
                code = ExitCode::FAILURE;
            }
        }
    }
    Ok(code)
}
