//! The rows that a write derives from a case: timers, links, search, phones, measures, messages, attachments. Each is replaced by
//! what the write brings; rows that stay the same are not touched. What older rules derived is replaced without a write as well.

use super::prepare::PreparedCase;
use super::queue::{Batch, Indexed};
use crate::backend::{Conn, SEARCH_ADD, SEARCH_DROP};
use crate::error::{Result, StoreError};
use crate::model::{CALLS, CaseRows, Rollup, Tie, bits, person_target};
use crate::store::Rederived;
use crate::text::TOKENIZER;
use crate::time::to_int;
use jiff::Timestamp;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

crate::sql::queries! {
    TIMERS = "SELECT clock, generation, step, due FROM timers WHERE case_id = ?1";
    DROP_TIMER = "DELETE FROM timers WHERE case_id = ?1 AND clock = ?2 AND generation = ?3 AND step = ?4";
    ADD_TIMER = "INSERT INTO timers (case_id, clock, generation, step, due) VALUES (?1, ?2, ?3, ?4, ?5)";
    LINKS = "SELECT relation, target FROM links WHERE case_id = ?1";
    TIES = "SELECT relation, target FROM links WHERE case_id = ?1 AND relation LIKE 'person %'";
    DROP_LINK = "DELETE FROM links WHERE case_id = ?1 AND relation = ?2 AND target = ?3";
    ADD_LINK = "INSERT INTO links (case_id, relation, target) VALUES (?1, ?2, ?3)";
    PHONES = "SELECT mark FROM phones WHERE case_id = ?1";
    DROP_PHONE = "DELETE FROM phones WHERE mark = ?1 AND case_id = ?2";
    ADD_PHONE = "INSERT INTO phones (mark, case_id) VALUES (?1, ?2)";
    DROP_PHONES = "DELETE FROM phones WHERE case_id = ?1";
    CONTRIBUTIONS = "SELECT metric, day, dims, amount FROM contributions WHERE case_id = ?1";
    DROP_CONTRIBUTION = "DELETE FROM contributions WHERE case_id = ?1 AND metric = ?2 AND day = ?3 AND dims = ?4";
    PUT_CONTRIBUTION = "INSERT INTO contributions (case_id, metric, day, dims, amount) VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT (case_id, metric, day, dims) DO UPDATE SET amount = excluded.amount";
    ADD_ROLLUP = "INSERT INTO rollups (metric, day, dims, amount) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (metric, day, dims) DO UPDATE SET amount = rollups.amount + excluded.amount";
    DROP_SEARCH = SEARCH_DROP;
    ADD_SEARCH = SEARCH_ADD;
    SEARCHED = "SELECT mark, tokenizer FROM searched WHERE case_id = ?1";
    KEEP_SEARCHED = "INSERT INTO searched (case_id, mark, tokenizer) VALUES (?1, ?2, ?3)
        ON CONFLICT (case_id) DO UPDATE SET mark = excluded.mark, tokenizer = excluded.tokenizer";
    PRESENT = "SELECT id, version, derived FROM cases WHERE uuid = ?1 /*lock*/";
    KEEP_DERIVED = "UPDATE cases SET derived = ?2, workers = ?3 WHERE id = ?1";
    DROP_SEARCHED = "DELETE FROM searched WHERE case_id = ?1";
    ADD_INBOX = "INSERT INTO inbox (uuid, case_id, person, kind, body, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        ON CONFLICT (uuid) DO NOTHING";
    ADD_OUTBOX = "INSERT INTO outbox (uuid, case_id, channel, recipient, kind, body, created_at, not_before, state, attempts)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'waiting', 0) ON CONFLICT (uuid) DO NOTHING";
    TAKE_ATTACHMENT = "UPDATE attachments SET case_id = ?2
        WHERE uuid = ?1 AND (case_id IS NULL OR case_id = ?2) AND erased = 0";
}

/// Timers, links, phones and measures of a case as a write has them, made before its turn comes: the one who writes only compares them
/// with what is there.
pub(crate) struct Derived {
    timers: BTreeSet<Timer>,
    links: BTreeSet<Link>,
    phones: BTreeSet<[u8; 16]>,
    measures: BTreeMap<Cell, i64>,
    /// The bits of who works on it.
    pub(crate) workers: i64,
}

