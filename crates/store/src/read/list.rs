//! Lists and search: one statement each, over indexed columns, page by page.

mod filter;
mod sort;
mod walk;

pub use filter::{BEGINNINGS, Filter, LATEST, PhoneMatch};
pub use sort::Sort;

use super::case::CaseSummary;
use super::kept::{NAMED, Named};
use super::measure::Measured;
use super::memory::Memory;
use crate::backend::{Conn, SEARCH_ID, SEARCH_JOIN, Way};
use crate::error::Result;
use crate::fold_number;
use crate::model::{Tie, person_target};
use crate::scope::{Scope, Statement, within};
use crate::text::{phone_digits, sought};
use crate::time::{limit, to_int};
use crate::vault::Vault;
use jiff::Timestamp;
use uuid::Uuid;

/// One page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Where the next page begins; `None` on the last one. Opaque, and good for the same order only.
    pub next: Option<String>,
}

/// The way to the cases of a list: with `open` along an index of open cases, else along one in the order of the list, unless the
/// filter names something that few cases have. Words are in many cases, and most scopes show few of them: what a scope asks is read
/// from an index, and the row of what it shows alone.
fn way(scope: &Scope, filter: &Filter, sort: Sort) -> Way {
    if filter.text.is_some() && !scope.is_everything() {
        return Way::Index("cases_in_scope");
    }
    let few = [
        filter.text.is_some(),
        filter.phone.is_some(),
        filter.numbers.is_some(),
        filter.awaited.is_some(),
        filter.of_customer.is_some(),
        filter.measured.is_some(),
    ];
    if few.contains(&true) {
        return Way::Ids;
    }
    let open = filter.open == Some(true);
    let named = [
        (filter.customer.is_some(), "open_by_customer", "cases_by_customer"),
        (filter.assignee.is_some(), "open_by_assignee", "cases_by_assignee"),
        (open && filter.holder.is_some(), "open_by_holder", ""),
        (open && filter.queue.is_some() && filter.stage.is_some(), "open_by_queue", ""),
        (!open && sort == Sort::Newest && filter.department.is_some(), "", "cases_by_department"),
        (!open && sort == Sort::Newest && filter.procedure.is_some(), "", "cases_by_procedure"),
    ];
    if let Some((_, of_open, of_all)) = named.into_iter().find(|(given, ..)| *given) {
        return Way::Index(if open { of_open } else { of_all });
    }
    match (sort, open) {
        (Sort::NextDue, true) => Way::Index("open_by_due"),
        (Sort::NextDue, false) => Way::Index("cases_by_due"),
        (Sort::Severity, true) => Way::Index("open_by_mildness"),
        (Sort::Severity, false) => Way::Index("cases_by_mildness"),
        (Sort::Newest | Sort::NewestEntry, true) => Way::Index("open_by_registration"),
        (Sort::Newest, false) => Way::Index("cases_by_registration"),
        (Sort::NewestEntry, false) => Way::Ids,
    }
}

/// What a filter looks for in keyed or indexed form.
struct Wanted {
    mark: Option<[u8; 16]>,
    /// From where to where the numbers go that begin as is asked for.
    numbers: Vec<[String; 2]>,
    text: Option<String>,
    instants: [Option<i64>; 4],
    /// First and last day of a measure, as they are stored.
    days: [String; 2],
    /// What stands for those who are awaited.
    awaited: Option<Vec<Uuid>>,
}

/// One page of a list. The caller holds a read transaction.
#[expect(clippy::too_many_arguments, reason = "those of `Store::list`, and what it reads with")]
pub(crate) fn list(
    conn: &Conn,
    vault: &Vault,
    memory: &Memory,
    scope: &Scope,
    filter: &Filter,
    sort: Sort,
    cursor: Option<&str>,
    most: usize,
) -> Result<Page<CaseSummary>> {
    let place = cursor.map_or_else(|| Ok(sort.start()), |cursor| sort.parse(cursor))?;
    let first = (sort, &*place, most.saturating_add(1));
    let mut named = match memory.board.list(conn, scope, filter, first)? {
        Some(named) => named,
        None => named(conn, vault, scope, filter, first)?,
    };
    let more = named.len() > most;
    named.truncate(most);
    let found = memory.kept.rows(conn, vault, &named)?;
    let next = match found.last() {
        Some((id, case)) if more => Some(sort.cursor(&sort.place_of(*id, case)?)),
        _ => None,
    };
    Ok(Page { rows: found.into_iter().map(|(_, case)| case).collect(), next })
}

