//! Applies one write: versions, numbers, events, snapshots; the derived rows follow in `derived`.

use super::queue::Batch;
use super::{derived, number, once};
use crate::backend::Param;
use crate::chain::{START, Stored, link};
use crate::error::{Result, StoreError};
use crate::model::{CaseRows, CaseWrite, Receipt, Write};
use crate::time::{NEVER, int, opt_to_int, to_int};
use crate::vault::Drawer;
use serde_json::Value;
use uuid::Uuid;

crate::sql::queries! {
    LOCK = "SELECT id, version, last_seq, head FROM cases WHERE uuid = ?1 /*lock*/";
    INSERT = "INSERT INTO cases (uuid, version, number, last_seq, head, procedure, procedure_version, life, stage, holder, assignee,
            department, queue, severity, mildness, category, channel, customer, title, received_at, registered_at, due, closed_at,
            archived_at, keep_until, confidential, open)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27)
        RETURNING id";
    UPDATE = "UPDATE cases SET version = ?2, number = ?3, last_seq = ?4, head = ?5, procedure = ?6, procedure_version = ?7, life = ?8,
            stage = ?9, holder = ?10, assignee = ?11, department = ?12, queue = ?13, severity = ?14, mildness = ?15, category = ?16,
            channel = ?17, customer = ?18, title = ?19, received_at = ?20, registered_at = ?21, due = ?22, closed_at = ?23,
            archived_at = ?24, keep_until = ?25, confidential = ?26, open = ?27
        WHERE uuid = ?1 RETURNING id";
    ADD_EVENT = "INSERT INTO events (sequence, case_id, seq, kind, v, at, actor, body, hash)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    SNAPSHOT = "INSERT INTO snapshots (case_id, fold_version, body) VALUES (?1, ?2, ?3)
        ON CONFLICT (case_id) DO UPDATE SET fold_version = excluded.fold_version, body = excluded.body";
    CLEAR_TITLE = "UPDATE cases SET title = NULL WHERE uuid = ?1";
}

/// Applies a write inside the savepoint. `spent` receives a serial whose number turned out to be taken.
pub(crate) fn apply(
    batch: &mut Batch<'_>,
    write: Write,
    spent: &mut Option<(String, i64)>,
) -> Result<Receipt> {
    let Write { at, key, import, cases, receipt } = write;
    if let Some(key) = &key
        && let Some(body) = once::earlier(batch.conn, batch.vault, key)?
    {
        return Ok(Receipt { body, replayed: true, sequence: 0 });
    }
    if let Some(row) = import {
        once::refuse_imported(batch, row)?;
    }
    let drawn = draw_serials(batch, cases)?;
    let mut order: Vec<&(CaseRows, Option<(String, i64)>)> = drawn.iter().collect();
    order.sort_by_key(|(rows, _)| rows.id);
    if order.iter().zip(order.iter().skip(1)).any(|(one, next)| one.0.id == next.0.id) {
        return Err(StoreError::invalid("a case occurs twice in one write"));
    }
    let found = order.iter().map(|(rows, _)| lock(batch, rows)).collect::<Result<Vec<_>>>()?;
    for ((rows, serial), found) in order.into_iter().zip(found) {
        match apply_case(batch, rows, found, at) {
            Err(error @ StoreError::NumberTaken { .. }) => {
                spent.clone_from(serial);
                return Err(error);
            }
            other => other?,
        }
    }
    let rows: Vec<CaseRows> = drawn.into_iter().map(|(rows, _)| rows).collect();
    let body = receipt(&rows);
    let first = rows.first().map_or(Uuid::nil(), |rows| rows.id);
    if let Some(row) = import {
        once::keep_imported(batch, row, first, at)?;
    }
    if let Some(key) = &key {
        once::keep(batch, key, first.into_bytes(), &body, at)?;
    }
    Ok(Receipt { body, replayed: false, sequence: batch.sequence })
}

type Drawn = (CaseRows, Option<(String, i64)>);

fn draw_serials(batch: &Batch<'_>, cases: Vec<CaseWrite>) -> Result<Vec<Drawn>> {
    let draw = |case| match case {
        CaseWrite::Existing(rows) => Ok((*rows, None)),
        CaseWrite::New { scope, first, rows } => {
            let serial = number::next_serial(batch.conn, &scope, first)?;
            Ok((rows(serial), Some((scope, serial))))
        }
    };
    cases.into_iter().map(draw).collect()
}

/// What is stored of a case before the write.
struct Found {
    last_seq: i64,
    head: [u8; 32],
}

fn lock(batch: &Batch<'_>, rows: &CaseRows) -> Result<Option<Found>> {
    let found = batch.conn.row(LOCK, &[(&rows.id).into()], |row| {
        Ok((row.count(1)?, Found { last_seq: row.int(2)?, head: row.bytes(3)? }))
    })?;
    let version = found.as_ref().map_or(0, |(version, _)| *version);
    if version != rows.expected {
        return Err(StoreError::Conflict {
            case: rows.id,
            expected: rows.expected,
            found: version,
        });
    }
    if rows.version <= rows.expected {
        return Err(StoreError::invalid("the version does not grow"));
    }
    Ok(found.map(|(_, found)| found))
}

