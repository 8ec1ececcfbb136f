//! `explain`: how a due came about, step by step, for people.

use super::{DueCause, DueFact, Fired, Instance, base};
use crate::calendar::{Calendar, Due};
use crate::case::{Case, Occurrence};
use crate::key::Key;
use crate::procedure::{Clock, LimitSpec, Procedure};
use jiff::Timestamp;
use serde::Serialize;

/// One reason in the account of a due. Facts only; the surface puts them into words.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "reason")]
pub enum Reason {
    /// The moment from which it counts.
    Started {
        /// The moment; none where an interval follows a missed one.
        moment: Option<Occurrence>,
        /// The instant.
        at: Timestamp,
    },
    /// The limit in force and the requirement that sets it.
    Limit {
        /// As written in the procedure.
        limit: LimitSpec,
        /// Requirement ids.
        req: Vec<String>,
    },
    /// The value that decides the limit is not known yet (G-11).
    NotYetKnown,
    /// How the calendar counted.
    Counted(Due),
    /// A due came into force.
    Due(DueFact),
    /// A step was done.
    Fired(Fired),
    /// The state in the end.
    State(super::ClockState),
}

/// The account of an instance.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trace {
    /// The instance.
    pub instance: Instance,
    /// In the order in which one would tell it.
    pub reasons: Vec<Reason>,
}

/// The fields that decide how long a clock runs and are not filled in yet, each once.
pub fn undecided<'p>(clock: &'p Clock, case: &Case) -> Vec<&'p Key> {
    let limit = |limit: &'p LimitSpec| match limit {
        LimitSpec::Field(key) => Some(key),
        LimitSpec::Length(_) | LimitSpec::At(..) | LimitSpec::Task => None,
    };
    let mut keys: Vec<&Key> = Vec::new();
    for key in
        clock.by.iter().flat_map(|row| row.when.fields().into_iter().chain(limit(&row.limit)))
    {
        if case.value(key).is_none() && !keys.contains(&key) {
            keys.push(key);
        }
    }
    keys
}

/// Tells how the due of an instance came about. `None` when the clock has no such instance.
pub fn explain(
    procedure: &Procedure,
    calendar: &Calendar,
    case: &Case,
    clock: &str,
    generation: Option<u32>,
) -> Option<Trace> {
    let instance = match generation {
        Some(generation) => case.instance(clock, generation)?,
        None => case.clock(clock)?,
    };
    let rule = procedure.clock(clock)?;
    let moment =
        case.moments.get(instance.index).filter(|moment| moment.at == instance.start).cloned();
    let mut reasons = vec![Reason::Started { moment, at: instance.start }];
    match base(procedure, calendar, rule, case, instance, true) {
        None => reasons.push(Reason::NotYetKnown),
        Some(base) => {
            let row = rule.by.iter().find(|row| row.limit == base.limit);
            let mut req = rule.origin.req.clone();
            req.extend(row.map(|row| row.origin.req.clone()).unwrap_or_default());
            reasons.push(Reason::Limit { limit: base.limit, req });
            reasons.extend(base.computed.map(Reason::Counted));
        }
    }
    reasons.extend(
        instance
            .dues
            .iter()
            .filter(|fact| fact.cause != DueCause::Counted || instance.dues.len() > 1)
            .cloned()
            .map(Reason::Due),
    );
    reasons.extend(instance.fired.iter().cloned().map(Reason::Fired));
    reasons.push(Reason::State(instance.state.clone()));
    Some(Trace { instance: instance.clone(), reasons })
}
