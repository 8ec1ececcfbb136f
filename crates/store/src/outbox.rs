//! Messages to the outside: delivered at least once, under a lease, with a stable id.

use crate::backend::{Conn, Row};
use crate::error::{Result, StoreError};
use crate::time::{from_int, limit, opt_from_int, to_int};
use crate::timers::lapsed;
use crate::vault::Vault;
use crate::write::queue::Batch;
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

crate::sql::queries! {
    FREE = "SELECT outbox.uuid, cases.uuid, outbox.channel, outbox.recipient, outbox.kind, outbox.body, outbox.not_before, outbox.attempts, outbox.error
        FROM outbox JOIN cases ON cases.id = outbox.case_id
        WHERE outbox.state = 'waiting' AND outbox.lease_until IS NULL AND outbox.not_before <= ?1
        ORDER BY outbox.not_before LIMIT ?2 /*skip:outbox*/";
    LAPSED = "SELECT outbox.uuid, cases.uuid, outbox.channel, outbox.recipient, outbox.kind, outbox.body, outbox.not_before, outbox.attempts, outbox.error
        FROM outbox JOIN cases ON cases.id = outbox.case_id
        WHERE outbox.state = 'waiting' AND outbox.lease_until IS NOT NULL AND (outbox.lease_until <= ?1 OR outbox.lease_until > ?3)
        ORDER BY outbox.lease_until LIMIT ?2 /*skip:outbox*/";
    DEAD = "SELECT outbox.uuid, cases.uuid, outbox.channel, outbox.recipient, outbox.kind, outbox.body, outbox.not_before, outbox.attempts, outbox.error
        FROM outbox JOIN cases ON cases.id = outbox.case_id
        WHERE outbox.state = 'dead' ORDER BY outbox.sequence DESC LIMIT ?1";
    OF_CASE = "SELECT outbox.uuid, cases.uuid, outbox.channel, outbox.recipient, outbox.kind, outbox.body, outbox.not_before, outbox.attempts, outbox.error
        FROM outbox JOIN cases ON cases.id = outbox.case_id
        WHERE outbox.case_id = (SELECT id FROM cases WHERE uuid = ?1) ORDER BY outbox.sequence";
    LEASE = "UPDATE outbox SET lease_until = ?2, lease_by = ?3, attempts = attempts + 1 WHERE uuid = ?1";
    SENT = "UPDATE outbox SET state = 'sent', done_at = ?2, lease_until = NULL, lease_by = NULL, error = NULL WHERE uuid = ?1 AND state <> 'sent'";
    AGAIN = "UPDATE outbox SET not_before = ?2, error = ?3, lease_until = NULL, lease_by = NULL, state = 'waiting' WHERE uuid = ?1 AND state <> 'sent'";
    GIVE_UP = "UPDATE outbox SET state = 'dead', done_at = ?2, error = ?3, lease_until = NULL, lease_by = NULL WHERE uuid = ?1 AND state <> 'sent'";
    NEXT_FREE = "SELECT MIN(not_before) FROM outbox WHERE state = 'waiting' AND lease_until IS NULL";
    NEXT_LAPSE = "SELECT MIN(lease_until) FROM outbox WHERE state = 'waiting' AND lease_until IS NOT NULL";
}

/// A message of the outbox.
#[derive(Debug, Clone, PartialEq)]
pub struct OutboxMessage {
    /// Stable identity; the same at every attempt.
    pub id: Uuid,
    /// The case it belongs to.
    pub case: Uuid,
    /// The way it is sent.
    pub channel: String,
    /// Address; `None` when it was erased, and then there is nobody to send it to.
    pub to: Option<String>,
    /// Kind.
    pub kind: String,
    /// Content, private texts put back.
    pub body: Value,
    /// Not before this instant, UTC.
    pub not_before: Timestamp,
    /// Attempts so far, this one included.
    pub attempts: u32,
    /// Why the last attempt failed.
    pub error: Option<String>,
}

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// It was accepted at this instant, UTC.
    Sent(Timestamp),
    /// It failed for this reason (without personal data) and is tried again at the instant, UTC.
    Retry(Timestamp, String),
    /// It failed for this reason (without personal data) and is not tried again by itself; given up at the instant, UTC.
    Dead(Timestamp, String),
}

