//! Settings: procedures, calendars, people, keys. Every change is a new version and an entry of a hashed log.

use crate::backend::{Conn, Row};
use crate::customers::{self, Listed};
use crate::error::{Result, StoreError};
use crate::hash::{half, hex, length, sha256};
use crate::time::{from_int, int, limit, to_int};
use crate::vault::{Owner, Vault};
use crate::write::queue::Batch;
use jiff::Timestamp;
use serde_json::Value;

crate::sql::queries! {
    LAST_VERSION = "SELECT MAX(version) FROM settings_log WHERE kind = ?1 AND key = ?2";
    CURRENT_VERSION = "SELECT version FROM settings WHERE kind = ?1 AND key = ?2 AND current = 1 /*lock*/";
    RETIRE = "UPDATE settings SET current = 0 WHERE kind = ?1 AND key = ?2 AND current = 1";
    DROP_OLD = "DELETE FROM settings WHERE kind = ?1 AND key = ?2";
    ADD = "INSERT INTO settings (kind, key, version, current, body, at) VALUES (?1, ?2, ?3, 1, ?4, ?5)";
    GET = "SELECT kind, key, version, body, at FROM settings WHERE kind = ?1 AND key = ?2 AND current = 1";
    GET_VERSION = "SELECT kind, key, version, body, at FROM settings WHERE kind = ?1 AND key = ?2 AND version = ?3";
    LIST = "SELECT kind, key, version, body, at FROM settings WHERE kind = ?1 AND current = 1 ORDER BY key";
    VERSIONS = "SELECT kind, key, version, body, at FROM settings WHERE kind = ?1 AND key = ?2 ORDER BY version";
    ALL = "SELECT kind, key, version, body, at FROM settings ORDER BY kind, key, version";
    LAST_HASH = "SELECT hash FROM settings_log ORDER BY sequence DESC LIMIT 1";
    LOG = "INSERT INTO settings_log (sequence, at, actor, kind, key, version, deed, body_hash, hash)
        VALUES ((SELECT COALESCE(MAX(sequence), 0) + 1 FROM settings_log), ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    LAST_ENTRY = "SELECT COALESCE(MAX(sequence), 0) FROM settings_log";
    ENTRIES = "SELECT sequence, at, actor, kind, key, version, deed, body_hash, hash FROM settings_log
        WHERE sequence > ?1 ORDER BY sequence LIMIT ?2";
    NEWEST_ENTRIES = "SELECT sequence, at, actor, kind, key, version, deed, body_hash FROM settings_log
        WHERE sequence < ?1 AND (?2 = '' OR actor = ?2) AND (?3 = '' OR kind = ?3) ORDER BY sequence DESC LIMIT ?4";
    ENTRIES_ABOUT = "SELECT sequence, at, actor, kind, key, version, deed, body_hash FROM settings_log
        WHERE kind = ?1 AND key >= ?2 AND key < ?3 ORDER BY sequence DESC LIMIT ?4";
    LOGGED_BODY = "SELECT body_hash FROM settings_log WHERE kind = ?1 AND key = ?2 AND version = ?3 AND deed = 'put'";
}

/// A change of settings, committed as a whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Administer {
    /// Instant of the change, UTC.
    pub at: Timestamp,
    /// Key of who made it.
    pub actor: String,
    /// What changes, in order.
    pub changes: Vec<Change>,
}