/// How a list names its cases: the first of an order after a place, at most so many.
fn named(
    conn: &Conn,
    vault: &Vault,
    scope: &Scope,
    filter: &Filter,
    first @ (sort, place, most): (Sort, &[i64], usize),
) -> Result<Vec<Named>> {
    let Some(wanted) = wanted(conn, vault, filter)? else { return Ok(Vec::new()) };
    let by_words = (&wanted.text, sort, place, conn.finds_in_order());
    if let (Some(words), Sort::NewestEntry, [below], false) = by_words {
        let walked = walk::newest(conn, scope, filter, (&wanted, words), *below, most)?;
        if let Some(found) = walked {
            return Ok(found);
        }
    }
    let statement = list_statement(scope, filter, &wanted, first);
    conn.rows(&statement.text, &statement.params, Named::of)
}

/// `None` when nothing can be found.
fn wanted(conn: &Conn, vault: &Vault, filter: &Filter) -> Result<Option<Wanted>> {
    let text = match &filter.text {
        None => None,
        Some(text) => match sought(vault, text) {
            parts if parts.is_empty() => return Ok(None),
            parts => Some(conn.match_text(&parts)),
        },
    };
    let begun = filter.numbers.iter().flatten().map(|begin| fold_number(begin));
    // No number has this letter in it, and none comes after it.
    let numbers = begun.filter(|begin| !begin.is_empty()).map(|begin| {
        let end = format!("{begin}\u{10FFFF}");
        [begin, end]
    });
    let numbers: Vec<[String; 2]> = numbers.collect();
    if filter.numbers.is_some() && numbers.is_empty() {
        return Ok(None);
    }
    let mark = filter.phone.as_ref().map(|phone| match phone {
        PhoneMatch::Whole(number) | PhoneMatch::Latest(number) => {
            vault.mark("phone", phone_digits(number).as_bytes())
        }
        PhoneMatch::FirstSeven(digits) => {
            vault.mark("phone first seven", phone_digits(digits).as_bytes())
        }
        PhoneMatch::LastFour(digits) => {
            vault.mark("phone last four", phone_digits(digits).as_bytes())
        }
    });
    let instant = |at: Option<Timestamp>| at.map(to_int).transpose();
    let instants = [
        instant(filter.due_from)?,
        instant(filter.due_before)?,
        instant(filter.registered_from)?,
        instant(filter.registered_before)?,
    ];
    let targets = |keys: &Vec<String>| keys.iter().map(|key| person_target(key)).collect();
    let awaited = filter.awaited.as_ref().map(targets);
    let days =
        filter.measured.as_ref().map(|cells| [cells.from, cells.to].map(|day| day.to_string()));
    Ok(Some(Wanted { mark, numbers, text, instants, days: days.unwrap_or_default(), awaited }))
}

fn list_statement<'a>(
    scope: &'a Scope,
    filter: &'a Filter,
    wanted: &'a Wanted,
    (sort, place, most): (Sort, &[i64], usize),
) -> Statement<'a> {
    let mut statement = Statement::new("SELECT ");
    statement.push(NAMED).push(" FROM cases").push(&way(scope, filter, sort).hint());
    if let Some(expression) = &wanted.text {
        statement.params.push(expression.into());
        statement.push(SEARCH_JOIN);
    } else {
        statement.push(" WHERE 1 = 1");
    }
    narrow(&mut statement, filter, wanted);
    among_measured(&mut statement, filter, wanted);
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
    statement.push(" LIMIT ").bind(limit(most));
    statement
}

