//! Clocks stand still, run on, end, or are carried by another case.

use super::run::{end, stop};
use super::{ClockState, DueCause, Instance};
use crate::calendar::Limit;
use crate::case::CancelCause;
use crate::decide::Work;
use crate::event::Event;
use crate::key::Key;
use crate::procedure::LimitSpec;
use jiff::SignedDuration;

/// Counting stands still for pausable clocks: the due is unknown until they run on.
pub(crate) fn pause(work: &mut Work<'_>, id: &Key) {
    for instance in pausable(work, id, &ClockState::Running) {
        let (clock, generation, limit) = (instance.clock, instance.generation, instance.limit);
        work.record(
            id,
            Event::DueSet {
                clock,
                generation,
                due: None,
                limit,
                cause: DueCause::Pause,
                provisional: false,
            },
        );
    }
}

/// Pausable clocks run on: what was left when they stood still is counted from now, by the measure of their limit.
pub(crate) fn resume(work: &mut Work<'_>, id: &Key) {
    let (_, calendar) = work.rules(id);
    let Some(paused) = work.case(id).pauses.last().map(|pause| pause.from) else { return };
    for instance in pausable(work, id, &ClockState::Paused) {
        let Some(old) = instance.dues.iter().rev().find_map(|fact| fact.due) else { continue };
        let due = match instance.limit {
            Some(LimitSpec::Length(
                limit @ (Limit::Business { .. } | Limit::WorkingDays { .. }),
            )) => {
                let left = calendar.counted(paused, old, limit, &[]);
                calendar.due_at(work.now, Limit::Business { seconds: left.max(0) }, &[])
            }
            _ => old
                .checked_add(SignedDuration::from_secs(work.now.as_second() - paused.as_second()))
                .ok(),
        };
        let due = due.map(|due| due.max(old));
        let (clock, generation, limit) = (instance.clock, instance.generation, instance.limit);
        work.record(
            id,
            Event::DueSet {
                clock,
                generation,
                due,
                limit,
                cause: DueCause::Resume,
                provisional: false,
            },
        );
    }
}

/// Pausable clocks in a state.
fn pausable(work: &Work<'_>, id: &Key, state: &ClockState) -> Vec<Instance> {
    let (procedure, _) = work.rules(id);
    let counts = |instance: &&Instance| {
        instance.state == *state
            && procedure.clock(&instance.clock).is_some_and(|clock| clock.pausable)
    };
    work.case(id).clocks.iter().filter(counts).cloned().collect()
}

/// All clocks end: the case is void.
pub(crate) fn stop_all(work: &mut Work<'_>, id: &Key) {
    for instance in work.case(id).clocks.clone().iter().filter(|instance| instance.is_live()) {
        end(work, id, instance, &CancelCause::Voided);
    }
}

/// The main case carries the clocks of a member.
pub(crate) fn carry(work: &mut Work<'_>, id: &Key) {
    for instance in work.case(id).clocks.clone().iter().filter(|instance| instance.is_live()) {
        work.record(
            id,
            Event::ClockCancelled {
                clock: instance.clock.clone(),
                generation: instance.generation,
                cause: CancelCause::Carried,
            },
        );
    }
}

/// The clocks of a parted member come back with their dues.
pub(crate) fn restore(work: &mut Work<'_>, id: &Key) {
    for instance in
        work.case(id).clocks.clone().iter().filter(|instance| instance.carried.is_some())
    {
        work.record(
            id,
            Event::ClockRestored { clock: instance.clock.clone(), generation: instance.generation },
        );
        let (procedure, _) = work.rules(id);
        if let Some(clock) = procedure.clock(&instance.clock) {
            stop(work, id, &procedure, clock, instance.task);
        }
    }
}
