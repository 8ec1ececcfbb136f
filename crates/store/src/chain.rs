//! The hash chain over the events of a case: what was written is exactly what is there, erased values aside.

use crate::backend::Conn;
use crate::error::{Result, StoreError};
use crate::hash::{length, sha256};
use crate::vault::Vault;
use serde_json::Value;
use uuid::Uuid;

crate::sql::queries! {
    HEAD = "SELECT id, last_seq, head FROM cases WHERE uuid = ?1";
    LINKS = "SELECT seq, kind, v, at, actor, body, hash FROM events WHERE case_id = ?1 ORDER BY seq";
}

/// What precedes the first event of a case.
pub(crate) const START: [u8; 32] = [0; 32];

/// What a chain was found to hold. A broken chain is an error instead.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ChainReport {
    /// Events whose hash fits.
    pub events: u64,
    /// Mentions of personal values that are there and fit their commitment.
    pub values: u64,
    /// Mentions of personal values that were erased; their commitment stays.
    pub erased: u64,
}

/// One event as it lies in the database.
pub(crate) struct Stored<'a> {
    pub(crate) seq: i64,
    pub(crate) kind: &'a str,
    pub(crate) v: i64,
    pub(crate) at: i64,
    pub(crate) actor: &'a str,
    pub(crate) body: &'a str,
}

/// SHA-256 of the previous hash and everything that is stored of the event, each part with its length.
pub(crate) fn link(previous: &[u8; 32], case: Uuid, event: &Stored<'_>) -> [u8; 32] {
    let numbers = [event.seq, event.v, event.at].map(i64::to_be_bytes);
    let texts = [event.kind, event.actor, event.body].map(str::as_bytes);
    let texts = texts.map(|text| (length(text), text));
    let before = [previous.as_slice(), case.as_bytes()].into_iter();
    let numbers = numbers.iter().map(<[u8; 8]>::as_slice);
    let texts = texts.iter().flat_map(|(length, text)| [length.as_slice(), text]);
    sha256(before.chain(numbers).chain(texts))
}

/// Recomputes the chain of a case and checks every commitment in it.
pub(crate) fn verify(conn: &Conn, vault: &Vault, case: Uuid) -> Result<ChainReport> {
    let head = conn.row(HEAD, &[(&case).into()], |row| {
        Ok((row.int(0)?, row.count(1)?, row.bytes::<32>(2)?))
    })?;
    let (id, last, head) = head.ok_or(StoreError::NotFound { what: "case" })?;
    let drawer = vault.drawer(conn, case.into_bytes())?;
    let mut previous = START;
    let mut report = ChainReport::default();
    conn.rows(LINKS, &[id.into()], |row| {
        let (seq, kind, v, at) = (row.int(0)?, row.text(1)?, row.int(2)?, row.int(3)?);
        let (actor, body, hash) = (row.text(4)?, row.text(5)?, row.bytes::<32>(6)?);
        previous =
            link(&previous, case, &Stored { seq, kind: &kind, v, at, actor: &actor, body: &body });
        report.events += 1;
        if previous != hash || u64::try_from(seq) != Ok(report.events) {
            return Err(StoreError::corrupt(format!(
                "the chain of case {case} breaks at event {seq}"
            )));
        }
        let (values, erased) = drawer.verify(&serde_json::from_str::<Value>(&body)?)?;
        report.values += values;
        report.erased += erased;
        Ok(())
    })?;
    if report.events != last || previous != head {
        return Err(StoreError::corrupt(format!(
            "the chain of case {case} does not end at its head"
        )));
    }
    Ok(report)
}
