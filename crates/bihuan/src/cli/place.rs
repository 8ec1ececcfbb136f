//! The data folder: database, attachments, and the master key beside them.

use crate::cli::Global;
use anyhow::{Context, Result, bail};
use desk::{Caller, Clock, Desk, KeyScope};
use engine::people::Who;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use store::Store;

/// Name of the key's file in the data folder.
pub(crate) const KEY_FILE: &str = "master.key";

/// Opens the desk of a data folder, creating it on first use.
pub(crate) fn open(global: &Global) -> Result<Desk> {
    let desk = Desk::open(store(&global.data)?)?;
    desk.install_builtin("system")?;
    Ok(desk)
}

/// Opens the desk by another clock.
pub(crate) fn open_with(data: &Path, clock: Arc<dyn Clock>) -> Result<Desk> {
    let desk = Desk::open_with(store(data)?, clock)?;
    desk.install_builtin("system")?;
    Ok(desk)
}

/// Opens the store of a data folder.
pub(crate) fn store(data: &Path) -> Result<Store> {
    fs::create_dir_all(data).with_context(|| format!("{}", data.display()))?;
    Store::open(data, store::Options::new(master_key(data)?))
        .with_context(|| format!("{}", data.display()))
}

/// The master key: `BIHUAN_MASTER_KEY` (64 hexadecimal digits), else the file `master.key` of the data folder, which is
/// made on first use, readable by its owner only, and never part of a backup.
pub(crate) fn master_key(data: &Path) -> Result<[u8; 32]> {
    if let Ok(text) = std::env::var("BIHUAN_MASTER_KEY") {
        return parse_key(&text).context("BIHUAN_MASTER_KEY");
    }
    let path = data.join(KEY_FILE);
    if path.exists() {
        return parse_key(&fs::read_to_string(&path)?)
            .with_context(|| format!("{}", path.display()));
    }
    if data.join("bihuan.db").exists() {
        bail!(
            "{} is missing: put the key of this database back, or set BIHUAN_MASTER_KEY",
            path.display()
        );
    }
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|error| anyhow::anyhow!("random numbers: {error}"))?;
    let text: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&path).with_context(|| format!("{}", path.display()))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(key)
}

/// The master key as it is: of `BIHUAN_MASTER_KEY`, else of the first folder that has one. Nothing is made.
pub(crate) fn existing_key<'p>(
    folders: impl IntoIterator<Item = &'p Path>,
) -> Result<Option<[u8; 32]>> {
    if let Ok(text) = std::env::var("BIHUAN_MASTER_KEY") {
        return parse_key(&text).context("BIHUAN_MASTER_KEY").map(Some);
    }
    let files = folders.into_iter().map(|folder| folder.join(KEY_FILE));
    let Some(file) = files.into_iter().find(|file| file.exists()) else { return Ok(None) };
    let text = fs::read_to_string(&file).with_context(|| format!("{}", file.display()))?;
    parse_key(&text).with_context(|| format!("{}", file.display())).map(Some)
}

fn parse_key(text: &str) -> Result<[u8; 32]> {
    let text = text.trim();
    let digits: Vec<u8> = text
        .chars()
        .filter_map(|c| c.to_digit(16))
        .filter_map(|digit| u8::try_from(digit).ok())
        .collect();
    if digits.len() != 64 || text.chars().count() != 64 {
        bail!("64 hexadecimal digits are expected");
    }
    let mut key = [0; 32];
    for (byte, pair) in key.iter_mut().zip(digits.chunks(2)) {
        *byte = pair.iter().fold(0, |value, digit| value << 4 | digit);
    }
    Ok(key)
}

/// Who acts: the person of `--as`, by id or name; the program itself when nobody is named.
pub(crate) fn who(global: &Global, desk: &Desk) -> Result<Who> {
    match &global.person {
        Some(_) => Ok(caller(global, desk)?.who()),
        None => Ok(Who::System),
    }
}

/// The caller of `--as`, with every right of the command line.
pub(crate) fn caller(global: &Global, desk: &Desk) -> Result<Caller> {
    let people = desk.people();
    let person = match &global.person {
        Some(name) => people
            .people
            .iter()
            .find(|person| person.id == **name || person.name == *name)
            .with_context(|| format!("person {name}"))?,
        None => bail!("--as PERSON"),
    };
    Ok(Caller { person: person.id.clone(), scopes: vec![KeyScope::Admin] })
}
