//! The seam: the only place that knows which database is underneath. Everything else speaks [`Conn`], [`Param`], [`Row`] and SQL
//! texts in SQLite's spelling, which `backend/dialect.rs` respells for PostgreSQL.

/// The steps that made the schema what it is, in order, each with its text for a database.
macro_rules! steps {
    ($database:literal) => {
        $crate::backend::steps!($database: "0001_initial" "0002_customers" "0003_webhooks" "0004_derived" "0005_scope" "0006_workers")
    };
    ($database:literal: $($step:literal)*) => {
        &[$((
            $step,
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/", $database, "/", $step, ".sql")),
        )),*]
    };
}
use steps;

mod between;
mod dialect;
mod postgres;
mod server;
mod sqlite;

use crate::error::{Result, StoreError};
use crate::text::Sought;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use between::{Between, Call, Pass};
pub(crate) use dialect::{SEARCH_ADD, SEARCH_DROP, SEARCH_ID, SEARCH_JOIN, SEARCH_NEWEST, Way};

/// Where a database is: a file (the embedded default), a PostgreSQL server, or the memory of this program. Attachments lie in a folder
/// in any case.
#[derive(Clone)]
pub struct Place {
    kind: Kind,
    folder: PathBuf,
    between: Option<Arc<dyn Between>>,
}

#[derive(Clone)]
enum Kind {
    Sqlite(PathBuf),
    Memory(Arc<sqlite::Memory>),
    Postgres(Box<server::Server>),
}

/// The file of the database within its folder.
const DATABASE: &str = "bihuan.db";

impl Place {
    /// The embedded database of a folder, or the file that ends in `.db`.
    pub fn at(path: &Path) -> Self {
        let is_file = path.extension().is_some_and(|end| end == "db");
        let file = if is_file { path.to_owned() } else { path.join(DATABASE) };
        let folder = file.parent().unwrap_or(Path::new(".")).to_owned();
        Self { kind: Kind::Sqlite(file), folder, between: None }
    }

    /// A PostgreSQL database by its address (`postgres://user@host,other/name?…`), and the folder in which attachments lie: with
    /// several nodes, one that all of them share. Several hosts mean: whichever of them takes writes. `sslmode=require` encrypts and
    /// verifies the certificate, against the system's authorities or those in the file `sslrootcert`.
    ///
    /// # Errors
    /// `Invalid` for an address that cannot be understood; the words never repeat it, because it may hold a password.
    pub fn postgres(address: &str, folder: &Path) -> Result<Self> {
        let server = server::Server::at(address)?;
        let kind = Kind::Postgres(Box::new(server));
        Ok(Self { kind, folder: folder.to_owned(), between: None })
    }

    /// An embedded database without a file, for tests and simulations: it ends when this place, its clones and all stores on it are
    /// gone. Attachments lie in the folder all the same.
    ///
    /// # Errors
    /// `Unavailable` when there is no room for it.
    pub fn in_memory(folder: &Path) -> Result<Self> {
        let kind = Kind::Memory(Arc::new(sqlite::Memory::new()?));
        Ok(Self { kind, folder: folder.to_owned(), between: None })
    }

    /// Another database in memory with what this one holds now, without attachments. Nobody may be writing to this one.
    ///
    /// # Errors
    /// `Invalid` for a place that is not in memory; `Unavailable` when there is no room for it.
    pub fn copied_in_memory(&self, folder: &Path) -> Result<Self> {
        let Kind::Memory(memory) = &self.kind else {
            return Err(StoreError::invalid("only what is in memory is copied in memory"));
        };
        let kind = Kind::Memory(Arc::new(memory.copied()?));
        Ok(Self { kind, folder: folder.to_owned(), between: None })
    }

    /// The same place with something before every connection to it.
    pub fn through(self, between: Arc<dyn Between>) -> Self {
        Self { between: Some(between), ..self }
    }

