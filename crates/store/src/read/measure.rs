//! Measures: sums over days, kept up to date by every write.

use crate::backend::Conn;
use crate::error::{Result, StoreError};
use crate::model::Rollup;
use jiff::civil::Date;

crate::sql::queries! {
    CELLS = "SELECT metric, day, dims, amount FROM rollups WHERE metric = ?1 AND day >= ?2 AND day <= ?3 AND amount <> 0 ORDER BY day, dims";
}

/// The cells of a measure between two business days, both included; cells that are zero are left out.
pub(crate) fn rollups(conn: &Conn, metric: &str, from: Date, to: Date) -> Result<Vec<Rollup>> {
    conn.rows(
        CELLS,
        &[metric.into(), (&from.to_string()).into(), (&to.to_string()).into()],
        |row| {
            let day = row
                .text(1)?
                .parse()
                .map_err(|_| StoreError::corrupt("a stored day is not a date"))?;
            Ok(Rollup { metric: row.text(0)?, day, dims: row.text(2)?, add: row.int(3)? })
        },
    )
}
