//! The floor of reading: the same rows by bare prepared statements over the same database, each client with a connection of its own.
//! Nothing sealed is opened, nothing is parsed, nobody's scope is asked, and nothing is kept but what the database itself keeps. What the
//! desk keeps in memory can be faster than this.

use super::deeds::Deed;
use super::drive::{Pace, drive};
use super::ground::{Ground, PAGE};
use anyhow::{Context, Result, bail};
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, OpenFlags, params_from_iter};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// A case's row by its number, with the key of its title.
const CASE: &str = "SELECT cases.*, subject_keys.wrapped FROM cases
    LEFT JOIN subject_keys ON subject_keys.owner = cases.uuid AND subject_keys.subject = ''
    WHERE cases.id = (SELECT case_id FROM numbers WHERE folded = ?1)";
/// Its snapshot.
const SNAPSHOT: &str = "SELECT fold_version, body FROM snapshots
    WHERE case_id = (SELECT case_id FROM numbers WHERE folded = ?1)";
/// The first cases in work, what is due first.
const DUE: &str = "SELECT cases.*, subject_keys.wrapped FROM cases
    LEFT JOIN subject_keys ON subject_keys.owner = cases.uuid AND subject_keys.subject = ''
    WHERE cases.open = 1 ORDER BY cases.due, cases.id LIMIT ?1";
/// The newest cases that a word is found in.
const FOUND: &str = "SELECT cases.*, subject_keys.wrapped FROM cases
    LEFT JOIN subject_keys ON subject_keys.owner = cases.uuid AND subject_keys.subject = ''
    JOIN search ON search.rowid = cases.id WHERE search MATCH ?1 ORDER BY search.rowid DESC LIMIT ?2";
/// Every queue, with what is late.
const QUEUES: &str = "SELECT procedure, queue, stage, COUNT(*), SUM(due <= ?1) FROM cases
    WHERE open = 1 GROUP BY procedure, queue, stage";

/// A statement and what it is asked with.
type Asked = Vec<(&'static str, Vec<Value>)>;

/// Reads for a while what a deed reads, as often as can be.
pub(super) fn floor(
    folder: &Path,
    ground: &Ground,
    deed: Deed,
    clients: usize,
    span: Duration,
) -> Result<Pace> {
    let readers: Vec<Mutex<Connection>> =
        (0..clients).map(|_| Ok(Mutex::new(open(folder)?))).collect::<Result<_>>()?;
    drive(clients, span, &|client, turn| Ok((client, asked(ground, deed, client, turn)?)), &|(
        client,
        asked,
    )| {
        let reader = readers.get(client).context("reader")?;
        let conn = reader.lock().unwrap_or_else(PoisonError::into_inner);
        for (statement, values) in asked {
            read(&conn, statement, &values)?;
        }
        Ok(())
    })
}

/// The settings of the store's own readers.
fn open(folder: &Path) -> Result<Connection> {
    let conn = Connection::open_with_flags(
        folder.join("bihuan.db"),
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    conn.busy_timeout(Duration::from_secs(10))?;
    for (name, value) in
        [("mmap_size", "0"), ("cell_size_check", "1"), ("cache_size", "-2048"), ("query_only", "1")]
    {
        conn.pragma_update(None, name, value)?;
    }
    Ok(conn)
}

fn asked(ground: &Ground, deed: Deed, client: usize, turn: usize) -> Result<Asked> {
    let mut random = ground.random(client, turn);
    let page = Value::Integer(i64::try_from(PAGE)?);
    Ok(match deed {
        Deed::Load => {
            let number = vec![Value::Text(store::fold_number(ground.number(&mut random)?))];
            vec![(CASE, number.clone()), (SNAPSHOT, number)]
        }
        Deed::List => vec![(DUE, vec![page])],
        Deed::Search => {
            let word = random.choice(&ground.lives.words.searches).context("words")?;
            vec![(FOUND, vec![Value::Text(format!("\"{word}\"")), page])]
        }
        Deed::Count => {
            let now = i64::try_from(ground.desk.now().as_nanosecond())?;
            vec![(QUEUES, vec![Value::Integer(now)])]
        }
        Deed::Create | Deed::Act => bail!("{deed:?} reads nothing"),
    })
}

/// Reads every column of every row; there is at least one.
fn read(conn: &Connection, statement: &str, values: &[Value]) -> Result<()> {
    let mut ready = conn.prepare_cached(statement)?;
    let columns = ready.column_count();
    let mut rows = ready.query(params_from_iter(values))?;
    let mut bytes = 0;
    while let Some(row) = rows.next()? {
        for column in 0..columns {
            bytes += match row.get_ref(column)? {
                ValueRef::Text(text) | ValueRef::Blob(text) => 1 + text.len(),
                _ => 1,
            };
        }
    }
    if bytes == 0 {
        bail!("nothing is found");
    }
    Ok(())
}
