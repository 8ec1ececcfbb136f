//! Lists, search, counts and candidates: one statement each, over indexed columns, page by page.

use super::case::{CaseSummary, SUMMARY, SUMMARY_FROM, summary};
use crate::backend::{Conn, SEARCH_ID, SEARCH_JOIN, match_expression};
use crate::error::{Result, StoreError};
use crate::scope::{Scope, Statement, within};
use crate::text::{phone_digits, sought};
use crate::time::{limit, to_int};
use crate::vault::Vault;
use jiff::Timestamp;
use uuid::Uuid;

/// Which cases a list shows; everything given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// `Some(true)`: the work in hand, which is what makes a list cheap however many cases were closed.
    pub open: Option<bool>,
    /// Life cycle.
    pub life: Option<String>,
    /// Procedure.
    pub procedure: Option<String>,
    /// Stage.
    pub stage: Option<String>,
    /// Queue.
    pub queue: Option<String>,
    /// Who is responsible.
    pub holder: Option<String>,
    /// Who works on it.
    pub assignee: Option<String>,
    /// Department.
    pub department: Option<String>,
    /// Channel.
    pub channel: Option<String>,
    /// Category.
    pub category: Option<String>,
    /// Customer.
    pub customer: Option<String>,
    /// Exactly this severity.
    pub severity: Option<u8>,
    /// Next due before this instant, UTC.
    pub due_before: Option<Timestamp>,
    /// Registered at or after this instant, UTC.
    pub registered_from: Option<Timestamp>,
    /// Registered before this instant, UTC.
    pub registered_before: Option<Timestamp>,
    /// Phone number.
    pub phone: Option<PhoneMatch>,
    /// Free text, by the rules of [`crate::matches`]. A text without letters and digits finds nothing.
    pub text: Option<String>,
}

/// How a phone number is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PhoneMatch {
    /// The whole number.
    Whole(String),
    /// Its first seven digits.
    FirstSeven(String),
    /// Its last four digits.
    LastFour(String),
}

/// The order of a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sort {
    /// What is due first; cases without a due at the end.
    #[default]
    NextDue,
    /// Newest registration first.
    Newest,
    /// Most severe first, then what is due first.
    Severity,
    /// Newest in the database first; the order in which free-text search is cheap.
    NewestEntry,
}

/// One page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Where the next page begins; `None` on the last one. Opaque, and good for the same order only.
    pub next: Option<String>,
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

impl Sort {
    fn tag(self) -> &'static str {
        match self {
            Sort::NextDue => "d",
            Sort::Newest => "n",
            Sort::Severity => "s",
            Sort::NewestEntry => "e",
        }
    }

    /// Condition before the placeholders, number of keys, and order.
    fn keys(self) -> (&'static str, usize, &'static str) {
        match self {
            Sort::NextDue => ("(cases.due, cases.id) >", 2, "cases.due, cases.id"),
            Sort::Newest => {
                ("(cases.registered_at, cases.id) <", 2, "cases.registered_at DESC, cases.id DESC")
            }
            Sort::Severity => (
                "(cases.mildness, cases.due, cases.id) >",
                3,
                "cases.mildness, cases.due, cases.id",
            ),
            Sort::NewestEntry => ("(cases.id) <", 1, "cases.id DESC"),
        }
    }

    /// The place before the first row; a first page is a page like any other.
    fn start(self) -> Vec<i64> {
        let (_, keys, order) = self.keys();
        vec![if order.ends_with("DESC") { i64::MAX } else { i64::MIN }; keys]
    }

    fn place_of(self, id: i64, case: &CaseSummary) -> Result<Vec<i64>> {
        let due = case.columns.next_due.map_or(Ok(crate::time::NEVER), to_int)?;
        Ok(match self {
            Sort::NextDue => vec![due, id],
            Sort::Newest => vec![to_int(case.columns.registered_at)?, id],
            Sort::Severity => vec![i64::from(u8::MAX - case.columns.severity), due, id],
            Sort::NewestEntry => vec![id],
        })
    }

    fn parse(self, cursor: &str) -> Result<Vec<i64>> {
        let bad = || StoreError::invalid("the cursor does not belong to this list");
        let mut parts = cursor.split('.');
        if parts.next() != Some(self.tag()) {
            return Err(bad());
        }
        let place: Vec<i64> = parts.map(str::parse).collect::<Result<_, _>>().map_err(|_| bad())?;
        if place.len() == self.keys().1 { Ok(place) } else { Err(bad()) }
    }

    fn cursor(self, place: &[i64]) -> String {
        place.iter().fold(self.tag().to_owned(), |text, key| format!("{text}.{key}"))
    }
}

