//! The worker: time acts on cases. It takes no input, reads what is due from the store, and being woken twice is harmless.

use crate::clock::VirtualClock;
use crate::desk::Desk;
use crate::error::DeskError;
use crate::facts::replay;
use crate::submit::{Options, Pending};
use engine::clocks;
use engine::command::Command;
use engine::key::Key;
use engine::people::Who;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;
use store::{Filter, Scope, Sort, StoreError};
use uuid::Uuid;

/// How long a timer is leased: a worker that dies gives it back by this.
const LEASE: SignedDuration = SignedDuration::from_secs(20);

/// A tick that is decided and not yet waited for; `None` when nothing follows.
type Begun = Result<Option<Pending>, DeskError>;

/// What the sweep found: differences are bugs, and are mended by writing the case's timers again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sweep {
    /// Cases looked at.
    pub cases: usize,
    /// Cases whose stored timers were not those of their plan.
    pub timers: Vec<Uuid>,
    /// Cases whose snapshot was not the fold of their events.
    pub snapshots: Vec<Uuid>,
    /// Cases without holder, or without a clock that runs: the promise is broken.
    pub broken: Vec<Uuid>,
}

impl Desk {
    /// Does what is due now, once; returns how many cases were touched.
    ///
    /// # Errors
    /// A failure of the store. What was done stays done; the rest comes again.
    pub fn run_due(&self, worker: &str) -> Result<usize, DeskError> {
        self.run_due_while(worker, &|| true)
    }

    /// As [`Desk::run_due`], for as long as it is told to go on: asked before each case. The rest is given back.
    ///
    /// # Errors
    /// As [`Desk::run_due`].
    pub fn run_due_while(
        &self,
        worker: &str,
        go_on: &dyn Fn() -> bool,
    ) -> Result<usize, DeskError> {
        let mut touched = 0;
        while go_on() {
            let now = self.now();
            let until = now.checked_add(LEASE).unwrap_or(Timestamp::MAX);
            let timers = self.inner.store.claim_due(now, until, 500, worker)?;
            if timers.is_empty() {
                break;
            }
            let cases: BTreeSet<Uuid> = timers.iter().map(|timer| timer.case).collect();
            let begin = |case| self.submit_later(&Who::System, &tick_of(case));
            // All are decided before the first is waited for, so that they share commits.
            let under_way: Vec<_> =
                cases.into_iter().take_while(|_| go_on()).map(|case| (case, begin(case))).collect();
            let mut failed = BTreeSet::new();
            for (case, begun) in under_way {
                // One case that cannot be done must not keep the others waiting; its timers come again when the lease ends.
                match self.ticked(case, begun) {
                    Ok(()) => touched += 1,
                    Err(error) => {
                        tracing::error!(case.id = %case, error = %error, "worker.tick");
                        failed.insert(case);
                    }
                }
            }
            let given_back = timers.into_iter().filter(|timer| !failed.contains(&timer.case));
            self.inner.store.release(given_back.collect(), worker)?;
        }
        Ok(touched)
    }

    /// Waits for a tick that was begun, and does it alone when too much was waiting, or when another tick has moved the case
    /// meanwhile, since some cases belong together.
    fn ticked(&self, case: Uuid, begun: Begun) -> Result<(), DeskError> {
        let done = begun.and_then(|pending| pending.map_or(Ok(()), |one| one.wait().map(drop)));
        match done {
            Err(DeskError::Store(
                StoreError::Busy | StoreError::Conflict { .. } | StoreError::NumberTaken { .. },
            )) => self.submit(&Who::System, tick_of(case), Options::default()).map(drop),
            other => other,
        }
    }

    /// Lets a virtual clock run to an instant: everything due before it is done at its own instant; what is due at the
    /// instant itself waits, because people who act then come first (G-07).
    ///
    /// # Errors
    /// As [`Desk::run_due`].
    pub fn run_until(&self, clock: &VirtualClock, to: Timestamp) -> Result<usize, DeskError> {
        let mut touched = 0;
        while let Some(due) = self.inner.store.next_due_timer()?.filter(|due| *due < to) {
            clock.set(due);
            let done = self.run_due("virtual")?;
            touched += done;
            if done == 0 {
                break;
            }
        }
        clock.set(to);
        Ok(touched)
    }

    /// Recomputes the plan of every open case and compares it with what is stored.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn sweep(&self) -> Result<Sweep, DeskError> {
        let (mut sweep, mut cursor) = (Sweep::default(), None);
        let filter = Filter { open: Some(true), ..Filter::default() };
        let directory = self.people();
        loop {
            let page = self.inner.store.list(
                &Scope::all(),
                &filter,
                Sort::NewestEntry,
                cursor.as_deref(),
                500,
            )?;
            for row in &page.rows {
                sweep.cases += 1;
                let key: Key = row.id.to_string().into();
                let Some(case) = self.load_case(&key)? else { continue };
                let Some((procedure, calendar)) =
                    self.library_for([&case])?.version(&case.procedure, case.procedure_version)
                else {
                    continue;
                };
                let mut planned: Vec<_> = clocks::timers(&procedure, &calendar, &case)
                    .into_iter()
                    .map(|timer| {
                        (timer.due, timer.clock.to_string(), timer.generation, timer.step.code())
                    })
                    .collect();
                let mut stored: Vec<_> = self
                    .inner
                    .store
                    .timers(row.id)?
                    .into_iter()
                    .map(|timer| (timer.due, timer.clock, timer.generation, timer.step))
                    .collect();
                planned.sort();
                stored.sort();
                if planned != stored {
                    sweep.timers.push(row.id);
                }
                if replay(&self.inner.store, &key)? != case {
                    sweep.snapshots.push(row.id);
                }
                if !engine::promise::kept(&procedure, &directory, &case) {
                    sweep.broken.push(row.id);
                }
            }
            match page.next {
                Some(next) => cursor = Some(next),
                None => return Ok(sweep),
            }
        }
    }
}

fn tick_of(case: Uuid) -> Command {
    Command::Tick { case: case.to_string().into() }
}
