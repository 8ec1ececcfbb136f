//! Moves everything from one database to another, of whatever kind, row by row: how an installation changes its database, and how a
//! server is backed up into a file. What is derived from texts (the full-text index) is made anew on the other side.

use crate::backend::{Conn, Mode, Param, Place};
use crate::error::{Result, StoreError};
use crate::migrate;

crate::sql::queries! {
    KEEP_UNFINISHED = "INSERT INTO facts (name, value) VALUES ('unfinished copy', ?1)";
    UNFINISHED = "SELECT 1 FROM facts WHERE name = 'unfinished copy'";
    FINISH = "DELETE FROM facts WHERE name = 'unfinished copy'";
    ANYTHING = "SELECT 1 FROM facts LIMIT 1";
    INDEX_LATER = "UPDATE searched SET tokenizer = 0";
}

/// Rows read at a time, and written in one transaction.
const CHUNK: i64 = 2_000;

/// A table: its key, by which it is read in order, and its other columns; each with `:i` for a number, `:t` for a text and `:b` for
/// bytes. References point upwards.
const TABLES: &[(&str, &str, &str)] = &[
    ("facts", "name:t", "value:b"),
    ("counters", "name:t", "value:i"),
    ("subject_keys", "id:i", "owner:b subject:t wrapped:b"),
    ("personal", "owner:b ref:b", "subject:i salt:b sealed:b"),
    (
        "cases",
        "id:i",
        "uuid:b version:i number:t last_seq:i head:b procedure:t procedure_version:i life:t stage:t holder:t assignee:t department:t
         queue:t severity:i mildness:i category:t channel:t customer:t title:b received_at:i registered_at:i due:i closed_at:i
         archived_at:i keep_until:i confidential:i open:i",
    ),
    ("numbers", "folded:t", "case_id:i"),
    ("serials", "scope:t", "last:i"),
    ("events", "sequence:i", "case_id:i seq:i kind:t v:i at:i actor:t body:t hash:b"),
    ("snapshots", "case_id:i", "fold_version:i body:t"),
    ("links", "case_id:i relation:t target:b", ""),
    ("phones", "mark:b case_id:i", ""),
    ("searched", "case_id:i", "mark:b tokenizer:i"),
    ("timers", "case_id:i clock:t generation:i step:i", "due:i lease_until:i lease_by:t"),
    (
        "outbox",
        "sequence:i",
        "uuid:b case_id:i channel:t recipient:t kind:t body:t created_at:i not_before:i state:t attempts:i lease_until:i lease_by:t
         done_at:i error:t",
    ),
    ("inbox", "sequence:i", "uuid:b case_id:i person:t kind:t body:t at:i read_at:i"),
    ("contributions", "case_id:i metric:t day:t dims:t", "amount:i"),
    ("rollups", "metric:t day:t dims:t", "amount:i"),
    ("submissions", "scope:t key:t", "body_hash:b owner:b receipt:t at:i"),
    ("imported", "file:b line:i", "case_uuid:b at:i"),
    ("settings", "kind:t key:t version:i", "current:i body:t at:i"),
    ("settings_log", "sequence:i", "at:i actor:t kind:t key:t version:i deed:t body_hash:b hash:b"),
    (
        "attachments",
        "uuid:b",
        "mark:b case_id:i name:t content_type:t size:i by_whom:t created_at:i erased:i",
    ),
    ("ephemeral", "kind:t key:t", "body:b expires_at:i"),
];

/// A cell on its way.
enum Cell {
    Int(Option<i64>),
    Text(Option<String>),
    Blob(Option<Vec<u8>>),
}

impl<'a> From<&'a Cell> for Param<'a> {
    fn from(cell: &'a Cell) -> Self {
        match cell {
            Cell::Int(value) => (*value).into(),
            Cell::Text(value) => value.as_deref().into(),
            Cell::Blob(value) => value.as_deref().into(),
        }
    }
}

/// A column and how it is read.
type Column<'t> = (&'t str, &'t str);

