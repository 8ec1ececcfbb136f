//! What may be lost and is not an event: sessions, drafts, presence. Sealed under the master key, gone at its expiry.

use crate::backend::Conn;
use crate::error::Result;
use crate::time::{limit, to_int};
use crate::vault::Vault;
use crate::write::once::AT_ONCE;
use crate::write::queue::Batch;
use jiff::Timestamp;
use serde_json::Value;

crate::sql::queries! {
    PUT = "INSERT INTO ephemeral (kind, key, body, expires_at) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (kind, key) DO UPDATE SET body = excluded.body, expires_at = excluded.expires_at";
    RENEW = "UPDATE ephemeral SET body = ?3, expires_at = ?4 WHERE kind = ?1 AND key = ?2";
    GET = "SELECT body FROM ephemeral WHERE kind = ?1 AND key = ?2 AND expires_at > ?3";
    LIST = "SELECT key, body FROM ephemeral WHERE kind = ?1 AND key >= ?2 AND key < ?3 AND expires_at > ?4 ORDER BY key";
    DROP = "DELETE FROM ephemeral WHERE kind = ?1 AND key = ?2";
    SWEEP = "DELETE FROM ephemeral WHERE (kind, key) IN (SELECT kind, key FROM ephemeral WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)";
}

fn bound(kind: &str, key: &str) -> Vec<u8> {
    [kind.as_bytes(), b"\0", key.as_bytes()].concat()
}

fn open(vault: &Vault, kind: &str, key: &str, body: &[u8]) -> Result<Value> {
    Ok(serde_json::from_slice(&vault.own_cipher().decrypt(&bound(kind, key), body)?)?)
}

pub(crate) fn put(
    batch: &mut Batch<'_>,
    kind: &str,
    key: &str,
    body: &Value,
    expires_at: Timestamp,
) -> Result<()> {
    let sealed = seal(batch, kind, key, body)?;
    batch.conn.push(PUT, &[kind.into(), key.into(), (&sealed).into(), to_int(expires_at)?.into()])
}

pub(crate) fn renew(
    batch: &mut Batch<'_>,
    kind: &str,
    key: &str,
    body: &Value,
    expires_at: Timestamp,
) -> Result<bool> {
    let sealed = seal(batch, kind, key, body)?;
    let values = [kind.into(), key.into(), (&sealed).into(), to_int(expires_at)?.into()];
    Ok(batch.conn.run(RENEW, &values)? == 1)
}

fn seal(batch: &Batch<'_>, kind: &str, key: &str, body: &Value) -> Result<Vec<u8>> {
    batch.vault.own_cipher().encrypt(&bound(kind, key), body.to_string().as_bytes())
}

pub(crate) fn get(
    conn: &Conn,
    vault: &Vault,
    kind: &str,
    key: &str,
    now: Timestamp,
) -> Result<Option<Value>> {
    let found =
        conn.row(GET, &[kind.into(), key.into(), to_int(now)?.into()], |row| row.blob(0))?;
    found.map(|body| open(vault, kind, key, &body)).transpose()
}

pub(crate) fn with_prefix(
    conn: &Conn,
    vault: &Vault,
    kind: &str,
    prefix: &str,
    now: Timestamp,
) -> Result<Vec<(String, Value)>> {
    // The greatest character follows every key that begins with the prefix.
    let end = format!("{prefix}\u{10FFFF}");
    conn.rows(LIST, &[kind.into(), prefix.into(), (&end).into(), to_int(now)?.into()], |row| {
        let key = row.text(0)?;
        let body = open(vault, kind, &key, &row.blob(1)?)?;
        Ok((key, body))
    })
}

pub(crate) fn remove(batch: &mut Batch<'_>, kind: &str, key: &str) -> Result<bool> {
    Ok(batch.conn.run(DROP, &[kind.into(), key.into()])? == 1)
}

/// Removes some of what has expired.
pub(crate) fn sweep(batch: &Batch<'_>, now: Timestamp) -> Result<usize> {
    batch.conn.run(SWEEP, &[to_int(now)?.into(), limit(AT_ONCE).into()])
}
