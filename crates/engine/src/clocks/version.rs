//! Clocks of a case that goes on under another version of its procedure.

use super::run::{begin, end, of_task, reprice, stop_set, stopped_at};
use super::{DueCause, Instance};
use crate::case::{CancelCause, Case, Facts};
use crate::decide::Work;
use crate::key::Key;
use crate::people::Who;
use crate::procedure::{Clock, Procedure};
use jiff::Timestamp;

/// Brings the clocks of a case under the version that it is under now: those that this version does not know end, running dues follow
/// its limits as they follow a change of level (G-11), and clocks that the version before did not know begin to count now. What is
/// settled stays as it was measured.
pub(crate) fn follow(work: &mut Work<'_>, id: &Key, before: &Procedure) {
    let (procedure, _) = work.rules(id);
    for instance in work.case(id).clocks.clone().iter().filter(|instance| instance.is_live()) {
        let known = procedure.clock(&instance.clock);
        if !known.is_some_and(|clock| is_of(work.case(id), clock, instance)) {
            end(work, id, instance, &CancelCause::Version);
        }
    }
    reprice(work, id, Some(DueCause::Version));
    let new = procedure.clocks.iter().filter(|clock| before.clock(&clock.key).is_none());
    for clock in new {
        for (index, task) in begun(&procedure, work.case(id), clock, work.now) {
            begin(work, id, &procedure, clock, task, work.now, index, false);
        }
    }
}

/// Whether an instance can go on as one of this clock.
fn is_of(case: &Case, clock: &Clock, instance: &Instance) -> bool {
    let same_kind = match instance.task {
        None => clock.tasks.is_empty(),
        task => of_task(case, clock, task),
    };
    same_kind && (!instance.leg || clock.then.is_some())
}

/// The moments of this round from which a clock would be counting, each with its task: it was started, and neither stopped nor
/// cancelled since.
fn begun(
    procedure: &Procedure,
    case: &Case,
    clock: &Clock,
    now: Timestamp,
) -> Vec<(usize, Option<u32>)> {
    if !Facts::new(procedure, case, &Who::System).holds(&clock.when) {
        return Vec::new();
    }
    let tasks: Vec<Option<u32>> = match clock.tasks.is_empty() {
        true => vec![None],
        false => {
            let open = case.tasks.iter().filter(|task| task.done.is_none());
            open.filter(|task| clock.tasks.contains(&task.kind)).map(|task| Some(task.id)).collect()
        }
    };
    let from = |task: Option<u32>| {
        let index = case.moments.iter().rposition(|occurrence| {
            occurrence.round == case.round
                && (task.is_none() || occurrence.task == task)
                && clock.start.iter().any(|filter| occurrence.matches(filter))
        })?;
        let instance = Instance::new(clock.key.clone(), 1, case.round, now, index, task, false);
        let stopped = stop_set(procedure, clock, case, &instance)
            .is_some_and(|stop| stopped_at(clock, case, &instance, stop).is_some());
        let mut since = case.moments.iter().skip(index);
        let cancelled = since.any(|one| clock.cancel.iter().any(|filter| one.matches(filter)));
        (!stopped && !cancelled).then_some((index, task))
    };
    tasks.into_iter().filter_map(from).collect()
}