type Timer = (String, u32, u32, i64);
type Link = (String, Uuid);
type Cell = (String, String, String);

impl Derived {
    /// Takes it out of the rows of a case, and has the marks of its phones.
    pub(crate) fn of(rows: &mut CaseRows, phones: BTreeSet<[u8; 16]>) -> Result<Self> {
        let timers = std::mem::take(&mut rows.timers).into_iter();
        let timers = timers
            .map(|timer| Ok((timer.clock, timer.generation, timer.step, to_int(timer.due)?)))
            .collect::<Result<_>>()?;
        let ties = ties(&std::mem::take(&mut rows.people));
        let workers = workers(&ties);
        let links = std::mem::take(&mut rows.links).into_iter().chain(ties).collect();
        let measures = cells(std::mem::take(&mut rows.rollups))?;
        Ok(Self { timers, links, phones, measures, workers })
    }
}

fn ties(people: &[(Tie, String)]) -> BTreeSet<Link> {
    people.iter().map(|(tie, person)| (tie.relation().to_owned(), person_target(person))).collect()
}

/// The bits of everybody who is tied to a case by [`Tie::Works`], which its assignee need not be: of ten people, somebody else has both
/// of his among them once in fourteen times.
fn workers(ties: &BTreeSet<Link>) -> i64 {
    let works = ties.iter().filter(|(relation, _)| relation == Tie::Works.relation());
    works.fold(0, |all, (_, person)| all | bits(person))
}

/// What a case contributes, cell by cell.
fn cells(rollups: impl IntoIterator<Item = Rollup>) -> Result<BTreeMap<Cell, i64>> {
    let mut cells: BTreeMap<Cell, i64> = BTreeMap::new();
    for Rollup { metric, day, dims, add } in rollups {
        let cell = cells.entry((metric, day.to_string(), dims)).or_default();
        *cell = cell.checked_add(add).ok_or_else(|| StoreError::invalid("a measure overflows"))?;
    }
    cells.retain(|_, amount| *amount != 0);
    Ok(cells)
}

/// Replaces everything derived of a case.
pub(crate) fn replace(
    batch: &mut Batch<'_>,
    case: &PreparedCase,
    id: i64,
    is_new: bool,
) -> Result<()> {
    let (rows, derived) = (&case.rows, &case.derived);
    timers(batch, &derived.timers, id, is_new)?;
    let old = if is_new { BTreeSet::new() } else { kept_links(batch, LINKS, id)? };
    replace_links(batch, difference(old, &derived.links), id)?;
    phones(batch, &derived.phones, id, is_new)?;
    let line = match &case.serial {
        Some(_) => case.tokens.line_with(batch.vault, &rows.number),
        None => case.tokens.line(),
    };
    search(batch, line, id, is_new)?;
    contributions(batch, &derived.measures, id, is_new)?;
    for attachment in &rows.attachments {
        if batch.conn.run(TAKE_ATTACHMENT, &[attachment.into(), id.into()])? != 1 {
            return Err(StoreError::NotFound { what: "attachment" });
        }
    }
    Ok(())
}

/// Removes what could still find a person whose values were erased.
pub(crate) fn forget_marks(batch: &mut Batch<'_>, id: i64) -> Result<()> {
    batch.conn.push(DROP_PHONES, &[id.into()])?;
    batch.texts.push(Indexed { case: id, was_there: true, line: None });
    batch.conn.push(DROP_SEARCHED, &[id.into()])
}

/// What there is and shall not be, and what shall be and is not.
fn difference<T: Ord>(old: BTreeSet<T>, new: &BTreeSet<T>) -> (Vec<T>, Vec<&T>) {
    let added = new.iter().filter(|item| !old.contains(item)).collect();
    (old.into_iter().filter(|item| !new.contains(item)).collect(), added)
}

