//! Rows of lists that were read before. A list names its cases with their versions; only those that are not kept at that version
//! are read whole, which is most of the cost of a row: the key of its title is looked up and two things are opened.

use super::case::{CaseSummary, SUMMARY, SUMMARY_KEY, summary};
use crate::backend::{Conn, Param, Row};
use crate::error::{Result, StoreError};
use crate::vault::Vault;
use quick_cache::sync::Cache;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

/// Rows that are kept at most: a thousand pages, some ten megabytes.
const MOST: usize = 20_000;

/// Cases that are read by one statement.
const AT_ONCE: usize = 16;

/// What a statement selects of a case to name it; [`Named::of`] reads it.
pub(crate) const NAMED: &str =
    "cases.id, cases.version, CAST(CASE WHEN cases.title IS NULL THEN 1 ELSE 0 END AS BIGINT)";

/// A case as a list names it.
#[derive(Clone, Copy)]
pub(crate) struct Named {
    pub(crate) id: i64,
    pub(crate) version: u64,
    /// Erasing takes the title and leaves the version.
    pub(crate) untitled: bool,
}

impl Named {
    pub(crate) fn of(row: &Row<'_>) -> Result<Self> {
        Ok(Self { id: row.int(0)?, version: row.count(1)?, untitled: row.flag(2)? })
    }
}

pub(crate) struct Kept(Cache<i64, Arc<CaseSummary>>);

impl Default for Kept {
    fn default() -> Self {
        Self(Cache::new(MOST))
    }
}

impl Kept {
    /// The rows of some cases, in their order, with their internal ids. The caller holds the read transaction in which they were named.
    pub(crate) fn rows(
        &self,
        conn: &Conn,
        vault: &Vault,
        named: &[Named],
    ) -> Result<Vec<(i64, CaseSummary)>> {
        let mut rows: HashMap<i64, Arc<CaseSummary>> = HashMap::with_capacity(named.len());
        let mut missing = Vec::new();
        for one in named {
            let fits = |row: &Arc<CaseSummary>| {
                row.version == one.version && row.columns.title.is_none() == one.untitled
            };
            match self.0.get(&one.id).filter(fits) {
                Some(row) => drop(rows.insert(one.id, row)),
                None => missing.push(one.id),
            }
        }
        for (id, row) in by_ids(conn, &WHOLE, &missing, &|row| summary(row, vault))? {
            let row = Arc::new(row);
            self.0.insert(id, Arc::clone(&row));
            rows.insert(id, row);
        }
        let row = |one: &Named| {
            let row = rows.get(&one.id).ok_or(StoreError::NotFound { what: "case" })?;
            Ok((one.id, CaseSummary::clone(row)))
        };
        named.iter().map(row).collect()
    }
}

/// Reads cases by their ids, in whatever order, by one of the statements below.
pub(crate) fn by_ids<T>(
    conn: &Conn,
    sql: &str,
    ids: &[i64],
    read: &impl Fn(&Row<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let mut found = Vec::with_capacity(ids.len());
    for some in ids.chunks(AT_ONCE) {
        // The statement is always the same; what is left over asks for the last one again.
        let last = some.last().into_iter().cycle();
        let params: Vec<Param<'_>> =
            some.iter().chain(last).take(AT_ONCE).map(|id| Param::from(*id)).collect();
        found.extend(conn.rows(sql, &params, read)?);
    }
    Ok(found)
}

/// Names cases.
pub(crate) static NAMES: LazyLock<String> = LazyLock::new(|| selecting(NAMED, ""));
/// Reads whole rows.
static WHOLE: LazyLock<String> = LazyLock::new(|| selecting(SUMMARY, SUMMARY_KEY));

fn selecting(columns: &str, join: &str) -> String {
    let ids: Vec<String> = (1..=AT_ONCE).map(|n| format!("?{n}")).collect();
    format!("SELECT {columns} FROM cases{join} WHERE cases.id IN ({})", ids.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::{Mode, Place};

    #[test]
    fn rows_are_read_by_their_ids() {
        let folder = tempfile::tempdir().unwrap();
        let conn = Conn::open(&Place::at(folder.path()), Mode::Write).unwrap();
        crate::migrate::migrate(&conn).unwrap();
        for statement in [&*NAMES, &*WHOLE] {
            let plan = conn.explain(statement).unwrap().join("\n");
            assert!(plan.contains("SEARCH cases USING INTEGER PRIMARY KEY"), "{plan}");
            assert!(!plan.contains("SCAN"), "{plan}");
        }
    }
}
