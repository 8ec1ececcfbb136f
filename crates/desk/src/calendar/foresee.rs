//! What a calendar would do to the deadlines that run, before it is put in force.

use super::windowed;
use crate::desk::Desk;
use crate::error::DeskError;
use crate::submit::touched;
use engine::calendar::Calendar;
use engine::case::Case;
use engine::decide::{Context, Library, World, decide};
use engine::event::Event;
use engine::key::Key;
use engine::people::{Directory, Who};
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

/// Cases that are looked at, over all procedures; those that are due first.
const LOOKED_AT: usize = 5_000;

/// What would move.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Moving {
    /// Cases in which a clock runs that were looked at.
    pub cases: usize,
    /// Further ones that were not, what is due later.
    pub beyond: usize,
    /// Cases of those looked at some deadline of which would move.
    pub moved: usize,
    /// Deadlines that would come later.
    pub later: usize,
    /// Deadlines that would come sooner.
    pub sooner: usize,
    /// Deadlines that would have passed at once.
    pub late: usize,
    /// Cases that could not be counted; the log says why.
    pub failed: usize,
}

impl Desk {
    /// What would move if a calendar were put in force, by the key of the procedure. Nothing is written.
    ///
    /// # Errors
    /// `Invalid` when a procedure's working windows do not fit; a failure of the store.
    pub fn foresee_calendar(
        &self,
        calendar: &Calendar,
    ) -> Result<BTreeMap<Key, Moving>, DeskError> {
        let known = self.library();
        let mut library = Library::clone(&known);
        for (procedure, _) in known.versions() {
            if *procedure.calendar == *calendar.name() {
                let changed = windowed(calendar.clone(), procedure)?;
                library.add(Arc::clone(procedure), Arc::new(changed));
            }
        }
        let (people, mut left, mut found) = (self.directory(), LOOKED_AT, BTreeMap::new());
        for key in self.counting_by(calendar.name()) {
            let cases = self.inner.store.counting(&key)?;
            let looked_at = cases.len().min(left);
            left -= looked_at;
            let mut moving = Moving { beyond: cases.len() - looked_at, ..Moving::default() };
            for case in cases.iter().take(looked_at) {
                moving.cases += 1;
                if let Err(error) = self.foresee_case(*case, &library, &people, &mut moving) {
                    tracing::error!(case.id = %case, error = %error, "calendar.foresee");
                    moving.failed += 1;
                }
            }
            found.insert(key, moving);
        }
        Ok(found)
    }

    fn foresee_case(
        &self,
        case: Uuid,
        library: &Library,
        directory: &Directory,
        moving: &mut Moving,
    ) -> Result<(), DeskError> {
        let command = super::recount_of(case);
        let now = self.now();
        let context = Context { now, who: Who::System, ids: Vec::new(), followers: Vec::new() };
        let (before, decision) = self.over_loaded(&mut touched(&command), |cases| {
            let world = World { cases, library, directory };
            let decision = decide(&world, &command, &context)?;
            Ok((world.cases, decision))
        })?;
        let Some(before) = before.get(command.case()) else { return Ok(()) };
        let own = decision.events.iter().filter(|(id, _)| id == command.case());
        let mut moved = false;
        for (_, recorded) in own {
            let Some((was, is)) = due_set(before, &recorded.event) else { continue };
            moved |= was != is;
            moving.later += usize::from(is > was);
            moving.sooner += usize::from(is < was);
            moving.late += usize::from(is <= now && was > now);
        }
        moving.moved += usize::from(moved);
        Ok(())
    }

    /// The procedures of which a version counts by a calendar.
    pub(super) fn counting_by(&self, calendar: &str) -> Vec<Key> {
        let library = self.library();
        let all = library.versions().filter(|(procedure, _)| *procedure.calendar == *calendar);
        let mut keys: Vec<Key> = all.map(|(procedure, _)| procedure.key.clone()).collect();
        keys.dedup();
        keys
    }
}

/// A deadline that runs before and after an event.
fn due_set(before: &Case, event: &Event) -> Option<(jiff::Timestamp, jiff::Timestamp)> {
    let Event::DueSet { clock, generation, due, .. } = event else { return None };
    before.instance(clock, *generation)?.due.zip(*due)
}
