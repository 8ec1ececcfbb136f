//! Calendars of the organisation: working days, holidays and made-up days. A change is in force at once, and the deadlines that
//! clocks run towards are counted anew, however the program ends meanwhile.

mod foresee;

pub use foresee::Moving;

use crate::desk::Desk;
use crate::error::{DeskError, stale};
use crate::submit::{Options, Pending};
use engine::calendar::{Calendar, Windows};
use engine::command::Command;
use engine::people::Who;
use engine::procedure::Procedure;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread;
use store::{Administer, Change, StoreError};
use uuid::Uuid;

/// The kind of settings that are calendars.
pub(crate) const CALENDAR: &str = "calendar";
/// The kind of settings that say whether cases are still to be counted anew after a calendar has changed.
const COUNTING: &str = "counting";
/// Cases that one thread decides before it waits for the first, so that they share commits.
const SHARE: usize = 250;

/// What counting anew has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counting {
    /// Cases that were looked at: those in which a clock runs.
    pub cases: usize,
    /// Cases some deadline of which has moved.
    pub moved: usize,
    /// Cases that could not be counted; the log says why.
    pub failed: usize,
}

impl Desk {
    /// The calendar by whose local time things are told that belong to no procedure: that of the first one; none before one is
    /// published.
    pub fn calendar_of_the_house(&self) -> Option<Arc<Calendar>> {
        let library = self.library();
        let (_, calendar) = library.all().find_map(|rules| library.newest(&rules.key))?;
        Some(calendar)
    }

