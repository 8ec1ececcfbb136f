//! Webhooks: how far each has followed the feed, and what is sent to it: delivered at least once, under a lease, with a stable id. What
//! a webhook is like is a setting; here it is known by that setting's key.

use crate::backend::{Conn, Param, Row};
use crate::error::{Result, StoreError};
use crate::read::list::Page;
use crate::time::{from_int, int, limit, opt_from_int, to_int};
use crate::timers::lapsed;
use crate::write::once::AT_ONCE;
use crate::write::queue::Batch;
use jiff::Timestamp;
use std::collections::BTreeMap;
use uuid::Uuid;

crate::sql::queries! {
    ENTER = "INSERT INTO webhooks (key, upto) VALUES (?1, ?2) ON CONFLICT (key) DO NOTHING";
    MOVE_ON = "UPDATE webhooks SET upto = ?3 WHERE key = ?1 AND upto = ?2";
    PLACES = "SELECT key, upto, rests_until, answered_at, status, error FROM webhooks ORDER BY key";
    ADD = "INSERT INTO webhook_deliveries (uuid, webhook_id, sequence, number, kind, body, made_at, state, since, not_before, attempts)
        VALUES (?1, (SELECT id FROM webhooks WHERE key = ?2), ?3, ?4, ?5, ?6, ?7, 'pending', ?7, ?7, 0)";
    FREE = "SELECT id, uuid, sequence, number, kind, body, made_at, state, since, not_before, attempts, attempted_at, status, error, done_at
        FROM webhook_deliveries WHERE webhook_id = (SELECT id FROM webhooks WHERE key = ?1) AND state = 'pending' AND lease_until IS NULL
        AND not_before <= ?2 ORDER BY not_before, id LIMIT ?3 /*skip:webhook_deliveries*/";
    LAPSED = "SELECT id, uuid, sequence, number, kind, body, made_at, state, since, not_before, attempts, attempted_at, status, error, done_at
        FROM webhook_deliveries WHERE webhook_id = (SELECT id FROM webhooks WHERE key = ?4) AND state = 'pending' AND lease_until IS NOT NULL
        AND (lease_until <= ?1 OR lease_until > ?3) ORDER BY lease_until LIMIT ?2 /*skip:webhook_deliveries*/";
    LEASE = "UPDATE webhook_deliveries SET lease_until = ?2, lease_by = ?3, attempts = attempts + 1 WHERE uuid = ?1";
    DELIVERED = "UPDATE webhook_deliveries SET state = 'delivered', attempted_at = ?2, done_at = ?2, status = ?3, error = NULL, lease_until = NULL,
        lease_by = NULL WHERE uuid = ?1 AND state <> 'delivered'";
    AGAIN = "UPDATE webhook_deliveries SET attempted_at = ?2, status = ?3, error = ?4, not_before = ?5, lease_until = NULL, lease_by = NULL
        WHERE uuid = ?1 AND state = 'pending' AND lease_by = ?6";
    GIVE_UP = "UPDATE webhook_deliveries SET state = 'dead', attempted_at = ?2, done_at = ?2, status = ?3, error = ?4, lease_until = NULL,
        lease_by = NULL WHERE uuid = ?1 AND state = 'pending' AND lease_by = ?5";
    ANSWERED = "UPDATE webhooks SET answered_at = ?2, status = ?3, error = ?4, rests_until = ?5
        WHERE id = (SELECT webhook_id FROM webhook_deliveries WHERE uuid = ?1)";
    RESEND = "UPDATE webhook_deliveries SET state = 'pending', since = ?3, not_before = ?3, attempts = 0, done_at = NULL, lease_until = NULL,
        lease_by = NULL WHERE uuid = ?2 AND webhook_id = (SELECT id FROM webhooks WHERE key = ?1)";
    NO_REST = "UPDATE webhooks SET rests_until = NULL WHERE key = ?1";
    ONE = "SELECT id, uuid, sequence, number, kind, body, made_at, state, since, not_before, attempts, attempted_at, status, error, done_at
        FROM webhook_deliveries WHERE uuid = ?2 AND webhook_id = (SELECT id FROM webhooks WHERE key = ?1)";
    LIST = "SELECT id, uuid, sequence, number, kind, body, made_at, state, since, not_before, attempts, attempted_at, status, error, done_at
        FROM webhook_deliveries WHERE webhook_id = (SELECT id FROM webhooks WHERE key = ?1) AND id < ?2 ORDER BY id DESC LIMIT ?3";
    LIST_STATE = "SELECT id, uuid, sequence, number, kind, body, made_at, state, since, not_before, attempts, attempted_at, status, error, done_at
        FROM webhook_deliveries WHERE webhook_id = (SELECT id FROM webhooks WHERE key = ?1) AND id < ?2 AND state = ?4 ORDER BY id DESC LIMIT ?3";
    COUNT_STATE = "SELECT COUNT(*) FROM (SELECT 1 FROM webhook_deliveries WHERE webhook_id = (SELECT id FROM webhooks WHERE key = ?1)
        AND state = ?2 LIMIT ?3) AS found";
    COUNT_ALL = "SELECT COUNT(*) FROM (SELECT 1 FROM webhook_deliveries WHERE state = ?1 LIMIT ?2) AS found";
    NEXT_FREE = "SELECT MIN(not_before) FROM webhook_deliveries WHERE webhook_id = (SELECT id FROM webhooks WHERE key = ?1) AND state = 'pending'
        AND lease_until IS NULL";
    NEXT_LAPSE = "SELECT MIN(lease_until) FROM webhook_deliveries WHERE webhook_id = (SELECT id FROM webhooks WHERE key = ?1)
        AND state = 'pending' AND lease_until IS NOT NULL";
    FORGET = "DELETE FROM webhook_deliveries WHERE id IN
        (SELECT id FROM webhook_deliveries WHERE state = ?1 AND done_at < ?2 ORDER BY done_at LIMIT ?3)";
    FORGET_OF = "DELETE FROM webhook_deliveries WHERE id IN
        (SELECT id FROM webhook_deliveries WHERE webhook_id = (SELECT id FROM webhooks WHERE key = ?1) ORDER BY id LIMIT ?2)";
    LEAVE = "DELETE FROM webhooks WHERE key = ?1";
}

