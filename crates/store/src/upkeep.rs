//! Backup, verification and the facts for `doctor`.

use crate::backend::{Conn, Mode, Place, Row, ServerFacts};
use crate::error::{Result, StoreError};
use crate::read::case::Which;
use crate::scope::Scope;
use crate::vault::Vault;
use crate::{
    attachments, blobs::Blobs, chain, inbox, migrate, outbox, read, settings, transfer, write,
};
use std::path::Path;
use uuid::Uuid;

crate::sql::queries! {
    FACT = "SELECT value FROM facts WHERE name = ?1";
    KEEP_FACT = "INSERT INTO facts (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO NOTHING";
    CASES_AFTER = "SELECT id, uuid FROM cases WHERE id > ?1 ORDER BY id LIMIT 500";
    COUNT_CASES = "SELECT COUNT(*) FROM cases";
    COUNT_OPEN = "SELECT COUNT(*) FROM cases WHERE open = 1";
    COUNT_EVENTS = "SELECT COUNT(*) FROM events";
    COUNT_SNAPSHOTS = "SELECT COUNT(*) FROM snapshots";
    COUNT_TIMERS = "SELECT COUNT(*) FROM timers";
    COUNT_WAITING = "SELECT COUNT(*) FROM outbox WHERE state = 'waiting'";
    COUNT_DEAD = "SELECT COUNT(*) FROM outbox WHERE state = 'dead'";
    COUNT_WEBHOOK_DEAD = "SELECT COUNT(*) FROM webhook_deliveries WHERE state = 'dead'";
    ATTACHMENTS = "SELECT attachments.uuid, attachments.mark, cases.number
        FROM attachments LEFT JOIN cases ON cases.id = attachments.case_id WHERE attachments.erased = 0";
}

/// The folder of attachments beside it.
pub(crate) const BLOBS: &str = "blobs";

/// What was found by verifying a database. Anything wrong stands in `problems`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verification {
    /// Schema version.
    pub schema: u32,
    /// Cases.
    pub cases: u64,
    /// Events whose chain fits.
    pub events: u64,
    /// Mentions of personal values that fit their commitment.
    pub values: u64,
    /// Mentions of personal values that were erased.
    pub erased: u64,
    /// Entries of the settings' log.
    pub settings_log: u64,
    /// Files of attachments that are there.
    pub files: u64,
    /// Everything that is wrong, without personal data; empty for a sound database.
    pub problems: Vec<String>,
}

/// Facts for `doctor`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Which database, e.g. `SQLite 3.50.0`.
    pub backend: String,
    /// Schema version of the database.
    pub schema: u32,
    /// Schema version of this program.
    pub schema_known: u32,
    /// Journal mode; `wal` is right.
    pub journal_mode: String,
    /// The server, where there is one.
    pub server: Option<ServerFacts>,
    /// Whether the database is set so that what it acknowledges can be lost (`fsync` or `synchronous_commit` off, no log).
    pub not_durable: bool,
    /// Size of the database in bytes.
    pub database_bytes: u64,
    /// Unused part of it in bytes.
    pub free_bytes: u64,
    /// Size of the write-ahead log in bytes.
    pub log_bytes: u64,
    /// Size of all attachments in bytes.
    pub blob_bytes: u64,
    /// Cases.
    pub cases: u64,
    /// Open cases.
    pub open_cases: u64,
    /// Events.
    pub events: u64,
    /// Timers.
    pub timers: u64,
    /// Messages that wait to be sent.
    pub outbox_waiting: u64,
    /// Messages that were given up.
    pub outbox_dead: u64,
    /// What webhooks did not accept within three days.
    pub webhook_dead: u64,
}

/// Recognises the database's master key, or makes this one its own when the database is new.
pub(crate) fn check_key(conn: &Conn, vault: &Vault, is_writer: bool) -> Result<()> {
    match conn.row(FACT, &["key check".into()], |row| row.bytes::<32>(0))? {
        Some(check) if check == vault.check() => Ok(()),
        Some(_) => Err(StoreError::WrongKey),
        None if is_writer => {
            conn.run(KEEP_FACT, &["key check".into(), (&vault.check()).into()])?;
            // Somebody else may have been faster, with another key.
            check_key(conn, vault, false)
        }
        None => Err(StoreError::corrupt("the database holds no key check")),
    }
}

