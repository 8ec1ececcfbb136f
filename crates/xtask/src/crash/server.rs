//! The program as a child process.

use super::Home;
use serde_json::Value;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Error, Result};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The program that was built beside this one (`cargo build --workspace --bins` builds both); else it is built.
pub(crate) fn program() -> Result<PathBuf> {
    let beside = std::env::current_exe()?.with_file_name("bihuan");
    if !beside.exists() {
        cargo_build(&[])?;
    }
    Ok(beside)
}

/// Builds the program so that it does not force anything to disk, into a folder of its own.
pub(crate) fn build_lossy() -> Result<PathBuf> {
    let folder = std::env::current_exe()?.with_file_name("lossy");
    let target = folder.to_string_lossy().into_owned();
    cargo_build(&["--features", "lossy", "--target-dir", &target])?;
    Ok(folder.join("debug/bihuan"))
}

fn cargo_build(more: &[&str]) -> Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "--package", "bihuan"]).args(more);
    if command.status()?.success() { Ok(()) } else { Err(Error::other("bihuan does not build")) }
}

pub(crate) struct Server {
    child: Child,
    /// Host and port.
    pub(crate) address: String,
}

impl Server {
    pub(crate) fn start(program: &Path, home: &Home) -> Result<Self> {
        Self::start_under(&[], program, home)
    }

    /// Starts it as the last words of another command.
    pub(crate) fn start_under(before: &[&str], program: &Path, home: &Home) -> Result<Self> {
        let mut words = before.iter().map(OsString::from).chain([program.into()]);
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words).args([
            "--json",
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--rate",
            "0",
            "--log",
            "error",
        ]);
        home.describe(&mut command);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let mut out = BufReader::new(child.stdout.take().ok_or_else(|| Error::other("no output"))?);
        let mut said = String::new();
        while !said.contains('}') {
            if out.read_line(&mut said)? == 0 {
                return Err(Error::other(format!(
                    "the server does not start: {said} {:?}",
                    child.wait()?
                )));
            }
        }
        let said: Value = serde_json::from_str(&said)?;
        let address = said.get("address").and_then(Value::as_str).unwrap_or_default();
        Ok(Self { child, address: address.trim_start_matches("http://").to_owned() })
    }

    /// SIGKILL.
    pub(crate) fn kill(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait().map(drop)
    }

    /// SIGTERM: what is under way is finished first.
    pub(crate) fn stop(mut self) -> Result<()> {
        // Under another command it is that one's only child.
        let below = Command::new("pgrep").args(["-P", &self.child.id().to_string()]).output()?;
        let below = String::from_utf8_lossy(&below.stdout).trim().to_owned();
        let pid = if below.is_empty() { self.child.id().to_string() } else { below };
        Command::new("kill").arg(pid).status()?;
        let ended = self.child.wait()?;
        if ended.success() {
            Ok(())
        } else {
            Err(Error::other(format!("the server ended with {ended}")))
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
