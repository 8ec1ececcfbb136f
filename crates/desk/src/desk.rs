//! A desk: a store, a clock, and what is published.

use crate::account::Language;
use crate::clock::{Clock, MovedClock, SystemClock};
use crate::error::DeskError;
use crate::examine::Proof;
use crate::follow::Followed;
use crate::known::Known;
use crate::load::Load;
use crate::organisation::ApiKey;
use crate::saved::Saved;
use crate::team::Team;
use crate::tidy::Look;
use crate::webhooks::Webhook;
use engine::case::Case;
use engine::decide::Library;
use engine::key::Key;
use engine::people::Directory;
use jiff::Timestamp;
use quick_cache::sync::Cache;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, RwLock};
use store::{Scope, Store};
use tokio::sync::watch;
use uuid::{Builder, Uuid};

/// API keys that are kept in memory.
const API_KEYS: usize = 1_000;
/// People whose scopes are kept: those who were at work lately.
const SCOPES: usize = 4_000;

/// Proofs of procedures that are kept in memory.
const PROOFS: usize = 16;

/// A desk. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct Desk {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) store: Store,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) library: RwLock<Arc<Library>>,
    pub(crate) directory: RwLock<Arc<Directory>>,
    pub(crate) teams: RwLock<Arc<Vec<Team>>>,
    pub(crate) saved: RwLock<Arc<Vec<Saved>>>,
    pub(crate) webhooks: RwLock<Arc<Vec<Webhook>>>,
    /// How often something was to be sent to a webhook at once.
    pub(crate) urgent: watch::Sender<u64>,
    /// What everybody is spoken to in who has not chosen.
    pub(crate) language: RwLock<Option<Language>>,
    pub(crate) known: Known,
    pub(crate) load: Load,
    pub(crate) followed: Followed,
    /// Absences whose beginning has been seen to, by person and first instant.
    pub(crate) handed: Mutex<BTreeSet<(Key, Timestamp)>>,
    /// API keys that were asked for, by hash, with how often keys had changed before they were read.
    pub(crate) keys: Cache<String, (u64, ApiKey)>,
    /// What people see who were asked for, with how often what that rests on had changed before.
    pub(crate) scopes: Cache<Key, (u64, Arc<Scope>)>,
    /// What was found when procedures were proved, by everything that it was found from.
    pub(crate) proofs: Cache<[u8; 32], Arc<Proof>>,
    /// Held while attempts to sign in are counted.
    pub(crate) attempts: Mutex<()>,
    /// The last look at the clock, before something is forgotten by it.
    pub(crate) looked: Mutex<Option<Look>>,
}

impl Desk {
    /// A desk over a store, by the machine's clock. What is published is read at once. A demonstration goes on from its last event,
    /// whenever it is looked at: otherwise everything in it would be overdue by the time that it has lain about, or still to come.
    ///
    /// # Errors
    /// A failure of the store, or a published procedure that this program cannot read.
    pub fn open(store: Store) -> Result<Self, DeskError> {
        let clock: Arc<dyn Clock> = match crate::installation::demo_time(&store)? {
            Some(at) => Arc::new(MovedClock::from(at)),
            None => Arc::new(SystemClock),
        };
        Self::open_with(store, clock)
    }

    /// A desk by another clock.
    ///
    /// # Errors
    /// As [`Desk::open`].
    pub fn open_with(store: Store, clock: Arc<dyn Clock>) -> Result<Self, DeskError> {
        let followed = Followed::new(&store, clock.now());
        let load = Load::of(crate::load::counted(&store)?);
        let (library, directory) = (RwLock::default(), RwLock::default());
        let (teams, attempts) = (RwLock::default(), Mutex::default());
        let (handed, keys) = (Mutex::default(), Cache::new(API_KEYS));
        let (saved, language) = (RwLock::default(), RwLock::default());
        let (webhooks, urgent) = (RwLock::default(), watch::Sender::new(0));
        let (scopes, proofs) = (Cache::new(SCOPES), Cache::new(PROOFS));
        let inner = Inner {
            store,
            clock,
            library,
            directory,
            teams,
            saved,
            webhooks,
            urgent,
            language,
            known: Known::default(),
            load,
            followed,
            handed,
            keys,
            scopes,
            proofs,
            attempts,
            looked: Mutex::default(),
        };
        let desk = Self { inner: Arc::new(inner) };
        desk.reload_procedures()?;
        desk.reload_people()?;
        desk.reload_teams()?;
        desk.reload_saved()?;
        desk.reload_webhooks()?;
        desk.reload_language()?;
        Ok(desk)
    }

    /// The store, for reading what needs no rule.
    pub fn store(&self) -> &Store {
        &self.inner.store
    }

    /// The instant by the desk's clock, UTC.
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// What is published, here or by another program on the same database.
    pub fn library(&self) -> Arc<Library> {
        self.follow();
        self.kept_library()
    }

    /// What was published when it was last looked.
    pub(crate) fn kept_library(&self) -> Arc<Library> {
        Arc::clone(&read(&self.inner.library))
    }

    /// The people, with how much each has open. Nothing is copied: people are shared until they or their absences change.
    pub fn directory(&self) -> Directory {
        self.follow();
        self.recount();
        let mut directory = Directory::clone(&read(&self.inner.directory));
        directory.load = self.inner.load.snapshot();
        directory
    }

    /// The people, without their load; cheap.
    pub fn people(&self) -> Arc<Directory> {
        self.follow();
        Arc::clone(&read(&self.inner.directory))
    }

    pub(crate) fn put_library(&self, library: Library) {
        *self.inner.library.write().unwrap_or_else(std::sync::PoisonError::into_inner) =
            Arc::new(library);
    }

    pub(crate) fn put_directory(&self, directory: Directory) {
        *self.inner.directory.write().unwrap_or_else(std::sync::PoisonError::into_inner) =
            Arc::new(directory);
    }

    /// A fresh id, ordered by time.
    pub(crate) fn fresh_id(&self) -> Uuid {
        let now = self.now();
        if let Some(chance) = self.inner.clock.chance() {
            let millis = u64::try_from(now.as_millisecond()).unwrap_or(0);
            return Builder::from_unix_timestamp_millis(millis, &chance).into_uuid();
        }
        let seconds = u64::try_from(now.as_second()).unwrap_or(0);
        let nanos = u32::try_from(now.subsec_nanosecond()).unwrap_or(0);
        Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, nanos))
    }

    /// The case as it stands, whoever asks. For the program's own work only.
    pub(crate) fn load_case(&self, id: &Key) -> Result<Option<Case>, DeskError> {
        let Ok(uuid) = id.parse::<Uuid>() else { return Ok(None) };
        let store = &self.inner.store;
        let Some(standing) = store.standing_of(uuid)? else { return Ok(None) };
        if let Some(one) = self.inner.known.standing(standing) {
            return Ok(Some(Case::clone(&one.case)));
        }
        let stored = store.case(&Scope::all(), uuid)?;
        stored.map(|stored| crate::facts::fold(store, &stored)).transpose()
    }
}

fn read<T>(lock: &RwLock<Arc<T>>) -> std::sync::RwLockReadGuard<'_, Arc<T>> {
    lock.read().unwrap_or_else(std::sync::PoisonError::into_inner)
}
