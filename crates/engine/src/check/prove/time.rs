//! What time does in a state: every clock as the next one to go on.

use super::super::moves::{CASE, later};
use super::super::passing::told;
use super::super::realise::{Kind, Move};
use super::super::skeleton::is_timed;
use super::{Open, Walk};
use crate::case::Case;
use crate::clocks::{TimerStep, timers};
use crate::command::Command;
use crate::decide::{Context, decide};
use crate::key::Key;
use crate::people::Who;
use crate::procedure::Procedure;
use jiff::{SignedDuration, Timestamp};

impl Walk<'_> {
    /// Each clock that does more than telling is the next one to run on.
    pub(super) fn time(&mut self, open: &Open) {
        let kit = self.kit;
        let procedure = kit.desk.procedure;
        let shape = self.mould.shape(&mut self.names, kit.desk, &open.case, open.now);
        let next: Vec<(Key, u32)> = open
            .case
            .clocks
            .iter()
            .filter(|one| one.is_ticking() && procedure.clock(&one.clock).is_some_and(is_timed))
            .map(|one| (one.clock.clone(), one.generation))
            .collect();
        for (clock, generation) in next {
            let (mut case, mut now) = (open.case.clone(), open.now);
            // Steps that only tell somebody lead to the same state.
            for _ in 0..8 {
                let at = later(now, SignedDuration::from_secs(1));
                let Some((ready, step)) = self.ready(&case, &clock, generation, at) else { break };
                let world = kit.world(&ready, None);
                let context =
                    Context { now: at, who: Who::System, ids: Vec::new(), followers: Vec::new() };
                self.tries += 1;
                let command = Command::Tick { case: CASE.into() };
                let Ok(decision) = decide(&world, &command, &context) else { break };
                let Some(after) = decision.cases.get(CASE).cloned() else { break };
                if self.mould.shape(&mut self.names, kit.desk, &after, at) != shape {
                    let name = told(step, &clock);
                    let step = Move { name, kind: Kind::Time { clock: clock.clone() } };
                    self.reach(Some(open.number), step, decision, at);
                    break;
                }
                (case, now) = (after, at);
            }
        }
    }

    /// The case with its instants moved so that the next step of this clock is due at `at`, and no other clock's is.
    fn ready(
        &self,
        case: &Case,
        clock: &Key,
        generation: u32,
        at: Timestamp,
    ) -> Option<(Case, TimerStep)> {
        let procedure = self.kit.desk.procedure;
        let timer = timers(procedure, &self.place.calendar, case)
            .into_iter()
            .find(|timer| timer.clock == *clock && timer.generation == generation)?;
        let day = SignedDuration::from_hours(24);
        let mut case = postponed(procedure, case, Some((clock, generation)), day);
        let early = at.duration_since(timer.due);
        let instance = case
            .clocks
            .iter_mut()
            .find(|one| one.clock == *clock && one.generation == generation)?;
        instance.due = instance.due.map(|due| later(due, early));
        instance.start = later(instance.start, early);
        Some((case, timer.step))
    }
}

/// The case with the dues of all clocks that do something put off, but for one.
pub(super) fn postponed(
    procedure: &Procedure,
    case: &Case,
    but: Option<(&Key, u32)>,
    by: SignedDuration,
) -> Case {
    let mut case = case.clone();
    for instance in case.clocks.iter_mut().filter(|one| one.is_ticking()) {
        let chosen = but
            .is_some_and(|(key, number)| instance.clock == *key && instance.generation == number);
        if !chosen && procedure.clock(&instance.clock).is_some_and(is_timed) {
            instance.due = instance.due.map(|due| later(due, by));
            instance.start = later(instance.start, by);
        }
    }
    case
}
