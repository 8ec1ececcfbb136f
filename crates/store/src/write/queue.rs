//! The writer thread. It takes the first task, adds what is already waiting, runs all in one transaction, commits once and answers only
//! then. A task that fails is undone alone; a COMMIT that fails, fails all.
//!
//! Undoing one task alone takes a savepoint, and with it SQLite keeps a copy of every page as it was, for each task anew: a tenth of the
//! writer's time. Almost no task fails once it has written something. So tasks that can be run again are run without savepoints; if one
//! of them does fail, everything is undone and all are run once more, each in its savepoint.

use super::log::Log;
use crate::anchor::Anchor;
use crate::backend::{Conn, Mode, Place};
use crate::error::{Result, StoreError};
use crate::follow::News;
use crate::touch::Touch;
use crate::vault::Vault;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

const IDLE: Duration = Duration::from_millis(250);
/// How long the writer tries to find out whether a commit took place whose answer was lost.
const UNKNOWN: Duration = Duration::from_secs(10);

crate::sql::queries! {
    MARK = "INSERT INTO counters (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    MARKED = "SELECT value FROM counters WHERE name = ?1";
    UNMARK = "DELETE FROM counters WHERE name = ?1";
}

/// What a task works with: the connection inside the open transaction, and the event counter that is locked for the batch.
pub(crate) struct Batch<'a> {
    pub(crate) conn: &'a Conn,
    pub(crate) vault: &'a Vault,
    /// Global sequence number of the last event.
    pub(crate) sequence: u64,
    /// Whether settings were changed.
    pub(crate) settings: bool,
    /// What the full-text index takes at the end of the batch, in order: SQLite's index writes a segment at every savepoint.
    pub(crate) texts: Vec<Indexed>,
}

/// A change of the full-text index: the case's internal id, and its line of tokens when it has a new one.
pub(crate) struct Indexed {
    pub(crate) case: i64,
    pub(crate) was_there: bool,
    pub(crate) line: Option<String>,
}