/// Where a webhook stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookPlace {
    /// Events up to here have been looked at.
    pub upto: u64,
    /// Its receiver has asked not to be called before this instant, UTC.
    pub rests_until: Option<Timestamp>,
    /// The last attempt, UTC.
    pub answered_at: Option<Timestamp>,
    /// The status that was answered; `None` when there was no answer.
    pub status: Option<u16>,
    /// What was wrong, a stable name; `None` when it was accepted.
    pub error: Option<String>,
}

/// What is to be sent to a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDelivery {
    /// Identity; the same at every attempt.
    pub id: Uuid,
    /// Place of the event in the feed; `None` for a test.
    pub sequence: Option<u64>,
    /// Number of the case; `None` for a test.
    pub number: Option<String>,
    /// Kind of the event.
    pub kind: String,
    /// What is sent, without personal data.
    pub body: String,
}

/// What has become of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryState {
    /// It is tried, or will be.
    Pending,
    /// The receiver has accepted it.
    Delivered,
    /// It was given up, and can be sent again.
    Dead,
}

impl DeliveryState {
    /// Its name, as it is kept.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
        }
    }

    /// The state of this name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Pending, Self::Delivered, Self::Dead].into_iter().find(|one| one.name() == name)
    }
}

/// A delivery as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookDelivery {
    /// What is sent.
    pub new: NewDelivery,
    /// When it was made, UTC.
    pub made_at: Timestamp,
    /// What has become of it.
    pub state: DeliveryState,
    /// From when on it is tried, UTC: when it was made, or when somebody had it sent again.
    pub since: Timestamp,
    /// While it is pending, when it is tried next, UTC.
    pub not_before: Timestamp,
    /// Attempts since then, one under way included.
    pub attempts: u32,
    /// The last attempt that ended, UTC.
    pub attempted_at: Option<Timestamp>,
    /// The status that was answered to it; `None` when there was no answer.
    pub status: Option<u16>,
    /// What was wrong with it, a stable name.
    pub error: Option<String>,
    /// When it was delivered or given up, UTC.
    pub done_at: Option<Timestamp>,
}

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// When it ended, UTC.
    pub at: Timestamp,
    /// The status that was answered, if any.
    pub status: Option<u16>,
    /// What was wrong, a stable name; `None` when it was accepted.
    pub error: Option<String>,
    /// When it is tried again, UTC; `None`: not by itself.
    pub again: Option<Timestamp>,
    /// The receiver asks for a rest until then, UTC.
    pub rests_until: Option<Timestamp>,
}

