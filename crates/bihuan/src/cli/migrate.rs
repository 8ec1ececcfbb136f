//! `bihuan migrate`: an installation moves to another database. The old one is only read.

use crate::cli::output::Output;
use crate::cli::progress::Progress;
use crate::cli::{Global, place};
use anyhow::{Context, Result, bail};
use clap::Args;
use desk::Desk;
use serde_json::json;
use store::{Place, Store, StoreError, Verification};

#[derive(Args)]
pub(crate) struct MigrateArgs {
    /// Where from: sqlite:FOLDER or postgres://…
    #[arg(long, value_name = "ADDRESS")]
    from: String,
    /// Where to: sqlite:FOLDER or postgres://…, empty
    #[arg(long, value_name = "ADDRESS")]
    to: String,
    /// Copy what is there at this moment although somebody uses it; what is written there later is lost
    #[arg(long)]
    force: bool,
}

pub(crate) fn run(global: &Global, args: &MigrateArgs, output: &mut Output) -> Result<bool> {
    let (from, to) =
        (place::named(&args.from, &global.data)?, place::named(&args.to, &global.data)?);
    let (from_shown, to_shown) = (place::shown(&from), place::shown(&to));
    if args.from == args.to {
        bail!("{}", output.text("migrate.same", &[]));
    }
    let key = key(&from, &to, output)?;
    if from.is_vacant().with_context(|| from_shown.clone())? {
        bail!("{}", output.text("migrate.nothing", &[("from", &from_shown)]));
    }
    // Until the end nobody opens an embedded database that is being left.
    let _at_rest = match from.at_rest() {
        Ok(held) => Some(held),
        Err(StoreError::InUse) if args.force => None,
        Err(StoreError::InUse) => {
            bail!("{}", output.text("migrate.in_use", &[("from", &from_shown)]))
        }
        Err(error) => return Err(error).context(from_shown),
    };
    let found = copy(&from, &to, key, output)?;
    let sound = found.problems.is_empty();
    let indexed = match sound {
        true => index(global, &to, key, output)?,
        false => 0,
    };
    if sound && place::existing_key([to.folder()])?.is_none() {
        place::keep_key(&place::key_file(&to), &key)?;
    }
    if output.json {
        output.value(&json!({
            "from": from_shown, "to": to_shown, "sound": sound, "indexed": indexed,
            "cases": found.cases, "events": found.events, "values": found.values,
            "erased": found.erased, "files": found.files, "problems": found.problems,
        }));
        return Ok(sound);
    }
    found.problems.iter().for_each(|problem| output.line(problem));
    if !sound {
        output.say("migrate.damaged", &[("to", &to_shown)]);
        return Ok(false);
    }
    output.say(
        "migrate.copied",
        &[
            ("from", &from_shown),
            ("to", &to_shown),
            ("cases", &found.cases.to_string()),
            ("events", &found.events.to_string()),
            ("values", &found.values.to_string()),
            ("files", &found.files.to_string()),
        ],
    );
    output.say("migrate.indexed", &[("cases", &indexed.to_string())]);
    let data = to.folder().display().to_string();
    output.say("migrate.next", &[("data", &data), ("from", &from_shown)]);
    Ok(true)
}

/// The key of the old place, which must not meet another one at the new place.
fn key(from: &Place, to: &Place, output: &Output) -> Result<[u8; 32]> {
    let Some(key) = place::existing_key([from.folder(), to.folder()])? else {
        let file = place::key_file(from).display().to_string();
        bail!("{}", output.text("doctor.no_key", &[("file", &file)]));
    };
    if place::existing_key([to.folder()])?.is_some_and(|other| other != key) {
        let path = place::key_file(to).display().to_string();
        bail!("{}", output.text("migrate.other_key", &[("path", &path)]));
    }
    Ok(key)
}

/// Copies everything, and shows how far it is.
pub(crate) fn copy(
    from: &Place,
    to: &Place,
    key: [u8; 32],
    output: &Output,
) -> Result<Verification> {
    let mut progress = Progress::new(0, output);
    let copied = Store::copy(from, to, key, &mut |_, rows| {
        progress.at(usize::try_from(rows).unwrap_or(usize::MAX));
    });
    progress.end();
    copied.with_context(|| place::shown(to))
}

/// Indexes the texts of a place that was just filled; says of how many cases.
pub(crate) fn index(global: &Global, to: &Place, key: [u8; 32], output: &Output) -> Result<usize> {
    let store = Store::open(to.clone(), place::options(global, to, key))?;
    let desk = Desk::open(store)?;
    let older = desk.older()?;
    let waiting = usize::try_from(older.texts.max(older.derived)).unwrap_or(0);
    let mut progress = Progress::new(waiting, output);
    let indexed = desk.rederive(&|| true, &mut |done| progress.at(done));
    progress.end();
    Ok(indexed?.cases)
}
