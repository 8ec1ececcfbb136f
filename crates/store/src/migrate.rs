//! Brings a database to the schema of this program, one numbered step at a time, each in its own transaction.

use crate::backend::Conn;
use crate::error::{Result, StoreError};

/// The steps, oldest first; step n leads to schema n. `migrations/postgres` holds a step of the same name for each.
const STEPS: &[(&str, &str)] = &[("0001_initial", include_str!("../migrations/sqlite/0001_initial.sql"))];

crate::sql::queries! {
    TABLE_EXISTS = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schema_version'";
    VERSION = "SELECT MAX(version) FROM schema_version";
    RECORD = "INSERT INTO schema_version (version, name) VALUES (?1, ?2)";
}

/// The schema this program writes.
pub(crate) fn newest() -> u32 {
    u32::try_from(STEPS.len()).unwrap_or(u32::MAX)
}

/// The schema of a database, 0 for an empty one.
pub(crate) fn found(conn: &Conn) -> Result<u32> {
    conn.schema_version(TABLE_EXISTS, VERSION)
}

/// Refuses a database that a newer program wrote.
pub(crate) fn refuse_newer(conn: &Conn) -> Result<u32> {
    let found = found(conn)?;
    if found > newest() { Err(StoreError::TooNew { found, known: newest() }) } else { Ok(found) }
}

/// Applies every missing step.
pub(crate) fn migrate(conn: &Conn) -> Result<()> {
    let found = refuse_newer(conn)?;
    for ((name, text), version) in STEPS.iter().zip(1_u32..).filter(|(_, version)| *version > found) {
        conn.begin_write()?;
        let step = || {
            // Another process may have been faster.
            if self::found(conn)? >= version {
                return Ok(());
            }
            if version == 1 {
                conn.script("CREATE TABLE schema_version (version INTEGER PRIMARY KEY, name TEXT NOT NULL)")?;
            }
            conn.script(text)?;
            conn.run(RECORD, &[version.into(), (*name).into()]).map(drop)
        };
        match step() {
            Ok(()) => conn.commit()?,
            Err(error) => {
                conn.rollback()?;
                return Err(error);
            }
        }
    }
    Ok(())
}
