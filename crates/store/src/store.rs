//! The store itself: opening it and writing to it. Reading stands in `store_read.rs`.

use crate::anchor::Anchor;
use crate::attachments::NewAttachment;
use crate::backend::{Conn, Mode, Place, waiting};
use crate::blobs::Blobs;
use crate::error::{Result, StoreError};
use crate::follow::{self, Follower};
use crate::head::Head;
use crate::model::{Receipt, Rollup, Tie, Write};
use crate::outbox::{Delivery, OutboxMessage};
use crate::pool::{Lent, Pool};
use crate::presence::{self, Present};
use crate::settings::Administer;
use crate::text::Tokens;
use crate::timers::DueTimer;
use crate::touch::Touch;
use crate::upkeep::{BLOBS, check_key};
use crate::vault::Vault;
use crate::write::derived::Again;
use crate::write::prepare::Prepared;
use crate::write::queue::{self, Batch, Job, Step, Writer, stopped};
use crate::{
    attachments, ephemeral, inbox, migrate, outbox, settings, timers, transfer, upkeep, write,
};
use jiff::Timestamp;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::watch;
use uuid::Uuid;

/// How a store is opened.
#[derive(Clone)]
pub struct Options {
    /// Wraps the keys of personal values. It lives outside the database and its backups; without it they cannot be opened.
    pub master_key: [u8; 32],
    /// Writes that may wait; more are refused by [`Store::commit_later`] and block [`Store::commit`].
    pub queue: usize,
    /// Most writes that are committed together; what suits the database when it is `None`. One shows what sharing a commit is worth.
    pub batch: Option<usize>,
    /// Connections for reading, at most; what suits the database when it is `None`. Whoever comes when all are in use waits.
    pub readers: Option<usize>,
    /// Whether a server is asked to tell of commits, this program's and others'. Without it, as in an embedded database, they are noticed
    /// by asking, four times a second; those who listen ask once a second.
    pub listen: bool,
    /// Whether the store keeps step with its caller: what was put is written when somebody waits for it, all of it together, and nothing
    /// is done that nobody asked for - not looked what other programs commit, and nothing in pauses. Slower; for a simulation, where
    /// nobody else writes, and nothing may depend on how fast the machine is.
    pub in_step: bool,
    /// Where to put a copy of a database of an older schema before its first step, if anywhere. A new database needs none.
    pub before_upgrade: Option<Upgrading>,
}

/// Hears the schema found and the one to come, and names a folder that holds no database yet.
pub type Upgrading = Arc<dyn Fn(u32, u32) -> PathBuf + Send + Sync>;

/// What rules derive of a case, as it was at a version of it: what [`crate::CaseRows`] has under the same names.
#[derive(Debug, Clone)]
pub struct Rederived {
    /// The case.
    pub case: Uuid,
    /// The version that it was derived of.
    pub version: u64,
    /// The version of the rules.
    pub rules: u32,
    /// The texts by which it is found.
    pub texts: Vec<String>,
    /// What it contributes to the measures.
    pub rollups: Vec<Rollup>,
    /// The people who have to do with it.
    pub people: Vec<(Tie, String)>,
}

/// A write that waits to be durable.
pub struct Committing {
    answer: std::sync::mpsc::Receiver<Result<Receipt>>,
    step: Option<Step>,
}

impl Committing {
    /// Waits until it is durable. Blocks. Fails as [`Store::commit`].
    pub fn wait(self) -> Result<Receipt> {
        if let Some(step) = &self.step {
            step.begin();
        }
        self.answer.recv().map_err(|_| stopped())?
    }
}

impl Options {
    /// The usual sizes: 4,096 waiting writes, and otherwise what suits the database.
    pub fn new(master_key: [u8; 32]) -> Self {
        Self {
            master_key,
            queue: 4096,
            batch: None,
            readers: None,
            listen: true,
            in_step: false,
            before_upgrade: None,
        }
    }
}

/// A database of cases. Clones share one writer and one pool of readers; the last one to go waits for what was submitted.
#[derive(Clone)]
pub struct Store {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    touch: Arc<Touch>,
    writer: Writer,
    pub(crate) pool: Pool,
    place: Place,
    pub(crate) vault: Arc<Vault>,
    pub(crate) blobs: Blobs,
    changes: watch::Receiver<u64>,
    settings: watch::Receiver<u64>,
    _follower: Option<Follower>,
    /// After the connections: closing its handle would take their locks.
    pub(crate) head: Head,
    /// Last: it is given back when all else has ended.
    _present: Present,
}