/// A task of the writer: runs inside the transaction, answers after it.
pub(crate) trait Task: Send {
    /// Works inside the transaction; an error undoes it.
    fn run(&mut self, batch: &mut Batch<'_>) -> Result<()>;
    /// Whether it can be run again after everything was undone.
    fn repeats(&self) -> bool;
    /// Told after the savepoint of a failed task was undone, inside the same transaction.
    fn undone(&mut self, batch: &mut Batch<'_>) -> Result<()>;
    /// Told after COMMIT, with the failure of the task or of the COMMIT.
    fn answer(self: Box<Self>, outcome: Result<()>);
}

enum Message {
    Task(Box<dyn Task>),
    /// Somebody waits; in step with its callers the writer begins only then.
    Begin,
    Stop,
}

/// With it whoever waits lets a writer begin that keeps step.
pub(crate) struct Step(SyncSender<Message>);

impl Step {
    pub(crate) fn begin(&self) {
        // A writer that has stopped does not answer either, and that is heard.
        drop(self.0.send(Message::Begin));
    }
}

/// The queue's end that callers hold, and the thread behind it.
pub(crate) struct Writer {
    queue: SyncSender<Message>,
    commits: Arc<AtomicU64>,
    in_step: bool,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// `in_step`: it begins when somebody waits, and not before.
    pub(crate) fn start(mut desk: Desk, capacity: usize, in_step: bool) -> Result<Self> {
        let (queue, tasks) = sync_channel(capacity);
        let commits = Arc::clone(&desk.commits);
        let work = move || if in_step { desk.keep_step(&tasks) } else { desk.work(&tasks) };
        let thread = std::thread::Builder::new().name("store-writer".into()).spawn(work)?;
        Ok(Self { queue, commits, in_step, thread: Some(thread) })
    }

    /// Transactions that were committed.
    pub(crate) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// Puts a task into the queue, waiting for room, that its caller is about to wait for.
    pub(crate) fn put(&self, task: Box<dyn Task>) -> Result<()> {
        self.queue.send(Message::Task(task)).map_err(|_| stopped())?;
        if let Some(step) = self.step() {
            step.begin();
        }
        Ok(())
    }

    /// What is needed to wait for a task that was put before.
    pub(crate) fn step(&self) -> Option<Step> {
        self.in_step.then(|| Step(self.queue.clone()))
    }

    /// Puts a task into the queue unless it is full; who waits for it has to take a [`Step`].
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

/// A name for the mark that this writer leaves with each of its commits.
fn mark() -> Result<String> {
    Ok(format!("commit of {}", crate::hash::hex(&crate::vault::random::<8>()?)))
}

/// What the writer's thread works with.
pub(crate) struct Desk {
    place: Place,
    anchor: Arc<Anchor>,
    touch: Arc<Touch>,
    conn: Conn,
    /// How often touch had been lost when that was opened.
    losses: u64,
    log: Log,
    vault: Arc<Vault>,
    news: News,
    /// On a server: the counter that tells, after a lost answer, which batch was the last to be committed.
    mark: Option<String>,
    batches: i64,
    commits: Arc<AtomicU64>,
    /// There was a commit of which nobody knows whether it took place, and subscribers have not heard of it.
    unsure: bool,
    /// Most tasks of one transaction.
    most: usize,
    /// Whether a server is asked to tell others of a commit. Not where it is only asked: such a server may know no NOTIFY.
    tells: bool,
}

impl Desk {
    pub(crate) fn new(
        place: Place,
        conn: Conn,
        vault: Arc<Vault>,
        news: News,
        (anchor, touch): (&Arc<Anchor>, &Arc<Touch>),
    ) -> Result<Self> {
        let mark = place.is_shared().then(mark).transpose()?;
        let (anchor, touch) = (Arc::clone(anchor), Arc::clone(touch));
        let most = conn.batch().max(1);
        let log = Log::of(&place);
        Ok(Self {
            place,
            anchor,
            touch,
            conn,
            losses: 0,
            log,
            vault,
            news,
            mark,
            batches: 0,
            commits: Arc::default(),
            unsure: false,
            most,
            tells: true,
        })
    }

    /// Tells nobody of its commits: others find them by asking.
    pub(crate) fn keep_quiet(&mut self) {
        self.tells = false;
    }

    /// Commits at most so many tasks together, at least one.
    pub(crate) fn share_at_most(&mut self, most: usize) {
        self.most = most.max(1);
    }

    /// Writes what was put when somebody waits, and does nothing in between.
    fn keep_step(&mut self, tasks: &Receiver<Message>) {
        let mut put = Vec::new();
        loop {
            let message = tasks.recv().unwrap_or(Message::Stop);
            match message {
                Message::Task(task) => {
                    put.push(task);
                    continue;
                }
                Message::Begin | Message::Stop => {}
            }
            while !put.is_empty() {
                let rest = put.split_off(put.len().min(self.most));
                self.transact(std::mem::replace(&mut put, rest));
            }
            if matches!(message, Message::Stop) {
                break;
            }
        }
        self.end();
    }

    fn work(&mut self, tasks: &Receiver<Message>) {
        let mut written = false;
        loop {
            let mut stop = false;
            let first = match tasks.recv_timeout(IDLE) {
                Ok(Message::Task(task)) => task,
                Ok(Message::Begin) => continue,
                Err(RecvTimeoutError::Timeout) => {
                    self.make_sure();
                    // While it is being moved beside, the rest waits for the next pause.
                    written = written && !super::log::rest(&self.conn);
                    continue;
                }
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => break,
            };
            let mut batch = vec![first];
            while batch.len() < self.most && !stop {
                match tasks.try_recv() {
                    Ok(Message::Task(task)) => batch.push(task),
                    Ok(Message::Begin) => {}
                    Ok(Message::Stop) => stop = true,
                    Err(_) => break,
                }
            }
            self.transact(batch);
            // What it cannot do now it does after the next batch.
            written = !self.log.keep_short(&self.conn);
            if stop {
                break;
            }
        }
        self.end();
    }

    fn end(&mut self) {
        if let Some(mark) = &self.mark {
            // Left behind it does no harm.
            drop(self.conn.run(UNMARK, &[mark.into()]));
        }
        // The log is replayed on the next start when this fails.
        self.log.finish(&self.conn);
    }

    /// One transaction.
    fn transact(&mut self, mut tasks: Vec<Box<dyn Task>>) {
        let mut outcomes = Vec::with_capacity(tasks.len());
        let whole = self.begin().and_then(|()| self.commit(&mut tasks, &mut outcomes));
        match whole {
            Ok((sequence, settings)) => {
                self.commits.fetch_add(1, Ordering::Relaxed);
                self.make_sure();
                self.news.events(sequence);
                settings.inspect(|entry| self.news.settings(*entry));
                for (task, outcome) in tasks.into_iter().zip(outcomes) {
                    answer(task, outcome);
                }
            }
            Err(error) => {
                // When even this fails the connection is unusable and every later batch says so.
                drop(self.conn.rollback());
                self.unsure |= error == StoreError::OutcomeUnknown;
                self.make_sure();
                for task in tasks {
                    answer(task, Err(error.clone()));
                }
            }
        }
    }

    /// Lets subscribers hear of what stands after a commit whose outcome was unknown.
    fn make_sure(&mut self) {
        self.unsure = self.unsure && self.news.ask(&self.conn).is_err();
    }

    /// Begins the transaction, on a new connection when the last one is gone.
    fn begin(&mut self) -> Result<()> {
        self.anchor.look()?;
        if !self.conn.is_lost() {
            match self.conn.begin_write() {
                Err(_) if self.conn.is_lost() => {}
                other => return other,
            }
        }
        self.connect_again()?;
        self.conn.begin_write()
    }

    /// Puts a new connection in the place of one that is lost.
    fn connect_again(&mut self) -> Result<()> {
        self.touch.lose(self.losses);
        let losses = self.touch.losses();
        self.conn = Conn::open(&self.place, Mode::Write)?;
        self.losses = losses;
        Ok(())
    }

    /// Runs the tasks and commits; returns the number of the last event, and of the last entry of the settings' log if it moved.
    fn commit(
        &mut self,
        tasks: &mut [Box<dyn Task>],
        outcomes: &mut Vec<Result<()>>,
    ) -> Result<(u64, Option<u64>)> {
        let conn = &self.conn;
        let (before, batch, all) = self.run(tasks)?;
        outcomes.extend(all);
        super::derived::index(conn, &batch.texts)?;
        let Batch { sequence, settings, .. } = batch;
        if sequence != before {
            super::number::keep_sequence(conn, sequence)?;
        }
        if self.tells && (sequence != before || settings) {
            conn.tell()?;
        }
        let entry = settings.then(|| crate::settings::last(conn)).transpose()?;
        if let Some(mark) = &self.mark {
            self.batches += 1;
            conn.push(MARK, &[mark.into(), self.batches.into()])?;
        }
        conn.commit().or_else(|error| match error {
            // Refused for a known reason, nothing is committed; of anything else nobody knows until it is looked up.
            StoreError::DiskFull | StoreError::ReadOnly => Err(error),
            _ => self.look_up(),
        })?;
        // Committed into files that are not those of the database any more, or perhaps not.
        self.anchor.look().map_err(|_| StoreError::OutcomeUnknown)?;
        Ok((sequence, entry))
    }

    /// Runs the tasks; returns the number of the last event before them, what they have left, and what became of each.
    fn run(&self, tasks: &mut [Box<dyn Task>]) -> Result<(u64, Batch<'_>, Vec<Result<()>>)> {
        let (conn, vault) = (&self.conn, &*self.vault);
        let begun = |sequence| Batch { conn, vault, sequence, settings: false, texts: vec![] };
        if conn.changes().is_some() && tasks.iter().all(|task| task.repeats()) {
            let before = super::number::sequence(conn)?;
            let mut batch = begun(before);
            if let Some(outcomes) = together(tasks, &mut batch)? {
                return Ok((before, batch, outcomes));
            }
            conn.rollback()?;
            conn.begin_write()?;
        }
        let before = super::number::sequence(conn)?;
        let mut batch = begun(before);
        let each = tasks.iter_mut().map(|task| alone(task.as_mut(), &mut batch));
        let outcomes = each.collect::<Result<_>>()?;
        Ok((before, batch, outcomes))
    }

    /// Whether the last batch was committed although its answer was lost.
    fn look_up(&mut self) -> Result<()> {
        let Some(mark) = self.mark.clone() else { return Err(StoreError::OutcomeUnknown) };
        let until = std::time::Instant::now() + UNKNOWN;
        while std::time::Instant::now() < until {
            match self.last_commit(&mark) {
                Ok(last) if last == Some(self.batches) => return Ok(()),
                Ok(_) => {
                    return Err(StoreError::Unavailable { what: "the commit was lost".into() });
                }
                Err(_) => std::thread::sleep(IDLE),
            }
        }
        Err(StoreError::OutcomeUnknown)
    }

    /// The number of the last batch that the database holds. The lost transaction may still be under way on the server: it holds the
    /// counter of events, which is waited for first.
    fn last_commit(&mut self, mark: &str) -> Result<Option<i64>> {
        self.connect_again()?;
        self.conn.begin_write()?;
        super::number::sequence(&self.conn)?;
        let last = self.conn.row(MARKED, &[mark.into()], |row| row.int(0))?;
        self.conn.rollback()?;
        Ok(last)
    }
}

/// Runs tasks without savepoints; `None` when one has failed that may have written something, and everything has to be undone. The
/// error means that the whole transaction is lost.
fn together(tasks: &mut [Box<dyn Task>], batch: &mut Batch<'_>) -> Result<Option<Vec<Result<()>>>> {
    let mut outcomes = Vec::with_capacity(tasks.len());
    for task in tasks {
        let (before, texts, changes) = (batch.sequence, batch.texts.len(), batch.conn.changes());
        let outcome = caught(task.as_mut(), batch);
        match outcome {
            Err(error) if !batch.conn.in_transaction() => return Err(error),
            Err(_) if batch.conn.changes() != changes => return Ok(None),
            Err(_) => {
                batch.sequence = before;
                batch.texts.truncate(texts);
            }
            Ok(()) => {}
        }
        outcomes.push(outcome);
    }
    Ok(Some(outcomes))
}

/// Runs one task in its own savepoint. The outer error means that the whole transaction is lost.
fn alone(task: &mut dyn Task, batch: &mut Batch<'_>) -> Result<Result<()>> {
    let (before, texts) = (batch.sequence, batch.texts.len());
    batch.conn.savepoint()?;
    // Statements that were sent without waiting fail here at the latest.
    match caught(task, batch).and_then(|()| batch.conn.keep_savepoint()) {
        Ok(()) => Ok(Ok(())),
        Err(error) if !batch.conn.in_transaction() => Err(error),
        Err(error) => {
            batch.sequence = before;
            batch.texts.truncate(texts);
            batch.conn.undo_savepoint()?;
            task.undone(batch)?;
            Ok(Err(error))
        }
    }
}

fn caught(task: &mut dyn Task, batch: &mut Batch<'_>) -> Result<()> {
    catch_unwind(AssertUnwindSafe(|| task.run(batch))).unwrap_or_else(|_| {
        Err(StoreError::invalid("the caller's code panicked inside the commit"))
    })
}

/// An answer that panics must not take the writer with it.
fn answer(task: Box<dyn Task>, outcome: Result<()>) {
    drop(catch_unwind(AssertUnwindSafe(|| task.answer(outcome))));
}

/// A closure as a task, with a place for what it returns.
pub(crate) struct Job<T, F, A> {
    work: F,
    repeats: bool,
    result: Option<T>,
    answer: A,
    /// A serial drawn for a number that turned out to be taken; it is spent although the task failed.
    spent: Option<(String, i64)>,
}

impl<T, F, A> Job<T, F, A>
where
    F: FnMut(&mut Batch<'_>, &mut Option<(String, i64)>) -> Result<T>,
{
    /// `repeats`: the work can be done again after everything was undone. The answer gets the work back, with all that it holds: whoever
    /// waits may free it, while the writer goes on.
    pub(crate) fn new(repeats: bool, work: F, answer: A) -> Self {
        Self { work, repeats, result: None, answer, spent: None }
    }
}

impl<T, F, A> Task for Job<T, F, A>
where
    T: Send,
    F: FnMut(&mut Batch<'_>, &mut Option<(String, i64)>) -> Result<T> + Send,
    A: FnOnce(Result<T>, F) + Send,
{
    fn run(&mut self, batch: &mut Batch<'_>) -> Result<()> {
        self.result = Some((self.work)(batch, &mut self.spent)?);
        Ok(())
    }

    fn repeats(&self) -> bool {
        self.repeats
    }

    fn undone(&mut self, batch: &mut Batch<'_>) -> Result<()> {
        match &self.spent {
            Some((scope, serial)) => super::number::raise(batch.conn, scope, *serial),
            None => Ok(()),
        }
    }

    fn answer(self: Box<Self>, outcome: Result<()>) {
        let Self { result, answer, work, .. } = *self;
        answer(outcome.and_then(|()| result.ok_or_else(stopped)), work);
    }
}