    /// Whether there is nothing yet: no file, or a database that nobody has opened or filled.
    ///
    /// # Errors
    /// A server that cannot be reached or does not let the program in; a file that is no database.
    pub fn is_vacant(&self) -> Result<bool> {
        Ok(!self.exists() || crate::transfer::is_vacant(&Conn::open(self, Mode::Inspect)?)?)
    }

    /// The file that programs lock which have the embedded database open.
    pub(crate) fn lock_path(&self) -> Option<PathBuf> {
        match &self.kind {
            Kind::Sqlite(file) => Some(file.with_extension("lock")),
            Kind::Memory(_) | Kind::Postgres(_) => None,
        }
    }

    /// The files that must stay where they are while an embedded database is open: the database, its log, and the index of the log.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let Kind::Sqlite(file) = &self.kind else { return Vec::new() };
        let beside = |end: &str| {
            let mut name = file.clone().into_os_string();
            name.push(end);
            PathBuf::from(name)
        };
        vec![file.clone(), beside("-wal"), beside("-shm")]
    }

    /// Whether several programs may share the database.
    pub fn is_shared(&self) -> bool {
        matches!(self.kind, Kind::Postgres(_))
    }

    /// Whether there is anything; a server is taken to hold something.
    pub(crate) fn exists(&self) -> bool {
        match &self.kind {
            Kind::Sqlite(file) => file.exists(),
            Kind::Memory(_) | Kind::Postgres(_) => true,
        }
    }

    /// The folder in which files lie beside the database.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Creates what must be there before the first connection.
    pub(crate) fn prepare(&self) -> Result<()> {
        Ok(std::fs::create_dir_all(&self.folder)?)
    }
}

impl From<&Path> for Place {
    fn from(path: &Path) -> Self {
        Self::at(path)
    }
}

impl From<&PathBuf> for Place {
    fn from(path: &PathBuf) -> Self {
        Self::at(path)
    }
}

impl From<PathBuf> for Place {
    fn from(path: PathBuf) -> Self {
        Self::at(&path)
    }
}

/// Without the address, which may hold a password.
impl fmt::Debug for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Sqlite(file) => write!(out, "sqlite:{}", file.display()),
            Kind::Memory(_) => write!(out, "sqlite in memory"),
            Kind::Postgres(server) => write!(out, "postgres:{}", server.database()),
        }
    }
}

/// What a connection may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Write,
    Read,
    /// A database that nobody else writes, such as a backup.
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

/// A row of a result, as its driver gives it; columns are read by position.
pub(crate) trait Cells {
    fn int(&self, column: usize) -> Result<Option<i64>>;
    fn text(&self, column: usize) -> Result<Option<String>>;
    fn blob(&self, column: usize) -> Result<Option<Vec<u8>>>;
}

/// A row of a result.
pub(crate) struct Row<'a>(&'a dyn Cells);

impl Row<'_> {
    pub(crate) fn int(&self, column: usize) -> Result<i64> {
        self.0.int(column)?.ok_or_else(empty)
    }
    pub(crate) fn opt_int(&self, column: usize) -> Result<Option<i64>> {
        self.0.int(column)
    }
    pub(crate) fn text(&self, column: usize) -> Result<String> {
        self.0.text(column)?.ok_or_else(empty)
    }
    pub(crate) fn opt_text(&self, column: usize) -> Result<Option<String>> {
        self.0.text(column)
    }
    pub(crate) fn blob(&self, column: usize) -> Result<Vec<u8>> {
        self.0.blob(column)?.ok_or_else(empty)
    }
    pub(crate) fn opt_blob(&self, column: usize) -> Result<Option<Vec<u8>>> {
        self.0.blob(column)
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

fn empty() -> StoreError {
    StoreError::corrupt("a stored value is missing")
}

/// Facts about the database for `doctor`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct DatabaseFacts {
    pub(crate) backend: String,
    pub(crate) journal_mode: String,
    /// What makes an acknowledged write durable is switched off.
    pub(crate) not_durable: bool,
    pub(crate) bytes: u64,
    pub(crate) free_bytes: u64,
    pub(crate) log_bytes: u64,
    pub(crate) server: Option<ServerFacts>,
}

