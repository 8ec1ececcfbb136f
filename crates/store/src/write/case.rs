//! Applies one write: versions, numbers, events, snapshots; the derived rows follow in `derived`.

use super::prepare::{Prepared, PreparedCase, Text};
use super::queue::Batch;
use super::{derived, number, once};
use crate::backend::Param;
use crate::chain::{START, Stored, link};
use crate::error::{Result, StoreError};
use crate::model::{CaseRows, Receipt};
use crate::time::{NEVER, int, opt_to_int, to_int};
use crate::vault::Drawer;
use serde_json::Value;
use std::borrow::Cow;
use uuid::Uuid;

crate::sql::queries! {
    LOCK = "SELECT id, version, last_seq, head, (SELECT COUNT(*) FROM subject_keys WHERE owner = cases.uuid) FROM cases
        WHERE uuid = ?1 /*lock*/";
    INSERT = "INSERT INTO cases (uuid, version, number, last_seq, head, procedure, procedure_version, life, stage, holder, assignee,
            department, queue, severity, mildness, category, channel, customer, title, received_at, registered_at, due, closed_at,
            archived_at, keep_until, confidential, open, derived, workers)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28,
            ?29)
        /*id*/";
    UPDATE = "UPDATE cases SET version = ?2, number = ?3, last_seq = ?4, head = ?5, procedure = ?6, procedure_version = ?7, life = ?8,
            stage = ?9, holder = ?10, assignee = ?11, department = ?12, queue = ?13, severity = ?14, mildness = ?15, category = ?16,
            channel = ?17, customer = ?18, title = ?19, received_at = ?20, registered_at = ?21, due = ?22, closed_at = ?23,
            archived_at = ?24, keep_until = ?25, confidential = ?26, open = ?27, derived = ?28, workers = ?29
        WHERE id = ?1";
    ADD_EVENT = "INSERT INTO events (sequence, case_id, seq, kind, v, at, actor, body, hash)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    SNAPSHOT = "INSERT INTO snapshots (case_id, fold_version, body) VALUES (?1, ?2, ?3)
        ON CONFLICT (case_id) DO UPDATE SET fold_version = excluded.fold_version, body = excluded.body";
    CLEAR_TITLE = "UPDATE cases SET title = NULL WHERE uuid = ?1";
}

/// Applies a write; once that was undone, it can be applied again. `spent` receives a serial whose number turned out to be taken.
pub(crate) fn apply(
    batch: &mut Batch<'_>,
    write: &mut Prepared,
    spent: &mut Option<(String, i64)>,
) -> Result<Receipt> {
    *spent = None;
    let Prepared { at, key, import, cases, receipt } = write;
    if let Some(key) = key
        && let Some(body) = once::earlier(batch.conn, batch.vault, key)?
    {
        return Ok(Receipt { body, replayed: true, sequence: 0 });
    }
    if let Some(row) = *import {
        once::refuse_imported(batch, row)?;
    }
    // Whatever can be refused is, before anything is written.
    let mut order: Vec<&PreparedCase> = cases.iter().collect();
    order.sort_by_key(|case| case.rows.id);
    if order.windows(2).any(|pair| matches!(pair, [one, next] if one.rows.id == next.rows.id)) {
        return Err(StoreError::invalid("a case occurs twice in one write"));
    }
    let found = order.iter().map(|case| lock(batch, case)).collect::<Result<Vec<_>>>()?;
    cases.iter_mut().try_for_each(|case| number(batch, case))?;
    let mut drawers: Vec<Drawer> = cases.iter().map(|case| case.drawer.clone()).collect();
    let mut order: Vec<(&PreparedCase, &mut Drawer)> = cases.iter().zip(&mut drawers).collect();
    order.sort_by_key(|(case, _)| case.rows.id);
    for ((case, drawer), found) in order.into_iter().zip(found) {
        apply_case(batch, case, drawer, found, *at).inspect_err(|error| {
            if let (StoreError::NumberTaken { .. }, Some(serial)) = (error, &case.serial) {
                *spent = Some((serial.scope.clone(), serial.drawn));
            }
        })?;
    }
    let rows: Vec<&CaseRows> = cases.iter().map(|case| &case.rows).collect();
    let body = receipt(&rows);
    let first = rows.first().map_or(Uuid::nil(), |rows| rows.id);
    if let Some(row) = *import {
        once::keep_imported(batch, row, first, *at)?;
    }
    if let Some(key) = key {
        let mut none = batch.vault.empty_drawer(first.into_bytes());
        let drawer = drawers.first_mut().unwrap_or(&mut none);
        once::keep(batch, key, first.into_bytes(), drawer, &body, *at)?;
    }
    Ok(Receipt { body, replayed: false, sequence: batch.sequence })
}

/// Draws the serial of a new case and gives it its number.
fn number(batch: &Batch<'_>, case: &mut PreparedCase) -> Result<()> {
    if let Some(serial) = &mut case.serial {
        serial.drawn = number::next_serial(batch.conn, &serial.scope, serial.first)?;
        case.rows.number = (serial.number)(serial.drawn);
    }
    Ok(())
}

/// What is stored of a case before the write.
struct Found {
    id: i64,
    last_seq: i64,
    head: [u8; 32],
}

