//! One case, by id or number, with everything that belongs to it.

use crate::backend::{Conn, Row};
use crate::error::{Result, StoreError};
use crate::model::{CaseColumns, EventRow, TimerRow};
use crate::scope::{Scope, Statement, within};
use crate::text::TOKENIZER;
use crate::time::{NEVER, from_int, int, limit, opt_from_int, to_int};
use crate::vault::{Drawer, Vault};
use jiff::Timestamp;
use std::collections::BTreeSet;
use uuid::Uuid;

crate::sql::queries! {
    SNAPSHOT = "SELECT snapshots.fold_version, snapshots.body FROM snapshots WHERE case_id = ?1";
    EVENTS = "SELECT seq, kind, v, at, actor, body FROM events WHERE case_id = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3";
    TIMERS = "SELECT clock, generation, step, due FROM timers WHERE case_id = ?1 ORDER BY due, clock, step";
    LINKS = "SELECT relation, target FROM links WHERE case_id = ?1 AND relation NOT LIKE 'person %' ORDER BY relation, target";
    LINKS_TO = "SELECT links.relation, cases.uuid FROM links JOIN cases ON cases.id = links.case_id WHERE links.target = ?1
        ORDER BY links.relation, cases.uuid";
    TO_FORGET = "SELECT uuid FROM cases WHERE keep_until IS NOT NULL AND keep_until < ?1 ORDER BY keep_until LIMIT ?2";
    TO_REDERIVE = "SELECT uuid FROM cases WHERE derived < ?1 ORDER BY derived LIMIT ?2";
    TO_REINDEX = "SELECT cases.uuid FROM searched JOIN cases ON cases.id = searched.case_id WHERE searched.tokenizer < ?1
        ORDER BY searched.tokenizer LIMIT ?2";
    COUNT_OLDER = "SELECT COUNT(*) FROM cases WHERE derived < ?1";
    COUNT_OLDER_TEXTS = "SELECT COUNT(*) FROM searched WHERE tokenizer < ?1";
    ID = "SELECT id FROM cases WHERE uuid = ?1";
}

/// What a list shows of a case.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseSummary {
    /// Identity.
    pub id: Uuid,
    /// Version.
    pub version: u64,
    /// Displayed number.
    pub number: String,
    /// Everything that lists sort and filter by.
    pub columns: CaseColumns,
}

/// A case as it was last written.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredCase {
    /// Identity, version, number and columns.
    pub summary: CaseSummary,
    /// Place of its last event.
    pub last_seq: u64,
    /// The folded case as JSON text, private texts put back.
    pub snapshot: String,
    /// Version of the fold that made the snapshot; when it is not yours, fold the events again.
    pub fold_version: u32,
}

/// The columns of [`CaseSummary`], in the order in which [`summary`] reads them.
pub(crate) const SUMMARY: &str = "cases.id, cases.uuid, cases.version, cases.number, cases.procedure, cases.procedure_version, cases.life,
    cases.stage, cases.holder, cases.assignee, cases.department, cases.queue, cases.severity, cases.category, cases.channel,
    cases.customer, cases.received_at, cases.registered_at, cases.due, cases.closed_at, cases.archived_at, cases.keep_until,
    cases.confidential, cases.open, cases.title, subject_keys.wrapped, cases.last_seq";
/// Joins the key of the title to `cases`, for [`SUMMARY`].
pub(crate) const SUMMARY_KEY: &str =
    " LEFT JOIN subject_keys ON subject_keys.owner = cases.uuid AND subject_keys.subject = ''";

/// Reads [`SUMMARY`]; also returns the internal id.
pub(crate) fn summary(row: &Row<'_>, vault: &Vault) -> Result<(i64, CaseSummary)> {
    let id = row.uuid(1)?;
    let due = row.int(18)?;
    let columns = CaseColumns {
        procedure: row.text(4)?,
        procedure_version: row.small(5)?,
        life: row.text(6)?,
        stage: row.text(7)?,
        holder: row.text(8)?,
        assignee: row.opt_text(9)?,
        department: row.opt_text(10)?,
        queue: row.text(11)?,
        severity: row.small(12)?,
        category: row.opt_text(13)?,
        channel: row.text(14)?,
        customer: row.opt_text(15)?,
        title: vault.open_title(id.as_bytes(), row.opt_blob(25)?, row.opt_blob(24)?)?,
        received_at: from_int(row.int(16)?)?,
        registered_at: from_int(row.int(17)?)?,
        next_due: opt_from_int((due != NEVER).then_some(due))?,
        closed_at: opt_from_int(row.opt_int(19)?)?,
        archived_at: opt_from_int(row.opt_int(20)?)?,
        keep_until: opt_from_int(row.opt_int(21)?)?,
        confidential: row.flag(22)?,
        open: row.flag(23)?,
    };
    Ok((row.int(0)?, CaseSummary { id, version: row.count(2)?, number: row.text(3)?, columns }))
}

/// The internal id of a case.
pub(crate) fn internal_id(conn: &Conn, case: Uuid) -> Result<i64> {
    conn.row(ID, &[(&case).into()], |row| row.int(0))?.ok_or(StoreError::NotFound { what: "case" })
}

