//! What moments and changed values do to clocks: start, stop, reset, cancel, price.

use super::due::{Base, base, by_limit, row};
use super::{ClockState, DueCause, Instance};
use crate::calendar::Calendar;
use crate::case::{CancelCause, Case, Facts, Life, Occurrence};
use crate::decide::Work;
use crate::event::Event;
use crate::key::Key;
use crate::people::Who;
use crate::procedure::{Again, Clock, LimitSpec, Moment, MomentFilter, Procedure};
use jiff::Timestamp;

/// Lets an occurrence act on every clock of the case: it may stop, reset, cancel or start instances.
/// The occurrence is the last of the case's moments.
pub(crate) fn happened(work: &mut Work<'_>, id: &Key, occurrence: &Occurrence) {
    let (procedure, _) = work.rules(id);
    let index = work.case(id).moments.len().saturating_sub(1);
    for clock in &procedure.clocks {
        if !clock.tasks.is_empty() && !of_task(work.case(id), clock, occurrence.task) {
            // What makes the work of a task pointless (closing) is no moment of the task itself.
            if clock.cancel.iter().any(|filter| occurrence.matches(filter)) {
                let tasks: Vec<Option<u32>> = work
                    .case(id)
                    .clocks
                    .iter()
                    .filter(|one| one.clock == clock.key && one.is_live())
                    .map(|one| one.task)
                    .collect();
                tasks.into_iter().for_each(|task| {
                    cancel(work, id, clock, task, &CancelCause::Moment(occurrence.moment))
                });
            }
            continue;
        }
        let task = if clock.tasks.is_empty() { None } else { occurrence.task };
        stop(work, id, &procedure, clock, task);
        reset(work, id, &procedure, clock, task, occurrence, index);
        if clock.cancel.iter().any(|filter| occurrence.matches(filter))
            || occurrence.moment == Moment::Voided
        {
            cancel(work, id, clock, task, &CancelCause::Moment(occurrence.moment));
        }
        start(work, id, &procedure, clock, task, occurrence, index);
    }
}

pub(super) fn of_task(case: &Case, clock: &Clock, task: Option<u32>) -> bool {
    task.and_then(|id| case.tasks.iter().find(|one| one.id == id))
        .is_some_and(|task| clock.tasks.contains(&task.kind))
}

fn live(case: &Case, clock: &Clock, task: Option<u32>) -> Vec<Instance> {
    case.clocks
        .iter()
        .filter(|instance| {
            instance.clock == clock.key && instance.task == task && instance.is_live()
        })
        .cloned()
        .collect()
}

/// The moments that stop an instance under the row that applies now.
pub(super) fn stop_set<'p>(
    procedure: &Procedure,
    clock: &'p Clock,
    case: &Case,
    instance: &Instance,
) -> Option<&'p [MomentFilter]> {
    match (&clock.then, instance.leg) {
        (Some((_, stop)), true) => Some(stop),
        _ => row(procedure, clock, case).map(|row| row.stop.as_slice()),
    }
}

/// The instant at which all moments of a stop set had happened since the instance's start; where a field says when the
/// work was really done, that instant, if it lies between.
pub(super) fn stopped_at(
    clock: &Clock,
    case: &Case,
    instance: &Instance,
    stop: &[MomentFilter],
) -> Option<Timestamp> {
    if stop.is_empty() {
        return None;
    }
    let since = |filter: &MomentFilter| {
        case.moments
            .iter()
            .skip(instance.index)
            .find(|occurrence| {
                let another = occurrence.task.is_some() && occurrence.task != instance.task;
                occurrence.matches(filter) && !(instance.task.is_some() && another)
            })
            .map(|occurrence| occurrence.at)
    };
    let recorded = stop
        .iter()
        .map(since)
        .try_fold(instance.start, |latest, at| at.map(|at| latest.max(at)))?;
    let done = clock.stop_at.as_ref().and_then(|field| case.value(field)?.time());
    Some(done.map_or(recorded, |done| done.min(recorded).max(instance.start)))
}

pub(super) fn stop(
    work: &mut Work<'_>,
    id: &Key,
    procedure: &Procedure,
    clock: &Clock,
    task: Option<u32>,
) {
    for instance in live(work.case(id), clock, task) {
        let case = work.case(id);
        let Some(stop) = stop_set(procedure, clock, case, &instance) else { continue };
        let Some(stopped) = stopped_at(clock, case, &instance, stop) else { continue };
        if instance.state == ClockState::Waiting
            && instance.due.is_none()
            && !clock.by.iter().any(|row| row.stop == stop)
        {
            continue;
        }
        work.record(
            id,
            Event::ClockStopped {
                clock: clock.key.clone(),
                generation: instance.generation,
                stopped,
            },
        );
        if !instance.leg && clock.then.is_some() {
            begin(
                work,
                id,
                procedure,
                clock,
                task,
                work.now,
                work.case(id).moments.len().saturating_sub(1),
                true,
            );
        }
    }
}

