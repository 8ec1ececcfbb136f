//! What is kept in memory of the settings and of people's work follows what any program on the same database commits.

use crate::calendar::CALENDAR;
use crate::desk::Desk;
use crate::error::DeskError;
use crate::installation::INSTALLATION;
use crate::organisation::{API_KEY, PERSON};
use crate::publish::PROCEDURE;
use crate::saved::is_saved;
use crate::team::TEAM;
use crate::webhooks::WEBHOOK;
use engine::case::Case;
use engine::decide::Library;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::Store;
use tokio::sync::watch;

/// What others have taken on or given away is counted anew at most this often: it only advises who is dispatched to.
const RECOUNT: SignedDuration = SignedDuration::from_secs(5);
/// Entries of the settings' log that are read at once.
const ENTRIES: usize = 1_000;

/// Kinds of settings that answers show.
const SHOWN: [&str; 4] = [PROCEDURE, CALENDAR, PERSON, TEAM];

/// How far the desk has followed.
pub(crate) struct Followed {
    told: watch::Receiver<u64>,
    /// Place in the settings' log up to which everything is taken in; held while taking in.
    upto: Mutex<u64>,
    /// The same, to be looked at without waiting.
    seen: AtomicU64,
    /// How often the store had lost touch with its database when everything was last read.
    losses: AtomicU64,
    /// How often something was taken in that answers show, and how often keys have changed.
    shown: AtomicU64,
    keys: AtomicU64,
    events: watch::Receiver<u64>,
    /// Events that this desk has written.
    written: AtomicU64,
    /// A commit of this desk may have taken place without having been counted.
    unsure: AtomicBool,
    counted: Mutex<Counted>,
}

/// What the counts of people's work rest on.
#[derive(Debug, Clone, Copy)]
struct Counted {
    /// The last event.
    sequence: u64,
    /// How many this desk had written by then.
    written: u64,
    at: Timestamp,
}

