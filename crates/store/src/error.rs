//! What can go wrong, as a closed list. No message ever carries personal data.

use uuid::Uuid;

/// Every failure of the store. Messages name cases by id, never by what people wrote.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Somebody else committed first: the case is not at the version the write was decided on. Reload and decide again.
    #[error("case {case} is at version {found}, not at {expected}")]
    Conflict {
        /// The case.
        case: Uuid,
        /// The version the write expected; 0 means a new case.
        expected: u64,
        /// The version found.
        found: u64,
    },
    /// A setting is not at the version that the change expected.
    #[error("setting {kind}/{key} is at version {found}, not at {expected}")]
    SettingConflict {
        /// Kind of the setting.
        kind: String,
        /// Its key.
        key: String,
        /// The version the change expected; 0 means a new setting.
        expected: u64,
        /// The version found.
        found: u64,
    },
    /// The idempotency key was used before with another body.
    #[error("the idempotency key was used before with another body")]
    KeyReused,
    /// This row of an import became a case before; the write was not applied.
    #[error("this row was imported before, as case {case}")]
    AlreadyImported {
        /// The case that the row became.
        case: Uuid,
    },
    /// The number belongs to another case, now or formerly. A new submission draws the next serial.
    #[error("number {number} is taken")]
    NumberTaken {
        /// The number as it was to be displayed.
        number: String,
    },
    /// There is no such thing. Also the answer for things outside the caller's scope.
    #[error("{what} not found")]
    NotFound {
        /// What was looked for, as a noun.
        what: &'static str,
    },
    /// The write contradicts itself (a gap in the events, an unknown attachment): a bug in the caller.
    #[error("invalid: {what}")]
    Invalid {
        /// What is wrong, without data.
        what: String,
    },
    /// An instant outside the years 1678 to 2261, or a number of 2^63 or more: databases keep neither.
    #[error("out of range: {what}")]
    OutOfRange {
        /// What it is, without data.
        what: &'static str,
    },
    /// The queue of the writer is full; try again shortly.
    #[error("too many writes are waiting")]
    Busy,
    /// The database cannot be reached or answered with an unexpected failure. Nothing was committed.
    #[error("database unavailable: {what}")]
    Unavailable {
        /// The database's own words; they hold names of tables, never values.
        what: String,
    },
    /// The server is there and does not let the program in. Repeating helps only after somebody has changed the address or the
    /// server.
    #[error("the database server does not let the program in: {why}")]
    NoEntry {
        /// What stands in the way.
        why: NoEntry,
    },
    /// Another program has the database open, and what was asked for needs it at rest.
    #[error("the database is in use")]
    InUse,
    /// What was to be copied into holds something already.
    #[error("the place to copy into is not empty")]
    NotEmpty,
    /// The outcome of COMMIT is unknown. Look the submission up by its idempotency key before answering.
    #[error("the outcome of the commit is unknown")]
    OutcomeUnknown,
    /// What is stored contradicts itself: a broken chain, a missing row, a value that does not decrypt.
    #[error("corrupt: {what}")]
    Corrupt {
        /// What does not fit.
        what: String,
    },
    /// The disk is full. Nothing was committed.
    #[error("the disk is full")]
    DiskFull,
    /// The disk, the folder or a file in it cannot be written. Nothing was committed.
    #[error("the data is read-only")]
    ReadOnly,
    /// The files of the embedded database were moved, removed or exchanged while they were open: what is written to them now would be
    /// lost. It goes on by itself once they are back.
    #[error("the files of the database were moved, removed or exchanged while they were open")]
    Moved,
    /// The folder of attachments is not the one that belongs to the database: it is missing, as when a mount is gone, or another
    /// database's. Nothing is kept in it or removed from it; it goes on by itself once the right one is there.
    #[error("the folder of attachments is not that of this database")]
    FilesAway {
        /// What the file [`FOLDER_ANCHOR`](crate::FOLDER_ANCHOR) of the right folder says; `None` where the database has no folder
        /// yet, and this one is somebody else's.
        anchor: Option<String>,
    },
    /// A copy into this database was broken off: it holds only a part.
    #[error("a copy into this database was broken off; empty the database and copy again")]
    UnfinishedCopy,
    /// An attachment is known, and its file is not in the blob folder.
    #[error("the file of an attachment is missing")]
    FileMissing,
    /// The database was written by a newer version of the program.
    #[error(
        "the database has schema {found}, this program knows up to {known}; use the newer program"
    )]
    TooNew {
        /// Schema of the database.
        found: u32,
        /// Newest schema of this program.
        known: u32,
    },
    /// The master key is not the one this database was created with.
    #[error("the master key does not belong to this database")]
    WrongKey,
    /// A file of the database, the blob folder or a backup cannot be read or written.
    #[error("file: {what}")]
    File {
        /// The operating system's words.
        what: String,
    },
}

/// Why a server does not let the program in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoEntry {
    /// User or password are not accepted, or the server demands another way of signing in.
    #[error("user or password are not accepted")]
    Login,
    /// The server has no database of this name.
    #[error("there is no such database")]
    Database,
    /// The user may not do there what the program needs.
    #[error("the user lacks a right")]
    Rights,
    /// Encryption is asked for and the server offers none.
    #[error("the server offers no encryption")]
    Encryption,
    /// The server's certificate is not one that is trusted, or not made out to its name.
    #[error("the server's certificate is not trusted")]
    Certificate,
    /// The server has as many connections as it allows.
    #[error("the server takes no more connections")]
    Full,
}

/// Result of every call of the store.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

impl StoreError {
    pub(crate) fn corrupt(what: impl Into<String>) -> Self {
        Self::Corrupt { what: what.into() }
    }

    pub(crate) fn invalid(what: impl Into<String>) -> Self {
        Self::Invalid { what: what.into() }
    }
}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::DiskFull,
            std::io::ErrorKind::ReadOnlyFilesystem | std::io::ErrorKind::PermissionDenied => {
                Self::ReadOnly
            }
            _ => Self::File { what: error.kind().to_string() },
        }
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        // Only the position: the message of serde_json can quote the value.
        Self::corrupt(format!("stored JSON, line {} column {}", error.line(), error.column()))
    }
}
