//! Brings a database to the schema of this program, one numbered step at a time, each in its own transaction.

use crate::backend::{Conn, SCHEMA_EXISTS, STEPS};
use crate::error::{Result, StoreError};

crate::sql::queries! {
    VERSION = "SELECT MAX(version) FROM schema_version";
    RECORD = "INSERT INTO schema_version (version, name) VALUES (?1, ?2)";
}

/// The schema this program writes.
pub(crate) fn newest() -> u32 {
    u32::try_from(STEPS.len()).unwrap_or(u32::MAX)
}

/// The schema of a database, 0 for an empty one.
pub(crate) fn found(conn: &Conn) -> Result<u32> {
    match conn.row(SCHEMA_EXISTS, &[], |row| row.int(0))? {
        Some(_) => Ok(conn
            .row(VERSION, &[], |row| row.opt_int(0))?
            .flatten()
            .and_then(|found| u32::try_from(found).ok())
            .unwrap_or(0)),
        None => Ok(0),
    }
}

/// Refuses a database that a newer program wrote.
pub(crate) fn refuse_newer(conn: &Conn) -> Result<u32> {
    let found = found(conn)?;
    if found > newest() { Err(StoreError::TooNew { found, known: newest() }) } else { Ok(found) }
}

/// Applies every missing step.
pub(crate) fn migrate(conn: &Conn) -> Result<()> {
    let found = refuse_newer(conn)?;
    for ((name, text), version) in STEPS.iter().zip(1_u32..).filter(|(_, version)| *version > found)
    {
        conn.begin_write()?;
        let step = || {
            // Another process may have been faster.
            if self::found(conn)? >= version {
                return Ok(());
            }
            if version == 1 {
                conn.script(
                    "CREATE TABLE schema_version (version INTEGER PRIMARY KEY, name TEXT NOT NULL)",
                )?;
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
