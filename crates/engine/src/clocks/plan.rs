//! `plan`: what is due next on a case. The timers in the database are a cache of this.

use super::{ClockState, Instance, TimerStep};
use crate::calendar::{Calendar, Limit};
use crate::case::{Case, Life};
use crate::key::Key;
use crate::procedure::{Clock, LimitSpec, Procedure, Step};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

/// When a step of a clock is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Timer {
    /// Clock.
    pub clock: Key,
    /// Its instance.
    pub generation: u32,
    /// Step.
    pub step: TimerStep,
    /// When.
    pub due: Timestamp,
}

/// Everything that time will bring to a case if nobody acts: each instance's next steps, earliest first.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Plan {
    /// In order of time, then of steps.
    pub timers: Vec<Timer>,
}

/// The plan of a case.
pub fn plan(procedure: &Procedure, calendar: &Calendar, case: &Case) -> Plan {
    Plan { timers: timers(procedure, calendar, case) }
}

/// The timers of a case in the order in which they fire. Each instance contributes the steps that can be known now:
/// those before its due, its breach, or - once breached - the next step after it.
pub fn timers(procedure: &Procedure, calendar: &Calendar, case: &Case) -> Vec<Timer> {
    let mut timers = Vec::new();
    for instance in case.clocks.iter().filter(|instance| instance.is_ticking()) {
        if let Some(clock) = procedure.clock(&instance.clock).filter(|clock| counts(clock, case)) {
            next_steps(calendar, clock, case, instance, &mut timers);
        }
    }
    timers.sort_by(|a, b| (a.due, a.step.code(), &a.clock).cmp(&(b.due, b.step.code(), &b.clock)));
    timers
}

/// Whether a clock counts in this part of a case's life: most end with the filing (S4-Q04).
fn counts(clock: &Clock, case: &Case) -> bool {
    match case.life {
        Life::Open | Life::Closed { .. } => true,
        Life::Archived { .. } => clock.after_filing,
        Life::Voided { .. } | Life::Merged { .. } => false,
    }
}

fn next_steps(
    calendar: &Calendar,
    clock: &Clock,
    case: &Case,
    instance: &Instance,
    timers: &mut Vec<Timer>,
) {
    let mut add = |step, due| {
        timers.push(Timer {
            clock: instance.clock.clone(),
            generation: instance.generation,
            step,
            due,
        })
    };
    let Some(due) = instance.due else { return };
    match instance.state {
        ClockState::Running => {
            for (number, step) in (0u32..).zip(&clock.remind) {
                let at = later(instance.start, step.after);
                if !instance.has_fired(TimerStep::Remind(number)) && at < due {
                    add(TimerStep::Remind(number), at);
                }
            }
            if let Some(at) = warn_at(calendar, clock, case, instance, due)
                && !instance.has_fired(TimerStep::Warn)
            {
                add(TimerStep::Warn, at);
            }
            add(if clock.expires { TimerStep::Expire } else { TimerStep::Breach }, due);
        }
        ClockState::Breached { stopped: None } | ClockState::Expired { stopped: None } => {
            if let Some((step, at)) = next_breach_step(clock, instance, due) {
                add(step, at);
            }
        }
        _ => {}
    }
}

/// The next step after a breach: the first not yet done, then the last one again and again.
fn next_breach_step(
    clock: &Clock,
    instance: &Instance,
    due: Timestamp,
) -> Option<(TimerStep, Timestamp)> {
    for (number, step) in (0u32..).zip(&clock.breach) {
        if !instance.has_fired(TimerStep::Step(number)) {
            return Some((TimerStep::Step(number), later(due, step.after)));
        }
    }
    let every = clock.every.filter(|every| *every > 0)?;
    let again =
        instance.fired.iter().filter(|fired| matches!(fired.step, TimerStep::Again(_))).count();
    let again = u32::try_from(again).unwrap_or(u32::MAX).saturating_add(1);
    let last = clock.breach.last().map_or(0, |step: &Step| step.after);
    Some((
        TimerStep::Again(again),
        later(due, last.saturating_add(every.saturating_mul(i64::from(again)))),
    ))
}

/// The instant of the warning, when it lies between start and due.
fn warn_at(
    calendar: &Calendar,
    clock: &Clock,
    case: &Case,
    instance: &Instance,
    due: Timestamp,
) -> Option<Timestamp> {
    let percent = clock.warn.filter(|percent| (1..100).contains(percent))?;
    let measure = match instance.limit {
        Some(LimitSpec::Length(limit)) => limit,
        _ => Limit::Natural { seconds: 0 },
    };
    let pauses = if clock.pausable { case.pauses.as_slice() } else { &[] };
    let at = calendar.share(instance.start, due, percent, measure, pauses);
    (instance.start < at && at < due).then_some(at)
}

fn later(at: Timestamp, seconds: i64) -> Timestamp {
    at.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}
