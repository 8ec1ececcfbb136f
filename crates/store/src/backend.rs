//! The seam: the only file that knows which database is underneath. Everything else speaks [`Conn`], [`Param`], [`Row`] and SQL
//! texts with `?n`. PostgreSQL becomes a second variant of [`Conn`] and [`Row`] here; where the dialects differ, the texts carry a
//! mark to translate: `?n` to `$n`, `/*lock*/` to `FOR UPDATE`, `/*skip:t*/` to `FOR UPDATE OF t SKIP LOCKED`.

use crate::error::{Result, StoreError};
use crate::text::Sought;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where the database is.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    Sqlite(PathBuf),
}

/// The file of the database within its folder.
const DATABASE: &str = "bihuan.db";

impl Place {
    /// The database of a folder, or the file that ends in `.db`.
    pub(crate) fn at(path: &Path) -> Self {
        Self::Sqlite(if path.extension().is_some_and(|end| end == "db") {
            path.to_owned()
        } else {
            path.join(DATABASE)
        })
    }

    /// Whether there is anything.
    pub(crate) fn exists(&self) -> bool {
        let Self::Sqlite(file) = self;
        file.exists()
    }

    /// The folder in which files lie beside the database.
    pub(crate) fn folder(&self) -> &Path {
        let Self::Sqlite(file) = self;
        file.parent().unwrap_or(Path::new("."))
    }

    /// Creates what must be there before the first connection.
    pub(crate) fn prepare(&self) -> Result<()> {
        Ok(std::fs::create_dir_all(self.folder())?)
    }
}

/// The steps of the schema, oldest first; step n leads to schema n. The other database has a step of the same name for each.
pub(crate) const STEPS: &[(&str, &str)] =
    &[("0001_initial", include_str!("../migrations/sqlite/0001_initial.sql"))];
/// One row when the schema was ever created.
pub(crate) const SCHEMA_EXISTS: &str =
    "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schema_version'";

/// What a connection may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Write,
    Read,
    /// A file that nobody else writes, such as a backup.
    Inspect,
}

/// A bound value.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Param<'a> {
    Null,
    Int(i64),
    Text(&'a str),
    Blob(&'a [u8]),
}

impl From<i64> for Param<'_> {
    fn from(value: i64) -> Self {
        Param::Int(value)
    }
}
impl From<u32> for Param<'_> {
    fn from(value: u32) -> Self {
        Param::Int(value.into())
    }
}
impl From<bool> for Param<'_> {
    fn from(value: bool) -> Self {
        Param::Int(value.into())
    }
}
impl<'a> From<&'a str> for Param<'a> {
    fn from(value: &'a str) -> Self {
        Param::Text(value)
    }
}
impl<'a> From<&'a String> for Param<'a> {
    fn from(value: &'a String) -> Self {
        Param::Text(value)
    }
}
impl<'a> From<&'a [u8]> for Param<'a> {
    fn from(value: &'a [u8]) -> Self {
        Param::Blob(value)
    }
}
impl<'a, const N: usize> From<&'a [u8; N]> for Param<'a> {
    fn from(value: &'a [u8; N]) -> Self {
        Param::Blob(value)
    }
}
impl<'a> From<&'a Vec<u8>> for Param<'a> {
    fn from(value: &'a Vec<u8>) -> Self {
        Param::Blob(value)
    }
}
impl<'a> From<&'a uuid::Uuid> for Param<'a> {
    fn from(value: &'a uuid::Uuid) -> Self {
        Param::Blob(value.as_bytes())
    }
}
impl<'a, T: Into<Param<'a>>> From<Option<T>> for Param<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Param::Null, Into::into)
    }
}

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

/// A row of a result; columns are read by position.
pub(crate) struct Row<'a>(&'a rusqlite::Row<'a>);

