//! Moves everything from one database to another, of whatever kind, row by row: how an installation changes its database, and how a
//! server is backed up into a file. What is derived from texts (the full-text index) is made anew on the other side.

use crate::backend::{Conn, Mode, Param, Place};
use crate::error::{Result, StoreError};
use crate::migrate;
use std::path::Path;

crate::sql::queries! {
    KEEP_UNFINISHED = "INSERT INTO facts (name, value) VALUES ('unfinished copy', ?1)";
    UNFINISHED = "SELECT 1 FROM facts WHERE name = 'unfinished copy'";
    FINISH = "DELETE FROM facts WHERE name = 'unfinished copy'";
    ANYTHING = "SELECT 1 FROM facts LIMIT 1";
    INDEX_LATER = "UPDATE searched SET tokenizer = 0";
}

/// Asked of an embedded database alone.
const COLUMNS: &str = "SELECT m.name, c.name, c.type, c.pk FROM sqlite_master m JOIN pragma_table_list l ON l.name = m.name AND l.type = 'table'
    JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name <> 'schema_version' AND m.name NOT LIKE 'sqlite%'
    ORDER BY m.rowid, c.cid";

/// Rows read at a time, and written in one transaction.
const CHUNK: i64 = 2_000;

/// A table as both databases have it.
struct Table {
    name: String,
    /// By these it is read in order.
    key: Vec<Column>,
    rest: Vec<Column>,
}

#[derive(Clone)]
struct Column {
    name: String,
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    Int,
    Text,
    Blob,
}

/// The tables of a schema, such that references point to earlier ones: as an empty embedded database of that schema names them. The
/// full-text index and the log of the schema are not among them.
fn tables(schema: u32) -> Result<Vec<Table>> {
    let model = Conn::open(&Place::in_memory(Path::new(""))?, Mode::Write)?;
    migrate::migrate_to(&model, schema)?;
    let columns = model.rows(COLUMNS, &[], |row| {
        let kind = match row.text(2)?.as_str() {
            "INTEGER" => Kind::Int,
            "TEXT" => Kind::Text,
            _ => Kind::Blob,
        };
        Ok((row.text(0)?, Column { name: row.text(1)?, kind }, row.int(3)?))
    })?;
    let mut tables: Vec<(Table, Vec<(i64, Column)>)> = Vec::new();
    for (name, column, place) in columns {
        if tables.last().is_none_or(|(table, _)| table.name != name) {
            tables.push((Table { name, key: Vec::new(), rest: Vec::new() }, Vec::new()));
        }
        match tables.last_mut() {
            Some((_, key)) if place > 0 => key.push((place, column)),
            Some((table, _)) => table.rest.push(column),
            None => {}
        }
    }
    let sorted = tables.into_iter().map(|(mut table, mut key)| {
        key.sort_by_key(|(place, _)| *place);
        table.key = key.into_iter().map(|(_, column)| column).collect();
        table
    });
    Ok(sorted.collect())
}

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

/// Refuses a database that was filled only in part.
pub(crate) fn refuse_unfinished(conn: &Conn) -> Result<()> {
    match conn.row(UNFINISHED, &[], |_| Ok(()))? {
        Some(()) => Err(StoreError::UnfinishedCopy),
        None => Ok(()),
    }
}

/// Whether a database holds nothing: nobody has opened or filled it yet.
pub(crate) fn is_vacant(conn: &Conn) -> Result<bool> {
    Ok(migrate::found(conn)? == 0 || conn.row(ANYTHING, &[], |_| Ok(()))?.is_none())
}

