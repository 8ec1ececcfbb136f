//! Submissions that may arrive twice: idempotency keys and rows of imports.

use super::queue::Batch;
use crate::error::{Result, StoreError};
use crate::model::{IdempotencyKey, ImportRow};
use crate::time::{from_int, limit, to_int};
use crate::vault::{Drawer, Owner};
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

crate::sql::queries! {
    FIND = "SELECT body_hash, owner, receipt FROM submissions WHERE scope = ?1 AND key = ?2";
    KEEP = "INSERT INTO submissions (scope, key, body_hash, owner, receipt, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    FORGET = "DELETE FROM submissions WHERE (scope, key) IN (SELECT scope, key FROM submissions WHERE at < ?1 ORDER BY at LIMIT ?2)";
    CONSIDERED = "SELECT value FROM counters WHERE name = 'forgotten as of'";
    CONSIDER = "INSERT INTO counters (name, value) VALUES ('forgotten as of', ?1)
        ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    IMPORTED = "SELECT case_uuid FROM imported WHERE file = ?1 AND line = ?2";
    IMPORTED_ROWS = "SELECT line, case_uuid FROM imported WHERE file = ?1 ORDER BY line";
    KEEP_IMPORTED = "INSERT INTO imported (file, line, case_uuid, at) VALUES (?1, ?2, ?3, ?4)";
}

/// The receipt of the same submission, if it was committed before (or earlier in this batch).
pub(crate) fn earlier(
    conn: &crate::backend::Conn,
    vault: &crate::vault::Vault,
    key: &IdempotencyKey,
) -> Result<Option<Value>> {
    let found = conn.row(FIND, &[(&key.scope).into(), (&key.key).into()], |row| {
        Ok((row.bytes::<32>(0)?, row.bytes(1)?, row.text(2)?))
    })?;
    let Some((body_hash, owner, receipt)) = found else { return Ok(None) };
    if body_hash != key.body_hash {
        return Err(StoreError::KeyReused);
    }
    vault.drawer(conn, owner)?.open(serde_json::from_str(&receipt)?).map(Some)
}

/// Keeps the receipt for repetitions; private texts in it are sealed under the first case's key, whose drawer this is.
pub(crate) fn keep(
    batch: &Batch<'_>,
    key: &IdempotencyKey,
    owner: Owner,
    drawer: &mut Drawer,
    receipt: &Value,
    at: Timestamp,
) -> Result<()> {
    let sealed = drawer.seal(batch.vault, receipt.clone())?.to_string();
    drawer.save(batch.conn)?;
    let params = [
        (&key.scope).into(),
        (&key.key).into(),
        (&key.body_hash).into(),
        (&owner).into(),
        (&sealed).into(),
        to_int(at)?.into(),
    ];
    batch.conn.push(KEEP, &params)
}

/// What is forgotten in one go, at most.
pub(crate) const AT_ONCE: usize = 1_000;

/// Forgets submissions made before `before`, the oldest first; their keys may be used anew.
pub(crate) fn forget(batch: &Batch<'_>, before: Timestamp) -> Result<usize> {
    batch.conn.run(FORGET, &[to_int(before)?.into(), limit(AT_ONCE).into()])
}

/// Keeps as of which instant something is being forgotten; answers as of which one it was before.
pub(crate) fn consider(batch: &Batch<'_>, at: Timestamp) -> Result<Option<Timestamp>> {
    let before = batch.conn.row(CONSIDERED, &[], |row| from_int(row.int(0)?))?;
    batch.conn.push(CONSIDER, &[to_int(at)?.into()])?;
    Ok(before)
}

/// Refuses a row that became a case before.
pub(crate) fn refuse_imported(batch: &Batch<'_>, row: ImportRow) -> Result<()> {
    match batch.conn.row(IMPORTED, &[(&row.file).into(), row.row.into()], |found| found.uuid(0))? {
        Some(case) => Err(StoreError::AlreadyImported { case }),
        None => Ok(()),
    }
}

pub(crate) fn keep_imported(
    batch: &Batch<'_>,
    row: ImportRow,
    case: Uuid,
    at: Timestamp,
) -> Result<()> {
    batch.conn.push(
        KEEP_IMPORTED,
        &[(&row.file).into(), row.row.into(), (&case).into(), to_int(at)?.into()],
    )
}

/// The rows of a file that became cases, by row.
pub(crate) fn imported(conn: &crate::backend::Conn, file: &[u8; 32]) -> Result<Vec<(u32, Uuid)>> {
    conn.rows(IMPORTED_ROWS, &[file.into()], |row| Ok((row.small(0)?, row.uuid(1)?)))
}