impl Store {
    /// Opens a database, creating or migrating it as needed: of a folder (`bihuan.db` in it), a file that ends in `.db`, or a
    /// server ([`Place::postgres`]). Attachments lie in the folder `blobs` beside it. Fails with `TooNew`, `WrongKey`, `Unavailable`,
    /// `NoEntry`, `InUse`, `UnfinishedCopy`, `FilesAway`, `Invalid` or `File`.
    pub fn open(place: impl Into<Place>, options: Options) -> Result<Self> {
        let place = place.into();
        place.prepare()?;
        let present = presence::enter(&place)?;
        let vault = Arc::new(Vault::new(&options.master_key)?);
        let conn = Conn::open(&place, Mode::Write)?;
        match &options.before_upgrade {
            Some(folder) => upkeep::upgrade(&place, &conn, &**folder)?,
            None => conn.unhurried(migrate::migrate)?,
        }
        transfer::refuse_unfinished(&conn)?;
        check_key(&conn, &vault, true)?;
        let blobs = upkeep::folder(&conn, &place)?;
        let touch = Arc::<Touch>::default();
        let (news, changes, settings) = follow::News::new(&conn, Arc::clone(&touch))?;
        let anchor = Arc::new(Anchor::of(&place));
        let follow =
            || Follower::start(place.clone(), news.clone(), options.listen, Arc::clone(&anchor));
        let readers = options.readers.unwrap_or_else(|| conn.readers());
        let follower = (!options.in_step).then(follow).transpose()?;
        let head = Head::of(&place, Arc::clone(&anchor));
        let mut desk =
            queue::Desk::new(place.clone(), conn, Arc::clone(&vault), news, (&anchor, &touch))?;
        if let Some(most) = options.batch {
            desk.share_at_most(most);
        }
        if !options.listen {
            desk.keep_quiet();
        }
        let inner = Inner {
            writer: Writer::start(desk, options.queue.max(1), options.in_step)?,
            pool: Pool::new(place.clone(), readers.max(1), anchor, Arc::clone(&touch)),
            touch,
            blobs,
            place,
            vault,
            changes,
            settings,
            _follower: follower,
            head,
            _present: present,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Verifies a backup, or a database nobody has open: structure, references, chains, commitments, counts, files.
    pub fn verify(place: impl Into<Place>, master_key: [u8; 32]) -> Result<upkeep::Verification> {
        let place = place.into();
        if !place.exists() {
            return Err(StoreError::NotFound { what: "database" });
        }
        let blobs = Blobs::new(place.folder().join(BLOBS));
        upkeep::verify(&place, &blobs, &Vault::new(&master_key)?)
    }

    /// The schema of a database, and the newest that this program knows. Only looks.
    pub fn schema(place: &Place) -> Result<(u32, u32)> {
        let conn = Conn::open(place, Mode::Inspect)?;
        Ok((migrate::found(&conn)?, migrate::newest(&conn)))
    }

    /// Commits a write and waits for it to be durable. Blocks; with [`Store::commit_later`] one can wait for many at once.
    /// Fails with `Conflict`, `KeyReused`, `AlreadyImported`, `NumberTaken`, `NotFound` (an attachment), `Invalid`, or a failure of the database.
    pub fn commit(&self, write: Write) -> Result<Receipt> {
        let mut write = self.prepare(write)?;
        self.wait_for(true, move |batch, spent| write::case::apply(batch, &mut write, spent))
    }

    /// Puts a write into the queue and answers through the receiver once it is durable; `Busy` when the queue is full.
    /// A receiver that is dropped does not take the write back.
    pub fn commit_later(&self, write: Write) -> Result<Committing> {
        let mut write = self.prepare(write)?;
        let (tell, answer) = std::sync::mpsc::sync_channel(1);
        let task = Job::new(
            true,
            move |batch: &mut Batch<'_>, spent: &mut _| {
                write::case::apply(batch, &mut write, spent)
            },
            move |result, _| drop(tell.send(result)),
        );
        self.inner.writer.try_put(Box::new(task))?;
        Ok(Committing { answer, step: self.inner.writer.step() })
    }

    /// Erases every personal value of a case, its title, its files, and what could find it by phone or text, in one commit; then
    /// empties the write-ahead log ([`Store::scrub`]); repeating it is harmless. Events and commitments stay and verify. To record it as an event of the case in the same commit,
    /// set [`crate::CaseRows::erase`] in a write instead, and call [`Store::scrub`] after it.
    pub fn erase(&self, case: Uuid) -> Result<()> {
        self.wait(move |batch, _| {
            // No event tells of it, but whoever keeps what he has read must hear that it is gone.
            batch.sequence += 1;
            write::case::erase(batch, case)
        })?;
        self.scrub()
    }

    /// Empties the write-ahead log, so that what was erased is not found there either. Waits some ten seconds for readers and
    /// writers; `Busy` when they did not pause, and then it can simply be called again.
    pub fn scrub(&self) -> Result<()> {
        write::log::empty(&self.inner.place)
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

    /// Gives timers back before their lease ends, all in one commit.
    pub fn release(&self, timers: Vec<DueTimer>, worker: &str) -> Result<()> {
        let worker = worker.to_owned();
        self.wait(move |batch, _| {
            timers.iter().try_for_each(|timer| timers::release(batch, timer, &worker))
        })
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

    /// Marks everything read that somebody was told of a case; says how many were unread.
    pub fn mark_read_of(&self, person: &str, case: Uuid, at: Timestamp) -> Result<usize> {
        let person = person.to_owned();
        self.wait(move |batch, _| inbox::mark_read_of(batch, &person, case, at))
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

    /// Makes sure that the folder of attachments is the one that belongs to the database. Fails with `FilesAway`.
    pub fn look_for_files(&self) -> Result<()> {
        self.inner.blobs.look()
    }

    /// Forgets uploads made before `before` that no write took, and removes files that nobody names. Give it a day's grace.
    pub fn sweep_attachments(&self, before: Timestamp) -> Result<usize> {
        self.by_parts(|store| store.wait(move |batch, _| attachments::sweep(batch, before)))?;
        upkeep::sweep_files(self.reader()?.conn()?, &self.inner.blobs, before)
    }

    /// Replaces what older rules derived of cases, without a write of the cases; says of how many. A case that was written meanwhile is
    /// left alone, since its write brought its own. All in one commit, which others wait for: give it some tens at a time. Fails with
    /// `NotFound`.
    pub fn rederive(&self, cases: Vec<Rederived>) -> Result<usize> {
        let vault = &self.inner.vault;
        let lined = |one: Rederived| (Tokens::of(vault, &one.texts).line(), one);
        let cases: Vec<_> = cases.into_iter().map(lined).collect();
        self.wait(move |batch, _| {
            let (mut replaced, mut silent) = (0, false);
            for (line, one) in cases {
                if let Again::Replaced { moved } = write::derived::again(batch, &one, line)? {
                    replaced += 1;
                    silent |= moved;
                }
            }
            // No event tells of it, but whoever keeps who has to do with which case, and when to call, must hear of it.
            batch.sequence += u64::from(silent);
            Ok(replaced)
        })
    }

    /// Forgets submissions made before `before`: their idempotency keys may be used anew. Some at a time, so that nobody waits for long.
    pub fn forget_submissions(&self, before: Timestamp) -> Result<usize> {
        self.by_parts(|store| store.wait(move |batch, _| write::once::forget(batch, before)))
    }

    /// Notes that what nobody needs any more is being forgotten as of an instant; answers as of when it was before, by whichever program.
    pub fn consider_forgetting(&self, at: Timestamp) -> Result<Option<Timestamp>> {
        self.wait(move |batch, _| write::once::consider(batch, at))
    }

    /// Does something some at a time, until less than that is left.
    pub(crate) fn by_parts(&self, part: impl Fn(&Self) -> Result<usize>) -> Result<usize> {
        let mut all = 0;
        loop {
            let some = part(self)?;
            all += some;
            if some < write::once::AT_ONCE {
                return Ok(all);
            }
        }
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

    /// Keeps it in place of what is there, and only then: what was removed meanwhile stays away. Says whether it was there.
    pub fn renew_ephemeral(
        &self,
        kind: &str,
        key: &str,
        body: &Value,
        expires_at: Timestamp,
    ) -> Result<bool> {
        let (kind, key, body) = (kind.to_owned(), key.to_owned(), body.clone());
        self.wait(move |batch, _| ephemeral::renew(batch, &kind, &key, &body, expires_at))
    }

    /// Removes it; says whether it was there.
    pub fn remove_ephemeral(&self, kind: &str, key: &str) -> Result<bool> {
        let (kind, key) = (kind.to_owned(), key.to_owned());
        self.wait(move |batch, _| ephemeral::remove(batch, &kind, &key))
    }

    /// Removes everything of the kind that has expired at `now`.
    pub fn sweep_ephemeral(&self, now: Timestamp) -> Result<usize> {
        self.by_parts(|store| store.wait(move |batch, _| ephemeral::sweep(batch, now)))
    }

    /// A consistent copy of the running database and its attachments in a folder that holds none yet; says how many cases are in it.
    pub fn backup(&self, to: impl AsRef<Path>) -> Result<u64> {
        upkeep::backup(self.reader()?.conn()?, &self.inner.blobs, to.as_ref())
    }

    /// Moves an installation: copies everything in `from` as it stands, files included, into a place that holds nothing yet, and
    /// verifies what arrived. One of an older schema arrives upgraded and stays as it is. `tell` hears the table and the number of rows so far. Texts are indexed anew when the other place is
    /// opened ([`Store::cases_to_rederive`]). Nobody may write to `from` meanwhile ([`Place::at_rest`]), or it would be lost. Fails with
    /// `NotEmpty`, `WrongKey`, or a failure of either side.
    pub fn copy(
        from: &Place,
        to: &Place,
        master_key: [u8; 32],
        tell: &mut dyn FnMut(&str, u64),
    ) -> Result<upkeep::Verification> {
        let present = upkeep::Present::of(from, &Vault::new(&master_key)?)?;
        transfer::copy(&present.conn, to, tell)?;
        if from.folder() != to.folder() {
            Blobs::new(from.folder().join(BLOBS)).copy_to(&to.folder().join(BLOBS))?;
        }
        Self::verify(to.clone(), master_key)
    }

    /// The global sequence number of the last committed event, and word of every batch that moves it; then ask [`Store::feed`].
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.inner.changes.clone()
    }

    /// The place of the last entry of the settings' log, and word of every commit that moves it, also another program's.
    pub fn settings_changes(&self) -> watch::Receiver<u64> {
        self.inner.settings.clone()
    }

    /// Whether a server keeps the database, which may take its time to answer.
    pub fn is_served(&self) -> bool {
        self.inner.place.is_shared()
    }

    /// Transactions that were committed since it was opened; writes that share one are counted once.
    pub fn commits(&self) -> u64 {
        self.inner.writer.commits()
    }

    /// How often touch with the database was lost. What was committed before may be forgotten after it, as by a standby that took
    /// over: what somebody else keeps in memory is good until this moves.
    pub fn losses(&self) -> u64 {
        self.inner.touch.losses()
    }

    fn prepare(&self, write: Write) -> Result<Prepared> {
        Prepared::of(write, &self.inner.vault, &mut |rows| {
            self.snapshot(|conn, vault| write::prepare::drawer(conn, vault, rows))
        })
    }

    /// Runs something on the writer's thread and waits until it is committed.
    pub(crate) fn wait<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Batch<'_>, &mut Option<(String, i64)>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let mut work = Some(work);
        self.wait_for(false, move |batch, spent| {
            work.take().map_or_else(|| Err(stopped()), |work| work(batch, spent))
        })
    }

    /// As [`Store::wait`]; what repeats can be run again after everything was undone.
    fn wait_for<T: Send + 'static>(
        &self,
        repeats: bool,
        work: impl FnMut(&mut Batch<'_>, &mut Option<(String, i64)>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (answer, result) = std::sync::mpsc::sync_channel(1);
        let task = Job::new(repeats, work, move |result, work| drop(answer.send((result, work))));
        self.inner.writer.put(Box::new(task))?;
        // The writer may wait for a server; an embedded one answers at once.
        let wait = || result.recv().map_err(|_| stopped());
        let (result, _) = if self.inner.place.is_shared() { waiting(wait)? } else { wait()? };
        result
    }

    /// A connection for reading.
    pub(crate) fn reader(&self) -> Result<Lent<'_>> {
        self.inner.pool.take()
    }
}