struct Sealed {
    message: OutboxMessage,
    recipient: String,
}

fn read(row: &Row<'_>) -> Result<Sealed> {
    let recipient = row.text(3)?;
    let message = OutboxMessage {
        id: row.uuid(0)?,
        case: row.uuid(1)?,
        channel: row.text(2)?,
        to: None,
        kind: row.text(4)?,
        body: serde_json::from_str(&row.text(5)?)?,
        not_before: from_int(row.int(6)?)?,
        attempts: row.small(7)?,
        error: row.opt_text(8)?,
    };
    Ok(Sealed { message, recipient })
}

fn open(conn: &Conn, vault: &Vault, sealed: Vec<Sealed>) -> Result<Vec<OutboxMessage>> {
    let open = |Sealed { mut message, recipient }| {
        let drawer = vault.drawer(conn, message.case.into_bytes())?;
        message.to = drawer.open_text(&recipient)?;
        message.body = drawer.open(message.body.take())?;
        Ok(message)
    };
    sealed.into_iter().map(open).collect()
}

/// Leases what is to be sent now, as [`crate::timers::claim`] does what is due.
pub(crate) fn due(
    batch: &mut Batch<'_>,
    now: Timestamp,
    until: Timestamp,
    most: usize,
    worker: &str,
) -> Result<Vec<OutboxMessage>> {
    let (now, until) = (to_int(now)?, to_int(until)?);
    let mut found = batch.conn.rows(LAPSED, &lapsed(now, until, most), read)?;
    let room = most.saturating_sub(found.len());
    found.extend(batch.conn.rows(FREE, &[now.into(), limit(room).into()], read)?);
    for sealed in &mut found {
        batch.conn.push(LEASE, &[(&sealed.message.id).into(), until.into(), worker.into()])?;
        sealed.message.attempts += 1;
    }
    open(batch.conn, batch.vault, found)
}

/// Records what became of an attempt. Something sent stays sent, whoever reports later.
pub(crate) fn settle(batch: &mut Batch<'_>, message: Uuid, delivery: &Delivery) -> Result<()> {
    let (sql, params) = match delivery {
        Delivery::Sent(at) => (SENT, vec![(&message).into(), to_int(*at)?.into()]),
        Delivery::Retry(at, why) => {
            (AGAIN, vec![(&message).into(), to_int(*at)?.into(), why.into()])
        }
        Delivery::Dead(at, why) => {
            (GIVE_UP, vec![(&message).into(), to_int(*at)?.into(), why.into()])
        }
    };
    batch.conn.push(sql, &params)
}

/// Messages that were given up, newest first.
pub(crate) fn dead(conn: &Conn, vault: &Vault, most: usize) -> Result<Vec<OutboxMessage>> {
    open(conn, vault, conn.rows(DEAD, &[limit(most).into()], read)?)
}

/// Messages of a case, oldest first, whatever became of them.
pub(crate) fn of_case(conn: &Conn, vault: &Vault, case: Uuid) -> Result<Vec<OutboxMessage>> {
    open(conn, vault, conn.rows(OF_CASE, &[(&case).into()], read)?)
}

/// When something is next to be sent.
pub(crate) fn next(conn: &Conn) -> Result<Option<Timestamp>> {
    let least = |sql| Ok::<_, StoreError>(conn.row(sql, &[], |row| row.opt_int(0))?.flatten());
    opt_from_int(least(NEXT_FREE)?.into_iter().chain(least(NEXT_LAPSE)?).min())
}
