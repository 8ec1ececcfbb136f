//! The floor of writing: the rows that submissions left are taken out of the embedded database and written again, the very same
//! rows in batches of the same size, by prepared statements and nothing else. Afterwards the database is as it was.

use super::drive::Pace;
use anyhow::{Context, Result};
use desk::Desk;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Submissions that are written again.
const MOST: i64 = 3_000;

/// Where the database stood before something was measured.
pub(super) struct Mark {
    case: i64,
    event: i64,
    message: i64,
}

/// What is executed for one submission: the place of a statement, and its values.
type Unit = Vec<(usize, Vec<Value>)>;

/// The words of submissions, by their cases.
type Words = HashMap<Vec<u8>, Vec<Value>>;

/// Rows that were taken out.
struct Floor {
    conn: Connection,
    statements: Vec<String>,
    units: Vec<Unit>,
}

/// Where the database stands.
pub(super) fn mark(folder: &Path) -> Result<Mark> {
    let conn = open(folder)?;
    let last = |sql| conn.query_row(sql, [], |row| Ok(row.get::<_, Option<i64>>(0)?.unwrap_or(0)));
    Ok(Mark {
        case: last("SELECT MAX(id) FROM cases")?,
        event: last("SELECT MAX(sequence) FROM events")?,
        message: last("SELECT MAX(sequence) FROM inbox")?,
    })
}

/// Writes the cases again that were registered since a mark.
pub(super) fn of_registrations(
    folder: &Path,
    mark: &Mark,
    desk: &Desk,
    batch: usize,
) -> Result<Pace> {
    let mut floor = Floor { conn: open(folder)?, statements: Vec::new(), units: Vec::new() };
    floor.take_registrations(mark, desk)?;
    floor.write(batch)
}

/// Writes again what actions since a mark have left.
pub(super) fn of_actions(folder: &Path, mark: &Mark, batch: usize) -> Result<Pace> {
    let mut floor = Floor { conn: open(folder)?, statements: Vec::new(), units: Vec::new() };
    floor.take_actions(mark)?;
    floor.write(batch)
}

/// The settings of the store's own writer; the log is brought into the database as often as there.
fn open(folder: &Path) -> Result<Connection> {
    let conn = Connection::open(folder.join("bihuan.db"))?;
    conn.set_prepared_statement_cache_capacity(256);
    conn.busy_timeout(Duration::from_secs(10))?;
    for (name, value) in [
        ("foreign_keys", "1"),
        ("mmap_size", "0"),
        ("cell_size_check", "1"),
        ("cache_size", "-32768"),
        ("temp_store", "2"),
        ("synchronous", "2"),
        ("wal_autocheckpoint", "8192"),
        ("secure_delete", "1"),
    ] {
        conn.pragma_update(None, name, value)?;
    }
    Ok(conn)
}

