//! Messages to people of the house.

use crate::backend::{Conn, Row};
use crate::error::Result;
use crate::time::{from_int, int, limit, opt_from_int, to_int};
use crate::vault::Vault;
use crate::write::queue::Batch;
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

crate::sql::queries! {
    AFTER = "SELECT inbox.sequence, inbox.uuid, cases.uuid, cases.number, inbox.kind, inbox.body, inbox.at, inbox.read_at
        FROM inbox JOIN cases ON cases.id = inbox.case_id
        WHERE inbox.person = ?1 AND inbox.sequence > ?2 ORDER BY inbox.sequence LIMIT ?3";
    NEWEST = "SELECT inbox.sequence, inbox.uuid, cases.uuid, cases.number, inbox.kind, inbox.body, inbox.at, inbox.read_at
        FROM inbox JOIN cases ON cases.id = inbox.case_id
        WHERE inbox.person = ?1 AND inbox.sequence < ?2 ORDER BY inbox.sequence DESC LIMIT ?3";
    ALL_AFTER = "SELECT inbox.sequence, cases.uuid, inbox.body FROM inbox JOIN cases ON cases.id = inbox.case_id
        WHERE inbox.sequence > ?1 ORDER BY inbox.sequence LIMIT 500";
    UNREAD = "SELECT COUNT(*) FROM (SELECT 1 FROM inbox WHERE person = ?1 AND read_at IS NULL LIMIT ?2) AS found";
    READ = "UPDATE inbox SET read_at = ?3 WHERE person = ?1 AND uuid = ?2 AND read_at IS NULL";
    UNREAD_OF_CASE = "SELECT 1 FROM inbox WHERE person = ?1 AND read_at IS NULL
        AND case_id = (SELECT id FROM cases WHERE uuid = ?2) LIMIT 1";
    READ_OF_CASE = "UPDATE inbox SET read_at = ?3 WHERE person = ?1 AND read_at IS NULL
        AND case_id = (SELECT id FROM cases WHERE uuid = ?2)";
    READ_UPTO = "UPDATE inbox SET read_at = ?3 WHERE person = ?1 AND sequence <= ?2 AND read_at IS NULL";
}

/// A message in somebody's inbox.
#[derive(Debug, Clone, PartialEq)]
pub struct InboxMessage {
    /// Place in the inbox; grows.
    pub sequence: u64,
    /// Identity.
    pub id: Uuid,
    /// The case it is about.
    pub case: Uuid,
    /// Number of the case.
    pub number: String,
    /// Kind.
    pub kind: String,
    /// Content, private texts put back.
    pub body: Value,
    /// From when it counts, UTC.
    pub at: Timestamp,
    /// When it was read, UTC.
    pub read_at: Option<Timestamp>,
}

fn fetch(
    conn: &Conn,
    vault: &Vault,
    sql: &str,
    person: &str,
    bound: i64,
    most: usize,
) -> Result<Vec<InboxMessage>> {
    let read = |row: &Row<'_>| {
        Ok(InboxMessage {
            sequence: row.count(0)?,
            id: row.uuid(1)?,
            case: row.uuid(2)?,
            number: row.text(3)?,
            kind: row.text(4)?,
            body: serde_json::from_str(&row.text(5)?)?,
            at: from_int(row.int(6)?)?,
            read_at: opt_from_int(row.opt_int(7)?)?,
        })
    };
    let mut found = conn.rows(sql, &[person.into(), bound.into(), limit(most).into()], read)?;
    for message in &mut found {
        message.body = vault.drawer(conn, message.case.into_bytes())?.open(message.body.take())?;
    }
    Ok(found)
}

/// Messages after a place, oldest first.
pub(crate) fn after(
    conn: &Conn,
    vault: &Vault,
    person: &str,
    after: u64,
    most: usize,
) -> Result<Vec<InboxMessage>> {
    fetch(conn, vault, AFTER, person, int(after)?, most)
}

/// The newest messages before a place, newest first.
pub(crate) fn newest(
    conn: &Conn,
    vault: &Vault,
    person: &str,
    before: Option<u64>,
    most: usize,
) -> Result<Vec<InboxMessage>> {
    fetch(conn, vault, NEWEST, person, before.map_or(Ok(i64::MAX), int)?, most)
}

/// Opens every message there is, of everybody.
pub(crate) fn verify(conn: &Conn, vault: &Vault) -> Result<()> {
    let mut upto = 0;
    loop {
        let read = |row: &Row<'_>| Ok((row.int(0)?, row.uuid(1)?, row.text(2)?));
        let some = conn.rows(ALL_AFTER, &[upto.into()], read)?;
        let Some((last, ..)) = some.last() else { return Ok(()) };
        upto = *last;
        for (_, case, body) in &some {
            vault.drawer(conn, case.into_bytes())?.open(serde_json::from_str(body)?)?;
        }
    }
}

/// How many are unread, counted up to `most`.
pub(crate) fn unread(conn: &Conn, person: &str, most: usize) -> Result<u64> {
    Ok(conn.row(UNREAD, &[person.into(), limit(most).into()], |row| row.count(0))?.unwrap_or(0))
}

/// Whether somebody was told something of a case that he has not read.
pub(crate) fn has_unread_of(conn: &Conn, person: &str, case: Uuid) -> Result<bool> {
    Ok(conn.row(UNREAD_OF_CASE, &[person.into(), (&case).into()], |_| Ok(()))?.is_some())
}

/// Marks everything read that somebody was told of a case; says how many were unread.
pub(crate) fn mark_read_of(
    batch: &mut Batch<'_>,
    person: &str,
    case: Uuid,
    at: Timestamp,
) -> Result<usize> {
    batch.conn.run(READ_OF_CASE, &[person.into(), (&case).into(), to_int(at)?.into()])
}

/// Marks one message read; says whether it was unread.
pub(crate) fn mark_read(
    batch: &mut Batch<'_>,
    person: &str,
    message: Uuid,
    at: Timestamp,
) -> Result<bool> {
    Ok(batch.conn.run(READ, &[person.into(), (&message).into(), to_int(at)?.into()])? == 1)
}

/// Marks everything up to a place read; says how many were unread.
pub(crate) fn mark_read_upto(
    batch: &mut Batch<'_>,
    person: &str,
    sequence: u64,
    at: Timestamp,
) -> Result<usize> {
    batch.conn.run(READ_UPTO, &[person.into(), int(sequence)?.into(), to_int(at)?.into()])
}
