//! The store itself: opening it and writing to it. Reading stands in `store_read.rs`.

use crate::attachments::NewAttachment;
use crate::backend::{Conn, Mode, Place};
use crate::blobs::Blobs;
use crate::error::{Result, StoreError};
use crate::model::{Receipt, Write};
use crate::outbox::{Delivery, OutboxMessage};
use crate::settings::Administer;
use crate::timers::DueTimer;
use crate::upkeep::{BLOBS, check_key};
use crate::vault::Vault;
use crate::write::queue::{Batch, Once, Writer, stopped};
use crate::{attachments, ephemeral, inbox, migrate, outbox, settings, timers, upkeep, write};
use jiff::Timestamp;
use serde_json::Value;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{oneshot, watch};
use uuid::Uuid;

/// How a store is opened.
#[derive(Clone)]
pub struct Options {
    /// Wraps the keys of personal values. It lives outside the database and its backups; without it they cannot be opened.
    pub master_key: [u8; 32],
    /// Writes that may wait; more are refused by [`Store::commit_later`] and block [`Store::commit`].
    pub queue: usize,
    /// Idle connections kept for reading.
    pub readers: usize,
}

impl Options {
    /// The usual sizes: 4,096 waiting writes, 16 idle readers.
    pub fn new(master_key: [u8; 32]) -> Self {
        Self { master_key, queue: 4096, readers: 16 }
    }
}

/// A database of cases. Clones share one writer and one pool of readers; the last one to go waits for what was submitted.
#[derive(Clone)]
pub struct Store {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    writer: Writer,
    idle: Mutex<Vec<Conn>>,
    readers: usize,
    place: Place,
    pub(crate) vault: Arc<Vault>,
    pub(crate) blobs: Blobs,
    changes: watch::Receiver<u64>,
}