fn columns(list: &'static str) -> Vec<Column<'static>> {
    list.split_ascii_whitespace().filter_map(|column| column.split_once(':')).collect()
}

/// Refuses a database that was filled only in part.
pub(crate) fn refuse_unfinished(conn: &Conn) -> Result<()> {
    match conn.row(UNFINISHED, &[], |_| Ok(()))? {
        Some(()) => Err(StoreError::invalid(
            "a copy into this database was broken off; empty the database and copy again",
        )),
        None => Ok(()),
    }
}

/// Copies everything, as it stands at one instant, into a database that holds nothing yet. Tells the number of rows so far now and
/// then; returns it at the end.
pub(crate) fn copy(from: &Conn, to: &Place, tell: &mut dyn FnMut(&str, u64)) -> Result<u64> {
    to.prepare()?;
    let to = Conn::open(to, Mode::Write)?;
    migrate::migrate(&to)?;
    if to.row(ANYTHING, &[], |_| Ok(()))?.is_some() {
        return Err(StoreError::File { what: "the database to copy into is not empty".into() });
    }
    from.begin_read()?;
    let copied = (|| {
        to.begin_write()?;
        to.push(KEEP_UNFINISHED, &[(&[1_u8][..]).into()])?;
        to.commit()?;
        let mut rows = 0;
        for (table, key, rest) in TABLES {
            let before = rows;
            rows = copy_table(from, &to, (table, columns(key), columns(rest)), rows, tell)?;
            compare(from, &to, table, rows - before)?;
        }
        to.begin_write()?;
        to.push(INDEX_LATER, &[])?;
        to.push(FINISH, &[])?;
        to.settle_copy()?;
        to.commit()?;
        while !to.checkpoint(true)? {}
        Ok(rows)
    })();
    from.rollback()?;
    copied
}

fn copy_table(
    from: &Conn,
    to: &Conn,
    (table, key, rest): (&str, Vec<Column<'_>>, Vec<Column<'_>>),
    mut rows: u64,
    tell: &mut dyn FnMut(&str, u64),
) -> Result<u64> {
    let names = |columns: &[Column<'_>]| {
        columns.iter().map(|(name, _)| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
    };
    let places = |first: usize, count: usize| {
        (first..first + count).map(|n| format!("?{n}")).collect::<Vec<_>>().join(", ")
    };
    let all = [key.as_slice(), rest.as_slice()].concat();
    let (keys, list) = (names(&key), names(&all));
    let first = format!("SELECT {list} FROM {table} ORDER BY {keys} LIMIT ?1");
    let next = format!(
        "SELECT {list} FROM {table} WHERE ({keys}) > ({}) ORDER BY {keys} LIMIT ?1",
        places(2, key.len())
    );
    // The counter of events is there from the start, and of facts the mark that the copy is unfinished.
    let insert = format!(
        "INSERT INTO {table} ({list}) VALUES ({}) ON CONFLICT ({keys}) DO UPDATE SET {}",
        places(1, all.len()),
        all.last().map(|(name, _)| format!("\"{name}\" = excluded.\"{name}\"")).unwrap_or_default()
    );
    let mut last: Vec<Cell> = Vec::new();
    loop {
        let mut params = vec![CHUNK.into()];
        params.extend(last.iter().map(Param::from));
        let sql = if last.is_empty() { &first } else { &next };
        let mut chunk = from.rows(sql, &params, |row| {
            let cell = |(n, (_, kind)): (usize, &Column<'_>)| {
                Ok(match *kind {
                    "i" => Cell::Int(row.opt_int(n)?),
                    "t" => Cell::Text(row.opt_text(n)?),
                    _ => Cell::Blob(row.opt_blob(n)?),
                })
            };
            all.iter().enumerate().map(cell).collect::<Result<Vec<Cell>>>()
        })?;
        to.begin_write()?;
        for cells in &chunk {
            let params: Vec<Param<'_>> = cells.iter().map(Param::from).collect();
            to.push(&insert, &params)?;
        }
        to.commit()?;
        to.checkpoint(false)?;
        rows += u64::try_from(chunk.len()).unwrap_or_default();
        tell(table, rows);
        match chunk.pop() {
            Some(mut end) if i64::try_from(chunk.len()).is_ok_and(|n| n + 1 == CHUNK) => {
                end.truncate(key.len());
                last = end;
            }
            _ => return Ok(rows),
        }
    }
}

/// Both sides hold what was read.
fn compare(from: &Conn, to: &Conn, table: &str, read: u64) -> Result<()> {
    let count = format!("SELECT COUNT(*) FROM {table}");
    let ask =
        |conn: &Conn| Ok::<_, StoreError>(conn.row(&count, &[], |row| row.count(0))?.unwrap_or(0));
    let extra = u64::from(table == "facts");
    let (there, here) = (ask(from)?, ask(to)?);
    if there == read && here == read + extra {
        return Ok(());
    }
    Err(StoreError::corrupt(format!("{table}: {there} rows to copy, {read} read, {here} written")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// A table or column that a later schema adds is copied, or this fails.
    #[test]
    fn every_column_is_copied() {
        let folder = tempfile::tempdir().unwrap();
        let conn = Conn::open(&Place::at(folder.path()), Mode::Write).unwrap();
        migrate::migrate(&conn).unwrap();
        let there: BTreeSet<_> = conn.rows(
            "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'
                AND m.name NOT IN ('schema_version', 'search', 'search_data', 'search_idx', 'search_docsize', 'search_config')",
            &[], |row| Ok((row.text(0)?, row.text(1)?))).unwrap().into_iter().collect();
        let copied = TABLES.iter().flat_map(|(table, key, rest)| {
            [columns(key), columns(rest)]
                .concat()
                .into_iter()
                .map(|(name, _)| ((*table).to_owned(), name.to_owned()))
        });
        assert_eq!(there, copied.collect());
    }
}