fn read(row: &Row<'_>) -> Result<(i64, WebhookDelivery)> {
    let state = DeliveryState::named(&row.text(7)?);
    let delivery = WebhookDelivery {
        new: NewDelivery {
            id: row.uuid(1)?,
            sequence: row.opt_int(2)?.and_then(|sequence| u64::try_from(sequence).ok()),
            number: row.opt_text(3)?,
            kind: row.text(4)?,
            body: row.text(5)?,
        },
        made_at: from_int(row.int(6)?)?,
        state: state.ok_or_else(|| StoreError::corrupt("a delivery in no known state"))?,
        since: from_int(row.int(8)?)?,
        not_before: from_int(row.int(9)?)?,
        attempts: row.small(10)?,
        attempted_at: opt_from_int(row.opt_int(11)?)?,
        status: status(row.opt_int(12)?),
        error: row.opt_text(13)?,
        done_at: opt_from_int(row.opt_int(14)?)?,
    };
    Ok((row.int(0)?, delivery))
}

fn status(kept: Option<i64>) -> Option<u16> {
    kept.and_then(|status| u16::try_from(status).ok())
}

/// Where the webhooks stand that have been looked after, by key.
pub(crate) fn places(conn: &Conn) -> Result<BTreeMap<String, WebhookPlace>> {
    let places = conn.rows(PLACES, &[], |row| {
        let place = WebhookPlace {
            upto: row.count(1)?,
            rests_until: opt_from_int(row.opt_int(2)?)?,
            answered_at: opt_from_int(row.opt_int(3)?)?,
            status: status(row.opt_int(4)?),
            error: row.opt_text(5)?,
        };
        Ok((row.text(0)?, place))
    })?;
    Ok(places.into_iter().collect())
}

/// Moves a webhook on from one place in the feed to another, and keeps what is to be sent of the events between the two. A webhook
/// that was not looked after yet stands at `from`. Nothing is done, and false returned, when another program was faster.
pub(crate) fn move_on(
    batch: &Batch<'_>,
    key: &str,
    (from, to): (u64, u64),
    new: &[NewDelivery],
    at: Timestamp,
) -> Result<bool> {
    batch.conn.push(ENTER, &[key.into(), int(from)?.into()])?;
    // Further than there are events: some were looked at that the database has lost, and others will have their numbers.
    if to > batch.sequence {
        return Ok(false);
    }
    let moved = batch.conn.run(MOVE_ON, &[key.into(), int(from)?.into(), int(to)?.into()])? == 1;
    if moved {
        new.iter().try_for_each(|one| add(batch, key, one, at))?;
    }
    Ok(moved)
}

/// Keeps something to be sent wherever the webhook stands, whatever rest its receiver has asked for; `from` is where it begins if nobody
/// has looked after it yet.
pub(crate) fn deliver(
    batch: &Batch<'_>,
    key: &str,
    from: u64,
    new: &NewDelivery,
    at: Timestamp,
) -> Result<()> {
    batch.conn.push(ENTER, &[key.into(), int(from)?.into()])?;
    batch.conn.push(NO_REST, &[key.into()])?;
    add(batch, key, new, at)
}

fn add(batch: &Batch<'_>, key: &str, new: &NewDelivery, at: Timestamp) -> Result<()> {
    let params = [
        (&new.id).into(),
        key.into(),
        new.sequence.map(int).transpose()?.into(),
        new.number.as_deref().into(),
        (&new.kind).into(),
        (&new.body).into(),
        to_int(at)?.into(),
    ];
    batch.conn.push(ADD, &params)
}

/// Leases what is due to be sent to each of these webhooks, at most so many, as [`crate::timers::claim`] does.
pub(crate) fn claim(
    batch: &Batch<'_>,
    now: Timestamp,
    until: Timestamp,
    rooms: &[(String, usize)],
    worker: &str,
) -> Result<Vec<(String, WebhookDelivery)>> {
    let (now, until) = (to_int(now)?, to_int(until)?);
    let mut claimed = Vec::new();
    for (key, most) in rooms {
        let [now_, most_, farthest] = lapsed(now, until, *most);
        let mut found = batch.conn.rows(LAPSED, &[now_, most_, farthest, key.into()], read)?;
        let room = most.saturating_sub(found.len());
        found.extend(batch.conn.rows(FREE, &[key.into(), now.into(), limit(room).into()], read)?);
        for (_, mut delivery) in found {
            batch.conn.push(LEASE, &[(&delivery.new.id).into(), until.into(), worker.into()])?;
            delivery.attempts += 1;
            claimed.push((key.clone(), delivery));
        }
    }
    Ok(claimed)
}