/// One change of settings.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Writes the next version of a setting. Private texts in the body are sealed like those of a case.
    Put {
        /// Kind, e.g. `procedure`, `calendar`, `person`, `api-key`.
        kind: String,
        /// Key within the kind.
        key: String,
        /// The version that is replaced; 0 when there is none at present; `None` replaces whatever there is.
        expected: Option<u64>,
        /// The whole new content.
        body: Value,
        /// Whether earlier versions stay readable. Procedures and calendars need it, people must not have it.
        history: bool,
    },
    /// Takes a setting out of use; earlier versions stay readable.
    Remove {
        /// Kind.
        kind: String,
        /// Key.
        key: String,
    },
    /// Deletes all versions of a setting and erases the private texts in them. The log keeps that it was there.
    Erase {
        /// Kind.
        kind: String,
        /// Key.
        key: String,
    },
    /// Puts a customer among those that are listed and found, in place of what was known of it, or takes it out; not logged: what is
    /// known of it is a setting of the kind `customer`, under the same key.
    List {
        /// Key.
        key: String,
        /// By what it is found; `None` takes it out.
        listed: Option<Box<Listed>>,
    },
    /// Says who may be the same as a listed customer, in place of what was said before. What somebody has judged stays.
    Alike {
        /// Key.
        key: String,
        /// Keys of others, how likely in percent, and why.
        others: Vec<(String, u8, String)>,
    },
    /// Somebody has judged that two listed customers are two.
    Apart {
        /// Key of one.
        one: String,
        /// Key of the other.
        other: String,
    },
    /// Customers were made of the cases up to this event; a conflict when another program was faster.
    TakenIn {
        /// Where it stood.
        from: u64,
        /// Where it stands now.
        to: u64,
    },
    /// Nothing changes: the log keeps that somebody did something.
    Note {
        /// Kind of what was done.
        kind: String,
        /// To what.
        key: String,
    },
    /// Makes sure that serials up to and including `last` are not drawn any more, e.g. after importing numbered cases.
    RaiseSerial {
        /// Scope of the serial.
        scope: String,
        /// The last serial that is taken.
        last: i64,
    },
}

/// A setting as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// Kind.
    pub kind: String,
    /// Key.
    pub key: String,
    /// Version, from 1; never used twice for the same key.
    pub version: u64,
    /// Content, private texts put back.
    pub body: Value,
    /// When this version was written, UTC.
    pub at: Timestamp,
}

/// An entry of the log of settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// Place in the log, from 1.
    pub sequence: u64,
    /// When, UTC.
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// Kind.
    pub kind: String,
    /// Key.
    pub key: String,
    /// Version.
    pub version: u64,
    /// `put`, `remove`, `erase`, `apart`, `note` or `serial`.
    pub deed: String,
    /// SHA-256 of the stored content.
    pub body_hash: [u8; 32],
}

/// The key under which an API key is kept: the hash of the secret, never the secret.
pub fn api_key_hash(secret: &str) -> String {
    hex(&sha256([secret.as_bytes()]))
}

/// Under whose key the private texts of a setting are sealed.
fn owner(kind: &str, key: &str) -> Owner {
    half(sha256([kind.as_bytes(), &[0], key.as_bytes()]))
}

/// Place of the last entry of the log, 0 for an empty one.
pub(crate) fn last(conn: &Conn) -> Result<u64> {
    Ok(conn.row(LAST_ENTRY, &[], |row| row.count(0))?.unwrap_or(0))
}

/// Applies a change; returns the versions written, in the order of the changes (0 for those that write none).
pub(crate) fn administer(batch: &mut Batch<'_>, change: &Administer) -> Result<Vec<u64>> {
    batch.settings = true;
    change.changes.iter().map(|one| apply(batch, change, one)).collect()
}