impl Store {
    /// Opens a database, creating or migrating it as needed. `place` is a folder (the database is `bihuan.db` in it) or a file that
    /// ends in `.db`; attachments lie in the folder `blobs` beside it. Fails with `TooNew`, `WrongKey`, `Unavailable` or `File`.
    pub fn open(place: impl AsRef<Path>, options: Options) -> Result<Self> {
        let place = Place::at(place.as_ref());
        place.prepare()?;
        let vault = Arc::new(Vault::new(&options.master_key));
        let conn = Conn::open(&place, Mode::Write)?;
        migrate::migrate(&conn)?;
        check_key(&conn, &vault, true)?;
        let (told, changes) = watch::channel(crate::read::feed::last(&conn)?);
        let writer = Writer::start(conn, Arc::clone(&vault), options.queue.max(1), told)?;
        let blobs = Blobs::new(place.folder().join(BLOBS));
        let inner = Inner {
            writer,
            idle: Mutex::default(),
            readers: options.readers.max(1),
            place,
            vault,
            blobs,
            changes,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Verifies a backup, or a database nobody has open: structure, references, chains, commitments, counts, files.
    pub fn verify(place: impl AsRef<Path>, master_key: [u8; 32]) -> Result<upkeep::Verification> {
        let place = Place::at(place.as_ref());
        if !place.exists() {
            return Err(StoreError::NotFound { what: "database" });
        }
        let blobs = Blobs::new(place.folder().join(BLOBS));
        upkeep::verify(&place, &blobs, &Vault::new(&master_key))
    }

    /// Commits a write and waits for it to be durable. Blocks; from async code use [`Store::commit_later`].
    /// Fails with `Conflict`, `KeyReused`, `AlreadyImported`, `NumberTaken`, `NotFound` (an attachment), `Invalid`, or a failure of the database.
    pub fn commit(&self, write: Write) -> Result<Receipt> {
        self.wait(|batch, spent| write::case::apply(batch, write, spent))
    }

    /// Puts a write into the queue and answers through the receiver once it is durable; `Busy` when the queue is full.
    /// A receiver that is dropped does not take the write back. A closed receiver means that the writer has stopped.
    pub fn commit_later(&self, write: Write) -> Result<oneshot::Receiver<Result<Receipt>>> {
        let (answer, receiver) = oneshot::channel();
        let task = Once::new(
            move |batch: &mut Batch<'_>, spent: &mut _| write::case::apply(batch, write, spent),
            move |result| drop(answer.send(result)),
        );
        self.inner.writer.try_put(Box::new(task))?;
        Ok(receiver)
    }

    /// Erases every personal value of a case, its title, its files, and what could find it by phone or text, in one commit; then
    /// empties the write-ahead log ([`Store::scrub`]); repeating it is harmless. Events and commitments stay and verify. To record it as an event of the case in the same commit,
    /// set [`crate::CaseRows::erase`] in a write instead, and call [`Store::scrub`] after it.
    pub fn erase(&self, case: Uuid) -> Result<()> {
        self.wait(move |batch, _| write::case::erase(batch, case))?;
        self.scrub()
    }

    /// Empties the write-ahead log, so that what was erased is not found there either. Waits up to ten seconds for readers and
    /// writers; `Busy` when they did not pause, and then it can simply be called again.
    pub fn scrub(&self) -> Result<()> {
        let conn = Conn::open(&self.inner.place, Mode::Write)?;
        if conn.checkpoint(true)? { Ok(()) } else { Err(StoreError::Busy) }
    }

    /// Changes settings, all or none; returns the versions written, in the order of the changes (0 for those that write none).
    /// Fails with `SettingConflict` or `NotFound`.
    pub fn administer(&self, change: Administer) -> Result<Vec<u64>> {
        self.wait(move |batch, _| settings::administer(batch, &change))
    }

    /// Leases timers due at `now` to `worker` until `lease_until`; lapsed leases first, then by due.
    pub fn claim_due(
        &self,
        now: Timestamp,
        lease_until: Timestamp,
        limit: usize,
        worker: &str,
    ) -> Result<Vec<DueTimer>> {
        let worker = worker.to_owned();
        self.wait(move |batch, _| timers::claim(batch, now, lease_until, limit, &worker))
    }

    /// Gives a timer back before its lease ends.
    pub fn release(&self, timer: &DueTimer, worker: &str) -> Result<()> {
        let (timer, worker) = (timer.clone(), worker.to_owned());
        self.wait(move |batch, _| timers::release(batch, &timer, &worker))
    }

    /// Leases messages to be sent at `now` to `worker` until `lease_until`.
    pub fn outbox_due(
        &self,
        now: Timestamp,
        lease_until: Timestamp,
        limit: usize,
        worker: &str,
    ) -> Result<Vec<OutboxMessage>> {
        let worker = worker.to_owned();
        self.wait(move |batch, _| outbox::due(batch, now, lease_until, limit, &worker))
    }

    /// Records what became of an attempt to send. `Retry` also revives a message that was given up.
    pub fn settle_message(&self, message: Uuid, delivery: Delivery) -> Result<()> {
        self.wait(move |batch, _| outbox::settle(batch, message, &delivery))
    }

    /// Marks a message of somebody's inbox read; says whether it was unread.
    pub fn mark_read(&self, person: &str, message: Uuid, at: Timestamp) -> Result<bool> {
        let person = person.to_owned();
        self.wait(move |batch, _| inbox::mark_read(batch, &person, message, at))
    }

    /// Marks everything in somebody's inbox up to a place read; says how many were unread.
    pub fn mark_read_upto(&self, person: &str, sequence: u64, at: Timestamp) -> Result<usize> {
        let person = person.to_owned();
        self.wait(move |batch, _| inbox::mark_read_upto(batch, &person, sequence, at))
    }

    /// Keeps an uploaded file. A write takes it into a case by its id ([`crate::CaseRows::attachments`]).
    pub fn attach(&self, new: NewAttachment) -> Result<()> {
        let (mark, key) = attachments::put_file(&self.inner.vault, &self.inner.blobs, &new)?;
        self.wait(move |batch, _| attachments::add(batch, &new, &mark, &key))
    }

    /// Forgets uploads made before `before` that no write took, and removes files that nobody names. Give it a day's grace.
    pub fn sweep_attachments(&self, before: Timestamp) -> Result<usize> {
        self.wait(move |batch, _| attachments::sweep(batch, before))?;
        let conn = self.reader()?;
        let swept = upkeep::sweep_files(&conn, &self.inner.blobs, before);
        self.give_back(conn);
        swept
    }

    /// Replaces the texts by which a case is found, without a write of the case: after the rules of search changed.
    pub fn reindex(&self, case: Uuid, texts: Vec<String>) -> Result<()> {
        self.wait(move |batch, _| {
            let id = crate::read::case::internal_id(batch.conn, case)?;
            write::derived::search(batch, &texts, id, false)
        })
    }

    /// Forgets submissions made before `before`: their idempotency keys may be used anew.
    pub fn forget_submissions(&self, before: Timestamp) -> Result<usize> {
        self.wait(move |batch, _| write::once::forget(batch, before))
    }

    /// Keeps something that may be lost (a session, a draft) until `expires_at`. It is sealed.
    pub fn put_ephemeral(
        &self,
        kind: &str,
        key: &str,
        body: &Value,
        expires_at: Timestamp,
    ) -> Result<()> {
        let (kind, key, body) = (kind.to_owned(), key.to_owned(), body.clone());
        self.wait(move |batch, _| ephemeral::put(batch, &kind, &key, &body, expires_at))
    }

    /// Removes it; says whether it was there.
    pub fn remove_ephemeral(&self, kind: &str, key: &str) -> Result<bool> {
        let (kind, key) = (kind.to_owned(), key.to_owned());
        self.wait(move |batch, _| ephemeral::remove(batch, &kind, &key))
    }

    /// Removes everything of the kind that has expired at `now`.
    pub fn sweep_ephemeral(&self, now: Timestamp) -> Result<usize> {
        self.wait(move |batch, _| ephemeral::sweep(batch, now))
    }

    /// A consistent copy of the running database and its attachments in a folder that holds none yet.
    pub fn backup(&self, to: impl AsRef<Path>) -> Result<()> {
        let conn = self.reader()?;
        let done = upkeep::backup(&conn, &self.inner.blobs, to.as_ref());
        self.give_back(conn);
        done
    }

    /// The global sequence number of the last committed event, and word of every batch that moves it; then ask [`Store::feed`].
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.inner.changes.clone()
    }

    /// Runs something on the writer's thread and waits until it is committed.
    fn wait<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Batch<'_>, &mut Option<(String, i64)>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (answer, result) = std::sync::mpsc::sync_channel(1);
        let task = Once::new(work, move |result| drop(answer.send(result)));
        self.inner.writer.put(Box::new(task))?;
        result.recv().map_err(|_| stopped())?
    }

    /// A connection for reading. It comes back with [`Store::give_back`], or is closed when something went wrong.
    pub(crate) fn reader(&self) -> Result<Conn> {
        let idle = self.inner.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.map_or_else(|| Conn::open(&self.inner.place, Mode::Read), Ok)
    }

    pub(crate) fn give_back(&self, conn: Conn) {
        let mut idle = self.inner.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < self.inner.readers && !conn.in_transaction() {
            idle.push(conn);
        }
    }
}