/// Records what became of an attempt. What was delivered stays delivered, and a failure counts only while its lease lasts.
pub(crate) fn settle(batch: &Batch<'_>, id: Uuid, attempt: &Attempt, worker: &str) -> Result<()> {
    let (at, status) = (to_int(attempt.at)?, attempt.status.map(i64::from));
    let opt = |at: Option<Timestamp>| at.map(to_int).transpose();
    let error = attempt.error.as_deref();
    let told: [Param<'_>; 3] = [(&id).into(), at.into(), status.into()];
    match (error, opt(attempt.again)?) {
        (None, _) => batch.conn.push(DELIVERED, &told)?,
        (_, Some(again)) => {
            let [id, at, status] = told;
            let params = [id, at, status, error.into(), again.into(), worker.into()];
            batch.conn.push(AGAIN, &params)?;
        }
        (_, None) => {
            let [id, at, status] = told;
            batch.conn.push(GIVE_UP, &[id, at, status, error.into(), worker.into()])?;
        }
    }
    let rest = opt(attempt.rests_until)?;
    batch.conn.push(ANSWERED, &[(&id).into(), at.into(), status.into(), error.into(), rest.into()])
}

/// Has something sent anew, whatever became of it before and whatever rest its receiver has asked for, under the same id.
pub(crate) fn resend(batch: &Batch<'_>, key: &str, id: Uuid, now: Timestamp) -> Result<bool> {
    batch.conn.push(NO_REST, &[key.into()])?;
    Ok(batch.conn.run(RESEND, &[key.into(), (&id).into(), to_int(now)?.into()])? == 1)
}

/// One of a webhook's deliveries.
pub(crate) fn one(conn: &Conn, key: &str, id: Uuid) -> Result<Option<WebhookDelivery>> {
    let found = conn.row(ONE, &[key.into(), (&id).into()], read)?;
    Ok(found.map(|(_, delivery)| delivery))
}

/// One page of a webhook's deliveries, newest first.
pub(crate) fn page(
    conn: &Conn,
    key: &str,
    state: Option<DeliveryState>,
    cursor: Option<&str>,
    most: usize,
) -> Result<Page<WebhookDelivery>> {
    let bad = |_| StoreError::invalid("the cursor does not belong to this list");
    let before: i64 = cursor.map_or(Ok(i64::MAX), |cursor| cursor.parse().map_err(bad))?;
    let mut params = vec![key.into(), before.into(), limit(most.saturating_add(1)).into()];
    params.extend(state.map(|state| Param::from(state.name())));
    let sql = if state.is_some() { LIST_STATE } else { LIST };
    let mut found = conn.rows(sql, &params, read)?;
    let more = found.len() > most;
    found.truncate(most);
    let next = found.last().filter(|_| more).map(|(id, _)| id.to_string());
    Ok(Page { rows: found.into_iter().map(|(_, delivery)| delivery).collect(), next })
}

/// How many of a webhook's deliveries are in a state, counted up to `most`.
pub(crate) fn count(conn: &Conn, key: &str, state: DeliveryState, most: usize) -> Result<u64> {
    let params = [key.into(), state.name().into(), limit(most).into()];
    Ok(conn.row(COUNT_STATE, &params, |row| row.count(0))?.unwrap_or(0))
}

/// How many deliveries to all webhooks are in a state, counted up to `most`.
pub(crate) fn count_all(conn: &Conn, state: DeliveryState, most: usize) -> Result<u64> {
    let params = [state.name().into(), limit(most).into()];
    Ok(conn.row(COUNT_ALL, &params, |row| row.count(0))?.unwrap_or(0))
}

/// When [`claim`] next finds something for a webhook.
pub(crate) fn next(conn: &Conn, key: &str) -> Result<Option<Timestamp>> {
    let least =
        |sql| Ok::<_, StoreError>(conn.row(sql, &[key.into()], |row| row.opt_int(0))?.flatten());
    opt_from_int(least(NEXT_FREE)?.into_iter().chain(least(NEXT_LAPSE)?).min())
}

/// Forgets some of what came into a state before an instant; returns how many.
pub(crate) fn forget(batch: &Batch<'_>, state: DeliveryState, before: Timestamp) -> Result<usize> {
    let params = [state.name().into(), to_int(before)?.into(), limit(AT_ONCE).into()];
    batch.conn.run(FORGET, &params)
}

/// Forgets some of what was kept for a webhook that is no more, and in the end its place; returns how many.
pub(crate) fn leave(batch: &Batch<'_>, key: &str) -> Result<usize> {
    let forgotten = batch.conn.run(FORGET_OF, &[key.into(), limit(AT_ONCE).into()])?;
    if forgotten < AT_ONCE {
        batch.conn.push(LEAVE, &[key.into()])?;
    }
    Ok(forgotten)
}