/// The folder of attachments. Beside a server it must be the one that belongs to the database; the first time it becomes that.
pub(crate) fn folder(conn: &Conn, place: &Place) -> Result<Blobs> {
    let root = place.folder().join(BLOBS);
    if !place.is_shared() {
        return Ok(Blobs::new(root));
    }
    let known = || conn.row(FACT, &[BLOBS.into()], |row| row.bytes::<16>(0));
    let anchored = |anchor| {
        let blobs = Blobs::anchored(root.clone(), anchor);
        blobs.look().map(|()| blobs)
    };
    if let Some(anchor) = known()? {
        return anchored(anchor);
    }
    conn.begin_write()?;
    let made = (|| {
        // One node at a time.
        write::number::sequence(conn)?;
        if let Some(anchor) = known()? {
            return anchored(anchor);
        }
        let anchor: [u8; 16] = crate::vault::random()?;
        conn.run(KEEP_FACT, &[BLOBS.into(), (&anchor).into()])?;
        let blobs = Blobs::anchored(root.clone(), anchor);
        blobs.drop_anchor().map(|()| blobs)
    })();
    match made {
        Ok(blobs) => conn.commit().map(|()| blobs),
        Err(error) => conn.rollback().and(Err(error)),
    }
}

/// How many cases there are.
pub(crate) fn cases(conn: &Conn) -> Result<u64> {
    count(conn, COUNT_CASES)
}

fn count(conn: &Conn, sql: &str) -> Result<u64> {
    Ok(conn.row(sql, &[], |row| row.count(0))?.unwrap_or(0))
}

/// Verifies a database nobody writes: structure, references, every chain, every commitment, every file. One of an older schema is
/// verified as it will be.
pub(crate) fn verify(place: &Place, blobs: &Blobs, vault: &Vault) -> Result<Verification> {
    let present = Present::of(place, vault)?;
    inspect(&present.conn, present.was, blobs, vault)
}

/// What a database nobody writes holds, in the schema of this program.
pub(crate) struct Present {
    pub(crate) conn: Conn,
    /// The schema that it has.
    was: u32,
    _aside: Option<Aside>,
}

impl Present {
    /// The database itself; one of an older schema is left as it is, and a copy of it upgraded in a folder of the system's that goes
    /// away. Fails with `TooNew` or `WrongKey`.
    pub(crate) fn of(place: &Place, vault: &Vault) -> Result<Self> {
        let conn = Conn::open(place, Mode::Inspect)?;
        let was = migrate::refuse_newer(&conn)?;
        check_key(&conn, vault, false)?;
        conn.hurry(false)?;
        if was == migrate::newest(&conn) {
            return Ok(Self { conn, was, _aside: None });
        }
        let aside = Aside::new()?;
        copy_database(&conn, &aside.0)?;
        let upgraded = Conn::open(&Place::at(&aside.0), Mode::Write)?;
        migrate::migrate(&upgraded)?;
        Ok(Self { conn: upgraded, was, _aside: Some(aside) })
    }
}

/// A folder of the system's that goes away.
struct Aside(std::path::PathBuf);