fn apply(batch: &mut Batch<'_>, all: &Administer, change: &Change) -> Result<u64> {
    match change {
        Change::Put { kind, key, expected, body, history } => {
            let current = current_version(batch.conn, kind, key)?;
            if let Some(expected) = *expected
                && expected != current
            {
                return Err(StoreError::SettingConflict {
                    kind: kind.clone(),
                    key: key.clone(),
                    expected,
                    found: current,
                });
            }
            let version = last_version(batch.conn, kind, key)? + 1;
            if *history {
                batch.conn.push(RETIRE, &[kind.into(), key.into()])?;
            } else {
                // Without history the private texts of the version before go too.
                batch.conn.push(DROP_OLD, &[kind.into(), key.into()])?;
                batch.vault.destroy(batch.conn, owner(kind, key))?;
            }
            let mut drawer = batch.vault.drawer(batch.conn, owner(kind, key))?;
            let sealed = drawer.seal(batch.vault, body.clone())?.to_string();
            drawer.save(batch.conn)?;
            let params = [
                kind.into(),
                key.into(),
                int(version)?.into(),
                (&sealed).into(),
                to_int(all.at)?.into(),
            ];
            batch.conn.push(ADD, &params)?;
            log(batch, all, kind, key, version, "put", &sealed)?;
            Ok(version)
        }
        Change::Remove { kind, key } => {
            let version = current_version(batch.conn, kind, key)?;
            if batch.conn.run(RETIRE, &[kind.into(), key.into()])? == 0 {
                return Err(StoreError::NotFound { what: "setting" });
            }
            log(batch, all, kind, key, version, "remove", "")?;
            Ok(0)
        }
        Change::Erase { kind, key } => {
            let version = last_version(batch.conn, kind, key)?;
            batch.conn.push(DROP_OLD, &[kind.into(), key.into()])?;
            batch.vault.destroy(batch.conn, owner(kind, key))?;
            log(batch, all, kind, key, version, "erase", "")?;
            Ok(0)
        }
        Change::List { key, listed } => {
            customers::list(batch, key, listed.as_deref())?;
            Ok(0)
        }
        Change::Alike { key, others } => {
            customers::pair(batch, key, others)?;
            Ok(0)
        }
        Change::Apart { one, other } => {
            customers::apart(batch, one, other)?;
            log(batch, all, customers::KIND, &format!("{one} {other}"), 0, "apart", "")?;
            Ok(0)
        }
        Change::TakenIn { from, to } => {
            customers::take_in(batch, *from, *to)?;
            Ok(0)
        }
        Change::Note { kind, key } => {
            log(batch, all, kind, key, 0, "note", "")?;
            Ok(0)
        }
        Change::RaiseSerial { scope, last } => {
            crate::write::number::raise(batch.conn, scope, *last)?;
            log(batch, all, "serial", scope, 0, "serial", &last.to_string())?;
            Ok(0)
        }
    }
}

fn current_version(conn: &Conn, kind: &str, key: &str) -> Result<u64> {
    Ok(conn.row(CURRENT_VERSION, &[kind.into(), key.into()], |row| row.count(0))?.unwrap_or(0))
}

fn last_version(conn: &Conn, kind: &str, key: &str) -> Result<u64> {
    let last = conn
        .row(LAST_VERSION, &[kind.into(), key.into()], |row| row.opt_int(0))?
        .flatten()
        .unwrap_or(0);
    u64::try_from(last).map_err(|_| StoreError::corrupt("a stored version is negative"))
}

fn log(
    batch: &Batch<'_>,
    all: &Administer,
    kind: &str,
    key: &str,
    version: u64,
    deed: &str,
    body: &str,
) -> Result<()> {
    let previous =
        batch.conn.row(LAST_HASH, &[], |row| row.bytes::<32>(0))?.unwrap_or(crate::chain::START);
    let body_hash = sha256([body.as_bytes()]);
    let (at, version) = (to_int(all.at)?, int(version)?);
    let hash = entry_hash(&previous, at, version, [&all.actor, kind, key, deed], &body_hash);
    let params = [
        at.into(),
        (&all.actor).into(),
        kind.into(),
        key.into(),
        version.into(),
        deed.into(),
        (&body_hash).into(),
        (&hash).into(),
    ];
    batch.conn.push(LOG, &params)
}

fn entry_hash(
    previous: &[u8; 32],
    at: i64,
    version: i64,
    texts: [&str; 4],
    body_hash: &[u8; 32],
) -> [u8; 32] {
    let (at, version) = (at.to_be_bytes(), version.to_be_bytes());
    let texts = texts.map(|text| (length(text.as_bytes()), text));
    let before = [previous.as_slice(), &at, &version];
    let texts = texts.iter().flat_map(|(length, text)| [length.as_slice(), text.as_bytes()]);
    sha256(before.into_iter().chain(texts).chain([body_hash.as_slice()]))
}

type Stored = (String, String, u64, String, i64);

fn stored(row: &Row<'_>) -> Result<Stored> {
    Ok((row.text(0)?, row.text(1)?, row.count(2)?, row.text(3)?, row.int(4)?))
}

fn open(conn: &Conn, vault: &Vault, (kind, key, version, body, at): Stored) -> Result<Setting> {
    let mut content: Value = serde_json::from_str(&body)?;
    if body.contains("\"$ref\"") {
        content = vault.drawer(conn, owner(&kind, &key))?.open(content)?;
    }
    Ok(Setting { kind, key, version, body: content, at: from_int(at)? })
}

/// The current version of a setting.
pub(crate) fn get(conn: &Conn, vault: &Vault, kind: &str, key: &str) -> Result<Option<Setting>> {
    let found = conn.row(GET, &[kind.into(), key.into()], stored)?;
    found.map(|found| open(conn, vault, found)).transpose()
}

