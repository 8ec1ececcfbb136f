//! `xtask api`: schemathesis against the server's own description, over the data of the demonstration, as an administrator. It makes up
//! requests that fit the description and requests that do not, and compares every answer with what is written there.
//!
//! What it must know of the installation is in `crates/xtask/api/hooks.py`, what it may not demand in `schemathesis.toml` beside it.

use crate::crash::{Home, server};
use desk::{ApiKey, KeyScope};
use std::io::{Error, Result, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// The version that the description was last seen to stand.
const TESTER: &str = "schemathesis==4.32.5";

/// Runs it; arguments are handed on to it.
///
/// # Errors
/// There is no Python or no network to install the tester from, or the server does not start.
pub(crate) fn run(arguments: &[String], out: &mut dyn Write) -> Result<ExitCode> {
    let (tester, program) = (tester()?, server::program()?);
    let home = Home::new(None)?;
    let mut demo = Command::new(&program);
    home.describe(&mut demo);
    let demo = demo.args(["demo", "--no-serve"]).output()?;
    if !demo.status.success() {
        return Err(Error::other(String::from_utf8_lossy(&demo.stderr)));
    }
    let key = key(&home)?;
    let server = server::Server::start(&program, &home)?;
    let (origin, folder) = (format!("http://{}", server.address), tempfile::tempdir()?);
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("api");
    let mut command = Command::new(tester);
    command
        .current_dir(folder.path())
        .env("PYTHONPATH", &data)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("SCHEMATHESIS_HOOKS", "hooks")
        .env("BIHUAN_API", &origin)
        .env("BIHUAN_KEY", &key)
        .arg("--config-file")
        .arg(data.join("schemathesis.toml"))
        .args(["run", &format!("{origin}/api/openapi.json")])
        .args(["--header", &format!("Authorization: Bearer {key}"), "--continue-on-failure"])
        .args(arguments);
    out.flush()?;
    let sound = command.status()?.success();
    server.stop()?;
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// An administrator's key that may do everything.
fn key(home: &Home) -> Result<String> {
    let desk = home.desk()?;
    let people = desk.people();
    let admin = people.people.iter().find(|person| desk.is_administrator(person));
    let key = ApiKey {
        name: "schemathesis".to_owned(),
        person: admin.ok_or_else(|| Error::other("nobody administers"))?.id.clone(),
        scopes: vec![
            KeyScope::CasesRead,
            KeyScope::CasesWrite,
            KeyScope::ReportsRead,
            KeyScope::Admin,
        ],
    };
    desk.make_api_key("xtask", &key).map_err(Error::other)
}

/// The tester, in an environment of its own beside this program; it is installed where it is missing.
fn tester() -> Result<PathBuf> {
    let place = std::env::current_exe()?.with_file_name("schemathesis");
    let tester = place.join("bin/schemathesis");
    if tester.exists() {
        return Ok(tester);
    }
    let must = |command: &mut Command| match command.status() {
        Ok(status) if status.success() => Ok(()),
        _ => Err(Error::other("Python with venv, and PyPI, are needed (Debian: python3-venv)")),
    };
    must(Command::new("python3").args(["-m", "venv"]).arg(&place))?;
    must(Command::new(place.join("bin/pip")).args(["install", "--quiet", TESTER]))?;
    Ok(tester)
}