impl Aside {
    fn new() -> Result<Self> {
        let name = format!("bihuan-{}", crate::hash::hex(&crate::vault::random::<8>()?));
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir(&folder)?;
        Ok(Self(folder))
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

fn inspect(conn: &Conn, schema: u32, blobs: &Blobs, vault: &Vault) -> Result<Verification> {
    let mut found = Verification { schema, ..Verification::default() };
    found.problems = conn.self_check()?;
    let mut after = 0;
    loop {
        let cases =
            conn.rows(CASES_AFTER, &[after.into()], |row| Ok((row.int(0)?, row.uuid(1)?)))?;
        let Some((last, _)) = cases.last() else { break };
        after = *last;
        for (_, case) in cases {
            one_case(conn, vault, case, &mut found)?;
        }
    }
    for (sql, expected, what) in
        [(COUNT_EVENTS, found.events, "events"), (COUNT_SNAPSHOTS, found.cases, "snapshots")]
    {
        let there = count(conn, sql)?;
        if there != expected {
            found.problems.push(format!("{there} {what} where {expected} belong"));
        }
    }
    if let Err(error) = inbox::verify(conn, vault) {
        found.problems.push(format!("inbox: {}", finding(conn, error)?));
    }
    match settings::verify(conn) {
        Ok(entries) => found.settings_log = entries,
        Err(error) => found.problems.push(finding(conn, error)?),
    }
    let name = |row: &Row<'_>| Ok((row.uuid(0)?, row.blob(1)?, row.opt_text(2)?));
    for (id, mark, number) in conn.rows(ATTACHMENTS, &[], name)? {
        let why = match attachments::content(conn, vault, blobs, id) {
            Ok(Some(_)) => {
                found.files += 1;
                continue;
            }
            Ok(None) => "its key is missing".to_owned(),
            Err(error) => finding(conn, error)?,
        };
        let of = number.map_or_else(|| "no case".to_owned(), |number| format!("case {number}"));
        let file = crate::hash::hex(&mark);
        found.problems.push(format!("attachment {id} of {of}, file {file}: {why}"));
    }
    Ok(found)
}

/// What is wrong, in words. That the connection is lost is no finding about what the database holds.
fn finding(conn: &Conn, error: StoreError) -> Result<String> {
    if conn.is_lost() { Err(error) } else { Ok(error.to_string()) }
}

fn one_case(conn: &Conn, vault: &Vault, case: Uuid, found: &mut Verification) -> Result<()> {
    found.cases += 1;
    match chain::verify(conn, vault, case) {
        Ok(report) => {
            found.events += report.events;
            found.values += report.values;
            found.erased += report.erased;
        }
        Err(error) => found.problems.push(finding(conn, error)?),
    }
    // What is derived from the events is looked at as well: it is what people are shown.
    let shown = read::case::load(conn, vault, &Scope::all(), Which::Id(&case))
        .and_then(|_| outbox::of_case(conn, vault, case).map(drop));
    if let Err(error) = shown {
        found.problems.push(format!("case {case}: {}", finding(conn, error)?));
    }
    Ok(())
}

/// Brings a database to the schema of this program. One of an older schema is copied first, attachments included.
pub(crate) fn upgrade(
    place: &Place,
    conn: &Conn,
    folder: &dyn Fn(u32, u32) -> std::path::PathBuf,
) -> Result<()> {
    let older = || -> Result<Option<(u32, u32)>> {
        let (found, newest) = (migrate::refuse_newer(conn)?, migrate::newest(conn));
        Ok((found > 0 && found < newest).then_some((found, newest)))
    };
    if older()?.is_none() {
        return conn.unhurried(migrate::migrate);
    }
    // Nobody else takes a step while this one copies, or copies while this one takes a step.
    conn.unhurried(|conn| {
        conn.hold_schema()?;
        let done = older().and_then(|older| {
            if let Some((found, newest)) = older {
                let to = folder(found, newest);
                std::fs::create_dir_all(&to)?;
                copy_database(&Conn::open(place, Mode::Read)?, &to)?;
                Blobs::new(place.folder().join(BLOBS)).link_to(&to.join(BLOBS))?;
                std::fs::File::open(&to)?.sync_all()?;
            }
            migrate::migrate(conn)
        });
        conn.free_schema()?;
        done
    })
}

/// Copies a database into a file in a folder; says how many cases are in the copy.
fn copy_database(conn: &Conn, to: &Path) -> Result<u64> {
    if conn.copy_into(to)? {
        return cases(&Conn::open(&Place::at(to), Mode::Inspect)?);
    }
    conn.unhurried(|conn| transfer::copy(conn, &Place::at(to), &mut |_, _| {}))
}

/// Writes a consistent copy of the running database and its attachments into a folder that does not hold one yet; says how many cases
/// are in it.
pub(crate) fn backup(conn: &Conn, blobs: &Blobs, to: &Path) -> Result<u64> {
    blobs.look()?;
    std::fs::create_dir_all(to)?;
    // The database first: every file it names is already in the folder, since uploads precede their rows.
    let cases = copy_database(conn, to)?;
    blobs.copy_to(&to.join(BLOBS))?;
    std::fs::File::open(to)?.sync_all()?;
    Ok(cases)
}

/// Facts for `doctor`.
pub(crate) fn facts(conn: &Conn, blobs: &Blobs) -> Result<Facts> {
    let about = conn.facts()?;
    Ok(Facts {
        backend: about.backend,
        schema: migrate::found(conn)?,
        schema_known: migrate::newest(conn),
        server: about.server,
        not_durable: about.not_durable,
        database_bytes: about.bytes,
        free_bytes: about.free_bytes,
        log_bytes: about.log_bytes,
        blob_bytes: blobs.all()?.iter().map(|file| file.bytes).sum(),
        journal_mode: about.journal_mode,
        cases: cases(conn)?,
        open_cases: count(conn, COUNT_OPEN)?,
        events: count(conn, COUNT_EVENTS)?,
        timers: count(conn, COUNT_TIMERS)?,
        outbox_waiting: count(conn, COUNT_WAITING)?,
        outbox_dead: count(conn, COUNT_DEAD)?,
        webhook_dead: count(conn, COUNT_WEBHOOK_DEAD)?,
    })
}

/// Removes files that no attachment names, among those last changed before `before`.
pub(crate) fn sweep_files(conn: &Conn, blobs: &Blobs, before: jiff::Timestamp) -> Result<usize> {
    let mut swept = 0;
    for file in blobs.all()?.into_iter().filter(|file| file.modified < before) {
        if file.is_unfinished() {
            std::fs::remove_file(&file.path)?;
        } else if !attachments::in_use(conn, &file.name)? {
            blobs.remove(&file.name)?;
        } else {
            continue;
        }
        swept += 1;
    }
    Ok(swept)
}