/// Copies everything, as it stands at one instant, into a database that holds nothing yet and gets the schema of this one. Tells
/// the number of rows so far now and then; returns the number of cases.
pub(crate) fn copy(from: &Conn, to: &Place, tell: &mut dyn FnMut(&str, u64)) -> Result<u64> {
    let schema = migrate::refuse_newer(from)?;
    to.prepare()?;
    let to = Conn::open(to, Mode::Write)?;
    to.hurry(false)?;
    if !is_vacant(&to)? {
        return Err(StoreError::NotEmpty);
    }
    migrate::migrate_to(&to, schema)?;
    from.begin_read()?;
    let copied = (|| {
        to.begin_write()?;
        to.push(KEEP_UNFINISHED, &[(&[1_u8][..]).into()])?;
        to.commit()?;
        let mut rows = 0;
        for table in tables(schema)? {
            let before = rows;
            rows = copy_table(from, &to, &table, rows, tell)?;
            compare(from, &to, &table.name, rows - before)?;
        }
        to.begin_write()?;
        to.push(INDEX_LATER, &[])?;
        to.push(FINISH, &[])?;
        to.settle_copy()?;
        to.commit()?;
        while !to.checkpoint(true)? {}
        crate::upkeep::cases(&to)
    })();
    from.rollback()?;
    copied
}

fn copy_table(
    from: &Conn,
    to: &Conn,
    Table { name: table, key, rest }: &Table,
    mut rows: u64,
    tell: &mut dyn FnMut(&str, u64),
) -> Result<u64> {
    let names = |columns: &[Column]| {
        columns.iter().map(|one| format!("\"{}\"", one.name)).collect::<Vec<_>>().join(", ")
    };
    let places = |first: usize, count: usize| {
        (first..first + count).map(|n| format!("?{n}")).collect::<Vec<_>>().join(", ")
    };
    let all = [key.as_slice(), rest.as_slice()].concat();
    let (keys, list) = (names(key), names(&all));
    let first = format!("SELECT {list} FROM {table} ORDER BY {keys} LIMIT ?1");
    let next = format!(
        "SELECT {list} FROM {table} WHERE ({keys}) > ({}) ORDER BY {keys} LIMIT ?1",
        places(2, key.len())
    );
    // The counter of events is there from the start, and of facts the mark that the copy is unfinished.
    let insert = format!(
        "INSERT INTO {table} ({list}) VALUES ({}) ON CONFLICT ({keys}) DO UPDATE SET {}",
        places(1, all.len()),
        all.last().map(|one| format!("\"{0}\" = excluded.\"{0}\"", one.name)).unwrap_or_default()
    );
    let mut last: Vec<Cell> = Vec::new();
    loop {
        let mut params = vec![CHUNK.into()];
        params.extend(last.iter().map(Param::from));
        let sql = if last.is_empty() { &first } else { &next };
        let mut chunk = from.rows(sql, &params, |row| {
            let cell = |(n, column): (usize, &Column)| {
                Ok(match column.kind {
                    Kind::Int => Cell::Int(row.opt_int(n)?),
                    Kind::Text => Cell::Text(row.opt_text(n)?),
                    Kind::Blob => Cell::Blob(row.opt_blob(n)?),
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
    let (there, here) = (ask(from)?, ask(to)?);
    // The mark that the copy is unfinished; the counter of events, which a server has from the start and a file from the first event.
    let extra = match table {
        "facts" => 1,
        "counters" if read == 0 => here.min(1),
        _ => 0,
    };
    if there == read && here == read + extra {
        return Ok(());
    }
    Err(StoreError::corrupt(format!("{table}: {there} rows to copy, {read} read, {here} written")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_point_to_tables_that_are_copied_before() {
        let model = Conn::open(&Place::in_memory(Path::new("")).unwrap(), Mode::Write).unwrap();
        migrate::migrate(&model).unwrap();
        let tables = tables(migrate::newest(&model)).unwrap();
        assert!(tables.len() > 20 && tables.iter().all(|table| !table.key.is_empty()));
        let place = |name: &str| tables.iter().position(|table| table.name == name).unwrap();
        let references = model
            .rows(
                "SELECT m.name, f.\"table\" FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f",
                &[],
                |row| Ok((row.text(0)?, row.text(1)?)),
            )
            .unwrap();
        assert!(references.len() > 5);
        for (from, to) in references {
            assert!(place(&to) < place(&from), "{from} refers to {to}");
        }
    }
}