fn apply_case(
    batch: &mut Batch<'_>,
    rows: &CaseRows,
    found: Option<Found>,
    at: jiff::Timestamp,
) -> Result<()> {
    let owner = rows.id.into_bytes();
    if rows.erase {
        erase(batch, rows.id)?;
    }
    let mut drawer = match &found {
        Some(_) => batch.vault.drawer(batch.conn, owner)?,
        None => batch.vault.empty_drawer(owner),
    };
    let is_new = found.is_none();
    let previous = found.unwrap_or(Found { last_seq: 0, head: START });
    let (events, head) = chain(batch, &mut drawer, rows, previous.last_seq, previous.head)?;
    let last_seq = previous.last_seq + i64::try_from(events.len()).unwrap_or(i64::MAX);
    let id = put_columns(batch, &mut drawer, rows, is_new, last_seq, &head)?;
    number::claim(batch.conn, &rows.number, id)?;
    for (event, (body, hash)) in rows.events.iter().zip(&events) {
        batch.sequence += 1;
        let params = [
            int(batch.sequence)?.into(),
            id.into(),
            int(event.seq)?.into(),
            (&event.kind).into(),
            i64::from(event.v).into(),
            to_int(event.at)?.into(),
            (&event.actor).into(),
            body.into(),
            hash.into(),
        ];
        batch.conn.push(ADD_EVENT, &params)?;
    }
    let snapshot = drawer.seal(batch.vault, batch.conn, &rows.snapshot)?.to_string();
    batch.conn.push(SNAPSHOT, &[id.into(), rows.fold_version.into(), (&snapshot).into()])?;
    derived::replace(batch, &mut drawer, rows, id, is_new, at)
}

type Sealed = (String, [u8; 32]);

/// Seals the events and continues the chain.
fn chain(
    batch: &Batch<'_>,
    drawer: &mut Drawer,
    rows: &CaseRows,
    last: i64,
    head: [u8; 32],
) -> Result<(Vec<Sealed>, [u8; 32])> {
    let mut head = head;
    let mut sealed = Vec::with_capacity(rows.events.len());
    for (event, seq) in rows.events.iter().zip(last + 1..) {
        if int(event.seq)? != seq {
            return Err(StoreError::invalid(format!("event {} where {seq} follows", event.seq)));
        }
        let body = drawer.seal(batch.vault, batch.conn, &event.body)?.to_string();
        let (v, at) = (i64::from(event.v), to_int(event.at)?);
        head = link(
            &head,
            rows.id,
            &Stored { seq, kind: &event.kind, v, at, actor: &event.actor, body: &body },
        );
        sealed.push((body, head));
    }
    Ok((sealed, head))
}

fn put_columns(
    batch: &Batch<'_>,
    drawer: &mut Drawer,
    rows: &CaseRows,
    is_new: bool,
    last_seq: i64,
    head: &[u8; 32],
) -> Result<i64> {
    let c = &rows.columns;
    let title = c
        .title
        .as_deref()
        .map(|title| drawer.seal_title(batch.vault, batch.conn, title))
        .transpose()?;
    let params: [Param<'_>; 27] = [
        (&rows.id).into(),
        int(rows.version)?.into(),
        (&rows.number).into(),
        last_seq.into(),
        head.into(),
        (&c.procedure).into(),
        c.procedure_version.into(),
        (&c.life).into(),
        (&c.stage).into(),
        (&c.holder).into(),
        c.assignee.as_deref().into(),
        c.department.as_deref().into(),
        (&c.queue).into(),
        i64::from(c.severity).into(),
        i64::from(u8::MAX - c.severity).into(),
        c.category.as_deref().into(),
        (&c.channel).into(),
        c.customer.as_deref().into(),
        title.as_ref().into(),
        to_int(c.received_at)?.into(),
        to_int(c.registered_at)?.into(),
        opt_to_int(c.next_due)?.unwrap_or(NEVER).into(),
        opt_to_int(c.closed_at)?.into(),
        opt_to_int(c.archived_at)?.into(),
        opt_to_int(c.keep_until)?.into(),
        c.confidential.into(),
        c.open.into(),
    ];
    let sql = if is_new { INSERT } else { UPDATE };
    batch.conn.row(sql, &params, |row| row.int(0))?.ok_or(StoreError::NotFound { what: "case" })
}

/// Deletes every personal value of a case with its salts and keys, its title, marks, search texts and files' keys. Events, snapshot
/// and commitments stay.
pub(crate) fn erase(batch: &mut Batch<'_>, case: Uuid) -> Result<()> {
    let found = batch.conn.row(LOCK, &[(&case).into()], |row| row.int(0))?;
    let id = found.ok_or(StoreError::NotFound { what: "case" })?;
    batch.vault.destroy(batch.conn, case.into_bytes())?;
    batch.conn.push(CLEAR_TITLE, &[(&case).into()])?;
    derived::forget_marks(batch, id)?;
    crate::attachments::erase_of_case(batch, id)
}

/// A receipt without content, for writes whose caller needs none.
pub fn no_receipt(_: &[CaseRows]) -> Value {
    Value::Null
}
