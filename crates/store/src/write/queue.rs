//! The writer thread. It takes the first task, adds what is already waiting, runs each in a savepoint of one transaction, commits
//! once and answers only then. A task that fails is rolled back alone; a COMMIT that fails, fails all.

use crate::backend::Conn;
use crate::error::{Result, StoreError};
use crate::vault::Vault;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::watch;

/// Tasks of one transaction.
const BATCH: usize = 256;
/// Pages of the log after which it is moved into the database even under load (32 MiB). A longer one makes reading slow.
const CHECKPOINT_PAGES: i64 = 8_192;
const IDLE: Duration = Duration::from_millis(250);

/// What a task works with: the connection inside the open transaction, and the event counter that is locked for the batch.
pub(crate) struct Batch<'a> {
    pub(crate) conn: &'a Conn,
    pub(crate) vault: &'a Vault,
    /// Global sequence number of the last event.
    pub(crate) sequence: u64,
}

/// A task of the writer: runs inside the transaction, answers after it.
pub(crate) trait Task: Send {
    /// Works inside a savepoint; an error undoes it.
    fn run(&mut self, batch: &mut Batch<'_>) -> Result<()>;
    /// Told after the savepoint of a failed task was undone, inside the same transaction.
    fn undone(&mut self, batch: &mut Batch<'_>) -> Result<()>;
    /// Told after COMMIT, with the failure of the task or of the COMMIT.
    fn answer(self: Box<Self>, outcome: Result<()>);
}

enum Message {
    Task(Box<dyn Task>),
    Stop,
}

/// The queue's end that callers hold, and the thread behind it.
pub(crate) struct Writer {
    queue: SyncSender<Message>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(crate) fn start(
        conn: Conn,
        vault: Arc<Vault>,
        capacity: usize,
        changes: watch::Sender<u64>,
    ) -> Result<Self> {
        let (queue, tasks) = sync_channel(capacity);
        let thread = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || work(&conn, &vault, &tasks, &changes))?;
        Ok(Self { queue, thread: Some(thread) })
    }

    /// Puts a task into the queue, waiting for room.
    pub(crate) fn put(&self, task: Box<dyn Task>) -> Result<()> {
        self.queue.send(Message::Task(task)).map_err(|_| stopped())
    }

    /// Puts a task into the queue unless it is full.
    pub(crate) fn try_put(&self, task: Box<dyn Task>) -> Result<()> {
        self.queue.try_send(Message::Task(task)).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::Busy,
            TrySendError::Disconnected(_) => stopped(),
        })
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // What was put before is still done. The last handle may be dropped by an answer, on the writer's own thread.
        let told = self.queue.send(Message::Stop).is_ok();
        if let Some(thread) = self
            .thread
            .take()
            .filter(|thread| told && thread.thread().id() != std::thread::current().id())
        {
            drop(thread.join());
        }
    }
}

pub(crate) fn stopped() -> StoreError {
    StoreError::Unavailable { what: "the writer has stopped".into() }
}

fn work(conn: &Conn, vault: &Vault, tasks: &Receiver<Message>, changes: &watch::Sender<u64>) {
    let mut written = false;
    loop {
        let mut stop = false;
        let first = match tasks.recv_timeout(IDLE) {
            Ok(Message::Task(task)) => task,
            Err(RecvTimeoutError::Timeout) => {
                if written && conn.checkpoint(false).is_ok() {
                    written = false;
                }
                continue;
            }
            Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => break,
        };
        let mut batch = vec![first];
        while batch.len() < BATCH && !stop {
            match tasks.try_recv() {
                Ok(Message::Task(task)) => batch.push(task),
                Ok(Message::Stop) => stop = true,
                Err(_) => break,
            }
        }
        transact(conn, vault, batch, changes);
        written = true;
        if conn.log_pages().is_ok_and(|pages| pages > CHECKPOINT_PAGES) {
            // What it cannot do now it does after the next batch.
            written = conn.checkpoint(false).is_err();
        }
        if stop {
            break;
        }
    }
    // The log is replayed on the next start when this fails.
    drop(conn.checkpoint(false));
}

