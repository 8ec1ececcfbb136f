//! PostgreSQL 15 and later, and engines that speak its protocol: nothing here needs more than transactions, row locks and a full-text
//! index; LISTEN and NOTIFY are hints. A connection runs its own small event loop on the thread that calls it, so a call is one
//! wake-up of the server and not two of ours; statements whose outcome nobody asks for travel together.

mod event_loop;
mod facts;
mod index;
mod patience;
mod values;

use super::dialect::for_postgres;
use super::server::{CONNECT, NAME, Server, silent, within};
use super::{DatabaseFacts, Driver, Mode, Param, Row, waiting};
use crate::error::{Result, StoreError};
use crate::text::Sought;
use event_loop::Loop;
use index::{index_text, match_text};
use patience::{HURRIED, Patience, SESSION_ID, UNHURRIED};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::Future;
use std::path::Path;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Statement};
use values::{Value, ends_connection};

/// Statements that are kept prepared on a connection.
const STATEMENTS: usize = 256;
/// What listeners are told on.
const LISTEN: &str = "LISTEN bihuan_changes";
const NOTIFY: &str = "NOTIFY bihuan_changes";
/// Sessions that are told apart from this one.
const OTHERS: &str = "SELECT COUNT(*) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = CAST(?1 AS TEXT) AND pid <> pg_backend_pid()";
/// Any number: whoever holds it may change the schema.
const SCHEMA_LOCK: i64 = 0x6269_6875_616e;
/// A stuck transaction must not keep all others waiting for ever: the counter of events is a lock for every write.
const SESSION: &str =
    "SET idle_in_transaction_session_timeout = '60s'; SET standard_conforming_strings = on";

pub(super) struct Postgres {
    runtime: Loop,
    client: Client,
    notes: RefCell<UnboundedReceiver<()>>,
    statements: RefCell<HashMap<String, Statement>>,
    /// Sent with the next statement that waits.
    later: RefCell<Vec<(Statement, Vec<Value>)>>,
    /// The savepoint is among them.
    savepoint_waits: Cell<bool>,
    in_transaction: Cell<bool>,
    listening: Cell<bool>,
    lost: Cell<bool>,
    patience: Patience,
}

impl Postgres {
    pub(super) fn open(server: &Server, mode: Mode) -> Result<Self> {
        waiting(|| {
            let own = Loop::new()?;
            let runtime = own.runtime()?;
            let (host, client, notes) = runtime.block_on(server.connect())?;
            let read_only = "SET default_transaction_read_only = on";
            let session = match mode {
                Mode::Write => format!("{SESSION}; {HURRIED}"),
                Mode::Read | Mode::Inspect => format!("{SESSION}; {HURRIED}; {read_only}"),
            };
            let set = within(Some(CONNECT), client.batch_execute(&session));
            runtime.block_on(set).ok_or_else(silent)??;
            Ok(Self {
                runtime: own,
                client,
                notes: RefCell::new(notes),
                statements: RefCell::default(),
                later: RefCell::default(),
                savepoint_waits: Cell::new(false),
                in_transaction: Cell::new(false),
                listening: Cell::new(false),
                lost: Cell::new(false),
                patience: Patience::new(server.clone(), host),
            })
        })
    }

    /// Drives the connection until the answer is there. One that does not come in time is never waited for again: what would be read
    /// next on this connection could be that answer.
    fn wait<T>(&self, answer: impl Future<Output = Result<T, tokio_postgres::Error>>) -> Result<T> {
        if self.lost.get() {
            return Err(StoreError::Unavailable { what: "the connection was lost".into() });
        }
        let runtime = self.runtime.runtime()?;
        let outcome = waiting(|| runtime.block_on(self.patience.with(answer)));
        let (gone, error) = match outcome {
            Some(Ok(answer)) => return Ok(answer),
            Some(Err(error)) => {
                let ends = error.as_db_error().is_none_or(|told| ends_connection(told.code()));
                (ends || self.client.is_closed(), error.into())
            }
            None => (true, silent()),
        };
        if gone {
            self.lost.set(true);
            self.in_transaction.set(false);
        }
        Err(error)
    }

