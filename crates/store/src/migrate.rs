//! Brings a database to the schema of this program, one numbered step at a time, each in its own transaction.

use crate::backend::Conn;
use crate::error::{Result, StoreError};

crate::sql::queries! {
    VERSION = "SELECT MAX(version) FROM schema_version";
    RECORD = "INSERT INTO schema_version (version, name) VALUES (?1, ?2)";
}

/// The schema this program writes.
pub(crate) fn newest(conn: &Conn) -> u32 {
    u32::try_from(conn.steps().len()).unwrap_or(u32::MAX)
}

/// The schema of a database, 0 for an empty one.
pub(crate) fn found(conn: &Conn) -> Result<u32> {
    match conn.row(conn.schema_exists(), &[], |_| Ok(()))? {
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
    let (found, known) = (found(conn)?, newest(conn));
    if found > known { Err(StoreError::TooNew { found, known }) } else { Ok(found) }
}

/// Refuses a database of another schema than this program's.
pub(crate) fn refuse_other(conn: &Conn) -> Result<()> {
    let found = refuse_newer(conn)?;
    if found < newest(conn) {
        return Err(StoreError::invalid(
            "the database is of an older program; start this one on it once",
        ));
    }
    Ok(())
}

/// Applies every missing step.
pub(crate) fn migrate(conn: &Conn) -> Result<()> {
    let found = refuse_newer(conn)?;
    for ((name, text), version) in
        conn.steps().iter().zip(1_u32..).filter(|(_, version)| *version > found)
    {
        conn.begin_write()?;
        let step = || {
            conn.lock_schema()?;
            // Another process may have been faster.
            if self::found(conn)? >= version {
                return Ok(());
            }
            if version == 1 {
                conn.script(
                    "CREATE TABLE schema_version (version BIGINT PRIMARY KEY, name TEXT NOT NULL)",
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