/// A certain version of a setting.
pub(crate) fn get_version(
    conn: &Conn,
    vault: &Vault,
    kind: &str,
    key: &str,
    version: u64,
) -> Result<Option<Setting>> {
    let found = conn.row(GET_VERSION, &[kind.into(), key.into(), int(version)?.into()], stored)?;
    found.map(|found| open(conn, vault, found)).transpose()
}

/// The current versions of all settings of a kind, by key.
pub(crate) fn list(conn: &Conn, vault: &Vault, kind: &str) -> Result<Vec<Setting>> {
    conn.rows(LIST, &[kind.into()], stored)?
        .into_iter()
        .map(|found| open(conn, vault, found))
        .collect()
}

/// All versions of a setting that are still there, oldest first.
pub(crate) fn versions(conn: &Conn, vault: &Vault, kind: &str, key: &str) -> Result<Vec<Setting>> {
    conn.rows(VERSIONS, &[kind.into(), key.into()], stored)?
        .into_iter()
        .map(|found| open(conn, vault, found))
        .collect()
}

/// Entries of the log after a place, oldest first.
pub(crate) fn entries(conn: &Conn, after: u64, most: usize) -> Result<Vec<LogEntry>> {
    Ok(hashed_entries(conn, after, most)?.into_iter().map(|(entry, _)| entry).collect())
}

fn hashed_entries(conn: &Conn, after: u64, most: usize) -> Result<Vec<(LogEntry, [u8; 32])>> {
    let read = |row: &Row<'_>| Ok((entry(row)?, row.bytes(8)?));
    conn.rows(ENTRIES, &[int(after)?.into(), limit(most).into()], read)
}

fn entry(row: &Row<'_>) -> Result<LogEntry> {
    Ok(LogEntry {
        sequence: row.count(0)?,
        at: from_int(row.int(1)?)?,
        actor: row.text(2)?,
        kind: row.text(3)?,
        key: row.text(4)?,
        version: row.count(5)?,
        deed: row.text(6)?,
        body_hash: row.bytes(7)?,
    })
}

/// Entries before a place, newest first; of one actor and one kind where these say something.
pub(crate) fn newest_entries(
    conn: &Conn,
    before: u64,
    actor: &str,
    kind: &str,
    most: usize,
) -> Result<Vec<LogEntry>> {
    let before = i64::try_from(before).unwrap_or(i64::MAX);
    conn.rows(
        NEWEST_ENTRIES,
        &[before.into(), actor.into(), kind.into(), limit(most).into()],
        entry,
    )
}

/// Entries of a kind whose key lies within a range, its end left out, newest first.
pub(crate) fn entries_about(
    conn: &Conn,
    kind: &str,
    (from, to): (&str, &str),
    most: usize,
) -> Result<Vec<LogEntry>> {
    let params = [kind.into(), from.into(), to.into(), limit(most).into()];
    conn.rows(ENTRIES_ABOUT, &params, entry)
}

/// Recomputes the chain of the log and compares every stored setting with its entry. Returns the number of entries.
pub(crate) fn verify(conn: &Conn) -> Result<u64> {
    let mut previous = crate::chain::START;
    let mut count = 0;
    for (entry, hash) in hashed_entries(conn, 0, usize::MAX)? {
        let texts = [entry.actor.as_str(), &entry.kind, &entry.key, &entry.deed];
        previous =
            entry_hash(&previous, to_int(entry.at)?, int(entry.version)?, texts, &entry.body_hash);
        count += 1;
        if previous != hash || entry.sequence != count {
            return Err(StoreError::corrupt(format!(
                "the log of settings breaks at entry {}",
                entry.sequence
            )));
        }
    }
    for (kind, key, version, body, _) in conn.rows(ALL, &[], stored)? {
        let logged =
            conn.row(LOGGED_BODY, &[(&kind).into(), (&key).into(), int(version)?.into()], |row| {
                row.bytes::<32>(0)
            })?;
        let hash = sha256([body.as_bytes()]);
        if logged != Some(hash) {
            return Err(StoreError::corrupt(format!(
                "setting {kind}/{key} version {version} is not what was logged"
            )));
        }
    }
    Ok(count)
}
