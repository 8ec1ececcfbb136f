//! Customers: who is listed and found, and who may be one and the same. What is known of one is a setting; here stand keyed marks of
//! its words, numbers and accounts. A case is a customer's when it bears a number or an account by which he is reached.

use crate::backend::Conn;
use crate::error::{Result, StoreError};
use crate::read::list::Page;
use crate::scope::Statement;
use crate::settings::{self, Setting};
use crate::text::{account_mark, blind, phone_mark, sought_blind};
use crate::time::{int, limit};
use crate::vault::Vault;
use crate::write::queue::Batch;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// The kind of settings that are customers.
pub(crate) const KIND: &str = "customer";

/// The counter of the events out of which customers were made.
const TAKEN_IN: &str = "customers";

crate::sql::queries! {
    ID = "SELECT id FROM customers WHERE key = ?1";
    ADD = "INSERT INTO customers (key, level) VALUES (?1, ?2) /*id*/";
    CHANGE = "UPDATE customers SET level = ?2 WHERE id = ?1";
    DROP = "DELETE FROM customers WHERE id = ?1";
    MARKS = "SELECT mark, reaches FROM customer_marks WHERE customer_id = ?1";
    ADD_MARK = "INSERT INTO customer_marks (mark, customer_id, reaches) VALUES (?1, ?2, ?3)";
    DROP_MARK = "DELETE FROM customer_marks WHERE mark = ?1 AND customer_id = ?2";
    DROP_MARKS = "DELETE FROM customer_marks WHERE customer_id = ?1";
    MARKED = "SELECT customers.key FROM customer_marks JOIN customers ON customers.id = customer_marks.customer_id
        WHERE customer_marks.mark = ?1 ORDER BY customer_marks.customer_id LIMIT ?2";
    PAIR = "INSERT INTO customer_pairs (one, other, percent, why, apart) VALUES (?1, ?2, ?3, ?4, 0)
        ON CONFLICT (one, other) DO UPDATE SET percent = excluded.percent, why = excluded.why";
    APART = "INSERT INTO customer_pairs (one, other, percent, why, apart) VALUES (?1, ?2, 0, '', 1)
        ON CONFLICT (one, other) DO UPDATE SET apart = 1";
    TO_JUDGE_OF_ONE = "DELETE FROM customer_pairs WHERE one = ?1 AND apart = 0";
    TO_JUDGE_OF_OTHER = "DELETE FROM customer_pairs WHERE other = ?1 AND apart = 0";
    PAIRS_OF_ONE = "DELETE FROM customer_pairs WHERE one = ?1";
    PAIRS_OF_OTHER = "DELETE FROM customer_pairs WHERE other = ?1";
    PAIRS = "SELECT one, other, a.key, b.key, percent, why FROM customer_pairs
        JOIN customers a ON a.id = one JOIN customers b ON b.id = other
        WHERE apart = 0 AND (percent, one, other) < (?1, ?2, ?3) ORDER BY percent DESC, one DESC, other DESC LIMIT ?4";
    PAIRS_WITH = "SELECT a.key, b.key, percent, why FROM customer_pairs
        JOIN customers a ON a.id = one JOIN customers b ON b.id = other WHERE one = ?1 AND apart = 0
        UNION ALL SELECT a.key, b.key, percent, why FROM customer_pairs
        JOIN customers a ON a.id = one JOIN customers b ON b.id = other WHERE other = ?1 AND apart = 0";
    COUNT_PAIRS = "SELECT COUNT(*) FROM (SELECT 1 FROM customer_pairs WHERE apart = 0 LIMIT ?1) AS found";
    HAPPENED = "SELECT cases.uuid FROM events JOIN cases ON cases.id = events.case_id
        WHERE events.sequence > ?1 AND events.sequence <= ?2 AND events.kind = ?3 ORDER BY events.sequence";
    TAKEN = "SELECT value FROM counters WHERE name = ?1";
    TAKE = "INSERT INTO counters (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
}

/// By what a customer is listed and found. Only keyed marks are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed {
    /// Key of the level.
    pub level: Option<String>,
    /// Words by which it is found.
    pub texts: Vec<String>,
    /// Whole numbers by which it is reached.
    pub phones: Vec<String>,
    /// Accounts by which it is reached.
    pub accounts: Vec<String>,
    /// Texts that it has in common with whoever may be the same.
    pub alike: Vec<String>,
}