impl Row<'_> {
    pub(crate) fn int(&self, column: usize) -> Result<i64> {
        Ok(self.0.get(column)?)
    }
    pub(crate) fn opt_int(&self, column: usize) -> Result<Option<i64>> {
        Ok(self.0.get(column)?)
    }
    pub(crate) fn text(&self, column: usize) -> Result<String> {
        Ok(self.0.get(column)?)
    }
    pub(crate) fn opt_text(&self, column: usize) -> Result<Option<String>> {
        Ok(self.0.get(column)?)
    }
    pub(crate) fn blob(&self, column: usize) -> Result<Vec<u8>> {
        Ok(self.0.get(column)?)
    }
    pub(crate) fn opt_blob(&self, column: usize) -> Result<Option<Vec<u8>>> {
        Ok(self.0.get(column)?)
    }
    pub(crate) fn bytes<const N: usize>(&self, column: usize) -> Result<[u8; N]> {
        let blob = self.blob(column)?;
        blob.try_into().map_err(|_| StoreError::corrupt("a stored hash or id has the wrong length"))
    }
    pub(crate) fn uuid(&self, column: usize) -> Result<uuid::Uuid> {
        Ok(uuid::Uuid::from_bytes(self.bytes(column)?))
    }
    pub(crate) fn flag(&self, column: usize) -> Result<bool> {
        Ok(self.int(column)? != 0)
    }
    /// A number that is never negative: versions, sequences, counts.
    pub(crate) fn count(&self, column: usize) -> Result<u64> {
        u64::try_from(self.int(column)?)
            .map_err(|_| StoreError::corrupt("a stored count is negative"))
    }
    /// A number that fits the given small type.
    pub(crate) fn small<T: TryFrom<i64>>(&self, column: usize) -> Result<T> {
        T::try_from(self.int(column)?)
            .map_err(|_| StoreError::corrupt("a stored number is out of range"))
    }
}

/// A connection. All calls block.
pub(crate) enum Conn {
    Sqlite(Connection),
}

/// Facts about the database for `doctor`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct DatabaseFacts {
    pub(crate) backend: String,
    pub(crate) journal_mode: String,
    pub(crate) bytes: u64,
    pub(crate) free_bytes: u64,
    pub(crate) log_bytes: u64,
}

const MMAP_BYTES: i64 = 256 << 20;
/// Readers share the operating system's cache; the writer touches some fifty pages with every case and keeps them.
const CACHE_KIB: i64 = 8 << 10;
const WRITER_CACHE_KIB: i64 = 64 << 10;
const STATEMENTS: usize = 192;
const BUSY: Duration = Duration::from_secs(10);

impl Conn {
    pub(crate) fn open(place: &Place, mode: Mode) -> Result<Self> {
        let Place::Sqlite(path) = place;
        let flags = match mode {
            Mode::Write => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
            Mode::Read => OpenFlags::SQLITE_OPEN_READ_WRITE,
            Mode::Inspect => OpenFlags::SQLITE_OPEN_READ_ONLY,
        };
        let inner = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        inner.set_prepared_statement_cache_capacity(STATEMENTS);
        inner.busy_timeout(BUSY)?;
        inner.pragma_update(None, "foreign_keys", true)?;
        inner.pragma_update(None, "mmap_size", MMAP_BYTES)?;
        let cache = if mode == Mode::Write { WRITER_CACHE_KIB } else { CACHE_KIB };
        inner.pragma_update(None, "cache_size", -cache)?;
        inner.pragma_update(None, "temp_store", "MEMORY")?;
        inner.pragma_update(None, "trusted_schema", false)?;
        match mode {
            Mode::Write => {
                inner.pragma_update(None, "journal_mode", "WAL")?;
                inner.pragma_update(None, "synchronous", "FULL")?;
                // The writer checkpoints by itself; deleted personal values are overwritten, not just unlinked.
                inner.pragma_update(None, "wal_autocheckpoint", 0)?;
                inner.pragma_update(None, "secure_delete", true)?;
            }
            Mode::Read | Mode::Inspect => inner.pragma_update(None, "query_only", true)?,
        }
        Ok(Self::Sqlite(inner))
    }

