//! Measures: sums over days, kept up to date by every write.

use crate::backend::{Conn, Row};
use crate::error::{Result, StoreError};
use crate::model::{Rollup, Tie};
use crate::scope::{Scope, Statement, within};
use jiff::civil::Date;

crate::sql::queries! {
    CELLS = "SELECT metric, day, dims, amount FROM rollups WHERE metric = ?1 AND day >= ?2 AND day <= ?3 AND amount <> 0 ORDER BY day, dims";
    TIED = "SELECT contributions.metric, contributions.day, contributions.dims, contributions.amount
        FROM links JOIN contributions ON contributions.case_id = links.case_id
        WHERE links.target = ?4 AND links.relation = ?5
            AND contributions.metric = ?1 AND contributions.day >= ?2 AND contributions.day <= ?3";
}

/// Cells of a measure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measured {
    /// Names of the measure; one of them.
    pub metrics: Vec<String>,
    /// The first business day.
    pub from: Date,
    /// The last business day.
    pub to: Date,
    /// Dimensions of the cells; none given: all of them.
    pub dims: Vec<String>,
}

/// The cells of a measure between two business days, both included; cells that are zero are left out.
pub(crate) fn rollups(conn: &Conn, metric: &str, from: Date, to: Date) -> Result<Vec<Rollup>> {
    conn.rows(CELLS, &[metric.into(), (&from.to_string()).into(), (&to.to_string()).into()], cell)
}

/// What each case that has to do with the viewer in this way adds to a measure between two business days.
pub(crate) fn of_tied(
    conn: &Conn,
    tie: Tie,
    scope: &Scope,
    metric: &str,
    from: Date,
    to: Date,
) -> Result<Vec<Rollup>> {
    let (from, to) = (from.to_string(), to.to_string());
    let values = [
        metric.into(),
        (&from).into(),
        (&to).into(),
        (&scope.person.target).into(),
        tie.relation().into(),
    ];
    conn.rows(TIED, &values, cell)
}

/// What the cases within a scope add to a measure between two business days, those of some procedures left out. Costs as much as cases
/// add to it in these days.
pub(crate) fn of_seen(
    conn: &Conn,
    scope: &Scope,
    metric: &str,
    (from, to): (Date, Date),
    except: &[String],
) -> Result<Vec<Rollup>> {
    let (from, to) = (from.to_string(), to.to_string());
    let statement = seen_statement(scope, metric, (&from, &to), except);
    conn.rows(&statement.text, &statement.params, cell)
}

fn seen_statement<'a>(
    scope: &'a Scope,
    metric: &'a str,
    (from, to): (&'a str, &'a str),
    except: &'a [String],
) -> Statement<'a> {
    let cell = "contributions.metric, contributions.day, contributions.dims";
    let mut statement = Statement::new("SELECT ");
    statement.push(cell).push(", CAST(SUM(contributions.amount) AS BIGINT)");
    // The days narrow more than any scope does: SQLite joins in this order.
    statement.push(" FROM contributions CROSS JOIN cases WHERE cases.id = contributions.case_id");
    statement.push(" AND contributions.metric = ").bind(metric);
    statement.push(" AND contributions.day >= ").bind(from);
    statement.push(" AND contributions.day <= ").bind(to);
    if !except.is_empty() {
        statement.push(" AND cases.procedure NOT IN ").bind_list(except);
    }
    within(&mut statement, scope);
    statement.push(" GROUP BY ").push(cell);
    statement
}

fn cell(row: &Row<'_>) -> Result<Rollup> {
    let day =
        row.text(1)?.parse().map_err(|_| StoreError::corrupt("a stored day is not a date"))?;
    Ok(Rollup { metric: row.text(0)?, day, dims: row.text(2)?, add: row.int(3)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::{Mode, Place};

    #[test]
    fn what_is_seen_is_summed_along_the_days_alone() {
        let folder = tempfile::tempdir().unwrap();
        let conn = Conn::open(&Place::at(folder.path()), Mode::Write).unwrap();
        crate::migrate::migrate(&conn).unwrap();
        let except = ["p".to_owned()];
        for scope in crate::scope::samples() {
            for except in [&except[..], &[]] {
                let days = ("2026-05-08", "2026-05-09");
                let text = seen_statement(&scope, "closed", days, except).text;
                let plan = conn.explain(&text).unwrap().join("\n");
                assert!(
                    plan.contains("contributions_by_day (metric=? AND day>? AND day<?)"),
                    "{plan}"
                );
                assert!(!plan.contains("SCAN"), "{plan}");
            }
        }
    }
}