/// Facts about a database server, as the asking session sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerFacts {
    /// Version as a number: 150004 is 15.4.
    pub version: u32,
    /// Sessions that the server allows to others than its administrators.
    pub most_sessions: u64,
    /// Sessions that there are now, this one included.
    pub sessions: u64,
    /// The server's clock when it was asked, UTC.
    pub now: jiff::Timestamp,
    /// When it told, so that its clock can be compared with another one later.
    pub told: std::time::Instant,
    /// Whether the session reaches the server within one machine.
    pub is_local: bool,
    /// Whether the session is encrypted.
    pub is_encrypted: bool,
}

/// What a database's driver does. All calls block.
pub(crate) trait Driver: Send {
    /// Runs a statement that returns no rows; says how many rows it touched.
    fn run(&self, sql: &str, params: &[Param<'_>]) -> Result<usize>;
    /// Runs a statement whose outcome nobody asks for. A driver may send it later, in order; what goes wrong then shows at the next
    /// call that waits, before [`Driver::keep_savepoint`] returns at the latest.
    fn push(&self, sql: &str, params: &[Param<'_>]) -> Result<()>;
    /// Adds a row, by a statement that ends with `/*id*/`, and answers the key that it got. Waits.
    fn insert(&self, sql: &str, params: &[Param<'_>]) -> Result<i64>;
    /// Hands over the rows one by one until `each` says that it has enough.
    fn each(
        &self,
        sql: &str,
        params: &[Param<'_>],
        each: &mut dyn FnMut(&Row<'_>) -> Result<bool>,
    ) -> Result<()>;
    /// Several statements of a migration.
    fn script(&self, sql: &str) -> Result<()>;
    /// Whether a server has to answer each statement in time, as it has on a new connection, or may take as long as it needs.
    /// [`Conn::unhurried`] says so for a while.
    fn hurry(&self, hurry: bool) -> Result<()>;
    /// Keeps others from changing the schema until the transaction ends.
    fn lock_schema(&self) -> Result<()>;
    /// Keeps others from changing the schema until [`Driver::free_schema`]. Nothing where programs wait for each other by file.
    fn hold_schema(&self) -> Result<()>;
    fn free_schema(&self) -> Result<()>;
    /// Sessions of this program on the same database, besides this one; none where a file tells ([`Place::at_rest`]).
    fn others(&self) -> Result<u64>;
    fn begin_write(&self) -> Result<()>;
    fn begin_read(&self) -> Result<()>;
    /// Lets listeners know once the transaction is committed.
    fn tell(&self) -> Result<()>;
    fn commit(&self) -> Result<()>;
    fn rollback(&self) -> Result<()>;
    fn savepoint(&self) -> Result<()>;
    fn keep_savepoint(&self) -> Result<()>;
    fn undo_savepoint(&self) -> Result<()>;
    /// Rows that were changed through this connection so far, where a statement that fails leaves the transaction as it was; `None`
    /// where it takes the transaction with it.
    fn changes(&self) -> Option<u64>;
    /// False after the database gave up the whole transaction by itself (a full disk, a lost connection).
    fn in_transaction(&self) -> bool;
    /// Whether the connection is gone for good and another one has to be opened.
    fn is_lost(&self) -> bool;
    /// The steps of the schema, oldest first; step n leads to schema n. Each database has a step of the same name for each.
    fn steps(&self) -> &'static [(&'static str, &'static str)];
    /// A statement with one row when the schema was ever created.
    fn schema_exists(&self) -> &'static str;
    /// Tasks of one transaction.
    fn batch(&self) -> usize;
    /// Connections that read at once.
    fn readers(&self) -> usize;
    /// Moves the write-ahead log into the database; `wait` also empties the log file and waits for readers. Says whether it was
    /// done to the end. Nothing to do where the server sees to it.
    fn checkpoint(&self, wait: bool) -> Result<bool>;
    /// Pages of the write-ahead log that are not in the database yet.
    fn log_pages(&self) -> Result<i64>;
    /// A consistent copy of the running database into a folder that holds none yet, if the database itself can make one.
    fn copy_into(&self, folder: &Path) -> Result<bool>;
    /// Sets the counters of generated keys behind what was copied in.
    fn settle_copy(&self) -> Result<()>;
    /// Problems that the database finds in its own structure and references; empty when all is well.
    fn self_check(&self) -> Result<Vec<String>>;
    fn facts(&self) -> Result<DatabaseFacts>;
    /// A line of tokens as the full-text index takes it.
    fn index_text(&self, line: &str) -> String;
    /// The sought parts in the language of the full-text index. All parts must occur.
    fn match_text(&self, sought: &[Sought]) -> String;
    /// Whether the full-text index hands over what it finds newest first and stops when enough was taken. Where it does not, all
    /// that is found is sorted.
    fn finds_in_order(&self) -> bool;
    /// Waits for word of a commit of another program, at most so long; `None` where nobody else writes.
    fn listen(&self, most: std::time::Duration) -> Result<Option<()>>;
    /// The plan of a statement, one line per step.
    #[cfg(test)]
    fn explain(&self, sql: &str) -> Result<Vec<String>>;
    /// Prepares a statement and names the columns that it returns.
    #[cfg(test)]
    fn check(&self, sql: &str) -> Result<Vec<String>>;
}

/// A connection. All calls block.
pub(crate) struct Conn(Box<dyn Driver>);

impl std::ops::Deref for Conn {
    type Target = dyn Driver;
    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl Conn {
    pub(crate) fn open(place: &Place, mode: Mode) -> Result<Self> {
        let driver: Box<dyn Driver> = match &place.kind {
            Kind::Sqlite(file) => Box::new(sqlite::Sqlite::open(file, mode)?),
            Kind::Memory(memory) => Box::new(memory.open(mode)?),
            Kind::Postgres(server) => Box::new(postgres::Postgres::open(server, mode)?),
        };
        Ok(Self(match place.between.clone() {
            Some(between) => Box::new(between::Watched { driver, between }),
            None => driver,
        }))
    }

    /// Does what takes a server long by its nature: copying, counting and verifying everything, changing the schema. All else is given
    /// up when it takes longer than seconds.
    pub(crate) fn unhurried<T>(&self, work: impl FnOnce(&Self) -> Result<T>) -> Result<T> {
        self.0.hurry(false)?;
        let done = work(self);
        // It fails after what has failed: such a connection is not used any more.
        let again = self.0.hurry(true);
        let done = done?;
        again.map(|()| done)
    }

    /// All rows.
    pub(crate) fn rows<T>(
        &self,
        sql: &str,
        params: &[Param<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut all = Vec::new();
        self.0.each(sql, params, &mut |row| {
            all.push(read(row)?);
            Ok(true)
        })?;
        Ok(all)
    }

    /// The first row, if any.
    pub(crate) fn row<T>(
        &self,
        sql: &str,
        params: &[Param<'_>],
        read: impl FnOnce(&Row<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        let (mut read, mut found) = (Some(read), None);
        self.0.each(sql, params, &mut |row| {
            if let Some(read) = read.take() {
                found = Some(read(row)?);
            }
            Ok(false)
        })?;
        Ok(found)
    }
}

/// Runs something that waits for a server. On a thread that serves tasks the others move to another thread meanwhile.
pub(crate) fn waiting<T>(work: impl FnOnce() -> T) -> T {
    use tokio::runtime::{Handle, RuntimeFlavor};
    match Handle::try_current() {
        Ok(handle) if handle.runtime_flavor() == RuntimeFlavor::MultiThread => {
            tokio::task::block_in_place(work)
        }
        _ => work(),
    }
}
