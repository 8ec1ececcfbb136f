//! What the tests share: stores that go away, and cases to put into them.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use store::{
    CaseColumns, CaseRows, CaseWrite, EventRow, Options, Place, Receipt, Result, Scope, Store,
    Write,
};
use tempfile::TempDir;
use uuid::Uuid;

pub(crate) const KEY: [u8; 32] = [7; 32];

/// A store in a folder that goes away with it.
pub(crate) struct Home {
    store: Store,
    pub(crate) folder: TempDir,
    pub(crate) place: Place,
    database: Option<cluster::Database>,
}

impl Home {
    /// What SQL behind the store's back answers, cells and rows apart by lines.
    pub(crate) fn sql(&self, text: &str) -> String {
        if let Some(database) = &self.database {
            let text = text.replace("zeroblob(", "zeros(");
            let zeros = "CREATE OR REPLACE FUNCTION pg_temp.zeros(n INT) RETURNS BYTEA LANGUAGE sql AS $$ SELECT decode(repeat('00', n), 'hex') $$";
            let text = format!("{zeros}; {}", text.replace("zeros(", "pg_temp.zeros("));
            return cluster::Cluster::sql(&database.address, &text).unwrap();
        }
        let file = rusqlite::Connection::open(self.folder.path().join("bihuan.db")).unwrap();
        let mut statement = file.prepare(text).unwrap();
        let columns = statement.column_count();
        let cell = |row: &rusqlite::Row<'_>, n| match row.get_ref(n).unwrap() {
            rusqlite::types::ValueRef::Integer(n) => n.to_string(),
            other => other.as_str().unwrap_or_default().to_owned(),
        };
        let rows = statement.query_map([], |row| {
            Ok((0..columns).map(|n| cell(row, n)).collect::<Vec<_>>().join("\n"))
        });
        rows.unwrap().map(Result::unwrap).collect::<Vec<_>>().join("\n")
    }
}

impl Home {
    /// Ends the store; what it wrote stays until what is returned is dropped.
    pub(crate) fn close(self) -> (TempDir, Option<cluster::Database>) {
        (self.folder, self.database)
    }
}

impl Deref for Home {
    type Target = Store;
    fn deref(&self) -> &Store {
        &self.store
    }
}

type Factory = fn() -> Home;

/// Every backend there is.
pub(crate) fn backends() -> Vec<(&'static str, Factory)> {
    vec![("sqlite", sqlite), ("postgres", postgres)]
}

fn sqlite() -> Home {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::at(folder.path());
    Home {
        store: Store::open(place.clone(), Options::new(KEY)).unwrap(),
        folder,
        place,
        database: None,
    }
}

fn postgres() -> Home {
    let folder = tempfile::tempdir().unwrap();
    let database = cluster::Database::new().unwrap();
    let place = Place::postgres(&database.address, folder.path()).unwrap();
    let store = Store::open(place.clone(), Options::new(KEY)).unwrap();
    Home { store, folder, place, database: Some(database) }
}

/// Runs a test over every backend.
pub(crate) fn on_each(test: impl Fn(Home)) {
    for (name, open) in backends() {
        eprintln!("backend {name}");
        test(open());
    }
}

/// 2026-05-08 09:00 UTC and some minutes.
pub(crate) fn at(minutes: i64) -> Timestamp {
    "2026-05-08T09:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minutes)
}

pub(crate) fn new_id() -> Uuid {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    uuid::Builder::from_unix_timestamp_millis(1_778_230_800_000 + n, &[0; 10]).into_uuid()
}

pub(crate) fn event(seq: u64, kind: &str, body: Value) -> EventRow {
    EventRow {
        seq,
        kind: kind.into(),
        v: 1,
        at: at(i64::try_from(seq).unwrap()),
        actor: "wang".into(),
        body: body.to_string(),
    }
}

/// An open case with one event.
pub(crate) fn fresh(number: &str) -> CaseRows {
    CaseRows {
        id: new_id(),
        expected: 0,
        version: 1,
        number: number.into(),
        columns: CaseColumns {
            procedure: "repair".into(),
            procedure_version: 1,
            life: "open".into(),
            stage: "new".into(),
            holder: "lead".into(),
            department: Some("north".into()),
            queue: "inbox".into(),
            severity: 2,
            channel: "phone".into(),
            received_at: at(0),
            registered_at: at(0),
            next_due: Some(at(60)),
            open: true,
            ..CaseColumns::default()
        },
        events: vec![event(1, "Registered", json!({"number": number}))],
        snapshot: json!({"number": number}).to_string(),
        fold_version: 1,
        ..CaseRows::default()
    }
}

/// The same case one event later.
pub(crate) fn after(rows: &CaseRows) -> CaseRows {
    let seq = rows.events.last().map_or(0, |event| event.seq) + 1;
    CaseRows {
        expected: rows.version,
        version: rows.version + 1,
        events: vec![event(seq, "Noted", json!({"n": seq}))],
        erase: false,
        attachments: vec![],
        outbox: vec![],
        ..rows.clone()
    }
}

pub(crate) fn write(rows: CaseRows) -> Write {
    Write::new(at(0), vec![CaseWrite::existing(rows)], |rows| json!({"number": rows[0].number}))
}

pub(crate) fn put(store: &Store, rows: &CaseRows) -> Receipt {
    try_put(store, rows).unwrap()
}

pub(crate) fn try_put(store: &Store, rows: &CaseRows) -> Result<Receipt> {
    store.commit(write(rows.clone()))
}

/// A new case that draws a serial.
pub(crate) fn numbered(scope: &str, change: impl FnOnce(&mut CaseRows)) -> Write {
    let mut rows = fresh("<number>");
    change(&mut rows);
    let prefix = scope.to_owned();
    let new = CaseWrite::new(scope, 1, move |serial| format!("{prefix}-{serial:04}"), rows);
    Write::new(at(0), vec![new], |rows| json!({"number": rows[0].number, "id": rows[0].id}))
}

/// The numbers of all cases, oldest entry first.
pub(crate) fn numbers(store: &Store) -> Vec<String> {
    let page = store
        .list(&Scope::all(), &store::Filter::default(), store::Sort::NewestEntry, None, 100_000)
        .unwrap();
    page.rows.into_iter().rev().map(|case| case.number).collect()
}
