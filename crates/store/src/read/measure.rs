//! Measures: sums over days, kept up to date by every write.

use crate::backend::{Conn, Row};
use crate::error::{Result, StoreError};
use crate::model::{Rollup, Tie};
use crate::scope::Scope;
use jiff::civil::Date;

crate::sql::queries! {
    CELLS = "SELECT metric, day, dims, amount FROM rollups WHERE metric = ?1 AND day >= ?2 AND day <= ?3 AND amount <> 0 ORDER BY day, dims";
    TIED = "SELECT contributions.metric, contributions.day, contributions.dims, contributions.amount
        FROM links JOIN contributions ON contributions.case_id = links.case_id
        WHERE links.target = ?4 AND links.relation = ?5
            AND contributions.metric = ?1 AND contributions.day >= ?2 AND contributions.day <= ?3";
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

fn cell(row: &Row<'_>) -> Result<Rollup> {
    let day =
        row.text(1)?.parse().map_err(|_| StoreError::corrupt("a stored day is not a date"))?;
    Ok(Rollup { metric: row.text(0)?, day, dims: row.text(2)?, add: row.int(3)? })
}