/// A repeating clock: the moment settles the interval and begins the next one.
fn reset(
    work: &mut Work<'_>,
    id: &Key,
    procedure: &Procedure,
    clock: &Clock,
    task: Option<u32>,
    occurrence: &Occurrence,
    index: usize,
) {
    if !clock.repeat.iter().any(|filter| occurrence.matches(filter)) {
        return;
    }
    let running = live(work.case(id), clock, task);
    // A moment that also starts the clock does not reset the interval that it has just begun.
    if running.is_empty() || running.iter().all(|instance| instance.index == index) {
        return;
    }
    for instance in running {
        work.record(
            id,
            Event::ClockStopped {
                clock: clock.key.clone(),
                generation: instance.generation,
                stopped: occurrence.at,
            },
        );
    }
    begin(work, id, procedure, clock, task, occurrence.at, index, false);
}

fn cancel(work: &mut Work<'_>, id: &Key, clock: &Clock, task: Option<u32>, cause: &CancelCause) {
    for instance in live(work.case(id), clock, task) {
        end(work, id, &instance, cause);
    }
}

/// Ends an instance without a result; one whose due has passed keeps that and stops now.
pub(super) fn end(work: &mut Work<'_>, id: &Key, instance: &Instance, cause: &CancelCause) {
    let (clock, generation) = (instance.clock.clone(), instance.generation);
    match instance.state {
        ClockState::Breached { .. } | ClockState::Expired { .. } => {
            work.record(id, Event::ClockStopped { clock, generation, stopped: work.now })
        }
        _ => work.record(id, Event::ClockCancelled { clock, generation, cause: cause.clone() }),
    }
}

fn start(
    work: &mut Work<'_>,
    id: &Key,
    procedure: &Procedure,
    clock: &Clock,
    task: Option<u32>,
    occurrence: &Occurrence,
    index: usize,
) {
    if !clock.start.iter().any(|filter| occurrence.matches(filter))
        || (matches!(work.case(id).life, Life::Archived { .. }) && !clock.after_filing)
        || !Facts::new(procedure, work.case(id), &Who::System).holds(&clock.when)
    {
        return;
    }
    let case = work.case(id);
    let round = case.round;
    let mut earlier =
        case.clocks.iter().filter(|instance| instance.clock == clock.key && instance.task == task);
    let free = match clock.again {
        Again::Never => earlier.next().is_none(),
        Again::Round => earlier.all(|instance| instance.round != round),
        Again::Start => true,
    };
    if free {
        cancel(work, id, clock, task, &CancelCause::Replaced);
        begin(work, id, procedure, clock, task, occurrence.at, index, false);
    }
}

#[expect(
    clippy::too_many_arguments,
    reason = "these are the facts of one event; a struct would only rename them"
)]
pub(super) fn begin(
    work: &mut Work<'_>,
    id: &Key,
    procedure: &Procedure,
    clock: &Clock,
    task: Option<u32>,
    start: Timestamp,
    index: usize,
    leg: bool,
) {
    if leg && clock.then.as_ref().is_none_or(|(field, _)| work.case(id).value(field).is_none()) {
        return;
    }
    let generation = work
        .case(id)
        .clocks
        .iter()
        .filter(|instance| instance.clock == clock.key)
        .map(|instance| instance.generation)
        .max()
        .unwrap_or(0)
        + 1;
    work.record(
        id,
        Event::ClockStarted { clock: clock.key.clone(), generation, start, index, task, leg },
    );
    price(work, id, procedure, clock, generation, None);
}

/// The next interval of a repeating clock whose due was missed: it counts from the missed due.
pub(crate) fn rearm(
    work: &mut Work<'_>,
    id: &Key,
    clock: &Clock,
    instance: &Instance,
    due: Timestamp,
) {
    let (procedure, _) = work.rules(id);
    let index = work.case(id).moments.len();
    begin(work, id, &procedure, clock, instance.task, due, index, false);
}

/// Derives the dues of live instances again after fields, levels, pauses or the calendar have changed.
pub(crate) fn reprice(work: &mut Work<'_>, id: &Key, cause: Option<DueCause>) {
    let (procedure, _) = work.rules(id);
    let instances: Vec<(Key, u32)> = work
        .case(id)
        .clocks
        .iter()
        .filter(|instance| instance.is_live())
        .map(|one| (one.clock.clone(), one.generation))
        .collect();
    for (key, generation) in instances {
        if let Some(clock) = procedure.clock(&key) {
            price(work, id, &procedure, clock, generation, cause.as_ref());
        }
    }
}