    fn prepared(&self, sql: &str) -> Result<Statement> {
        if let Some(known) = self.statements.borrow().get(sql) {
            return Ok(known.clone());
        }
        self.flush()?;
        let statement = self.wait(self.client.prepare(&for_postgres(sql)))?;
        let mut known = self.statements.borrow_mut();
        if known.len() >= STATEMENTS {
            known.clear();
        }
        known.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    fn taken(&self) -> Vec<(Statement, Vec<Value>)> {
        self.savepoint_waits.set(false);
        self.later.take()
    }

    /// Sends what was pushed and waits for all of it.
    fn flush(&self) -> Result<()> {
        let later = self.taken();
        if later.is_empty() { Ok(()) } else { self.wait(self.send_all(later)).map(drop) }
    }

    /// Puts the statements on the wire in their order, then collects the answers.
    async fn send_all(
        &self,
        later: Vec<(Statement, Vec<Value>)>,
    ) -> Result<(), tokio_postgres::Error> {
        let mut answers: Vec<Pin<Box<dyn Future<Output = _>>>> = Vec::with_capacity(later.len());
        for (statement, values) in later {
            let mut sent: Pin<Box<dyn Future<Output = Result<u64, tokio_postgres::Error>>>> =
                Box::pin(async move { self.client.execute_raw(&statement, values.iter()).await });
            // The first poll encodes the statement and puts it behind the ones before.
            match std::future::poll_fn(|task| Poll::Ready(sent.as_mut().poll(task))).await {
                Poll::Ready(done) => done.map(drop)?,
                Poll::Pending => answers.push(sent),
            }
        }
        let mut first = Ok(());
        for answer in answers {
            let answer = answer.await;
            if first.is_ok() {
                first = answer.map(drop);
            }
        }
        first
    }

    /// Sends what was pushed and one statement more, and waits for all.
    fn with_all_before<T>(
        &self,
        last: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T> {
        let later = self.taken();
        self.wait(async {
            if later.is_empty() {
                return last.await;
            }
            let mut last = pin!(last);
            let mut before = pin!(self.send_all(later));
            let mut early = None;
            // The statements before are on the wire after the first poll; then the last one follows.
            let sent = std::future::poll_fn(|task| Poll::Ready(before.as_mut().poll(task))).await;
            if let Poll::Ready(done) = sent {
                done?;
            } else {
                match std::future::poll_fn(|task| Poll::Ready(last.as_mut().poll(task))).await {
                    Poll::Ready(done) => early = Some(done),
                    Poll::Pending => {}
                }
                before.await?;
            }
            match early {
                Some(done) => done,
                None => last.await,
            }
        })
    }

    fn command(&self, sql: &str) -> Result<()> {
        let statement = self.prepared(sql)?;
        self.with_all_before(async move {
            self.client.execute_raw(&statement, std::iter::empty::<&Value>()).await
        })
        .map(drop)
    }
}

impl Driver for Postgres {
    fn run(&self, sql: &str, params: &[Param<'_>]) -> Result<usize> {
        let statement = self.prepared(sql)?;
        let touched = self.with_all_before(async move {
            self.client.execute_raw(&statement, params.iter()).await
        })?;
        Ok(usize::try_from(touched).unwrap_or(usize::MAX))
    }

    fn push(&self, sql: &str, params: &[Param<'_>]) -> Result<()> {
        let statement = self.prepared(sql)?;
        let values = params.iter().map(Value::from).collect();
        self.later.borrow_mut().push((statement, values));
        Ok(())
    }

    fn insert(&self, sql: &str, params: &[Param<'_>]) -> Result<i64> {
        let mut id = None;
        self.each(sql, params, &mut |row| {
            id = Some(row.int(0)?);
            Ok(false)
        })?;
        id.ok_or_else(|| StoreError::corrupt("a row that was added has no key"))
    }

    fn each(
        &self,
        sql: &str,
        params: &[Param<'_>],
        each: &mut dyn FnMut(&Row<'_>) -> Result<bool>,
    ) -> Result<()> {
        let statement = self.prepared(sql)?;
        let params: Vec<&(dyn ToSql + Sync)> =
            params.iter().map(|param| -> &(dyn ToSql + Sync) { param }).collect();
        let found = self.with_all_before(self.client.query(&statement, &params))?;
        for row in &found {
            if !each(&Row(row))? {
                break;
            }
        }
        Ok(())
    }

    fn script(&self, sql: &str) -> Result<()> {
        self.flush()?;
        self.wait(self.client.batch_execute(sql))
    }

    fn hurry(&self, hurry: bool) -> Result<()> {
        self.patience.hurry();
        if hurry {
            return self.script(HURRIED);
        }
        let mut session = None;
        self.each(SESSION_ID, &[], &mut |row| {
            session = Some(row.small(0)?);
            Ok(false)
        })?;
        self.script(UNHURRIED)?;
        self.patience.wait_long(session);
        Ok(())
    }

    fn lock_schema(&self) -> Result<()> {
        self.each("SELECT pg_advisory_xact_lock(?1)", &[SCHEMA_LOCK.into()], &mut |_| Ok(false))
    }

    fn hold_schema(&self) -> Result<()> {
        self.each("SELECT pg_advisory_lock(?1)", &[SCHEMA_LOCK.into()], &mut |_| Ok(false))
    }

    fn free_schema(&self) -> Result<()> {
        self.each("SELECT pg_advisory_unlock(?1)", &[SCHEMA_LOCK.into()], &mut |_| Ok(false))
    }

    fn others(&self) -> Result<u64> {
        let mut others = 0;
        self.each(OTHERS, &[NAME.into()], &mut |row| {
            others = row.count(0)?;
            Ok(false)
        })?;
        Ok(others)
    }

    fn begin_write(&self) -> Result<()> {
        self.command("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")?;
        self.in_transaction.set(true);
        Ok(())
    }
    fn begin_read(&self) -> Result<()> {
        self.command("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
        self.in_transaction.set(true);
        Ok(())
    }
    fn tell(&self) -> Result<()> {
        self.push(NOTIFY, &[])
    }
    fn commit(&self) -> Result<()> {
        self.flush()?;
        let outcome = self.command("COMMIT");
        self.in_transaction.set(false);
        outcome
    }
    fn rollback(&self) -> Result<()> {
        self.taken();
        if !self.in_transaction.replace(false) {
            return Ok(());
        }
        self.command("ROLLBACK")
    }
    fn savepoint(&self) -> Result<()> {
        self.flush()?;
        self.push("SAVEPOINT one", &[])?;
        self.savepoint_waits.set(true);
        Ok(())
    }
    fn keep_savepoint(&self) -> Result<()> {
        self.command("RELEASE SAVEPOINT one")
    }
    fn undo_savepoint(&self) -> Result<()> {
        // What was not sent yet is undone by not sending it.
        let nothing_sent = self.savepoint_waits.get();
        self.taken();
        if nothing_sent {
            return Ok(());
        }
        self.command("ROLLBACK TO SAVEPOINT one")?;
        self.command("RELEASE SAVEPOINT one")
    }
    fn changes(&self) -> Option<u64> {
        None
    }
    fn in_transaction(&self) -> bool {
        self.in_transaction.get()
    }
    fn is_lost(&self) -> bool {
        self.lost.get() || self.client.is_closed()
    }

    fn steps(&self) -> &'static [(&'static str, &'static str)] {
        super::steps!("postgres")
    }
    fn schema_exists(&self) -> &'static str {
        "SELECT 1 FROM pg_catalog.pg_tables WHERE schemaname = current_schema() AND tablename = 'schema_version'"
    }
    /// A session keeps 64 open sub-transactions at hand; with more, every reader has to look them up.
    fn batch(&self) -> usize {
        60
    }
    fn readers(&self) -> usize {
        16
    }

    fn checkpoint(&self, _wait: bool) -> Result<bool> {
        Ok(true)
    }
    fn log_pages(&self) -> Result<i64> {
        Ok(0)
    }
    fn copy_into(&self, _folder: &Path) -> Result<bool> {
        Ok(false)
    }
    fn settle_copy(&self) -> Result<()> {
        for (table, key) in [
            ("subject_keys", "id"),
            ("cases", "id"),
            ("customers", "id"),
            ("outbox", "sequence"),
            ("inbox", "sequence"),
            ("webhooks", "id"),
            ("webhook_deliveries", "id"),
        ] {
            self.script(&format!(
                "SELECT setval(pg_get_serial_sequence('{table}', '{key}'), (SELECT COALESCE(MAX({key}), 0) + 1 FROM {table}), false)"
            ))?;
        }
        Ok(())
    }

    fn self_check(&self) -> Result<Vec<String>> {
        self.rows_without_their_case()
    }
    fn facts(&self) -> Result<DatabaseFacts> {
        self.database_facts()
    }

    fn index_text(&self, line: &str) -> String {
        index_text(line)
    }

    fn match_text(&self, sought: &[Sought]) -> String {
        match_text(sought)
    }

    fn finds_in_order(&self) -> bool {
        false
    }

    fn listen(&self, most: Duration) -> Result<Option<()>> {
        if !self.listening.replace(true) {
            self.script(LISTEN)?;
        }
        let mut notes = self.notes.borrow_mut();
        let runtime = self.runtime.runtime()?;
        let told =
            waiting(|| runtime.block_on(async { tokio::time::timeout(most, notes.recv()).await }));
        while notes.try_recv().is_ok() {}
        match told {
            Ok(None) => {
                self.lost.set(true);
                Err(StoreError::Unavailable { what: "the connection was closed".into() })
            }
            Ok(Some(())) | Err(_) => Ok(Some(())),
        }
    }

    #[cfg(test)]
    fn explain(&self, sql: &str) -> Result<Vec<String>> {
        let mut all = Vec::new();
        let text = format!("EXPLAIN (GENERIC_PLAN) {}", for_postgres(sql));
        for message in self.wait(self.client.simple_query(&text))? {
            if let tokio_postgres::SimpleQueryMessage::Row(row) = message {
                all.push(row.get(0).unwrap_or_default().to_owned());
            }
        }
        Ok(all)
    }

    #[cfg(test)]
    fn check(&self, sql: &str) -> Result<Vec<String>> {
        let statement = self.prepared(sql)?;
        Ok(statement.columns().iter().map(|column| column.name().to_owned()).collect())
    }
}