    /// The names of the calendars that there are: those that procedures count by, and those of the organisation.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn calendars(&self) -> Result<BTreeSet<String>, DeskError> {
        let own = self.inner.store.settings(CALENDAR)?.into_iter().map(|setting| setting.key);
        let library = self.library();
        Ok(own.chain(library.all().map(|one| one.calendar.to_string())).collect())
    }

    /// A calendar by its name, with its version: 0 for one that travels with the program.
    ///
    /// # Errors
    /// `NotFound`; `Invalid` when what is stored cannot be read; a failure of the store.
    pub fn calendar(&self, name: &str) -> Result<(Calendar, u64), DeskError> {
        let own = self.inner.store.setting(CALENDAR, name)?;
        if let Some(setting) = own
            && let Some(text) = setting.body.get("source").and_then(Json::as_str)
        {
            return Ok((calendar_from(text)?, setting.version));
        }
        let builtin = Calendar::builtin(name).ok_or(DeskError::NotFound { what: "calendar" })?;
        Ok((builtin, 0))
    }

    /// Puts a calendar in force under its name: every limit that begins from now on counts by it, and what is in work is to be counted anew
    /// ([`Desk::count_anew`]). Returns its version.
    ///
    /// # Errors
    /// `Invalid` when a procedure's working windows do not fit; `Stale` when another version than the one seen is in force; a failure of
    /// the store.
    pub fn put_calendar(
        &self,
        actor: &str,
        calendar: &Calendar,
        seen: Option<u64>,
    ) -> Result<u64, DeskError> {
        let (name, library) = (calendar.name(), self.library());
        for (procedure, _) in library.versions().filter(|(one, _)| *one.calendar == *name) {
            windowed(calendar.clone(), procedure)?;
        }
        let put = |kind: &str, expected, body, history| Change::Put {
            kind: kind.to_owned(),
            key: name.to_owned(),
            expected,
            body,
            history,
        };
        // Both or none: what is in force has been counted by, or is going to be.
        let changes = vec![
            put(CALENDAR, seen, json!({ "source": calendar.to_toml() }), true),
            put(COUNTING, None, json!({ "due": true }), false),
        ];
        let change = Administer { at: self.now(), actor: actor.to_owned(), changes };
        let versions = self.inner.store.administer(change).map_err(stale)?;
        self.refresh()?;
        Ok(versions.first().copied().unwrap_or_default())
    }

    /// Counts the deadlines of the cases in work anew that a calendar has changed under; returns what was done, nothing when no
    /// calendar has changed. Doing it often, on several nodes, or again after it was broken off, is harmless.
    ///
    /// # Errors
    /// A failure of the store; then it is still to be done.
    pub fn count_anew(&self, go_on: &(dyn Fn() -> bool + Sync)) -> Result<Counting, DeskError> {
        let mut done = Counting::default();
        for due in self.inner.store.settings(COUNTING)? {
            if due.body.get("due") != Some(&json!(true)) {
                continue;
            }
            // Also under a version that is not the newest.
            for procedure in self.counting_by(&due.key) {
                let one = self.count_cases_of(&procedure, go_on)?;
                done.cases += one.cases;
                done.moved += one.moved;
                done.failed += one.failed;
            }
            if !go_on() {
                return Ok(done);
            }
            let change = Change::Put {
                kind: COUNTING.to_owned(),
                key: due.key,
                expected: Some(due.version),
                body: json!({ "due": false }),
                history: false,
            };
            let changes = vec![change];
            let change = Administer { at: self.now(), actor: "@system".to_owned(), changes };
            match self.inner.store.administer(change) {
                // The calendar has changed again meanwhile: the next round sees to that.
                Ok(_) | Err(StoreError::SettingConflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(done)
    }

    /// Counts all cases of a procedure anew in which a clock runs, two shares at once: deciding is slower than writing.
    fn count_cases_of(
        &self,
        procedure: &str,
        go_on: &(dyn Fn() -> bool + Sync),
    ) -> Result<Counting, DeskError> {
        let cases = self.inner.store.counting(procedure)?;
        let mut done = Counting::default();
        for page in cases.chunks(2 * SHARE).take_while(|_| go_on()) {
            let shares = thread::scope(|scope| {
                let shares = page.chunks(SHARE).map(|share| {
                    let counts = scope.spawn(|| self.count_cases(share));
                    (share.len(), counts)
                });
                let under_way: Vec<_> = shares.collect();
                // A share that panics has counted nothing; the log has why.
                let counted = under_way.into_iter();
                counted.map(|(cases, one)| one.join().unwrap_or((0, cases))).collect::<Vec<_>>()
            });
            done.cases += page.len();
            done.moved += shares.iter().map(|(moved, _)| moved).sum::<usize>();
            done.failed += shares.iter().map(|(_, failed)| failed).sum::<usize>();
        }
        Ok(done)
    }

    /// Counts some cases anew: how many have moved, and how many could not be counted.
    fn count_cases(&self, cases: &[Uuid]) -> (usize, usize) {
        let begin = |case: &Uuid| (*case, self.submit_later(&Who::System, &recount_of(*case)));
        let under_way: Vec<_> = cases.iter().map(begin).collect();
        let (mut moved, mut failed) = (0, 0);
        for (case, begun) in under_way {
            match self.counted(case, begun) {
                Ok(has_moved) => moved += usize::from(has_moved),
                Err(error) => {
                    tracing::error!(case.id = %case, error = %error, "calendar.count");
                    failed += 1;
                }
            }
        }
        (moved, failed)
    }

    /// Waits for a case that was begun, and counts it alone when too much was waiting or somebody else was faster.
    fn counted(
        &self,
        case: Uuid,
        begun: Result<Option<Pending>, DeskError>,
    ) -> Result<bool, DeskError> {
        match begun.and_then(|pending| pending.map(Pending::wait).transpose()) {
            Err(DeskError::Store(StoreError::Busy | StoreError::Conflict { .. })) => {
                let done = self.submit(&Who::System, recount_of(case), Options::default())?;
                Ok(!done.repeated)
            }
            done => Ok(done?.is_some()),
        }
    }

    /// The calendar that a procedure counts by: one of the organisation's, or a built-in one.
    pub(crate) fn calendar_of(&self, procedure: &Procedure) -> Result<Calendar, DeskError> {
        match self.calendar(&procedure.calendar) {
            Ok((calendar, _)) => windowed(calendar, procedure),
            // It says which one is missing.
            Err(DeskError::NotFound { .. }) => calendar_for(procedure),
            Err(error) => Err(error),
        }
    }
}

/// The built-in calendar that a procedure counts by, with the procedure's working windows.
///
/// # Errors
/// `Invalid` when there is no such calendar, or the windows overlap.
pub fn calendar_for(procedure: &Procedure) -> Result<Calendar, DeskError> {
    let calendar = Calendar::builtin(&procedure.calendar)
        .ok_or_else(|| DeskError::Invalid(format!("calendar {}", procedure.calendar)))?;
    windowed(calendar, procedure)
}

fn windowed(calendar: Calendar, procedure: &Procedure) -> Result<Calendar, DeskError> {
    if procedure.windows.is_empty() {
        return Ok(calendar);
    }
    let windows = Windows::parse(&procedure.windows)
        .map_err(|error| DeskError::Invalid(error.to_string()))?;
    Ok(calendar.with_windows(windows))
}

fn calendar_from(text: &str) -> Result<Calendar, DeskError> {
    Calendar::from_toml(text).map_err(|errors| {
        let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
        DeskError::Invalid(errors.join("; "))
    })
}

fn recount_of(case: Uuid) -> Command {
    Command::Recount { case: case.to_string().into() }
}