fn narrow<'a>(statement: &mut Statement<'a>, filter: &'a Filter, wanted: &'a Wanted) {
    // A literal, so that the partial indexes of open cases can be used.
    if let Some(open) = filter.open {
        statement.push(if open { " AND cases.open = 1" } else { " AND cases.open = 0" });
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
    if let Some(life) = &filter.except_life {
        statement.push(" AND cases.life <> ").bind(life);
    }
    let ranges = ["cases.due >=", "cases.due <", "cases.registered_at >=", "cases.registered_at <"];
    for (condition, value) in ranges.into_iter().zip(wanted.instants) {
        if let Some(value) = value {
            statement.push(" AND ").push(condition).push(" ").bind(value);
        }
    }
    if let Some(mark) = &wanted.mark {
        let latest = matches!(filter.phone, Some(PhoneMatch::Latest(_)));
        let some = format!(" ORDER BY case_id DESC LIMIT {LATEST}");
        statement
            .push(" AND cases.id IN (SELECT case_id FROM (SELECT case_id FROM phones WHERE mark = ")
            .bind(mark)
            .push(if latest { &some } else { "" })
            .push(") AS borne)");
    }
    for (n, [begin, end]) in wanted.numbers.iter().enumerate() {
        // Numbers grow with time: the last ones first, and only so many, however many begin so.
        statement
            .push(if n > 0 { " UNION ALL " } else { " AND cases.id IN (" })
            .push("SELECT case_id FROM (SELECT case_id FROM numbers WHERE folded >= ")
            .bind(begin)
            .push(" AND folded < ")
            .bind(end)
            .push(&format!(" ORDER BY folded DESC LIMIT {BEGINNINGS}) AS begun{n}"));
    }
    if !wanted.numbers.is_empty() {
        statement.push(")");
    }
    if let Some(targets) = &wanted.awaited {
        statement.push(" AND cases.id IN (SELECT case_id FROM links WHERE relation = ");
        // An empty list holds nothing; NULL equals nothing.
        statement.bind(Tie::Awaited.relation()).push(" AND target IN (NULL");
        for target in targets {
            statement.push(", ").bind(target);
        }
        statement.push("))");
    }
    if let Some(customer) = &filter.of_customer {
        statement
            .push(" AND cases.id IN (SELECT phones.case_id FROM customers JOIN customer_marks ON customer_marks.customer_id = customers.id")
            .push(" JOIN phones ON phones.mark = customer_marks.mark WHERE customer_marks.reaches = 1 AND customers.key = ")
            .bind(customer)
            .push(")");
    }
}

/// The cases that contribute to cells.
fn measured<'a>(statement: &mut Statement<'a>, cells: &'a Measured, wanted: &'a Wanted) {
    let [from, to] = &wanted.days;
    statement.push(" case_id FROM contributions WHERE metric IN ").bind_list(&cells.metrics);
    statement.push(" AND day >= ").bind(from).push(" AND day <= ").bind(to).push(" AND amount > 0");
    if !cells.dims.is_empty() {
        statement.push(" AND dims IN ").bind_list(&cells.dims);
    }
}

fn among_measured<'a>(statement: &mut Statement<'a>, filter: &'a Filter, wanted: &'a Wanted) {
    if let Some(cells) = &filter.measured {
        statement.push(" AND cases.id IN (SELECT");
        measured(statement, cells, wanted);
        statement.push(")");
    }
}

/// How many cases a filter finds, counted up to `most`; a result of `most` means "at least".
pub(crate) fn count(
    conn: &Conn,
    vault: &Vault,
    scope: &Scope,
    filter: &Filter,
    most: usize,
) -> Result<u64> {
    let Some(wanted) = wanted(conn, vault, filter)? else { return Ok(0) };
    let statement = count_statement(scope, filter, &wanted, most);
    Ok(conn.row(&statement.text, &statement.params, |row| row.count(0))?.unwrap_or(0))
}

