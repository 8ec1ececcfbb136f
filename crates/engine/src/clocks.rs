//! Clocks: every limit of a procedure as instances on a case, with their dues, their steps and why.
//!
//! A clock counts from a moment to a set of moments. Its running due is derived from start, limit and calendar; every
//! due that was ever in force is a fact of the case and is never overwritten (G-05).

mod contact;
mod due;
mod explain;
mod plan;
mod rest;
mod run;
mod version;

pub use contact::{ContactDue, contacts_due, is_contact};
pub(crate) use due::due_of;
pub use due::{Base, base};
pub use explain::{Reason, Trace, explain, undecided};
pub use plan::{Plan, Timer, plan, timers};
pub(crate) use rest::{carry, pause, restore, resume, stop_all};
pub(crate) use run::{happened, rearm, replace_due, reprice, set_due};
pub(crate) use version::follow;

use crate::case::CancelCause;
use crate::key::Key;
use crate::procedure::LimitSpec;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One run of a clock on a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Instance {
    /// The clock.
    pub clock: Key,
    /// Counts the instances of the clock on this case, from 1.
    pub generation: u32,
    /// Round in which it began.
    pub round: u32,
    /// The task that it counts for.
    pub task: Option<u32>,
    /// From when it counts, UTC.
    pub start: Timestamp,
    /// Position of the starting moment among the case's moments; what happened before does not stop it.
    pub index: usize,
    /// Runs towards a promised date after the limit itself was met.
    pub leg: bool,
    /// The limit in force.
    pub limit: Option<LimitSpec>,
    /// The due in force; none while a value is unknown or the case is paused.
    pub due: Option<Timestamp>,
    /// The first due.
    pub original: Option<Timestamp>,
    /// All dues that were in force (G-05).
    pub dues: Vec<DueFact>,
    /// The due rests on years without calendar data.
    pub provisional: bool,
    /// State.
    pub state: ClockState,
    /// State to return to when a merged case is parted again.
    pub carried: Option<Box<ClockState>>,
    /// Steps done.
    pub fired: Vec<Fired>,
}

/// State of an instance (G-05).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum ClockState {
    /// The limit depends on a value not yet known (G-11).
    Waiting,
    /// Counting.
    Running,
    /// Standing still.
    Paused,
    /// Stopped in time.
    Met { at: Timestamp },
    /// Not stopped in time; `stopped` when it was at last.
    Breached { stopped: Option<Timestamp> },
    /// Its due was an end that was meant (`expires`); `stopped` once what the program does then is done.
    Expired { stopped: Option<Timestamp> },
    /// Ended without a result.
    Cancelled { at: Timestamp, cause: CancelCause },
}

/// A due that was in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DueFact {
    /// Since when.
    pub at: Timestamp,
    /// The due.
    pub due: Option<Timestamp>,
    /// Why.
    pub cause: DueCause,
    /// Computed on plain weekdays for want of calendar data.
    pub provisional: bool,
}

/// Why a due came into force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DueCause {
    /// Counted from the start.
    Counted,
    /// The level changed to a shorter limit: the earlier of the old due and now plus the new limit (G-11).
    Shorter,
    /// The level changed to a longer limit: start plus the new limit (G-11).
    Longer,
    /// The field that holds the due was changed.
    Field,
    /// An extension with this number was granted.
    Extension(u32),
    /// A signed and approved change with this number.
    Change(u32),
    /// The earliest of a merged group.
    Merge,
    /// Counting stands still.
    Pause,
    /// Counting goes on.
    Resume,
    /// The calendar changed.
    Calendar,
    /// The case goes on under another version of its procedure.
    Version,
}

/// A step that was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fired {
    /// Which.
    pub step: TimerStep,
    /// When it was to be done.
    pub due: Timestamp,
    /// When it was.
    pub at: Timestamp,
}

/// A step of a clock's timers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimerStep {
    /// A reminder after the start, by position.
    Remind(u32),
    /// The share of the time is used up.
    Warn,
    /// The due instant.
    Breach,
    /// The due instant of a clock that expires.
    Expire,
    /// A step after the due, by position.
    Step(u32),
    /// The last step again, for the n-th time.
    Again(u32),
}

impl TimerStep {
    /// A number for the database; the order of steps at the same instant.
    pub fn code(self) -> u32 {
        match self {
            TimerStep::Remind(n) => n.min(99),
            TimerStep::Warn => 100,
            TimerStep::Breach | TimerStep::Expire => 101,
            TimerStep::Step(n) => 102 + n.min(97),
            TimerStep::Again(n) => 200 + n,
        }
    }
}

impl Instance {
    pub(crate) fn new(
        clock: Key,
        generation: u32,
        round: u32,
        start: Timestamp,
        index: usize,
        task: Option<u32>,
        leg: bool,
    ) -> Self {
        Self {
            clock,
            generation,
            round,
            task,
            start,
            index,
            leg,
            limit: None,
            due: None,
            original: None,
            dues: Vec::new(),
            provisional: false,
            state: ClockState::Waiting,
            carried: None,
            fired: Vec::new(),
        }
    }

    /// Still counts, or still waits for something to stop it.
    pub fn is_live(&self) -> bool {
        matches!(
            self.state,
            ClockState::Waiting
                | ClockState::Running
                | ClockState::Paused
                | ClockState::Breached { stopped: None }
                | ClockState::Expired { stopped: None }
        )
    }

    /// Bears the promise: it will reach somebody if nothing is done.
    pub fn is_ticking(&self) -> bool {
        matches!(
            self.state,
            ClockState::Running
                | ClockState::Breached { stopped: None }
                | ClockState::Expired { stopped: None }
        )
    }

    /// Whether its due was missed.
    pub fn is_breached(&self) -> bool {
        matches!(self.state, ClockState::Breached { .. })
    }

    /// Whether its due has passed before it was stopped, be that a failure or meant.
    pub fn has_run_out(&self) -> bool {
        matches!(self.state, ClockState::Breached { .. } | ClockState::Expired { .. })
    }

    /// A person fixed the due, so that it does not move by itself.
    pub fn is_fixed(&self) -> bool {
        self.dues
            .iter()
            .any(|fact| matches!(fact.cause, DueCause::Extension(_) | DueCause::Change(_)))
    }

    /// Ends it with the result that the instant gives (G-07). One that was breached in the meantime is met all the same
    /// when the work turns out to have been done in time and only recorded late (S3-K02).
    pub(crate) fn stop(&mut self, stopped: Timestamp) {
        let late = self.due.map_or(self.is_breached(), |due| stopped > due);
        self.state = match self.state {
            ClockState::Expired { .. } => ClockState::Expired { stopped: Some(stopped) },
            _ if late => ClockState::Breached { stopped: Some(stopped) },
            _ => ClockState::Met { at: stopped },
        };
    }

    pub(crate) fn has_fired(&self, step: TimerStep) -> bool {
        self.fired.iter().any(|fired| fired.step == step)
    }
}