/// Two customers that may be one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// Key of one.
    pub one: String,
    /// Key of the other.
    pub other: String,
    /// How likely.
    pub percent: u8,
    /// Why; a word of the caller's.
    pub why: String,
}

type Mark = [u8; 16];

fn id(conn: &Conn, key: &str) -> Result<Option<i64>> {
    conn.row(ID, &[key.into()], |row| row.int(0))
}

fn known(conn: &Conn, key: &str) -> Result<i64> {
    id(conn, key)?.ok_or(StoreError::NotFound { what: "customer" })
}

/// All marks of a customer; true: he is reached by what it stands for.
fn marks(vault: &Vault, listed: &Listed) -> BTreeMap<Mark, bool> {
    let mut marks: BTreeMap<Mark, bool> = BTreeMap::new();
    let words = listed.texts.iter().chain(&listed.phones).chain(&listed.accounts);
    marks.extend(words.flat_map(|text| blind(vault, text)).map(|mark| (mark, false)));
    let alike = listed.alike.iter().map(|text| vault.mark("customer alike", text.as_bytes()));
    marks.extend(alike.map(|mark| (mark, false)));
    marks.extend(reached(vault, &listed.phones, &listed.accounts).map(|mark| (mark, true)));
    marks
}

fn reached(vault: &Vault, phones: &[String], accounts: &[String]) -> impl Iterator<Item = Mark> {
    let phones = phones.iter().filter_map(|phone| phone_mark(vault, phone));
    phones.chain(accounts.iter().filter_map(|account| account_mark(vault, account)))
}

/// Puts a customer among those that are listed and found, in place of what was there; without `listed` takes it out.
pub(crate) fn list(batch: &Batch<'_>, key: &str, listed: Option<&Listed>) -> Result<()> {
    let conn = batch.conn;
    let there = id(conn, key)?;
    let Some(listed) = listed else {
        let Some(id) = there else { return Ok(()) };
        return [PAIRS_OF_ONE, PAIRS_OF_OTHER, DROP_MARKS, DROP]
            .into_iter()
            .try_for_each(|sql| conn.push(sql, &[id.into()]));
    };
    let level = listed.level.as_deref().filter(|level| !level.is_empty());
    let mut had = BTreeMap::new();
    let id = match there {
        Some(id) => {
            conn.push(CHANGE, &[id.into(), level.into()])?;
            let read = |row: &crate::backend::Row<'_>| Ok((row.bytes::<16>(0)?, row.flag(1)?));
            had.extend(conn.rows(MARKS, &[id.into()], read)?);
            id
        }
        None => conn.insert(ADD, &[key.into(), level.into()])?,
    };
    let marks = marks(batch.vault, listed);
    for (mark, _) in had.iter().filter(|(mark, reaches)| marks.get(*mark) != Some(*reaches)) {
        conn.push(DROP_MARK, &[mark.into(), id.into()])?;
    }
    for (mark, reaches) in marks.iter().filter(|(mark, reaches)| had.get(*mark) != Some(*reaches)) {
        conn.push(ADD_MARK, &[mark.into(), id.into(), (*reaches).into()])?;
    }
    Ok(())
}

/// Says who may be the same as a customer, in place of what was said before. What somebody has judged stays as it is.
pub(crate) fn pair(batch: &Batch<'_>, key: &str, others: &[(String, u8, String)]) -> Result<()> {
    let conn = batch.conn;
    let own = known(conn, key)?;
    conn.push(TO_JUDGE_OF_ONE, &[own.into()])?;
    conn.push(TO_JUDGE_OF_OTHER, &[own.into()])?;
    for (other, percent, why) in others {
        // One that is gone meanwhile is nobody's double.
        let Some(other) = id(conn, other)?.filter(|other| *other != own) else { continue };
        let (one, other) = (own.min(other), own.max(other));
        let params = [one.into(), other.into(), i64::from(*percent).into(), why.into()];
        conn.push(PAIR, &params)?;
    }
    Ok(())
}

/// Somebody has judged that two are two.
pub(crate) fn apart(batch: &Batch<'_>, one: &str, other: &str) -> Result<()> {
    let (one, other) = (known(batch.conn, one)?, known(batch.conn, other)?);
    batch.conn.push(APART, &[one.min(other).into(), one.max(other).into()])
}

/// The cases of which an event of this kind lies between two places, the first left out.
pub(crate) fn happened(conn: &Conn, kind: &str, from: u64, to: u64) -> Result<Vec<Uuid>> {
    conn.rows(HAPPENED, &[int(from)?.into(), int(to)?.into(), kind.into()], |row| row.uuid(0))
}

