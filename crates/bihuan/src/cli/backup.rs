//! `bihuan backup` and `bihuan restore`: a consistent copy of a running database, and back. The key never travels with it.

use crate::cli::output::Output;
use crate::cli::{Global, migrate, place};
use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::json;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use store::{Place, Store, Verification};

const DATABASE: &str = "bihuan.db";
const BLOBS: &str = "blobs";

#[derive(Args)]
pub(crate) struct BackupArgs {
    /// Folder to copy into; it must not hold a backup yet
    dir: PathBuf,
}

#[derive(Args)]
pub(crate) struct RestoreArgs {
    /// Folder of the backup
    dir: PathBuf,
    /// Only verify: structure, chains, personal values, files
    #[arg(long)]
    verify: bool,
    /// Empty data folder or database to copy into
    #[arg(long, value_name = "DATA")]
    to: Option<String>,
}

pub(crate) fn backup(global: &Global, args: &BackupArgs, output: &mut Output) -> Result<bool> {
    let place = place::of(global)?;
    if place.is_vacant().with_context(|| place::shown(&place))? {
        bail!("{}", output.text("doctor.no_database", &[("path", &place::shown(&place))]));
    }
    let store = place::store(global)?;
    let cases = store.backup(&args.dir).with_context(|| shown(&args.dir))?;
    let key = place::key_file(&place);
    if output.json {
        output.value(&json!({ "backup": args.dir, "cases": cases, "master_key": { "included": false, "file": key } }));
    } else {
        let path = shown(&args.dir);
        output.say("backup.done", &[("path", &path), ("cases", &cases.to_string())]);
        output.say("backup.key", &[("key", &shown(&key))]);
    }
    Ok(true)
}

pub(crate) fn restore(global: &Global, args: &RestoreArgs, output: &mut Output) -> Result<bool> {
    if !args.verify && args.to.is_none() {
        bail!("{}", output.text("restore.what", &[]));
    }
    let to = args.to.as_deref().map(|to| target(to, global)).transpose()?;
    if let Some(to) = &to
        && holds_data(to).with_context(|| place::shown(to))?
    {
        bail!("{}", output.text("restore.not_empty", &[("path", &place::shown(to))]));
    }
    let folders = [to.as_ref().map(Place::folder), Some(global.data.as_path())];
    let key = place::existing_key(folders.into_iter().flatten())?;
    let Some(key) = key else { bail!("{}", output.text("restore.no_key", &[])) };
    let found = Store::verify(&args.dir, key).with_context(|| shown(&args.dir))?;
    let sound = found.problems.is_empty();
    let to = to.filter(|_| sound);
    if let Some(to) = &to {
        match to.is_shared() {
            true => drop(migrate::copy(&Place::at(&args.dir), to, key, output)?),
            false => copy(&args.dir, to.folder()).with_context(|| place::shown(to))?,
        }
        // The backup of a server holds no index.
        migrate::index(global, to, key, output)?;
    }
    report(args, to.as_ref(), &found, output);
    Ok(sound)
}

/// A server, a folder after `sqlite:`, or just a folder.
fn target(to: &str, global: &Global) -> Result<Place> {
    match to.contains("://") || to.starts_with("sqlite:") {
        true => place::named(to, &global.data),
        false => Ok(Place::at(Path::new(to))),
    }
}

fn report(args: &RestoreArgs, to: Option<&Place>, found: &Verification, output: &mut Output) {
    let sound = found.problems.is_empty();
    if output.json {
        output.value(&json!({
            "backup": args.dir,
            "sound": sound,
            "schema": found.schema,
            "cases": found.cases,
            "events": found.events,
            "values": found.values,
            "erased": found.erased,
            "settings_log": found.settings_log,
            "files": found.files,
            "problems": found.problems,
            "restored_to": to.map(place::shown),
        }));
        return;
    }
    found.problems.iter().for_each(|problem| output.line(problem));
    let counts = [
        ("cases", found.cases.to_string()),
        ("events", found.events.to_string()),
        ("values", found.values.to_string()),
        ("files", found.files.to_string()),
    ];
    let counts: Vec<(&str, &str)> =
        counts.iter().map(|(name, count)| (*name, count.as_str())).collect();
    output.say(if sound { "restore.sound" } else { "restore.damaged" }, &counts);
    if let Some(to) = to {
        output.say("restore.done", &[("path", &place::shown(to))]);
        let key = place::key_file(to);
        if !key.exists() {
            output.say("restore.key", &[("key", &shown(&key))]);
        }
    }
}

/// Of a server only the database counts: the folder beside it may belong to what is restored.
fn holds_data(place: &Place) -> Result<bool> {
    match place.is_shared() {
        true => Ok(!place.is_vacant()?),
        false => Ok([DATABASE, BLOBS].iter().any(|name| place.folder().join(name).exists())),
    }
}

/// The attachments first and the database last, under its name only when it is whole.
fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    if from.join(BLOBS).exists() {
        copy_folder(&from.join(BLOBS), &to.join(BLOBS))?;
    }
    let part = to.join("bihuan.db.part");
    fs::copy(from.join(DATABASE), &part)?;
    File::open(&part)?.sync_all()?;
    fs::rename(&part, to.join(DATABASE))?;
    Ok(File::open(to)?.sync_all()?)
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
            File::open(&target)?.sync_all()?;
        }
    }
    Ok(File::open(to)?.sync_all()?)
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
