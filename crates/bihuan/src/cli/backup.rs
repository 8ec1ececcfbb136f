//! `bihuan backup` and `bihuan restore`: a consistent copy of a running database, and back. The key never travels with it.

use crate::cli::output::Output;
use crate::cli::{Global, place};
use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::json;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use store::{Store, Verification};

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
    /// Empty data folder to copy into
    #[arg(long, value_name = "DATA")]
    to: Option<PathBuf>,
}

pub(crate) fn backup(global: &Global, args: &BackupArgs, output: &mut Output) -> Result<bool> {
    if !global.data.join(DATABASE).exists() {
        bail!("{}", output.text("doctor.no_database", &[("path", &shown(&global.data))]));
    }
    let store = place::store(&global.data)?;
    store.backup(&args.dir).with_context(|| shown(&args.dir))?;
    let cases = store.facts()?.cases;
    if output.json {
        let key = key_file(&global.data);
        output.value(&json!({ "backup": args.dir, "cases": cases, "master_key": { "included": false, "file": key } }));
    } else {
        let path = shown(&args.dir);
        output.say("backup.done", &[("path", &path), ("cases", &cases.to_string())]);
        output.say("backup.key", &[("key", &shown(&key_file(&global.data)))]);
    }
    Ok(true)
}

pub(crate) fn restore(global: &Global, args: &RestoreArgs, output: &mut Output) -> Result<bool> {
    if !args.verify && args.to.is_none() {
        bail!("{}", output.text("restore.what", &[]));
    }
    if let Some(to) = args.to.as_deref().filter(|to| holds_data(to)) {
        bail!("{}", output.text("restore.not_empty", &[("path", &shown(to))]));
    }
    let folders = [args.to.as_deref(), Some(global.data.as_path())];
    let key = place::existing_key(folders.into_iter().flatten())?;
    let Some(key) = key else { bail!("{}", output.text("restore.no_key", &[])) };
    let found = Store::verify(&args.dir, key).with_context(|| shown(&args.dir))?;
    let sound = found.problems.is_empty();
    if let Some(to) = args.to.as_deref().filter(|_| sound) {
        copy(&args.dir, to).with_context(|| shown(to))?;
    }
    report(args, &found, output);
    Ok(sound)
}

fn report(args: &RestoreArgs, found: &Verification, output: &mut Output) {
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
            "restored_to": args.to.as_ref().filter(|_| sound),
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
    if let Some(to) = args.to.as_deref().filter(|_| sound) {
        output.say("restore.done", &[("path", &shown(to))]);
        if !key_file(to).exists() {
            output.say("restore.key", &[("key", &shown(&key_file(to)))]);
        }
    }
}

fn key_file(data: &Path) -> PathBuf {
    data.join(place::KEY_FILE)
}

fn holds_data(folder: &Path) -> bool {
    folder.join(DATABASE).exists() || folder.join(BLOBS).exists()
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
