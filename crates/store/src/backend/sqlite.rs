//! The embedded database: one file, one writer, a write-ahead log.

use super::{Cells, DatabaseFacts, Driver, Mode, Param, Place, Row};
use crate::error::{Result, StoreError};
use crate::text::Sought;
use rusqlite::backup::Backup;
use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, ffi};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Readers share the operating system's cache and keep what every statement goes through; the writer touches some fifty pages with
/// every case and keeps them.
const CACHE_KIB: i64 = 2 << 10;
const WRITER_CACHE_KIB: i64 = 32 << 10;
const STATEMENTS: usize = 192;
const BUSY: Duration = Duration::from_secs(10);

impl rusqlite::ToSql for Param<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Param::Null => ValueRef::Null,
            Param::Int(value) => ValueRef::Integer(*value),
            Param::Text(value) => ValueRef::Text(value.as_bytes()),
            Param::Blob(value) => ValueRef::Blob(value),
        }))
    }
}

impl Cells for rusqlite::Row<'_> {
    fn int(&self, column: usize) -> Result<Option<i64>> {
        Ok(self.get(column)?)
    }
    fn text(&self, column: usize) -> Result<Option<String>> {
        Ok(self.get(column)?)
    }
    fn blob(&self, column: usize) -> Result<Option<Vec<u8>>> {
        Ok(self.get(column)?)
    }
}

/// A database in memory, which lasts as long as this connection to it. What uses it opens connections of its own, as to a file; there
/// is no write-ahead log, so a reader that reads keeps the writer from committing.
pub(super) struct Memory {
    name: String,
    anchor: Mutex<Connection>,
}

impl Memory {
    pub(super) fn new() -> Result<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        // The slash makes it common to all connections of the program.
        let name = format!("file:/bihuan-{}?vfs=memdb", NEXT.fetch_add(1, Ordering::Relaxed));
        let anchor = Connection::open_with_flags(&name, OpenFlags::default())?;
        Ok(Self { name, anchor: Mutex::new(anchor) })
    }

    pub(super) fn copied(&self) -> Result<Self> {
        let copy = Self::new()?;
        {
            let (from, mut to) = (lock(&self.anchor), lock(&copy.anchor));
            Backup::new(&from, &mut to)?.step(-1)?;
        }
        Ok(copy)
    }

    pub(super) fn open(&self, mode: Mode) -> Result<Sqlite> {
        Sqlite::connect(Path::new(&self.name), mode, OpenFlags::SQLITE_OPEN_URI)
    }
}

fn lock(connection: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    connection.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) struct Sqlite(Connection);

impl Sqlite {
    pub(super) fn open(file: &Path, mode: Mode) -> Result<Self> {
        Self::connect(file, mode, OpenFlags::empty())
    }

    fn connect(file: &Path, mode: Mode, more: OpenFlags) -> Result<Self> {
        Self::opened(file, mode, more).map_err(|error| explained(error, file))
    }

    fn opened(file: &Path, mode: Mode, more: OpenFlags) -> rusqlite::Result<Self> {
        let flags = match mode {
            Mode::Write => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
            Mode::Read => OpenFlags::SQLITE_OPEN_READ_WRITE,
            Mode::Inspect => OpenFlags::SQLITE_OPEN_READ_ONLY,
        };
        let flags = flags | more | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let inner = Connection::open_with_flags(file, flags)?;
        inner.set_prepared_statement_cache_capacity(STATEMENTS);
        // Otherwise a statement is planned anew whenever another value is bound to its LIMIT or to a range: with every use of a list.
        inner.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        inner.busy_timeout(BUSY)?;
        inner.pragma_update(None, "foreign_keys", true)?;
        // A mapped page is checked with every use instead of once, and one that the disk cannot read ends the program.
        inner.pragma_update(None, "mmap_size", 0)?;
        let cache = if mode == Mode::Write { WRITER_CACHE_KIB } else { CACHE_KIB };
        inner.pragma_update(None, "cache_size", -cache)?;
        inner.pragma_update(None, "temp_store", "MEMORY")?;
        inner.pragma_update(None, "trusted_schema", false)?;
        // A page that is damaged is rather noticed than read.
        inner.pragma_update(None, "cell_size_check", true)?;
        match mode {
            Mode::Write => {
                inner.pragma_update(None, "journal_mode", "WAL")?;
                let force = if cfg!(feature = "lossy") { "OFF" } else { "FULL" };
                inner.pragma_update(None, "synchronous", force)?;
                // The writer checkpoints by itself; deleted personal values are overwritten, not just unlinked.
                inner.pragma_update(None, "wal_autocheckpoint", 0)?;
                inner.pragma_update(None, "secure_delete", true)?;
                // Opens the log and its index as well: from now on all files are there.
                inner.query_row("SELECT COUNT(*) FROM sqlite_master", [], |_| Ok(()))?;
            }
            Mode::Read | Mode::Inspect => inner.pragma_update(None, "query_only", true)?,
        }
        Ok(Self(inner))
    }

