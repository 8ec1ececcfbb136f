//! The due of an instance, from its start, its limit and the calendar.

use super::Instance;
use crate::calendar::{Calendar, Due, Limit};
use crate::case::Case;
use crate::case::Facts;
use crate::people::Who;
use crate::procedure::{Clock, ClockBy, LimitSpec, Procedure};
use jiff::civil::Time;
use jiff::{SignedDuration, Timestamp};

/// What an instance counts by: the limit in force and the due that follows from its start.
#[derive(Debug, Clone, PartialEq)]
pub struct Base {
    /// The limit.
    pub limit: LimitSpec,
    /// The due; none while a field is empty.
    pub due: Option<Timestamp>,
    /// Rests on years without calendar data.
    pub provisional: bool,
    /// How it came about; empty unless asked for.
    pub computed: Option<Due>,
}

/// The row of a clock that applies to a case now; none while values are unknown.
pub(crate) fn row<'p>(procedure: &Procedure, clock: &'p Clock, case: &Case) -> Option<&'p ClockBy> {
    clock.by.iter().find(|row| Facts::new(procedure, case, &Who::System).holds(&row.when))
}

/// The limit and due of an instance counted from its start, ignoring pauses, extensions and changes.
pub fn base(
    procedure: &Procedure,
    calendar: &Calendar,
    clock: &Clock,
    case: &Case,
    instance: &Instance,
    traced: bool,
) -> Option<Base> {
    if let (true, Some((field, _))) = (instance.leg, &clock.then) {
        let due = case.value(field).and_then(|value| value.time());
        return Some(Base {
            limit: LimitSpec::Field(field.clone()),
            due,
            provisional: false,
            computed: None,
        });
    }
    let limit = row(procedure, clock, case)?.limit.clone();
    Some(by_limit(calendar, case, instance.start, instance.task, limit, traced))
}

/// The due of a limit from an instant.
pub(crate) fn by_limit(
    calendar: &Calendar,
    case: &Case,
    start: Timestamp,
    task: Option<u32>,
    limit: LimitSpec,
    traced: bool,
) -> Base {
    let plain = |limit, due| Base { limit, due, provisional: false, computed: None };
    match limit {
        LimitSpec::Length(Limit::Natural { seconds }) if !traced => plain(
            LimitSpec::Length(Limit::Natural { seconds }),
            start.checked_add(SignedDuration::from_secs(seconds)).ok(),
        ),
        LimitSpec::Length(length) => {
            let computed = calendar.due(start, length, &[]);
            Base {
                limit: LimitSpec::Length(length),
                due: computed.at,
                provisional: computed.provisional,
                computed: Some(computed),
            }
        }
        LimitSpec::Field(field) => {
            let due = case.value(&field).and_then(|value| value.time());
            plain(LimitSpec::Field(field), due)
        }
        LimitSpec::At(hour, minute) => {
            plain(LimitSpec::At(hour, minute), next_time(calendar, start, hour, minute))
        }
        LimitSpec::Task => {
            let due = task
                .and_then(|id| case.tasks.iter().find(|task| task.id == id))
                .and_then(|task| task.due);
            plain(LimitSpec::Task, due)
        }
    }
}

/// The next instant after `after` at which the local clock shows this hour and minute.
fn next_time(calendar: &Calendar, after: Timestamp, hour: i8, minute: i8) -> Option<Timestamp> {
    let local = calendar.local(after);
    let time = Time::new(hour, minute, 0, 0).ok()?;
    let today = calendar.instant(local.date().to_datetime(time));
    if today > after {
        Some(today)
    } else {
        Some(calendar.instant(local.date().tomorrow().ok()?.to_datetime(time)))
    }
}

/// The due of a limit from an instant, where nothing but the limit matters.
pub(crate) fn due_of(
    calendar: &Calendar,
    case: &Case,
    start: Timestamp,
    limit: LimitSpec,
) -> Option<Timestamp> {
    by_limit(calendar, case, start, None, limit, false).due
}