/// One transaction.
fn transact(
    conn: &Conn,
    vault: &Vault,
    mut tasks: Vec<Box<dyn Task>>,
    changes: &watch::Sender<u64>,
) {
    let mut outcomes = Vec::with_capacity(tasks.len());
    let mut batch = Batch { conn, vault, sequence: 0 };
    let whole = conn.begin_write().and_then(|()| {
        let before = super::number::sequence(conn)?;
        batch.sequence = before;
        for task in &mut tasks {
            outcomes.push(alone(task.as_mut(), &mut batch)?);
        }
        if batch.sequence != before {
            super::number::keep_sequence(conn, batch.sequence)?;
        }
        // Refused for a known reason, nothing is committed; of anything else nobody knows until the log is read again.
        conn.commit().map_err(|error| match error {
            StoreError::DiskFull | StoreError::ReadOnly => error,
            _ => StoreError::OutcomeUnknown,
        })?;
        Ok(batch.sequence != before)
    });
    match whole {
        Ok(moved) => {
            if moved {
                changes.send_replace(batch.sequence);
            }
            for (task, outcome) in tasks.into_iter().zip(outcomes) {
                answer(task, outcome);
            }
        }
        Err(error) => {
            // When even this fails the connection is unusable and every later batch says so.
            drop(conn.rollback());
            for task in tasks {
                answer(task, Err(error.clone()));
            }
        }
    }
}

/// Runs one task in its own savepoint. The outer error means that the whole transaction is lost.
fn alone(task: &mut dyn Task, batch: &mut Batch<'_>) -> Result<Result<()>> {
    let before = batch.sequence;
    batch.conn.savepoint()?;
    let outcome = catch_unwind(AssertUnwindSafe(|| task.run(batch)));
    let outcome = outcome.unwrap_or_else(|_| {
        Err(StoreError::invalid("the caller's code panicked inside the commit"))
    });
    match outcome {
        Ok(()) => {
            batch.conn.keep_savepoint()?;
            Ok(Ok(()))
        }
        Err(error) if !batch.conn.in_transaction() => Err(error),
        Err(error) => {
            batch.sequence = before;
            batch.conn.undo_savepoint()?;
            task.undone(batch)?;
            Ok(Err(error))
        }
    }
}

/// An answer that panics must not take the writer with it.
fn answer(task: Box<dyn Task>, outcome: Result<()>) {
    drop(catch_unwind(AssertUnwindSafe(|| task.answer(outcome))));
}

/// A closure as a task, with a place for what it returns.
pub(crate) struct Once<T, F, A> {
    work: Option<F>,
    result: Option<T>,
    answer: A,
    /// A serial drawn for a number that turned out to be taken; it is spent although the task failed.
    spent: Option<(String, i64)>,
}

impl<T, F, A> Once<T, F, A> {
    pub(crate) fn new(work: F, answer: A) -> Self {
        Self { work: Some(work), result: None, answer, spent: None }
    }
}

impl<T, F, A> Task for Once<T, F, A>
where
    T: Send,
    F: FnOnce(&mut Batch<'_>, &mut Option<(String, i64)>) -> Result<T> + Send,
    A: FnOnce(Result<T>) + Send,
{
    fn run(&mut self, batch: &mut Batch<'_>) -> Result<()> {
        let work = self.work.take().ok_or_else(stopped)?;
        self.result = Some(work(batch, &mut self.spent)?);
        Ok(())
    }

    fn undone(&mut self, batch: &mut Batch<'_>) -> Result<()> {
        match &self.spent {
            Some((scope, serial)) => super::number::raise(batch.conn, scope, *serial),
            None => Ok(()),
        }
    }

    fn answer(self: Box<Self>, outcome: Result<()>) {
        let Self { result, answer, .. } = *self;
        answer(outcome.and_then(|()| result.ok_or_else(stopped)));
    }
}
