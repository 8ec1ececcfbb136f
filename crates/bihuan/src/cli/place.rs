//! Where an installation is: a data folder, or a data folder and a database on a server. The master key lies in the folder.

use crate::cli::{Global, help};
use anyhow::{Context, Result, bail};
use desk::{Caller, Clock, Desk, KeyScope, words};
use engine::people::Who;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::{Place, Store, StoreError};

/// Name of the key's file in the data folder.
pub(crate) const KEY_FILE: &str = "master.key";
/// The folder of copies that are made before an upgrade.
const BACKUPS: &str = "backups";

/// Opens the desk of an installation, creating it on first use.
pub(crate) fn open(global: &Global) -> Result<Desk> {
    let desk = Desk::open(store(global)?)?;
    desk.install_builtin("system")?;
    Ok(desk)
}

/// Opens the desk by another clock.
pub(crate) fn open_with(global: &Global, clock: Arc<dyn Clock>) -> Result<Desk> {
    let desk = Desk::open_with(store(global)?, clock)?;
    desk.install_builtin("system")?;
    Ok(desk)
}

/// Opens the store of an installation.
pub(crate) fn store(global: &Global) -> Result<Store> {
    let place = of(global)?;
    let named = || shown(&place);
    fs::create_dir_all(place.folder()).map_err(StoreError::from).with_context(named)?;
    let key = master_key(&place).with_context(named)?;
    Store::open(place.clone(), options(global, &place, key)).with_context(named)
}

/// How a store of the command line is opened: it tells of an upgrade, and copies the database before.
pub(crate) fn options(global: &Global, place: &Place, key: [u8; 32]) -> store::Options {
    let backups = place.folder().join(BACKUPS);
    let before_upgrade = move |from: u32, to: u32| {
        let at = desk::SystemClock.now().strftime("%Y%m%dT%H%M%SZ");
        let folder = backups.join(format!("before-schema-{to}-{at}"));
        let facts = [
            ("from", from.to_string()),
            ("to", to.to_string()),
            ("path", folder.display().to_string()),
        ];
        let facts: Vec<_> = facts.iter().map(|(name, fact)| (*name, fact.as_str())).collect();
        let text = words::text("upgrade.copying", help::english(), &facts);
        let _ = writeln!(std::io::stderr(), "{text}");
        folder
    };
    store::Options {
        listen: !global.no_listen,
        before_upgrade: Some(Arc::new(before_upgrade)),
        ..store::Options::new(key)
    }
}

/// Where the installation is that the options name.
pub(crate) fn of(global: &Global) -> Result<Place> {
    match &global.database {
        Some(database) => named(database, &global.data),
        None => Ok(Place::at(&global.data)),
    }
}

/// What an address means: a server, whose attachments and key lie in `folder`, or a folder after `sqlite:`.
pub(crate) fn named(database: &str, folder: &Path) -> Result<Place> {
    if let Some(folder) = database.strip_prefix("sqlite:").filter(|folder| !folder.is_empty()) {
        return Ok(Place::at(Path::new(folder)));
    }
    let wrong = |why: &str| words::text("database.address", help::english(), &[("why", why)]);
    if !["postgres://", "postgresql://"].iter().any(|start| database.starts_with(start)) {
        bail!("{}", wrong("postgres://…, postgresql://…, sqlite:…"));
    }
    Place::postgres(database, folder).map_err(|error| match error {
        StoreError::Invalid { what } => anyhow::anyhow!("{}", wrong(&what)),
        other => other.into(),
    })
}

/// An installation in a few words, without the password.
pub(crate) fn shown(place: &Place) -> String {
    match place.is_shared() {
        true => format!("{place:?}"),
        false => place.folder().display().to_string(),
    }
}

/// The file of the master key.
pub(crate) fn key_file(place: &Place) -> PathBuf {
    place.folder().join(KEY_FILE)
}

/// The master key: `BIHUAN_MASTER_KEY` (64 hexadecimal digits), else the file `master.key` of the data folder, which is
/// made on first use, readable by its owner only, and never part of a backup.
fn master_key(place: &Place) -> Result<[u8; 32]> {
    if let Some(key) = existing_key([place.folder()])? {
        return Ok(key);
    }
    let path = key_file(place);
    if !place.is_vacant()? {
        let facts = [("file", path.display().to_string())];
        let facts: Vec<_> = facts.iter().map(|(name, fact)| (*name, fact.as_str())).collect();
        bail!("{}", words::text("doctor.no_key", help::english(), &facts));
    }
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|error| anyhow::anyhow!("random numbers: {error}"))?;
    keep_key(&path, &key)?;
    Ok(key)
}

/// Writes a key into a file that is not there yet, readable by its owner only.
pub(crate) fn keep_key(path: &Path, key: &[u8; 32]) -> Result<()> {
    let text: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let write = || {
        let mut file = options.open(path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    write().map_err(StoreError::from).with_context(|| format!("{}", path.display()))
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
