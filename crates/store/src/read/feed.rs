//! The feed of all events, in commit order.

use crate::backend::Conn;
use crate::error::Result;
use crate::model::EventRow;
use crate::scope::{Scope, Statement, within};
use crate::time::{from_int, int, limit};
use crate::vault::Vault;
use jiff::Timestamp;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use uuid::Uuid;

crate::sql::queries! {
    LAST = "SELECT value FROM counters WHERE name = 'sequence'";
}

/// One event of the feed.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedEvent {
    /// Global sequence number: commit order. The next call takes it as `after`.
    pub sequence: u64,
    /// The case.
    pub case: Uuid,
    /// Its number.
    pub number: String,
    /// The event.
    pub event: EventRow,
}

/// That something happened, without what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedHead {
    /// Global sequence number: commit order.
    pub sequence: u64,
    /// The case.
    pub case: Uuid,
    /// Its number.
    pub number: String,
    /// Key of its procedure.
    pub procedure: String,
    /// Place in the case.
    pub seq: u64,
    /// Kind of the event.
    pub kind: String,
    /// When it was recorded, UTC.
    pub at: Timestamp,
}

/// A part of the feed.
#[derive(Debug, Clone, PartialEq)]
pub struct Feed {
    /// Events within the scope, in commit order.
    pub events: Vec<FeedEvent>,
    /// Everything up to here was looked at; go on after it. Nothing that is committed later has a smaller number. Less than was asked
    /// for only where there is no such place: the database has lost it, and the next events have its numbers.
    pub upto: u64,
}

/// Global sequence number of the last committed event.
pub(crate) fn last(conn: &Conn) -> Result<u64> {
    Ok(conn.row(LAST, &[], |row| row.count(0))?.unwrap_or(0))
}

/// Events after a sequence number. The caller holds a read transaction.
pub(crate) fn feed(
    conn: &Conn,
    vault: &Vault,
    scope: &Scope,
    after: u64,
    most: usize,
) -> Result<Feed> {
    let last = last(conn)?;
    let mut statement = Statement::new(
        "SELECT events.sequence, cases.uuid, cases.number, events.seq, events.kind, events.v, events.at, events.actor, events.body
        FROM events JOIN cases ON cases.id = events.case_id WHERE events.sequence > ",
    );
    statement.bind(int(after)?);
    within(&mut statement, scope);
    statement.push(" ORDER BY events.sequence LIMIT ").bind(limit(most));
    let mut events = conn.rows(&statement.text, &statement.params, |row| {
        let body = row.text(8)?;
        let (kind, v, at) = (row.text(4)?, row.small(5)?, from_int(row.int(6)?)?);
        let event = EventRow { seq: row.count(3)?, kind, v, at, actor: row.text(7)?, body };
        Ok(FeedEvent { sequence: row.count(0)?, case: row.uuid(1)?, number: row.text(2)?, event })
    })?;
    let mut drawers = HashMap::new();
    for found in &mut events {
        let drawer = match drawers.entry(found.case) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(vault.drawer(conn, found.case.into_bytes())?),
        };
        found.event.body = drawer.open_spelled(&found.event.body)?;
    }
    let upto = looked(events.last().map(|event| event.sequence), events.len() == most, last);
    Ok(Feed { events, upto })
}

/// The same without what happened, and up to where was looked.
pub(crate) fn heads(
    conn: &Conn,
    scope: &Scope,
    after: u64,
    most: usize,
) -> Result<(Vec<FeedHead>, u64)> {
    let last = last(conn)?;
    let mut statement = Statement::new(
        "SELECT events.sequence, cases.number, cases.procedure, events.seq, events.kind, events.at, cases.uuid
        FROM events JOIN cases ON cases.id = events.case_id WHERE events.sequence > ",
    );
    statement.bind(int(after)?);
    within(&mut statement, scope);
    statement.push(" ORDER BY events.sequence LIMIT ").bind(limit(most));
    let heads = conn.rows(&statement.text, &statement.params, |row| {
        let (number, procedure, kind) = (row.text(1)?, row.text(2)?, row.text(4)?);
        let (sequence, seq, at) = (row.count(0)?, row.count(3)?, from_int(row.int(5)?)?);
        Ok(FeedHead { sequence, case: row.uuid(6)?, number, procedure, seq, kind, at })
    })?;
    let upto = looked(heads.last().map(|head| head.sequence), heads.len() == most, last);
    Ok((heads, upto))
}

/// Up to where was looked: to the last event that was found when there may be more, else to the end.
fn looked(found: Option<u64>, full: bool, last: u64) -> u64 {
    found.filter(|_| full).unwrap_or(last)
}