fn timers(batch: &Batch<'_>, new: &BTreeSet<Timer>, id: i64, is_new: bool) -> Result<()> {
    let old = match is_new {
        true => BTreeSet::new(),
        false => batch
            .conn
            .rows(TIMERS, &[id.into()], |row| {
                Ok((row.text(0)?, row.small(1)?, row.small(2)?, row.int(3)?))
            })?
            .into_iter()
            .collect(),
    };
    let (gone, added) = difference(old, new);
    for (clock, generation, step, _) in &gone {
        batch
            .conn
            .push(DROP_TIMER, &[id.into(), clock.into(), (*generation).into(), (*step).into()])?;
    }
    for (clock, generation, step, due) in added {
        batch.conn.push(
            ADD_TIMER,
            &[id.into(), clock.into(), (*generation).into(), (*step).into(), (*due).into()],
        )?;
    }
    Ok(())
}

fn kept_links(batch: &Batch<'_>, sql: &str, id: i64) -> Result<BTreeSet<Link>> {
    let kept = batch.conn.rows(sql, &[id.into()], |row| Ok((row.text(0)?, row.uuid(1)?)))?;
    Ok(kept.into_iter().collect())
}

fn replace_links(batch: &Batch<'_>, (gone, added): (Vec<Link>, Vec<&Link>), id: i64) -> Result<()> {
    for (relation, target) in &gone {
        batch.conn.push(DROP_LINK, &[id.into(), relation.into(), target.into()])?;
    }
    for (relation, target) in added {
        batch.conn.push(ADD_LINK, &[id.into(), relation.into(), target.into()])?;
    }
    Ok(())
}

fn phones(batch: &Batch<'_>, new: &BTreeSet<[u8; 16]>, id: i64, is_new: bool) -> Result<()> {
    let old = match is_new {
        true => BTreeSet::new(),
        false => {
            batch.conn.rows(PHONES, &[id.into()], |row| row.bytes::<16>(0))?.into_iter().collect()
        }
    };
    let (gone, added) = difference(old, new);
    for mark in &gone {
        batch.conn.push(DROP_PHONE, &[mark.into(), id.into()])?;
    }
    for mark in added {
        batch.conn.push(ADD_PHONE, &[mark.into(), id.into()])?;
    }
    Ok(())
}

/// What became of a case that was to be derived anew.
pub(crate) enum Again {
    /// It has moved on, or somebody else was faster.
    Left,
    Replaced {
        /// Somebody has got something to do with it, or nothing any more, or its customer must be called on another day.
        moved: bool,
    },
}

/// Replaces what older rules derived of a case at a version, unless it has moved on; `line` holds the tokens of its texts.
pub(crate) fn again(batch: &mut Batch<'_>, again: &Rederived, line: String) -> Result<Again> {
    let found = batch.conn.row(PRESENT, &[(&again.case).into()], |row| {
        Ok((row.int(0)?, row.count(1)?, row.small::<u32>(2)?))
    })?;
    let (id, version, rules) = found.ok_or(StoreError::NotFound { what: "case" })?;
    if version != again.version {
        return Ok(Again::Left);
    }
    // What was erased is not to be found again.
    let before = searched(batch, id)?;
    let is_older = |(_, tokenizer): &Searched| rules <= again.rules || *tokenizer < TOKENIZER;
    let indexed = match before.filter(is_older) {
        Some(before) => index_again(batch, line, id, Some(before))?,
        None => false,
    };
    if rules >= again.rules {
        return Ok(if indexed { Again::Replaced { moved: false } } else { Again::Left });
    }
    let called = contributions(batch, &cells(again.rollups.iter().cloned())?, id, false)?;
    let ties = ties(&again.people);
    let (gone, added) = difference(kept_links(batch, TIES, id)?, &ties);
    let moved = called || !gone.is_empty() || !added.is_empty();
    replace_links(batch, (gone, added), id)?;
    batch.conn.push(KEEP_DERIVED, &[id.into(), again.rules.into(), workers(&ties).into()])?;
    Ok(Again::Replaced { moved })
}

fn search(batch: &mut Batch<'_>, line: String, id: i64, is_new: bool) -> Result<()> {
    let before = if is_new { None } else { searched(batch, id)? };
    index_again(batch, line, id, before).map(drop)
}

/// What was indexed of a case, and by which rules.
type Searched = ([u8; 16], u32);