/// How a case is named.
pub(crate) enum Which<'a> {
    Id(&'a Uuid),
    /// By its number, present or former, as [`crate::fold_number`] spells it.
    Number(&'a str),
}

/// A case within a scope.
pub(crate) fn load(
    conn: &Conn,
    vault: &Vault,
    scope: &Scope,
    which: Which<'_>,
) -> Result<Option<StoredCase>> {
    let statement = of_case(SUMMARY, scope, which);
    let read = |row: &Row<'_>| Ok((summary(row, vault)?, row.count(26)?));
    let Some(((id, summary), last_seq)) = conn.row(&statement.text, &statement.params, read)?
    else {
        return Ok(None);
    };
    let case = summary.id;
    let stored = conn.row(SNAPSHOT, &[id.into()], |row| Ok((row.small(0)?, row.text(1)?)))?;
    let (fold_version, body) =
        stored.ok_or_else(|| StoreError::corrupt(format!("case {case} has no snapshot")))?;
    let snapshot = drawer_for(conn, vault, case, &body)?.open_spelled(&body)?;
    Ok(Some(StoredCase { summary, last_seq, snapshot, fold_version }))
}

/// Asks for columns of a case within a scope.
pub(super) fn of_case<'a>(columns: &str, scope: &'a Scope, which: Which<'a>) -> Statement<'a> {
    let mut statement = Statement::new("SELECT ");
    statement.push(columns).push(" FROM cases").push(SUMMARY_KEY);
    match which {
        Which::Id(id) => statement.push(" WHERE cases.uuid = ").bind(id),
        Which::Number(number) => statement
            .push(" WHERE cases.id = (SELECT case_id FROM numbers WHERE folded = ")
            .bind(number)
            .push(")"),
    };
    within(&mut statement, scope);
    statement
}

/// The personal values that a stored JSON text needs: none when it mentions none.
fn drawer_for(conn: &Conn, vault: &Vault, case: Uuid, body: &str) -> Result<Drawer> {
    if body.contains("\"$ref\"") {
        vault.drawer(conn, case.into_bytes())
    } else {
        Ok(vault.empty_drawer(case.into_bytes()))
    }
}

/// Events of a case after a place.
pub(crate) fn events(
    conn: &Conn,
    vault: &Vault,
    case: Uuid,
    after: u64,
    most: usize,
) -> Result<Vec<EventRow>> {
    let id = internal_id(conn, case)?;
    let drawer = vault.drawer(conn, case.into_bytes())?;
    conn.rows(EVENTS, &[id.into(), int(after)?.into(), limit(most).into()], |row| {
        let body = drawer.open_spelled(&row.text(5)?)?;
        Ok(EventRow {
            seq: row.count(0)?,
            kind: row.text(1)?,
            v: row.small(2)?,
            at: from_int(row.int(3)?)?,
            actor: row.text(4)?,
            body,
        })
    })
}

/// The timers of a case, soonest first.
pub(crate) fn timers(conn: &Conn, case: Uuid) -> Result<Vec<TimerRow>> {
    conn.rows(TIMERS, &[internal_id(conn, case)?.into()], |row| {
        Ok(TimerRow {
            clock: row.text(0)?,
            generation: row.small(1)?,
            step: row.small(2)?,
            due: from_int(row.int(3)?)?,
        })
    })
}

/// Links of a case to others, and of others to it.
pub(crate) fn links(conn: &Conn, case: Uuid) -> Result<Links> {
    let id = internal_id(conn, case)?;
    Ok(Links {
        to: conn.rows(LINKS, &[id.into()], |row| Ok((row.text(0)?, row.uuid(1)?)))?,
        from: conn.rows(LINKS_TO, &[(&case).into()], |row| Ok((row.text(0)?, row.uuid(1)?)))?,
    })
}

/// Relations between cases, as (relation, the other case).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Links {
    /// Links that this case has.
    pub to: Vec<(String, Uuid)>,
    /// Links that other cases have to it.
    pub from: Vec<(String, Uuid)>,
}

/// Cases that need not be kept any longer.
pub(crate) fn to_forget(conn: &Conn, before: Timestamp, most: usize) -> Result<Vec<Uuid>> {
    conn.rows(TO_FORGET, &[to_int(before)?.into(), limit(most).into()], |row| row.uuid(0))
}

/// Cases of which something was derived by older rules than these.
pub(crate) fn to_rederive(conn: &Conn, rules: u32, most: usize) -> Result<Vec<Uuid>> {
    let ask = |sql, version: u32, most| {
        conn.rows(sql, &[version.into(), limit(most).into()], |row| row.uuid(0))
    };
    let mut found = ask(TO_REDERIVE, rules, most)?;
    // Mostly they are the same.
    let texts = ask(TO_REINDEX, TOKENIZER, most)?;
    let known: BTreeSet<Uuid> = found.iter().copied().collect();
    found.extend(texts.into_iter().filter(|case| !known.contains(case)));
    found.truncate(most);
    Ok(found)
}

/// How many cases have something that older rules derived.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Older {
    /// Cases whose measures and people are older.
    pub derived: u64,
    /// Cases whose texts are older.
    pub texts: u64,
}

/// Counts them.
pub(crate) fn older(conn: &Conn, rules: u32) -> Result<Older> {
    let count = |sql, version: u32| {
        Ok::<_, StoreError>(conn.row(sql, &[version.into()], |row| row.count(0))?.unwrap_or(0))
    };
    Ok(Older { derived: count(COUNT_OLDER, rules)?, texts: count(COUNT_OLDER_TEXTS, TOKENIZER)? })
}
