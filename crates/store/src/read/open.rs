//! The work in hand: how much there is of it, what of it counts towards a deadline, and what of it resembles a new case.

use super::case::{CaseSummary, SUMMARY, SUMMARY_KEY, summary};
use crate::backend::{Conn, Way};
use crate::error::Result;
use crate::scope::{Scope, Statement, within};
use crate::text::phone_digits;
use crate::time::{NEVER, limit, to_int};
use crate::vault::Vault;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use uuid::Uuid;

crate::sql::queries! {
    HELD = "SELECT assignee, COUNT(*) FROM cases INDEXED BY open_by_assignee
        WHERE open = 1 AND life = ?1 AND assignee IS NOT NULL GROUP BY assignee ORDER BY assignee";
    // Not MIN(id): a planner might look for it along the ids, from the oldest case on.
    FIRST_SINCE = "SELECT MIN(id + 0) FROM cases INDEXED BY cases_by_registration WHERE registered_at >= ?1";
    COUNTING = "SELECT uuid FROM cases INDEXED BY cases_by_due WHERE due < ?1 AND procedure = ?2 ORDER BY due, id";
}

/// The cases of a procedure in which a clock runs, also filed ones, what is due first.
pub(crate) fn counting(conn: &Conn, procedure: &str) -> Result<Vec<Uuid>> {
    conn.rows(COUNTING, &[NEVER.into(), procedure.into()], |row| row.uuid(0))
}

/// How many open cases of a life each person holds.
pub(crate) fn held(conn: &Conn, life: &str) -> Result<Vec<(String, u64)>> {
    conn.rows(HELD, &[life.into()], |row| Ok((row.text(0)?, row.count(1)?)))
}

/// How many open cases there are at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// Procedure.
    pub procedure: String,
    /// Queue.
    pub queue: String,
    /// Stage.
    pub stage: String,
    /// Open cases.
    pub cases: u64,
    /// Those of them whose next due has passed.
    pub overdue: u64,
}

/// By what a similar case is looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Likeness {
    /// Phone numbers of the new case, whole.
    pub phones: Vec<String>,
    /// Its customer.
    pub customer: Option<String>,
    /// Only cases registered at or after this instant, UTC.
    pub since: Timestamp,
    /// The case itself, when it exists.
    pub except: Option<Uuid>,
}

/// From which id on cases were registered since some day. Ids grow, whatever a clock says: they are drawn while the counter of events is
/// locked, so what is committed later has a greater one, and what was found once stays true.
#[derive(Default)]
pub(crate) struct Since(Mutex<BTreeMap<i64, i64>>);

impl Since {
    /// A day in the unit of columns.
    const DAY: i64 = 86_400_000_000_000;
    /// Days that are kept; windows are few.
    const MOST: usize = 16;

    /// An id that no case has a smaller one than which was registered at or after an instant; `None` when there is no such case. Found
    /// once a day, by reading what was registered since.
    fn first(&self, conn: &Conn, instant: i64) -> Result<Option<i64>> {
        let day = instant.div_euclid(Self::DAY);
        if let Some(id) = self.lock().get(&day) {
            return Ok(Some(*id));
        }
        let since = day.saturating_mul(Self::DAY);
        let found = conn.row(FIRST_SINCE, &[since.into()], |row| row.opt_int(0))?.flatten();
        if let Some(id) = found {
            let mut known = self.lock();
            if known.len() >= Self::MOST {
                known.clear();
            }
            known.insert(day, id);
        }
        Ok(found)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<i64, i64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Open cases of the same phone or customer, newest first: what a new case may be merged into. Costs as much as there are cases of the
/// phone since the day of `like.since`, and open ones of the customer.
pub(crate) fn candidates(
    conn: &Conn,
    vault: &Vault,
    known: &Since,
    scope: &Scope,
    like: &Likeness,
    most: usize,
) -> Result<Vec<CaseSummary>> {
    let since = to_int(like.since)?;
    let digits =
        like.phones.iter().map(|phone| phone_digits(phone)).filter(|digits| digits.len() >= 4);
    let marks: Vec<[u8; 16]> =
        digits.map(|digits| vault.mark("phone", digits.as_bytes())).collect();
    if marks.is_empty() && like.customer.is_none() {
        return Ok(Vec::new());
    }
    let Some(first) = known.first(conn, since)? else { return Ok(Vec::new()) };
    let statement = candidates_statement(scope, like, &marks, (since, first), most);
    let found = conn.rows(&statement.text, &statement.params, |row| summary(row, vault))?;
    Ok(found.into_iter().map(|(_, case)| case).collect())
}

fn candidates_statement<'a>(
    scope: &'a Scope,
    like: &'a Likeness,
    marks: &'a [[u8; 16]],
    (since, first): (i64, i64),
    most: usize,
) -> Statement<'a> {
    let mut statement = Statement::new("SELECT ");
    statement.push(SUMMARY).push(" FROM cases").push(&Way::Ids.hint()).push(SUMMARY_KEY);
    statement.push(" WHERE cases.open = 1 AND cases.id IN (");
    for (n, mark) in marks.iter().enumerate() {
        statement
            .push(if n > 0 { " UNION " } else { "" })
            .push("SELECT case_id FROM phones WHERE mark = ")
            .bind(mark)
            .push(" AND case_id >= ")
            .bind(first);
    }
    if let Some(customer) = &like.customer {
        statement.push(if marks.is_empty() { "" } else { " UNION " });
        statement.push("SELECT id FROM cases").push(&Way::Index("open_by_customer").hint());
        statement.push(" WHERE open = 1 AND customer = ").bind(customer);
        statement.push(" AND registered_at >= ").bind(since);
    }
    statement.push(") AND cases.registered_at >= ").bind(since);
    if let Some(except) = &like.except {
        statement.push(" AND cases.uuid <> ").bind(except);
    }
    within(&mut statement, scope);
    statement.push(" ORDER BY cases.registered_at DESC, cases.id DESC LIMIT ").bind(limit(most));
    statement
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::{Mode, Place};

    #[test]
    fn candidates_are_looked_for_among_open_cases_only() {
        let folder = tempfile::tempdir().unwrap();
        let conn = Conn::open(&Place::at(folder.path()), Mode::Write).unwrap();
        crate::migrate::migrate(&conn).unwrap();
        for scope in crate::scope::samples() {
            let like = Likeness {
                customer: Some("c".into()),
                except: Some(Uuid::nil()),
                ..Likeness::default()
            };
            let text = candidates_statement(&scope, &like, &[[0; 16], [1; 16]], (0, 1), 5).text;
            let plan = conn.explain(&text).unwrap().join("\n");
            assert!(plan.contains("open_by_customer") && !plan.contains("SCAN cases"), "{plan}");
            assert!(plan.contains("phones USING PRIMARY KEY (mark=? AND case_id>?)"), "{plan}");
        }
    }
}