fn count_statement<'a>(
    scope: &'a Scope,
    filter: &'a Filter,
    wanted: &'a Wanted,
    most: usize,
) -> Statement<'a> {
    let mut statement = Statement::new("SELECT COUNT(*) FROM (SELECT 1 FROM ");
    let sort = if filter.open == Some(true) { Sort::NextDue } else { Sort::Newest };
    match (&filter.measured, &wanted.text) {
        // SQLite joins in this order, cell by cell until enough are found: as a set they would all be read first.
        (Some(cells), None) => {
            statement.push("(SELECT DISTINCT");
            measured(&mut statement, cells, wanted);
            statement.push(") AS measured CROSS JOIN cases WHERE cases.id = measured.case_id");
        }
        (_, Some(expression)) => {
            statement.push("cases").push(&way(scope, filter, sort).hint());
            statement.params.push(expression.into());
            statement.push(SEARCH_JOIN);
            among_measured(&mut statement, filter, wanted);
        }
        (None, None) => {
            statement.push("cases").push(&way(scope, filter, sort).hint()).push(" WHERE 1 = 1");
        }
    }
    narrow(&mut statement, filter, wanted);
    within(&mut statement, scope);
    statement.push(" LIMIT ").bind(limit(most)).push(") AS found");
    statement
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::{Mode, Place};
    use jiff::civil::Date;

    fn filters() -> Vec<Filter> {
        let key = || Some("k".to_owned());
        let none = Filter::default;
        let instant = Some(Timestamp::UNIX_EPOCH);
        vec![
            none(),
            Filter { life: key(), ..none() },
            Filter { procedure: key(), ..none() },
            Filter { stage: key(), ..none() },
            Filter { queue: key(), ..none() },
            Filter { holder: key(), ..none() },
            Filter { assignee: key(), ..none() },
            Filter { department: key(), ..none() },
            Filter { channel: key(), ..none() },
            Filter { category: key(), ..none() },
            Filter { customer: key(), ..none() },
            Filter { of_customer: key(), ..none() },
            Filter { severity: Some(3), ..none() },
            Filter { due_from: instant, due_before: instant, ..none() },
            Filter { except_life: key(), ..none() },
            Filter { measured: Some(cells(&[])), ..none() },
            Filter { measured: Some(cells(&["p|c", "q|c"])), ..none() },
            Filter { registered_from: instant, registered_before: instant, ..none() },
            Filter { awaited: Some(vec!["k".into(), "l".into()]), ..none() },
            Filter { phone: Some(PhoneMatch::LastFour("1234".into())), ..none() },
            Filter { phone: Some(PhoneMatch::Latest("13812345678".into())), ..none() },
            Filter { numbers: Some(vec!["k".into()]), ..none() },
            Filter { numbers: Some(vec!["k".into(), "l".into()]), ..none() },
            Filter { text: Some("退款 abc".into()), ..none() },
            Filter {
                procedure: key(),
                assignee: key(),
                stage: key(),
                queue: key(),
                department: key(),
                severity: Some(1),
                ..none()
            },
        ]
    }

    fn cells(dims: &[&str]) -> Measured {
        Measured {
            metrics: vec!["closed".into(), "closed, confidential".into()],
            from: Date::MIN,
            to: Date::MAX,
            dims: dims.iter().map(|dims| (*dims).to_owned()).collect(),
        }
    }

    /// Every combination is prepared; none reads `cases` from one end to the other, and with `open` none reads closed cases.
    #[test]
    fn lists_and_counts_search_indexes() {
        let folder = tempfile::tempdir().unwrap();
        let conn = Conn::open(&Place::at(folder.path()), Mode::Write).unwrap();
        crate::migrate::migrate(&conn).unwrap();
        let vault = Vault::new(&[1; 32]).unwrap();
        for scope in crate::scope::samples() {
            for filter in filters() {
                for open in [None, Some(true), Some(false)] {
                    let filter = Filter { open, ..filter.clone() };
                    let wanted = wanted(&conn, &vault, &filter).unwrap().unwrap();
                    if filter.measured.is_some() {
                        let count = count_statement(&scope, &filter, &wanted, 50);
                        assert_searches(&conn, &count.text);
                        let plan = conn.explain(&count.text).unwrap().join("\n");
                        let is_lazy = plan.contains("CO-ROUTINE measured");
                        assert!(is_lazy || filter.text.is_some(), "{plan}");
                    }
                    for sort in [Sort::NextDue, Sort::Newest, Sort::Severity, Sort::NewestEntry] {
                        let statement =
                            list_statement(&scope, &filter, &wanted, (sort, &sort.start(), 50));
                        assert_searches(&conn, &statement.text);
                        let plan = conn.explain(&statement.text).unwrap().join("\n");
                        let expected = match way(&scope, &filter, sort) {
                            Way::Ids => "",
                            _ if filter.text.is_some() => "cases USING INDEX cases_in_scope (id=?",
                            _ if open == Some(true) => "cases USING INDEX open_by_",
                            Way::Index(_) => "",
                        };
                        assert!(plan.contains(expected), "{plan}\n{}", statement.text);
                    }
                }
            }
        }
    }

    fn assert_searches(conn: &Conn, text: &str) {
        let plan = conn.explain(text).unwrap();
        let scans =
            plan.iter().any(|step| step.starts_with("SCAN cases") && !step.contains(" open_by_"));
        assert!(!scans, "{plan:#?}\n{text}");
    }
}