fn searched(batch: &Batch<'_>, id: i64) -> Result<Option<Searched>> {
    batch.conn.row(SEARCHED, &[id.into()], |row| Ok((row.bytes(0)?, row.small(1)?)))
}

/// Indexes the texts again, but only when they changed: most writes of a case leave them alone. Says whether they did.
fn index_again(
    batch: &mut Batch<'_>,
    line: String,
    id: i64,
    before: Option<Searched>,
) -> Result<bool> {
    let mark = batch.vault.mark("indexed text", line.as_bytes());
    if before == Some((mark, TOKENIZER)) {
        return Ok(false);
    }
    batch.texts.push(Indexed { case: id, was_there: before.is_some(), line: Some(line) });
    batch.conn.push(KEEP_SEARCHED, &[id.into(), (&mark).into(), TOKENIZER.into()])?;
    Ok(true)
}

/// Brings the changes of a batch into the full-text index.
pub(crate) fn index(conn: &Conn, texts: &[Indexed]) -> Result<()> {
    for Indexed { case, was_there, line } in texts {
        if *was_there {
            conn.push(DROP_SEARCH, &[(*case).into()])?;
        }
        if let Some(line) = line {
            conn.push(ADD_SEARCH, &[(*case).into(), (&conn.index_text(line)).into()])?;
        }
    }
    Ok(())
}

/// Subtracts what the case contributed and adds what it contributes now, cell by cell. Says whether its customer must be called on
/// another day.
fn contributions(
    batch: &Batch<'_>,
    new: &BTreeMap<Cell, i64>,
    id: i64,
    is_new: bool,
) -> Result<bool> {
    let mut called = false;
    let is_call = |cell: &Cell| CALLS.contains(&cell.0.as_str());
    let old: BTreeMap<Cell, i64> = match is_new {
        true => BTreeMap::new(),
        false => {
            let read = |row: &crate::backend::Row<'_>| {
                Ok(((row.text(0)?, row.text(1)?, row.text(2)?), row.int(3)?))
            };
            batch.conn.rows(CONTRIBUTIONS, &[id.into()], read)?.into_iter().collect()
        }
    };
    for (cell @ (metric, day, dims), was) in &old {
        if !new.contains_key(cell) {
            called |= is_call(cell);
            batch
                .conn
                .push(DROP_CONTRIBUTION, &[id.into(), metric.into(), day.into(), dims.into()])?;
            add_to_rollup(batch, cell, was.saturating_neg())?;
        }
    }
    for (cell @ (metric, day, dims), is) in new {
        let was = old.get(cell).copied().unwrap_or(0);
        if was != *is {
            called |= is_call(cell);
            batch.conn.push(
                PUT_CONTRIBUTION,
                &[id.into(), metric.into(), day.into(), dims.into(), (*is).into()],
            )?;
            add_to_rollup(batch, cell, is.saturating_sub(was))?;
        }
    }
    Ok(called)
}

fn add_to_rollup(batch: &Batch<'_>, (metric, day, dims): &Cell, amount: i64) -> Result<()> {
    batch.conn.push(ADD_ROLLUP, &[metric.into(), day.into(), dims.into(), amount.into()])
}

/// Adds messages: to people, and to the outside.
pub(crate) fn messages(
    batch: &Batch<'_>,
    rows: &CaseRows,
    texts: &[(Cow<'_, str>, Option<&str>)],
    id: i64,
    at: Timestamp,
) -> Result<()> {
    for (message, (body, outside)) in rows.outbox.iter().zip(texts) {
        let not_before = to_int(message.not_before)?;
        match outside {
            None => {
                let params = [
                    (&message.id).into(),
                    id.into(),
                    (&message.to).into(),
                    (&message.kind).into(),
                    (&**body).into(),
                    not_before.into(),
                ];
                batch.conn.push(ADD_INBOX, &params)?;
            }
            Some(to) => {
                let params = [
                    (&message.id).into(),
                    id.into(),
                    (&message.channel).into(),
                    (*to).into(),
                    (&message.kind).into(),
                    (&**body).into(),
                    to_int(at)?.into(),
                    not_before.into(),
                ];
                batch.conn.push(ADD_OUTBOX, &params)?;
            }
        }
    }
    Ok(())
}
