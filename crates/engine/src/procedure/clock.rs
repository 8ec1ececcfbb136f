//! Clocks and their steps.

use super::{Actor, Condition, Label, LimitSpec, MomentFilter, Origin};
use crate::key::Key;
use serde::{Deserialize, Serialize};

/// A time limit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Clock {
    /// Key.
    pub key: Key,
    /// Name.
    pub label: Label,
    /// Moment from which it counts; any of them.
    pub start: Vec<MomentFilter>,
    /// Only started when this holds at the moment.
    pub when: Condition,
    /// Once, or again and again.
    pub repeat: Vec<MomentFilter>,
    /// What makes a new instance after the first: a new round, a new dispatch, or nothing.
    pub again: Again,
    /// Limit and stop moments by condition; first match wins; no match: the limit is not known yet (G-11).
    pub by: Vec<ClockBy>,
    /// Field with the instant at which the work was really done: it counts as stopped then, though recorded later (S3-K02).
    #[serde(default)]
    pub stop_at: Option<Key>,
    /// Moments that end it without a result (voiding and merging always do).
    pub cancel: Vec<MomentFilter>,
    /// Who answers for it (warned at the share); default the holder of the stage.
    pub owner: Actor,
    /// Warn when this percentage of the counted time is used; none: no warning.
    pub warn: Option<u8>,
    /// Reminders after the start.
    pub remind: Vec<Step>,
    /// What happens at and after the due instant, in order.
    pub breach: Vec<Step>,
    /// The last step is repeated at this distance until the clock stops. Unit: natural seconds.
    pub every: Option<i64>,
    /// Counts per task of these kinds instead of per case.
    pub tasks: Vec<Key>,
    /// Stops counting while the case is paused.
    pub pausable: bool,
    /// Field whose instant becomes the next due once it is met (a committed date), with what stops that leg.
    pub then: Option<(Key, Vec<MomentFilter>)>,
    /// Only the main case of a merged group runs it (S4-G04); the members' instances are carried.
    pub carried: bool,
    /// Quiet hours never hold its messages back.
    pub loud: bool,
    /// Also starts and counts while the case is filed (what arrives late is followed up, S4-Q04).
    #[serde(default)]
    pub after_filing: bool,
    /// Its due is an end that was meant - the program files, or closes as unrated - and nobody's failure: it reads
    /// `expired` afterwards, never `breached`.
    #[serde(default)]
    pub expires: bool,
    /// What it measures, for reports and columns.
    pub measures: Option<Measures>,
    /// Origin.
    pub origin: Origin,
}

/// Which limit a clock is, for reports across procedures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measures {
    /// First limit (start, response, first contact).
    First,
    /// Resolve limit.
    Resolve,
    /// Acknowledgement.
    Acknowledge,
    /// Internal cadence.
    Update,
    /// Customer cadence.
    Contact,
    /// Approval.
    Approval,
    /// After-care.
    Visit,
    /// Filing.
    Archive,
    /// Intake and triage.
    Triage,
    /// Emergency overlay.
    Emergency,
}

/// What makes a new instance of a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Again {
    /// Nothing: once in the life of a case.
    Never,
    /// The next round: from `reopened`, or from its own start moment in that round (G-12).
    Round,
    /// Every occurrence of the start moment; a running instance is replaced (acknowledgement after re-dispatch).
    Start,
}

/// A row of a clock: limit and stop set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClockBy {
    /// When the row applies.
    pub when: Condition,
    /// How long.
    pub limit: LimitSpec,
    /// All of these must have happened since the start.
    pub stop: Vec<MomentFilter>,
    /// Origin.
    pub origin: Origin,
}

/// A step of a clock: a reminder, or something that happens after a breach.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Natural seconds after the due instant (`breach`) or after the start (`remind`).
    pub after: i64,
    /// What is done.
    pub does: StepKind,
    /// Who is told.
    pub to: Vec<Actor>,
    /// Skipped when any of these happened since the due instant.
    pub unless: Vec<MomentFilter>,
    /// From this generation of the clock on (S4-K03: from the second miss on).
    pub from_miss: u32,
    /// Origin.
    pub origin: Origin,
}

/// What a clock's step does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// A message.
    Notify,
    /// A message and an open escalation flag of this name (at most one open per name).
    Escalate(Key),
    /// An action done by the system (re-dispatch, close as unrated, file).
    Act(Key),
    /// A task of this kind, beside the message.
    Task(Key),
}
