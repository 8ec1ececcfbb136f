//! Timers: a cache of what every case's plan has due, handed to workers under a lease.

use crate::backend::{Conn, Param, Row};
use crate::error::Result;
use crate::time::{from_int, limit, opt_from_int, to_int};
use crate::write::queue::Batch;
use jiff::Timestamp;
use uuid::Uuid;

crate::sql::queries! {
    FREE = "SELECT timers.case_id, cases.uuid, timers.clock, timers.generation, timers.step, timers.due
        FROM timers JOIN cases ON cases.id = timers.case_id
        WHERE timers.lease_until IS NULL AND timers.due <= ?1 ORDER BY timers.due LIMIT ?2 /*skip:timers*/";
    LAPSED = "SELECT timers.case_id, cases.uuid, timers.clock, timers.generation, timers.step, timers.due
        FROM timers JOIN cases ON cases.id = timers.case_id
        WHERE timers.lease_until IS NOT NULL AND (timers.lease_until <= ?1 OR timers.lease_until > ?3)
        ORDER BY timers.lease_until LIMIT ?2 /*skip:timers*/";
    LEASE = "UPDATE timers SET lease_until = ?5, lease_by = ?6 WHERE case_id = ?1 AND clock = ?2 AND generation = ?3 AND step = ?4";
    RELEASE = "UPDATE timers SET lease_until = NULL, lease_by = NULL
        WHERE case_id = (SELECT id FROM cases WHERE uuid = ?1) AND clock = ?2 AND generation = ?3 AND step = ?4 AND lease_by = ?5";
    NEXT_FREE = "SELECT MIN(due) FROM timers WHERE lease_until IS NULL";
    NEXT_LAPSE = "SELECT MIN(lease_until) FROM timers WHERE lease_until IS NOT NULL";
}

/// A timer that is due and leased to one worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueTimer {
    /// The case.
    pub case: Uuid,
    /// Key of the clock.
    pub clock: String,
    /// Generation of the clock.
    pub generation: u32,
    /// Step of the clock.
    pub step: u32,
    /// When it was due, UTC.
    pub due: Timestamp,
}

/// Leases what is due: first what another worker let lapse, then by due.
pub(crate) fn claim(
    batch: &mut Batch<'_>,
    now: Timestamp,
    until: Timestamp,
    most: usize,
    worker: &str,
) -> Result<Vec<DueTimer>> {
    let (now, until) = (to_int(now)?, to_int(until)?);
    let read = |row: &Row<'_>| {
        let timer = DueTimer {
            case: row.uuid(1)?,
            clock: row.text(2)?,
            generation: row.small(3)?,
            step: row.small(4)?,
            due: from_int(row.int(5)?)?,
        };
        Ok((row.int(0)?, timer))
    };
    let mut due = batch.conn.rows(LAPSED, &lapsed(now, until, most), read)?;
    let room = most.saturating_sub(due.len());
    due.extend(batch.conn.rows(FREE, &[now.into(), limit(room).into()], read)?);
    for (case, timer) in &due {
        let params = [
            (*case).into(),
            (&timer.clock).into(),
            timer.generation.into(),
            timer.step.into(),
            until.into(),
            worker.into(),
        ];
        batch.conn.push(LEASE, &params)?;
    }
    Ok(due.into_iter().map(|(_, timer)| timer).collect())
}

/// What leases are asked for that have lapsed. One that ends later than any that could be given now is from a clock that has been set
/// back since, and has lapsed too.
pub(crate) fn lapsed(now: i64, until: i64, most: usize) -> [Param<'static>; 3] {
    let farthest = until.saturating_add(until.saturating_sub(now));
    [now.into(), limit(most).into(), farthest.into()]
}

/// Gives a timer back before its lease ends. One that is gone or leased to somebody else is left alone.
pub(crate) fn release(batch: &mut Batch<'_>, timer: &DueTimer, worker: &str) -> Result<()> {
    let params = [
        (&timer.case).into(),
        (&timer.clock).into(),
        timer.generation.into(),
        timer.step.into(),
        worker.into(),
    ];
    batch.conn.push(RELEASE, &params)
}

/// When [`claim`] next finds something: the earliest due or lapse of a lease.
pub(crate) fn next(conn: &Conn) -> Result<Option<Timestamp>> {
    let least =
        |sql| Ok::<_, crate::StoreError>(conn.row(sql, &[], |row| row.opt_int(0))?.flatten());
    opt_from_int(least(NEXT_FREE)?.into_iter().chain(least(NEXT_LAPSE)?).min())
}