/// Sets the due of one instance where it differs from the one in force, and stops the instance when its stop moments
/// have happened already (a value that becomes known late, G-11).
fn price(
    work: &mut Work<'_>,
    id: &Key,
    procedure: &Procedure,
    clock: &Clock,
    generation: u32,
    cause: Option<&DueCause>,
) {
    let (_, calendar) = work.rules(id);
    let Some(instance) = work.case(id).instance(&clock.key, generation).cloned() else { return };
    let case = work.case(id);
    let Some(base) = base(procedure, &calendar, clock, case, &instance, false) else { return };
    let decided = match instance.state {
        ClockState::Waiting => Some((base.due, DueCause::Counted)),
        ClockState::Running => changed(&calendar, case, &instance, &base, work.now, cause),
        _ => None,
    };
    if let Some((due, cause)) = decided
        && (due != instance.due || (due.is_some() && instance.limit.as_ref() != Some(&base.limit)))
    {
        let due = if case_is_paused(case, clock) { None } else { due };
        work.record(
            id,
            Event::DueSet {
                clock: clock.key.clone(),
                generation,
                due,
                limit: Some(base.limit),
                cause,
                provisional: base.provisional,
            },
        );
    }
    let case = work.case(id);
    let Some(instance) = case.instance(&clock.key, generation).cloned() else { return };
    if instance.is_live()
        && let Some(stopped) = stop_set(procedure, clock, case, &instance)
            .and_then(|stop| stopped_at(clock, case, &instance, stop))
    {
        work.record(id, Event::ClockStopped { clock: clock.key.clone(), generation, stopped });
    }
}

fn case_is_paused(case: &Case, clock: &Clock) -> bool {
    clock.pausable && case.pauses.last().is_some_and(|pause| pause.to.is_none())
}

/// The due of a running instance after a change, by G-11; none when nothing moves.
fn changed(
    calendar: &Calendar,
    case: &Case,
    instance: &Instance,
    base: &Base,
    now: Timestamp,
    cause: Option<&DueCause>,
) -> Option<(Option<Timestamp>, DueCause)> {
    let Some(old) = instance.due else {
        // Its field was empty for a while and is filled in again.
        let named = matches!(base.limit, LimitSpec::Field(_) | LimitSpec::Task);
        let open = case.pauses.last().is_some_and(|pause| pause.to.is_none());
        return (named && !open && base.due.is_some()).then_some((base.due, DueCause::Field));
    };
    if instance.limit.as_ref() == Some(&base.limit) {
        return match (&base.limit, cause) {
            (LimitSpec::Field(_) | LimitSpec::Task, _) if !instance.is_fixed() => {
                Some((base.due, DueCause::Field))
            }
            (LimitSpec::Length(_), Some(cause))
                if !instance.is_fixed()
                    && case.pauses.is_empty()
                    && *cause != DueCause::Version =>
            {
                Some((base.due, cause.clone()))
            }
            _ => None,
        };
    }
    let before =
        by_limit(calendar, case, instance.start, instance.task, instance.limit.clone()?, false)
            .due
            .unwrap_or(old);
    let after = base.due?;
    let named = |level| if cause == Some(&DueCause::Version) { DueCause::Version } else { level };
    if after < before {
        let fresh = by_limit(calendar, case, now, instance.task, base.limit.clone(), false)
            .due
            .unwrap_or(after);
        Some((Some(old.min(fresh)), named(DueCause::Shorter)))
    } else if instance.is_fixed() {
        Some((Some(old), named(DueCause::Longer)))
    } else {
        Some((Some(after.max(old)), named(DueCause::Longer)))
    }
}

/// Puts a due into force that a person or a merge decided. An instance that is breached keeps its result.
pub(crate) fn set_due(work: &mut Work<'_>, id: &Key, clock: &Key, due: Timestamp, cause: DueCause) {
    let running = work
        .case(id)
        .clock(clock)
        .filter(|instance| instance.state == ClockState::Running)
        .cloned();
    if let Some(instance) = running {
        work.record(
            id,
            Event::DueSet {
                clock: clock.clone(),
                generation: instance.generation,
                due: Some(due),
                limit: instance.limit,
                cause,
                provisional: false,
            },
        );
    }
}

/// A new due after a change request: a breached instance keeps its breach, and a new one runs to the new due.
pub(crate) fn replace_due(
    work: &mut Work<'_>,
    id: &Key,
    clock: &Key,
    due: Timestamp,
    cause: DueCause,
) {
    let Some(instance) = work.case(id).clock(clock).cloned() else { return };
    if instance.state == (ClockState::Breached { stopped: None }) {
        work.record(
            id,
            Event::ClockStopped {
                clock: clock.clone(),
                generation: instance.generation,
                stopped: work.now,
            },
        );
        let (generation, index) = (instance.generation + 1, work.case(id).moments.len());
        work.record(
            id,
            Event::ClockStarted {
                clock: clock.clone(),
                generation,
                start: work.now,
                index,
                task: instance.task,
                leg: instance.leg,
            },
        );
        work.record(
            id,
            Event::DueSet {
                clock: clock.clone(),
                generation,
                due: Some(due),
                limit: instance.limit,
                cause,
                provisional: false,
            },
        );
    } else {
        set_due(work, id, clock, due, cause);
    }
}