/// Up to which event customers were made out of cases.
pub(crate) fn taken_in(conn: &Conn) -> Result<u64> {
    Ok(conn.row(TAKEN, &[TAKEN_IN.into()], |row| row.count(0))?.unwrap_or(0))
}

/// Moves that on. Whoever finds it elsewhere was overtaken by another program; whoever wants to move it further than there are events
/// has looked at some that the database has lost, and others will have their numbers.
pub(crate) fn take_in(batch: &Batch<'_>, from: u64, to: u64) -> Result<()> {
    let found = taken_in(batch.conn)?;
    for (expected, found) in [(from, found), (to, to.min(batch.sequence))] {
        if found != expected {
            let (kind, key) = (KIND.to_owned(), TAKEN_IN.to_owned());
            return Err(StoreError::SettingConflict { kind, key, expected, found });
        }
    }
    batch.conn.push(TAKE, &[TAKEN_IN.into(), int(to)?.into()])
}

/// Those that are found by a text and have a level, newest entry first.
fn sought<'a>(
    select: &str,
    marks: Option<&'a [Mark]>,
    level: Option<&'a str>,
    before: i64,
) -> Statement<'a> {
    let mut statement = Statement::new(select);
    match marks.and_then(|marks| marks.split_first()) {
        Some((first, rest)) => {
            statement
                .push(" FROM customer_marks JOIN customers ON customers.id = customer_marks.customer_id WHERE customer_marks.mark = ")
                .bind(first);
            for mark in rest {
                statement
                    .push(" AND EXISTS (SELECT 1 FROM customer_marks m WHERE m.mark = ")
                    .bind(mark)
                    .push(" AND m.customer_id = customers.id)");
            }
        }
        None => {
            statement.push(" FROM customers WHERE 1 = 1");
        }
    }
    if let Some(level) = level {
        statement.push(" AND customers.level = ").bind(level);
    }
    let id = if marks.is_some() { "customer_marks.customer_id" } else { "customers.id" };
    statement.push(&format!(" AND {id} < ")).bind(before);
    statement.push(&format!(" ORDER BY {id} DESC LIMIT "));
    statement
}

/// `None` when the text can find nothing.
fn wanted(vault: &Vault, text: Option<&str>) -> Option<Option<Vec<Mark>>> {
    match text {
        None => Some(None),
        Some(text) => Some(sought_blind(vault, text)).filter(|marks| !marks.is_empty()).map(Some),
    }
}

/// One page of customers. The caller holds a read transaction.
pub(crate) fn page(
    conn: &Conn,
    vault: &Vault,
    text: Option<&str>,
    level: Option<&str>,
    cursor: Option<&str>,
    most: usize,
) -> Result<Page<Setting>> {
    let bad = |_| StoreError::invalid("the cursor does not belong to this list");
    let before = cursor.map_or(Ok(i64::MAX), |cursor| cursor.parse().map_err(bad))?;
    let Some(marks) = wanted(vault, text) else {
        return Ok(Page { rows: Vec::new(), next: None });
    };
    let mut statement =
        sought("SELECT customers.id, customers.key", marks.as_deref(), level, before);
    statement.bind(limit(most.saturating_add(1)));
    let read = |row: &crate::backend::Row<'_>| Ok((row.int(0)?, row.text(1)?));
    let mut found = conn.rows(&statement.text, &statement.params, read)?;
    let more = found.len() > most;
    found.truncate(most);
    let next = found.last().filter(|_| more).map(|(id, _)| id.to_string());
    Ok(Page { rows: open(conn, vault, found.into_iter().map(|(_, key)| key))?, next })
}

fn open(
    conn: &Conn,
    vault: &Vault,
    keys: impl IntoIterator<Item = String>,
) -> Result<Vec<Setting>> {
    let settings = keys.into_iter().map(|key| settings::get(conn, vault, KIND, &key));
    settings.filter_map(Result::transpose).collect()
}

/// How many there are, counted up to `most`.
pub(crate) fn count(
    conn: &Conn,
    vault: &Vault,
    text: Option<&str>,
    level: Option<&str>,
    most: usize,
) -> Result<u64> {
    let Some(marks) = wanted(vault, text) else { return Ok(0) };
    let mut statement = sought("SELECT COUNT(*) FROM (SELECT 1", marks.as_deref(), level, i64::MAX);
    statement.bind(limit(most)).push(") AS found");
    Ok(conn.row(&statement.text, &statement.params, |row| row.count(0))?.unwrap_or(0))
}