/// What a filter looks for in keyed or indexed form.
struct Wanted {
    mark: Option<[u8; 16]>,
    text: Option<String>,
    instants: [Option<i64>; 3],
}

/// One page of a list.
pub(crate) fn list(
    conn: &Conn,
    vault: &Vault,
    scope: &Scope,
    filter: &Filter,
    sort: Sort,
    cursor: Option<&str>,
    most: usize,
) -> Result<Page<CaseSummary>> {
    let Some(wanted) = wanted(vault, filter)? else {
        return Ok(Page { rows: Vec::new(), next: None });
    };
    let place = cursor.map_or_else(|| Ok(sort.start()), |cursor| sort.parse(cursor))?;
    let statement = list_statement(scope, filter, &wanted, sort, &place, most);
    let mut found = conn.rows(&statement.text, &statement.params, |row| summary(row, vault))?;
    let more = found.len() > most;
    found.truncate(most);
    let next = match found.last() {
        Some((id, case)) if more => Some(sort.cursor(&sort.place_of(*id, case)?)),
        _ => None,
    };
    Ok(Page { rows: found.into_iter().map(|(_, case)| case).collect(), next })
}

/// `None` when nothing can be found.
fn wanted(vault: &Vault, filter: &Filter) -> Result<Option<Wanted>> {
    let text = match &filter.text {
        None => None,
        Some(text) => match sought(vault, text) {
            parts if parts.is_empty() => return Ok(None),
            parts => Some(match_expression(&parts)),
        },
    };
    let mark = filter.phone.as_ref().map(|phone| match phone {
        PhoneMatch::Whole(number) => vault.mark("phone", phone_digits(number).as_bytes()),
        PhoneMatch::FirstSeven(digits) => {
            vault.mark("phone first seven", phone_digits(digits).as_bytes())
        }
        PhoneMatch::LastFour(digits) => {
            vault.mark("phone last four", phone_digits(digits).as_bytes())
        }
    });
    let instant = |at: Option<Timestamp>| at.map(to_int).transpose();
    let instants = [
        instant(filter.due_before)?,
        instant(filter.registered_from)?,
        instant(filter.registered_before)?,
    ];
    Ok(Some(Wanted { mark, text, instants }))
}

fn list_statement<'a>(
    scope: &'a Scope,
    filter: &'a Filter,
    wanted: &'a Wanted,
    sort: Sort,
    place: &[i64],
    most: usize,
) -> Statement<'a> {
    let mut statement = Statement::new("SELECT ");
    statement.push(SUMMARY).push(SUMMARY_FROM);
    if let Some(expression) = &wanted.text {
        statement.params.push(expression.into());
        statement.push(SEARCH_JOIN);
    } else {
        statement.push(" WHERE 1 = 1");
    }
    narrow(&mut statement, filter, wanted);
    within(&mut statement, scope);
    let (condition, _, order) = sort.keys();
    // With a text, the index of texts drives the statement, and its rowid is the newest-first order.
    let by_search = wanted.text.is_some() && sort == Sort::NewestEntry;
    let below = format!("{SEARCH_ID} <");
    statement.push(" AND ").push(if by_search { &below } else { condition }).push(" (");
    for (n, key) in place.iter().enumerate() {
        statement.push(if n > 0 { ", " } else { "" }).bind(*key);
    }
    statement
        .push(") ORDER BY ")
        .push(if by_search { SEARCH_ID } else { order })
        .push(if by_search { " DESC" } else { "" });
    statement.push(" LIMIT ").bind(limit(most.saturating_add(1)));
    statement
}