fn lock(batch: &Batch<'_>, case: &PreparedCase) -> Result<Option<Found>> {
    let rows = &case.rows;
    let found = batch.conn.row(LOCK, &[(&rows.id).into()], |row| {
        let keys = usize::try_from(row.count(4)?).unwrap_or(usize::MAX);
        let found = Found { id: row.int(0)?, last_seq: row.int(2)?, head: row.bytes(3)? };
        Ok((row.count(1)?, keys, found))
    })?;
    let (version, keys) = found.as_ref().map_or((0, 0), |(version, keys, _)| (*version, *keys));
    // Without the keys that it was sealed under, nothing of it could be read again.
    let is_erased = keys != case.keys && !rows.erase;
    if version != rows.expected || is_erased {
        return Err(StoreError::Conflict {
            case: rows.id,
            expected: rows.expected,
            found: version,
        });
    }
    if rows.version <= rows.expected {
        return Err(StoreError::invalid("the version does not grow"));
    }
    // Whatever is kept of cases is brought up to date by events.
    if rows.events.is_empty() {
        return Err(StoreError::invalid("a case changes without an event"));
    }
    Ok(found.map(|(_, _, found)| found))
}

fn apply_case(
    batch: &mut Batch<'_>,
    case: &PreparedCase,
    drawer: &mut Drawer,
    found: Option<Found>,
    at: jiff::Timestamp,
) -> Result<()> {
    let rows = &case.rows;
    if rows.erase {
        erase(batch, rows.id)?;
    }
    let blank = case.serial.as_ref().map_or("", |serial| serial.blank.as_str());
    let vault = batch.vault;
    let mut whole = |text| Text::with(text, blank, &rows.number, drawer, vault);
    let bodies = case.events.iter().map(&mut whole).collect::<Result<Vec<_>>>()?;
    let snapshot = whole(&case.snapshot)?;
    let messages = case
        .messages
        .iter()
        .map(|(body, to)| Ok((whole(body)?, to.as_deref())))
        .collect::<Result<Vec<_>>>()?;
    drawer.save(batch.conn)?;
    let is_new = found.is_none();
    let (last, head) = found.as_ref().map_or((0, START), |found| (found.last_seq, found.head));
    let links = chain(rows, &bodies, last, head)?;
    let head = links.last().copied().unwrap_or(head);
    let last = last + i64::try_from(links.len()).unwrap_or(i64::MAX);
    let there = found.map(|found| found.id);
    let id = put_columns(batch, case, there, last, &head)?;
    number::claim(batch.conn, &rows.number, id)?;
    for ((event, body), hash) in rows.events.iter().zip(&bodies).zip(&links) {
        batch.sequence += 1;
        let params = [
            int(batch.sequence)?.into(),
            id.into(),
            int(event.seq)?.into(),
            (&event.kind).into(),
            i64::from(event.v).into(),
            to_int(event.at)?.into(),
            (&event.actor).into(),
            (&**body).into(),
            hash.into(),
        ];
        batch.conn.push(ADD_EVENT, &params)?;
    }
    batch.conn.push(SNAPSHOT, &[id.into(), rows.fold_version.into(), (&*snapshot).into()])?;
    derived::replace(batch, case, id, is_new)?;
    derived::messages(batch, rows, &messages, id, at)
}

/// Continues the chain: the hash of each event.
fn chain(
    rows: &CaseRows,
    bodies: &[Cow<'_, str>],
    last: i64,
    head: [u8; 32],
) -> Result<Vec<[u8; 32]>> {
    let mut head = head;
    let mut links = Vec::with_capacity(bodies.len());
    for ((event, body), seq) in rows.events.iter().zip(bodies).zip(last + 1..) {
        if int(event.seq)? != seq {
            return Err(StoreError::invalid(format!("event {} where {seq} follows", event.seq)));
        }
        let (v, at) = (i64::from(event.v), to_int(event.at)?);
        head = link(
            &head,
            rows.id,
            &Stored { seq, kind: &event.kind, v, at, actor: &event.actor, body },
        );
        links.push(head);
    }
    Ok(links)
}

fn put_columns(
    batch: &Batch<'_>,
    case: &PreparedCase,
    there: Option<i64>,
    last_seq: i64,
    head: &[u8; 32],
) -> Result<i64> {
    let (rows, c) = (&case.rows, &case.rows.columns);
    let params: [Param<'_>; 29] = [
        there.map_or_else(|| (&rows.id).into(), Into::into),
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
        case.title.as_ref().into(),
        to_int(c.received_at)?.into(),
        to_int(c.registered_at)?.into(),
        opt_to_int(c.next_due)?.unwrap_or(NEVER).into(),
        opt_to_int(c.closed_at)?.into(),
        opt_to_int(c.archived_at)?.into(),
        opt_to_int(c.keep_until)?.into(),
        c.confidential.into(),
        c.open.into(),
        rows.derived.into(),
        case.derived.workers.into(),
    ];
    match there {
        Some(id) => batch.conn.push(UPDATE, &params).map(|()| id),
        None => batch.conn.insert(INSERT, &params),
    }
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
pub fn no_receipt(_: &[&CaseRows]) -> Value {
    Value::Null
}