    /// Runs a statement that returns no rows; says how many rows it touched.
    pub(crate) fn run(&self, sql: &str, params: &[Param<'_>]) -> Result<usize> {
        let Self::Sqlite(inner) = self;
        Ok(inner.prepare_cached(sql)?.execute(rusqlite::params_from_iter(params))?)
    }

    /// All rows.
    pub(crate) fn rows<T>(
        &self,
        sql: &str,
        params: &[Param<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let Self::Sqlite(inner) = self;
        let mut statement = inner.prepare_cached(sql)?;
        let mut found = statement.query(rusqlite::params_from_iter(params))?;
        let mut all = Vec::new();
        while let Some(row) = found.next()? {
            all.push(read(&Row(row))?);
        }
        Ok(all)
    }

    /// The first row, if any.
    pub(crate) fn row<T>(
        &self,
        sql: &str,
        params: &[Param<'_>],
        read: impl FnOnce(&Row<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        let Self::Sqlite(inner) = self;
        let mut statement = inner.prepare_cached(sql)?;
        let mut found = statement.query(rusqlite::params_from_iter(params))?;
        found.next()?.map(|row| read(&Row(row))).transpose()
    }

    /// Several statements of a migration.
    pub(crate) fn script(&self, sql: &str) -> Result<()> {
        let Self::Sqlite(inner) = self;
        Ok(inner.execute_batch(sql)?)
    }

    pub(crate) fn begin_write(&self) -> Result<()> {
        self.run("BEGIN IMMEDIATE", &[]).map(drop)
    }
    pub(crate) fn begin_read(&self) -> Result<()> {
        self.run("BEGIN DEFERRED", &[]).map(drop)
    }
    pub(crate) fn commit(&self) -> Result<()> {
        self.run("COMMIT", &[]).map(drop)
    }
    pub(crate) fn rollback(&self) -> Result<()> {
        if self.in_transaction() { self.run("ROLLBACK", &[]).map(drop) } else { Ok(()) }
    }
    pub(crate) fn savepoint(&self) -> Result<()> {
        self.run("SAVEPOINT one", &[]).map(drop)
    }
    pub(crate) fn keep_savepoint(&self) -> Result<()> {
        self.run("RELEASE one", &[]).map(drop)
    }
    pub(crate) fn undo_savepoint(&self) -> Result<()> {
        self.run("ROLLBACK TO one", &[])?;
        self.run("RELEASE one", &[]).map(drop)
    }
    /// False after the database gave up the whole transaction by itself (a full disk, for example).
    pub(crate) fn in_transaction(&self) -> bool {
        let Self::Sqlite(inner) = self;
        !inner.is_autocommit()
    }

    /// Moves the write-ahead log into the database; `wait` also empties the log file and waits for readers. Says whether it was
    /// done to the end.
    pub(crate) fn checkpoint(&self, wait: bool) -> Result<bool> {
        let sql =
            if wait { "PRAGMA wal_checkpoint(TRUNCATE)" } else { "PRAGMA wal_checkpoint(PASSIVE)" };
        Ok(self.row(sql, &[], |row| row.int(0))? == Some(0))
    }

    /// Pages of the write-ahead log that are not in the database yet.
    pub(crate) fn log_pages(&self) -> Result<i64> {
        let pages =
            self.row("PRAGMA wal_checkpoint(NOOP)", &[], |row| Ok(row.int(1)? - row.int(2)?))?;
        Ok(pages.unwrap_or(0))
    }

    /// A consistent copy of the running database into a folder that holds none yet.
    pub(crate) fn copy_into(&self, folder: &Path) -> Result<()> {
        let Place::Sqlite(file) = Place::at(folder);
        if file.exists() {
            return Err(StoreError::File { what: "the folder already holds a backup".into() });
        }
        let text = file
            .to_str()
            .ok_or_else(|| StoreError::File { what: "the path is not Unicode".into() })?;
        let Self::Sqlite(inner) = self;
        // A query-only connection may not write elsewhere either; the copy is the one exception.
        inner.pragma_update(None, "query_only", false)?;
        let copied = self.run("VACUUM INTO ?1", &[text.into()]);
        inner.pragma_update(None, "query_only", true)?;
        copied?;
        Ok(std::fs::File::open(&file)?.sync_all()?)
    }

    /// Problems that the database finds in its own structure and references; empty when all is well.
    pub(crate) fn self_check(&self) -> Result<Vec<String>> {
        let mut found = self.rows("PRAGMA integrity_check", &[], |row| row.text(0))?;
        found.retain(|line| line != "ok");
        found.extend(self.rows("PRAGMA foreign_key_check", &[], |row| {
            Ok(format!("foreign key: {} row {:?}", row.text(0)?, row.opt_int(1)?))
        })?);
        Ok(found)
    }

    pub(crate) fn facts(&self) -> Result<DatabaseFacts> {
        let Self::Sqlite(inner) = self;
        let pragma =
            |sql| Ok::<_, StoreError>(self.row(sql, &[], |row| row.count(0))?.unwrap_or(0));
        let page = pragma("PRAGMA page_size")?;
        let log = inner
            .path()
            .map(|path| format!("{path}-wal"))
            .and_then(|log| std::fs::metadata(log).ok());
        Ok(DatabaseFacts {
            backend: format!("SQLite {}", rusqlite::version()),
            journal_mode: self
                .row("PRAGMA journal_mode", &[], |row| row.text(0))?
                .unwrap_or_default(),
            bytes: pragma("PRAGMA page_count")? * page,
            free_bytes: pragma("PRAGMA freelist_count")? * page,
            log_bytes: log.map_or(0, |log| log.len()),
        })
    }

    /// The plan of a statement, one line per step.
    #[cfg(test)]
    pub(crate) fn explain(&self, sql: &str) -> Result<Vec<String>> {
        let Self::Sqlite(inner) = self;
        let mut statement = inner.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
        let unbound = vec![Param::Null; statement.parameter_count()];
        let mut found = statement.query(rusqlite::params_from_iter(unbound))?;
        let mut all = Vec::new();
        while let Some(row) = found.next()? {
            all.push(Row(row).text(3)?);
        }
        Ok(all)
    }

    /// Prepares a statement and says how many columns it returns.
    #[cfg(test)]
    pub(crate) fn check(&self, sql: &str) -> Result<usize> {
        let Self::Sqlite(inner) = self;
        Ok(inner.prepare(sql)?.column_count())
    }
}

/// Which way a statement finds its cases. Without statistics SQLite takes any equality for a good one and would read all closed
/// cases of a procedure to find the open ones, so the way is named; PostgreSQL knows its tables and is told nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// Along this index.
    Index(&'static str),
    /// One by one, by the ids that something else found.
    Ids,
}

impl Way {
    /// What follows the name of the table.
    pub(crate) fn hint(self) -> String {
        match self {
            Way::Index(name) => format!(" INDEXED BY {name}"),
            Way::Ids => " NOT INDEXED".to_owned(),
        }
    }
}

/// Joins the cases found by text; the placeholder takes what [`match_expression`] makes.
pub(crate) const SEARCH_JOIN: &str =
    " JOIN search ON search.rowid = cases.id WHERE search MATCH ?1";
/// The case's internal id as the full-text index keeps it: what newest-first order runs over.
pub(crate) const SEARCH_ID: &str = "search.rowid";
/// Puts a line of tokens into the full-text index.
pub(crate) const SEARCH_ADD: &str = "INSERT INTO search (rowid, tokens) VALUES (?1, ?2)";
/// Takes it out.
pub(crate) const SEARCH_DROP: &str = "DELETE FROM search WHERE rowid = ?1";

/// The sought parts in the language of the full-text index. All parts must occur.
pub(crate) fn match_expression(sought: &[Sought]) -> String {
    // Tokens consist of letters, digits and ideographs; quoting them leaves nothing for the index's own syntax to see.
    let part = |part: &Sought| match part {
        Sought::Phrase(tokens) => format!("\"{}\"", tokens.join(" ")),
        Sought::Whole(token) => format!("\"{token}\""),
        Sought::Prefix(token) => format!("\"{token}\"*"),
    };
    sought.iter().map(part).collect::<Vec<_>>().join(" AND ")
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match &error {
            rusqlite::Error::SqliteFailure(failure, words) => match failure.code {
                ErrorCode::DiskFull => Self::DiskFull,
                ErrorCode::ReadOnly => Self::ReadOnly,
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
            | rusqlite::Error::InvalidColumnType(..) => {
                Self::corrupt("a stored value has another type")
            }
            rusqlite::Error::QueryReturnedNoRows => Self::NotFound { what: "row" },
            // The SQL text itself is at fault; it holds no values.
            other => Self::Unavailable { what: other.to_string() },
        }
    }
}