impl Floor {
    fn take_registrations(&mut self, mark: &Mark, desk: &Desk) -> Result<()> {
        let cases: Vec<(i64, Vec<u8>, String, String)> = self
            .conn
            .prepare(
                "SELECT id, uuid, number, procedure FROM cases WHERE id > ?1 ORDER BY id LIMIT ?2",
            )?
            .query_map([mark.case, MOST], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })?
            .collect::<Result<_, _>>()?;
        let tables = self.tables(mark)?;
        let (keep_word, mut words) = self.words()?;
        // Whole cases leave, in whatever order.
        self.conn.pragma_update(None, "foreign_keys", false)?;
        let add_text = self.statement("INSERT INTO search (rowid, tokens) VALUES (?1, ?2)");
        let add_rollup = self.statement(
            "INSERT INTO rollups (metric, day, dims, amount) VALUES (?1, ?2, ?3, 0)
                ON CONFLICT (metric, day, dims) DO UPDATE SET amount = rollups.amount + excluded.amount",
        );
        let draw = self.statement(
            "UPDATE serials SET last = last WHERE scope = (SELECT MIN(scope) FROM serials WHERE scope >= ?1)",
        );
        for (id, uuid, number, procedure) in cases {
            let case = Uuid::from_slice(&uuid)?;
            let of = |key: By| match key {
                By::Id => Value::Integer(id),
                By::Owner => Value::Blob(uuid.clone()),
                By::Number => Value::Text(store::fold_number(&number)),
            };
            let line = desk.store().index_line(&desk.derived_of(case)?.texts);
            let mut unit: Unit = vec![(draw, vec![Value::Text(format!("{procedure}:"))])];
            for table in &tables {
                let rows = self.rows(&table.select, &of(table.by))?;
                let is_sum = table.name == "contributions";
                for row in rows {
                    if is_sum {
                        unit.push((add_rollup, row.iter().skip(1).take(3).cloned().collect()));
                    }
                    unit.push((table.insert, row));
                }
            }
            unit.push((add_text, vec![Value::Integer(id), Value::Text(line)]));
            let out = self.conn.unchecked_transaction()?;
            if let Some(word) = words.remove(&uuid) {
                forget(&out, &word)?;
                unit.push((keep_word, word));
            }
            for table in tables.iter().rev() {
                out.prepare_cached(&table.delete)?.execute([of(table.by)])?;
            }
            out.prepare_cached("DELETE FROM search WHERE rowid = ?1")?.execute([id])?;
            out.commit()?;
            self.units.push(unit);
        }
        Ok(self.conn.pragma_update(None, "foreign_keys", true)?)
    }

    /// An action leaves an event, the case's columns and snapshot, and the word of the submission.
    fn take_actions(&mut self, mark: &Mark) -> Result<()> {
        let tables: HashMap<String, Table> =
            self.tables(mark)?.into_iter().map(|table| (table.name.clone(), table)).collect();
        let table = |name: &str| tables.get(name).context("table");
        let (cases, snapshots) = (table("cases")?, table("snapshots")?);
        let events = table("events")?;
        let (keep_word, mut words) = self.words()?;
        let columns = cases.columns.iter().enumerate().filter(|(_, name)| *name != "id");
        let set: Vec<String> = columns.map(|(n, name)| format!("{name} = ?{}", n + 1)).collect();
        let update = self.statement(&format!("UPDATE cases SET {} WHERE id = ?1", set.join(", ")));
        let snapshot = self.statement(
            "INSERT INTO snapshots (case_id, fold_version, body) VALUES (?1, ?2, ?3)
                ON CONFLICT (case_id) DO UPDATE SET fold_version = excluded.fold_version, body = excluded.body",
        );
        let select = format!(
            "SELECT {} FROM events WHERE sequence > {} ORDER BY sequence LIMIT ?1",
            events.columns.join(", "),
            mark.event
        );
        let written = self.rows(&select, &Value::Integer(MOST))?;
        for event in written {
            let (Some(sequence), Some(id)) = (event.first().cloned(), event.get(1).cloned()) else {
                continue;
            };
            let mut unit: Unit = Vec::new();
            unit.extend(self.rows(&cases.select, &id)?.into_iter().map(|row| (update, row)));
            unit.push((events.insert, event));
            unit.extend(self.rows(&snapshots.select, &id)?.into_iter().map(|row| (snapshot, row)));
            self.conn
                .prepare_cached("DELETE FROM events WHERE sequence = ?1")?
                .execute([sequence])?;
            // Of a case that was acted on again and again, each time has its own word.
            let owner = self.rows("SELECT uuid FROM cases WHERE id = ?1", &id)?;
            if let Some(Value::Blob(owner)) = owner.into_iter().flatten().next()
                && let Some(word) = words.remove(&owner)
            {
                forget(&self.conn, &word)?;
                unit.push((keep_word, word));
            }
            self.units.push(unit);
        }
        Ok(())
    }

    fn write(self, batch: usize) -> Result<Pace> {
        let Self { conn, statements, units } = self;
        let mut ready =
            statements.iter().map(|sql| conn.prepare(sql)).collect::<Result<Vec<_>, _>>()?;
        let (begun, mut took) = (Instant::now(), Vec::new());
        for units in units.chunks(batch.max(1)) {
            let at = Instant::now();
            conn.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
            for (place, values) in units.iter().flatten() {
                let statement = ready.get_mut(*place).context("statement")?;
                statement.execute(params_from_iter(values))?;
            }
            conn.prepare_cached("UPDATE counters SET value = value WHERE name = 'sequence'")?
                .execute([])?;
            conn.prepare_cached("COMMIT")?.execute([])?;
            // Whoever waits, waits for the whole batch.
            took.extend(std::iter::repeat_n(at.elapsed(), units.len()));
        }
        Ok(Pace::new(took, begun.elapsed()))
    }

    /// The words of the newest submissions, by their cases, and how one is kept.
    fn words(&mut self) -> Result<(usize, Words)> {
        let keep = self.statement(
            "INSERT INTO submissions (scope, key, body_hash, owner, receipt, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        );
        let select = "SELECT scope, key, body_hash, owner, receipt, at FROM submissions ORDER BY at DESC LIMIT ?1";
        let mut words = HashMap::new();
        for word in self.rows(select, &Value::Integer(MOST * 4))? {
            if let Some(Value::Blob(owner)) = word.get(3) {
                words.insert(owner.clone(), word);
            }
        }
        Ok((keep, words))
    }

    fn statement(&mut self, sql: &str) -> usize {
        self.statements.push(sql.to_owned());
        self.statements.len() - 1
    }

    fn rows(&self, select: &str, key: &Value) -> Result<Vec<Vec<Value>>> {
        let mut statement = self.conn.prepare_cached(select)?;
        let columns = statement.column_count();
        let rows = statement
            .query_map([key], |row| (0..columns).map(|column| row.get(column)).collect())?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The tables in which a case has rows, those first that others refer to.
    fn tables(&mut self, mark: &Mark) -> Result<Vec<Table>> {
        let named: Vec<(String, String)> = self
            .conn
            .prepare(
                "SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_list l ON l.name = m.name AND l.type = 'table'
                    JOIN pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY m.rowid, c.cid",
            )?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        let mut all: Vec<(String, Vec<String>)> = Vec::new();
        for (table, column) in named {
            match all.last_mut() {
                Some((name, columns)) if *name == table => columns.push(column),
                _ => all.push((table, vec![column])),
            }
        }
        let mut tables = Vec::new();
        for (name, columns) in all {
            let has = |column: &str| columns.iter().any(|one| one == column);
            let since = format!("sequence > {} AND case_id = ?1", mark.message);
            let (by, condition) = match name.as_str() {
                "cases" => (By::Id, "id = ?1"),
                "numbers" => (By::Number, "folded = ?1"),
                "inbox" => (By::Id, since.as_str()),
                "submissions" => continue,
                _ if has("case_id") => (By::Id, "case_id = ?1"),
                _ if has("owner") => (By::Owner, "owner = ?1"),
                _ => continue,
            };
            let places: Vec<String> = (1..=columns.len()).map(|n| format!("?{n}")).collect();
            let list = columns.join(", ");
            let insert = self
                .statement(&format!("INSERT INTO {name} ({list}) VALUES ({})", places.join(", ")));
            tables.push(Table {
                insert,
                select: format!("SELECT {list} FROM {name} WHERE {condition}"),
                delete: format!("DELETE FROM {name} WHERE {condition}"),
                by,
                name,
                columns,
            });
        }
        Ok(tables)
    }
}

/// A table in which a case has rows.
struct Table {
    name: String,
    columns: Vec<String>,
    insert: usize,
    select: String,
    delete: String,
    by: By,
}

/// By what the rows of a case are found.
#[derive(Clone, Copy)]
enum By {
    /// Its id within the database.
    Id,
    /// Its id for everybody.
    Owner,
    /// Its number.
    Number,
}

fn forget(conn: &Connection, word: &[Value]) -> Result<()> {
    let named = "DELETE FROM submissions WHERE scope = ?1 AND key = ?2";
    conn.prepare_cached(named)?.execute(params_from_iter(word.iter().take(2)))?;
    Ok(())
}