impl Followed {
    /// Before anything is read.
    pub(crate) fn new(store: &Store, now: Timestamp) -> Self {
        let (told, events) = (store.settings_changes(), store.changes());
        let (upto, sequence) = (*told.borrow(), *events.borrow());
        Self {
            told,
            upto: Mutex::new(upto),
            seen: AtomicU64::new(upto),
            losses: AtomicU64::new(store.losses()),
            shown: AtomicU64::new(0),
            keys: AtomicU64::new(0),
            events,
            written: AtomicU64::new(0),
            unsure: AtomicBool::new(false),
            counted: Mutex::new(Counted { sequence, written: 0, at: now }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, u64> {
        self.upto.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// This desk has written so many events.
    pub(crate) fn wrote(&self, events: usize) {
        self.written.fetch_add(u64::try_from(events).unwrap_or(0), Ordering::Relaxed);
    }

    /// Whether a commit of this desk took place is not known.
    pub(crate) fn doubts(&self) {
        self.unsure.store(true, Ordering::Relaxed);
    }
}

impl Desk {
    /// Takes in what was published or changed since, here or by another program; after a loss everything, for the database may have
    /// less than it had. Without news it costs nothing.
    ///
    /// # Errors
    /// A failure of the store, or a published procedure that this program cannot read.
    pub(crate) fn refresh(&self) -> Result<(), DeskError> {
        let followed = &self.inner.followed;
        if *followed.told.borrow() > followed.seen.load(Ordering::Acquire) {
            return self.take_in(&mut followed.lock());
        }
        if self.inner.store.losses() != followed.losses.load(Ordering::Acquire)
            // Whoever finds it held does not wait behind a server that may hang: what was known before serves until it is replaced.
            && let Ok(mut upto) = followed.upto.try_lock()
        {
            return self.take_in(&mut upto);
        }
        Ok(())
    }

    /// As [`Desk::refresh`], where a failure can wait: what was known before still serves, and the next look tries again.
    pub(crate) fn follow(&self) {
        if let Err(error) = self.refresh() {
            tracing::warn!(error.desk = %error, "desk.follow");
        }
    }

    /// How often anything has changed that answers show beside cases: procedures, calendars, people, teams. What is made after this was
    /// asked for is at least as new, and stays right until it grows.
    pub fn ground(&self) -> u64 {
        self.follow();
        self.inner.followed.shown.load(Ordering::Acquire)
    }

    /// How often API keys have changed.
    pub(crate) fn keys_changed(&self) -> u64 {
        self.follow();
        self.inner.followed.keys.load(Ordering::Acquire)
    }

    /// Reads the settings' log from where it was left, whether there was word of it or not, and what it names; after a loss everything.
    fn take_in(&self, upto: &mut u64) -> Result<(), DeskError> {
        let (followed, store) = (&self.inner.followed, &self.inner.store);
        // Asked first: what is read after it is at least as new.
        let losses = store.losses();
        let (last, named) = match losses == followed.losses.load(Ordering::Acquire) {
            true => self.named_since(*upto)?,
            false => (store.last_setting()?, None),
        };
        let is_named = |wanted: &dyn Fn(&str) -> bool| {
            named.as_ref().is_none_or(|kinds| kinds.iter().any(|kind| wanted(kind)))
        };
        let is = |one: &'static str| is_named(&|kind| kind == one);
        let shown = self.reload_shown(&is);
        // Counted after it is in force, and also when only a part of it is: who has counted before and looks after it is only made to
        // look again.
        if is_named(&|kind| SHOWN.contains(&kind)) {
            followed.shown.fetch_add(1, Ordering::Release);
        }
        if is(API_KEY) {
            followed.keys.fetch_add(1, Ordering::Release);
        }
        shown?;
        if is_named(&is_saved) {
            self.reload_saved()?;
        }
        if is(WEBHOOK) {
            self.reload_webhooks()?;
        }
        if is(INSTALLATION) {
            self.reload_language()?;
        }
        if named.is_none() {
            // Whose work was handed over may have to be once more, and what each holds is another count.
            self.handed().clear();
            followed.doubts();
        }
        *upto = last;
        followed.seen.store(last, Ordering::Release);
        followed.losses.store(losses, Ordering::Release);
        Ok(())
    }

    /// The place of the last entry of the settings' log, and the kinds of those after a place.
    fn named_since(&self, upto: u64) -> Result<(u64, Option<BTreeSet<String>>), DeskError> {
        let (mut last, mut kinds) = (upto, BTreeSet::new());
        loop {
            let entries = self.inner.store.settings_log(last, ENTRIES)?;
            let Some(entry) = entries.last() else { return Ok((last, Some(kinds))) };
            last = entry.sequence;
            kinds.extend(entries.into_iter().map(|entry| entry.kind));
        }
    }

    /// Reads what answers show, of these kinds of settings.
    fn reload_shown(&self, is_named: &dyn Fn(&'static str) -> bool) -> Result<(), DeskError> {
        if is_named(PROCEDURE) || is_named(CALENDAR) {
            self.reload_procedures()?;
        }
        if is_named(PERSON) {
            self.reload_people()?;
        }
        if is_named(TEAM) {
            self.reload_teams()?;
        }
        Ok(())
    }

    /// What is published, with every version that these cases are under: another program may have published one and opened a case
    /// under it before word of that came here.
    ///
    /// # Errors
    /// A failure of the store.
    pub(crate) fn library_for<'c>(
        &self,
        cases: impl IntoIterator<Item = &'c Case>,
    ) -> Result<Arc<Library>, DeskError> {
        self.refresh()?;
        let library = self.kept_library();
        let known =
            |case: &Case| library.version(&case.procedure, case.procedure_version).is_some();
        if cases.into_iter().all(known) {
            return Ok(library);
        }
        self.take_in(&mut self.inner.followed.lock())?;
        Ok(self.kept_library())
    }

    /// Counts people's work anew: now and then when others wrote, and after a commit whose outcome was unknown.
    pub(crate) fn recount(&self) {
        let (followed, store) = (&self.inner.followed, &self.inner.store);
        let now = self.now();
        // Whoever finds it held has a count that is only just being replaced.
        let Ok(mut counted) = followed.counted.try_lock() else { return };
        let unsure = followed.unsure.swap(false, Ordering::Relaxed);
        let next = Counted {
            sequence: *followed.events.borrow(),
            written: followed.written.load(Ordering::Relaxed),
            at: now,
        };
        let all = next.sequence.saturating_sub(counted.sequence);
        let own = next.written.saturating_sub(counted.written);
        let soon = now.duration_since(counted.at).abs() < RECOUNT;
        if !unsure && (all <= own || soon) {
            return;
        }
        match crate::load::counted(store) {
            Ok(load) => {
                self.inner.load.replace(load);
                // What this desk wrote meanwhile may be counted twice or not at all: then the next look counts once more.
                let settled = followed.written.load(Ordering::Relaxed) == next.written;
                *counted = if settled { next } else { Counted { at: now, ..*counted } };
            }
            Err(error) => {
                followed.unsure.fetch_or(unsure, Ordering::Relaxed);
                tracing::warn!(error.store = %error, "desk.recount");
            }
        }
    }
}