fn narrow<'a>(statement: &mut Statement<'a>, filter: &'a Filter, wanted: &'a Wanted) {
    // A literal, so that the partial indexes of open cases can be used.
    match filter.open {
        Some(true) => drop(statement.push(" AND cases.open = 1")),
        Some(false) => drop(statement.push(" AND cases.open = 0")),
        None => {}
    }
    let equal = [
        ("life", &filter.life),
        ("procedure", &filter.procedure),
        ("stage", &filter.stage),
        ("queue", &filter.queue),
        ("holder", &filter.holder),
        ("assignee", &filter.assignee),
        ("department", &filter.department),
        ("channel", &filter.channel),
        ("category", &filter.category),
        ("customer", &filter.customer),
    ];
    for (column, value) in equal {
        if let Some(value) = value {
            statement.push(" AND cases.").push(column).push(" = ").bind(value);
        }
    }
    if let Some(severity) = filter.severity {
        statement.push(" AND cases.mildness = ").bind(i64::from(u8::MAX - severity));
    }
    let ranges = ["cases.due <", "cases.registered_at >=", "cases.registered_at <"];
    for (condition, value) in ranges.into_iter().zip(wanted.instants) {
        if let Some(value) = value {
            statement.push(" AND ").push(condition).push(" ").bind(value);
        }
    }
    if let Some(mark) = &wanted.mark {
        statement
            .push(" AND cases.id IN (SELECT case_id FROM phones WHERE mark = ")
            .bind(mark)
            .push(")");
    }
}

/// Open cases by procedure, queue and stage.
pub(crate) fn counts(conn: &Conn, scope: &Scope, now: Timestamp) -> Result<Vec<Count>> {
    let now = to_int(now)?;
    let statement = counts_statement(scope, now);
    conn.rows(&statement.text, &statement.params, |row| {
        Ok(Count {
            procedure: row.text(0)?,
            queue: row.text(1)?,
            stage: row.text(2)?,
            cases: row.count(3)?,
            overdue: row.count(4)?,
        })
    })
}

fn counts_statement(scope: &Scope, now: i64) -> Statement<'_> {
    let mut statement = Statement::new(
        "SELECT cases.procedure, cases.queue, cases.stage, COUNT(*), SUM(CASE WHEN cases.due < ",
    );
    statement.bind(now).push(" THEN 1 ELSE 0 END) FROM cases WHERE cases.open = 1");
    within(&mut statement, scope);
    statement.push(" GROUP BY cases.procedure, cases.queue, cases.stage ORDER BY cases.procedure, cases.queue, cases.stage");
    statement
}

/// How many cases a filter finds, counted up to `most`; a result of `most` means "at least".
pub(crate) fn count(
    conn: &Conn,
    vault: &Vault,
    scope: &Scope,
    filter: &Filter,
    most: usize,
) -> Result<u64> {
    let Some(wanted) = wanted(vault, filter)? else { return Ok(0) };
    let mut statement = Statement::new("SELECT COUNT(*) FROM (SELECT 1 FROM cases");
    if let Some(expression) = &wanted.text {
        statement.params.push(expression.into());
        statement.push(SEARCH_JOIN);
    } else {
        statement.push(" WHERE 1 = 1");
    }
    narrow(&mut statement, filter, &wanted);
    within(&mut statement, scope);
    statement.push(" LIMIT ").bind(limit(most)).push(") AS found");
    Ok(conn.row(&statement.text, &statement.params, |row| row.count(0))?.unwrap_or(0))
}

/// Open cases of the same phone or customer, newest first: what a new case may be merged into.
pub(crate) fn candidates(
    conn: &Conn,
    vault: &Vault,
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
    let statement = candidates_statement(scope, like, &marks, since, most);
    let found = conn.rows(&statement.text, &statement.params, |row| summary(row, vault))?;
    Ok(found.into_iter().map(|(_, case)| case).collect())
}

fn candidates_statement<'a>(
    scope: &'a Scope,
    like: &'a Likeness,
    marks: &'a [[u8; 16]],
    since: i64,
    most: usize,
) -> Statement<'a> {
    let mut statement = Statement::new("SELECT ");
    statement.push(SUMMARY).push(SUMMARY_FROM).push(" WHERE cases.open = 1 AND cases.id IN (");
    for (n, mark) in marks.iter().enumerate() {
        statement
            .push(if n > 0 { " UNION " } else { "" })
            .push("SELECT case_id FROM phones WHERE mark = ")
            .bind(mark);
    }
    if let Some(customer) = &like.customer {
        statement.push(if marks.is_empty() { "" } else { " UNION " });
        statement.push("SELECT id FROM cases WHERE open = 1 AND customer = ").bind(customer);
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