/// Whoever is reached by one of these numbers or accounts, oldest entry first.
pub(crate) fn reached_by(
    conn: &Conn,
    vault: &Vault,
    phones: &[String],
    accounts: &[String],
    most: usize,
) -> Result<Vec<Setting>> {
    let marks: BTreeSet<Mark> = reached(vault, phones, accounts).collect();
    open(conn, vault, marked(conn, marks, most)?)
}

/// Keys of those that have one of these texts in common with somebody, at most so many of each.
pub(crate) fn alike(
    conn: &Conn,
    vault: &Vault,
    texts: &[String],
    most: usize,
) -> Result<BTreeSet<String>> {
    let marks = texts.iter().map(|text| vault.mark("customer alike", text.as_bytes())).collect();
    Ok(marked(conn, marks, most)?.into_iter().collect())
}

fn marked(conn: &Conn, marks: BTreeSet<Mark>, most: usize) -> Result<Vec<String>> {
    let mut keys = Vec::new();
    for mark in marks {
        let found = conn.rows(MARKED, &[(&mark).into(), limit(most).into()], |row| row.text(0))?;
        for key in found {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
    }
    Ok(keys)
}

/// One page of pairs that nobody has judged, the most likely first.
pub(crate) fn pairs(conn: &Conn, cursor: Option<&str>, most: usize) -> Result<Page<Pair>> {
    let bad = || StoreError::invalid("the cursor does not belong to this list");
    let mut place = [i64::MAX; 3];
    if let Some(cursor) = cursor {
        let mut parts = cursor.split('.');
        for slot in &mut place {
            *slot = parts.next().and_then(|part| part.parse().ok()).ok_or_else(bad)?;
        }
    }
    let [percent, one, other] = place;
    let params = [percent.into(), one.into(), other.into(), limit(most.saturating_add(1)).into()];
    let mut found = conn.rows(PAIRS, &params, |row| {
        let pair = Pair {
            one: row.text(2)?,
            other: row.text(3)?,
            percent: row.small(4)?,
            why: row.text(5)?,
        };
        Ok((row.int(0)?, row.int(1)?, pair))
    })?;
    let more = found.len() > most;
    found.truncate(most);
    let next = found
        .last()
        .filter(|_| more)
        .map(|(one, other, pair)| format!("{}.{one}.{other}", pair.percent));
    Ok(Page { rows: found.into_iter().map(|(.., pair)| pair).collect(), next })
}

/// The pairs of a customer that nobody has judged, the most likely first.
pub(crate) fn pairs_of(conn: &Conn, key: &str) -> Result<Vec<Pair>> {
    let Some(id) = id(conn, key)? else { return Ok(Vec::new()) };
    let mut pairs = conn.rows(PAIRS_WITH, &[id.into()], |row| {
        let (one, other) = (row.text(0)?, row.text(1)?);
        Ok(Pair { one, other, percent: row.small(2)?, why: row.text(3)? })
    })?;
    pairs.sort_by(|a, b| (b.percent, &a.one, &a.other).cmp(&(a.percent, &b.one, &b.other)));
    Ok(pairs)
}

/// How many pairs nobody has judged, counted up to `most`.
pub(crate) fn count_pairs(conn: &Conn, most: usize) -> Result<u64> {
    Ok(conn.row(COUNT_PAIRS, &[limit(most).into()], |row| row.count(0))?.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::{Mode, Place};

    #[test]
    fn lists_of_customers_search_indexes() {
        let folder = tempfile::tempdir().unwrap();
        let conn = Conn::open(&Place::at(folder.path()), Mode::Write).unwrap();
        crate::migrate::migrate(&conn).unwrap();
        let marks = [[1; 16], [2; 16]];
        for marks in [None, Some(&marks[..1]), Some(&marks[..])] {
            for level in [None, Some("vip")] {
                let mut statement =
                    sought("SELECT customers.id, customers.key", marks, level, i64::MAX);
                statement.bind(10_i64);
                let plan = conn.explain(&statement.text).unwrap();
                let scans = plan.iter().any(|step| step.starts_with("SCAN"));
                let sorts = plan.iter().any(|step| step.contains("TEMP B-TREE"));
                assert!(!scans && !sorts, "{plan:#?}\n{}", statement.text);
            }
        }
    }
}