    /// Why a statement failed.
    fn failed(&self, error: rusqlite::Error) -> StoreError {
        explained(error, Path::new(self.0.path().unwrap_or_default()))
    }

    fn number(&self, sql: &str, column: usize) -> Result<i64> {
        let mut found = 0;
        self.each(sql, &[], &mut |row| {
            found = row.int(column)?;
            Ok(false)
        })?;
        Ok(found)
    }

    fn lines(&self, sql: &str, line: impl Fn(&Row<'_>) -> Result<String>) -> Result<Vec<String>> {
        let mut all = Vec::new();
        self.each(sql, &[], &mut |row| {
            all.push(line(row)?);
            Ok(true)
        })?;
        Ok(all)
    }
}

impl Driver for Sqlite {
    fn run(&self, sql: &str, params: &[Param<'_>]) -> Result<usize> {
        self.0
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute(rusqlite::params_from_iter(params)))
            .map_err(|error| self.failed(error))
    }

    fn push(&self, sql: &str, params: &[Param<'_>]) -> Result<()> {
        self.run(sql, params).map(drop)
    }

    /// Without RETURNING, for which SQLite keeps the rows in a table of their own and copies every page before it changes it.
    fn insert(&self, sql: &str, params: &[Param<'_>]) -> Result<i64> {
        self.run(sql, params)?;
        Ok(self.0.last_insert_rowid())
    }

    fn each(
        &self,
        sql: &str,
        params: &[Param<'_>],
        each: &mut dyn FnMut(&Row<'_>) -> Result<bool>,
    ) -> Result<()> {
        let failed = |error| self.failed(error);
        let mut statement = self.0.prepare_cached(sql).map_err(failed)?;
        let mut found = statement.query(rusqlite::params_from_iter(params)).map_err(failed)?;
        while let Some(row) = found.next().map_err(failed)? {
            if !each(&Row(row))? {
                break;
            }
        }
        Ok(())
    }

    fn script(&self, sql: &str) -> Result<()> {
        self.0.execute_batch(sql).map_err(|error| self.failed(error))
    }

    /// Nobody is far away.
    fn hurry(&self, _hurry: bool) -> Result<()> {
        Ok(())
    }

    /// A transaction that writes is alone already.
    fn lock_schema(&self) -> Result<()> {
        Ok(())
    }

    fn hold_schema(&self) -> Result<()> {
        Ok(())
    }
    fn free_schema(&self) -> Result<()> {
        Ok(())
    }
    fn others(&self) -> Result<u64> {
        Ok(0)
    }
    fn begin_write(&self) -> Result<()> {
        self.push("BEGIN IMMEDIATE", &[])
    }
    fn begin_read(&self) -> Result<()> {
        self.push("BEGIN DEFERRED", &[])
    }
    fn tell(&self) -> Result<()> {
        Ok(())
    }
    fn commit(&self) -> Result<()> {
        let outcome = self.0.prepare_cached("COMMIT").and_then(|mut commit| commit.execute([]));
        outcome.map(drop).map_err(|error| match extended(&error) {
            // Without all of its pages in the log a batch is not committed, so here the reason is known. Anything else, such as a log
            // that could not be forced, or an index of it that could not grow, comes when they are all there.
            Some(ffi::SQLITE_FULL | ffi::SQLITE_IOERR_WRITE) => self.failed(error),
            _ => error.into(),
        })
    }
    fn rollback(&self) -> Result<()> {
        if self.in_transaction() { self.push("ROLLBACK", &[]) } else { Ok(()) }
    }
    fn savepoint(&self) -> Result<()> {
        self.push("SAVEPOINT one", &[])
    }
    fn keep_savepoint(&self) -> Result<()> {
        self.push("RELEASE one", &[])
    }
    fn undo_savepoint(&self) -> Result<()> {
        self.push("ROLLBACK TO one", &[])?;
        self.push("RELEASE one", &[])
    }
    fn changes(&self) -> Option<u64> {
        Some(self.0.total_changes())
    }
    fn in_transaction(&self) -> bool {
        !self.0.is_autocommit()
    }
    fn is_lost(&self) -> bool {
        false
    }

    fn steps(&self) -> &'static [(&'static str, &'static str)] {
        super::steps!("sqlite")
    }
    fn schema_exists(&self) -> &'static str {
        "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schema_version'"
    }
    fn batch(&self) -> usize {
        256
    }
    /// More than keep the processors busy while the file is in memory, so that some can wait for the disk.
    fn readers(&self) -> usize {
        8
    }

    fn checkpoint(&self, wait: bool) -> Result<bool> {
        let sql =
            if wait { "PRAGMA wal_checkpoint(TRUNCATE)" } else { "PRAGMA wal_checkpoint(PASSIVE)" };
        Ok(self.number(sql, 0)? == 0)
    }

    fn log_pages(&self) -> Result<i64> {
        let mut pages = 0;
        self.each("PRAGMA wal_checkpoint(NOOP)", &[], &mut |row| {
            pages = row.int(1)? - row.int(2)?;
            Ok(false)
        })?;
        Ok(pages)
    }

    fn copy_into(&self, folder: &Path) -> Result<bool> {
        let super::Kind::Sqlite(file) = Place::at(folder).kind else { return Ok(false) };
        if file.exists() {
            return Err(StoreError::NotEmpty);
        }
        let text = file
            .to_str()
            .ok_or_else(|| StoreError::File { what: "the path is not Unicode".into() })?;
        // A query-only connection may not write elsewhere either; the copy is the one exception.
        self.0.pragma_update(None, "query_only", false)?;
        let copied = self.push("VACUUM INTO ?1", &[text.into()]);
        self.0.pragma_update(None, "query_only", true)?;
        if copied.is_err() {
            // Half a copy is none, and would be in the way of the next attempt.
            drop(std::fs::remove_file(&file));
        }
        copied?;
        std::fs::File::open(&file)?.sync_all()?;
        Ok(true)
    }

    fn settle_copy(&self) -> Result<()> {
        Ok(())
    }

    fn self_check(&self) -> Result<Vec<String>> {
        let mut found = self.lines("PRAGMA integrity_check", |row| row.text(0))?;
        found.retain(|line| line != "ok");
        found.extend(self.lines("PRAGMA foreign_key_check", |row| {
            Ok(format!("foreign key: {} row {:?}", row.text(0)?, row.opt_int(1)?))
        })?);
        Ok(found)
    }

    fn facts(&self) -> Result<DatabaseFacts> {
        let pragma =
            |sql| Ok::<_, StoreError>(u64::try_from(self.number(sql, 0)?).unwrap_or_default());
        let page = pragma("PRAGMA page_size")?;
        let log = self.0.path().map(|path| format!("{path}-wal"));
        let log = log.and_then(|log| std::fs::metadata(log).ok());
        let mode = self.lines("PRAGMA journal_mode", |row| row.text(0))?;
        Ok(DatabaseFacts {
            backend: format!("SQLite {}", rusqlite::version()),
            not_durable: mode != ["wal"],
            journal_mode: mode.join(" "),
            bytes: pragma("PRAGMA page_count")? * page,
            free_bytes: pragma("PRAGMA freelist_count")? * page,
            log_bytes: log.map_or(0, |log| log.len()),
            server: None,
        })
    }

    fn index_text(&self, line: &str) -> String {
        line.to_owned()
    }

    fn match_text(&self, sought: &[Sought]) -> String {
        // Tokens consist of letters, digits and ideographs; quoting them leaves nothing for the index's own syntax to see.
        let part = |part: &Sought| match part {
            Sought::Phrase(tokens) => format!("\"{}\"", tokens.join(" ")),
            Sought::Whole(token) => format!("\"{token}\""),
            Sought::Prefix(token) => format!("\"{token}\"*"),
        };
        sought.iter().map(part).collect::<Vec<_>>().join(" AND ")
    }

    fn finds_in_order(&self) -> bool {
        true
    }

    fn listen(&self, _most: Duration) -> Result<Option<()>> {
        Ok(None)
    }

    #[cfg(test)]
    fn explain(&self, sql: &str) -> Result<Vec<String>> {
        let mut statement = self.0.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
        let unbound = vec![Param::Null; statement.parameter_count()];
        let mut found = statement.query(rusqlite::params_from_iter(unbound))?;
        let mut all = Vec::new();
        while let Some(row) = found.next()? {
            all.push(Row(row).text(3)?);
        }
        Ok(all)
    }

    #[cfg(test)]
    fn check(&self, sql: &str) -> Result<Vec<String>> {
        let statement = self.0.prepare(sql)?;
        Ok(statement.column_names().map(str::to_owned).collect())
    }
}

fn extended(error: &rusqlite::Error) -> Option<i32> {
    match error {
        rusqlite::Error::SqliteFailure(failure, _) => Some(failure.extended_code),
        _ => None,
    }
}

/// SQLite says that the disk failed, and not always why: whoever writes beside the database is told.
fn explained(error: rusqlite::Error, file: &Path) -> StoreError {
    let telling = match extended(&error) {
        Some(ffi::SQLITE_IOERR_WRITE | ffi::SQLITE_IOERR_SHMOPEN | ffi::SQLITE_IOERR_SHMSIZE) => {
            true
        }
        Some(code) => code & 0xff == ffi::SQLITE_CANTOPEN,
        None => false,
    };
    let refused = match file.parent().filter(|_| telling) {
        Some(folder) => write_beside(folder).err().map(StoreError::from),
        None => None,
    };
    match refused {
        Some(reason @ (StoreError::DiskFull | StoreError::ReadOnly)) => reason,
        _ => error.into(),
    }
}

fn write_beside(folder: &Path) -> std::io::Result<()> {
    let probe = folder.join(format!(".probe-{}", std::process::id()));
    let written =
        std::fs::write(&probe, [0; 4096]).and_then(|()| std::fs::File::open(&probe)?.sync_all());
    drop(std::fs::remove_file(&probe));
    written
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match &error {
            rusqlite::Error::SqliteFailure(failure, words) => match failure.code {
                ErrorCode::DiskFull => Self::DiskFull,
                ErrorCode::ReadOnly => Self::ReadOnly,
                ErrorCode::SystemIoFailure => {
                    Self::File { what: format!("SQLite {}", failure.extended_code) }
                }
                ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => {
                    Self::corrupt("the database file is damaged")
                }
                ErrorCode::ConstraintViolation => {
                    Self::invalid(words.clone().unwrap_or_else(|| "constraint".into()))
                }
                code => Self::Unavailable {
                    what: format!("{code:?}: {}", words.as_deref().unwrap_or_default()),
                },
            },
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::Utf8Error(..) => {
                Self::corrupt("a stored value is not what belongs there")
            }
            rusqlite::Error::QueryReturnedNoRows => Self::NotFound { what: "row" },
            // The SQL text itself is at fault; it holds no values.
            other => Self::Unavailable { what: other.to_string() },
        }
    }
}
