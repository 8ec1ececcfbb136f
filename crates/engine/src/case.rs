//! A case: the fold of its events.

mod apply;
mod facts;

pub use apply::apply;
pub(crate) use apply::apply_to;
pub(crate) use facts::approving_role;
pub use facts::{Facts, Holder, complete, holder, incomplete, undecided};

use crate::clocks::Instance;
use crate::key::Key;
use crate::people::Who;
use crate::procedure::{Actor, Moment, MomentFilter, Purpose};
use crate::value::{Private, Value};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A snapshot of a case. `apply` is the only way to change it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// Opaque id, a UUIDv7.
    pub id: Key,
    /// The number people use.
    pub number: String,
    /// Procedure and the version it is pinned to.
    pub procedure: Key,
    /// Version.
    pub procedure_version: u32,
    /// Number of events so far.
    pub version: u64,
    /// Where it is in its life.
    pub life: Life,
    /// Stage of the procedure.
    pub stage: Key,
    /// Since when.
    pub stage_since: Timestamp,
    /// Round, from 1.
    pub round: u32,
    /// When the customer contacted us.
    pub received_at: Timestamp,
    /// When the record was saved.
    pub registered_at: Timestamp,
    /// Who registered.
    pub registrar: Option<Key>,
    /// 责任人.
    pub assignee: Option<Key>,
    /// Role under which the case was dispatched.
    pub role: Option<Key>,
    /// Department responsible.
    pub department: Option<Key>,
    /// 协办人.
    pub co_owners: Vec<Key>,
    /// Values of fields; what is not set is absent.
    pub fields: BTreeMap<Key, Value>,
    /// Derived fields whose value a person or a raise has overridden.
    pub overrides: BTreeMap<Key, Value>,
    /// Everything that happened, in order.
    pub moments: Vec<Occurrence>,
    /// Instances of clocks, in order of their start.
    pub clocks: Vec<Instance>,
    /// Contacts and attempts.
    pub contacts: Vec<ContactLog>,
    /// Progress notes.
    pub progress: Vec<ProgressNote>,
    /// Internal notes: nothing is decided by them, but a case is found by what they say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub comments: Vec<Private>,
    /// Current progress node.
    pub node: Option<Key>,
    /// Child work.
    pub tasks: Vec<Task>,
    /// The running chain.
    pub chain: Option<ChainRun>,
    /// All decisions.
    pub approvals: Vec<Approval>,
    /// Extensions.
    pub extensions: Vec<ExtensionLog>,
    /// Change requests.
    pub changes: Vec<ChangeLog>,
    /// Dispatches.
    pub dispatches: Vec<Dispatch>,
    /// Open escalations and since when.
    pub escalations: BTreeMap<Key, Timestamp>,
    /// Relations.
    pub links: Vec<Link>,
    /// Cases merged into this one.
    pub members: Vec<Key>,
    /// How often the customer urged.
    pub urges: u32,
    /// Pauses of pausable clocks.
    pub pauses: Vec<crate::calendar::Pause>,
    /// Legal hold.
    pub held: bool,
    /// Stages passed, with the instants.
    pub path: Vec<(Key, Timestamp)>,
}

/// Where a case is in its life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum Life {
    /// Being worked on.
    Open,
    /// Settled, not yet filed.
    Closed { at: Timestamp },
    /// Filed, read-only.
    Archived { at: Timestamp, keep_until: Timestamp },
    /// Made void.
    Voided { at: Timestamp },
    /// Part of another case.
    Merged { into: Key, at: Timestamp },
}

impl Life {
    /// Stable name.
    pub fn name(&self) -> &'static str {
        match self {
            Life::Open => "open",
            Life::Closed { .. } => "closed",
            Life::Archived { .. } => "archived",
            Life::Voided { .. } => "voided",
            Life::Merged { .. } => "merged",
        }
    }

    /// The promise holds: somebody must act and a clock must run.
    pub fn promised(&self) -> bool {
        matches!(self, Life::Open | Life::Closed { .. })
    }
}

/// A moment that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Occurrence {
    /// What.
    pub moment: Moment,
    /// When, UTC; may lie before the instant of recording.
    pub at: Timestamp,
    /// By whom.
    pub who: Who,
    /// What the author was to the case at that moment: relations and roles.
    pub acted_as: Vec<Actor>,
    /// Purpose of a contact.
    pub purpose: Option<Purpose>,
    /// The task it is about.
    pub task: Option<u32>,
    /// Round in which it happened.
    pub round: u32,
}

impl Occurrence {
    /// Whether a filter counts this occurrence.
    pub fn matches(&self, filter: &MomentFilter) -> bool {
        self.moment == filter.moment
            && filter.by.as_ref().is_none_or(|by| self.acted_as.contains(by))
            && filter.purpose.is_none_or(|purpose| self.purpose == Some(purpose))
    }
}

/// A contact with the customer, or an attempt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContactLog {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Who,
    /// Way.
    pub method: Option<String>,
    /// Purpose.
    pub purpose: Purpose,
    /// What was said.
    pub text: Option<Private>,
    /// Reached, or only tried.
    pub reached: bool,
    /// The half of the local day, counted from 1970-01-01.
    #[serde(default)]
    pub half_day: i64,
    /// Round.
    pub round: u32,
}

/// A progress note.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProgressNote {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Who,
    /// Node.
    pub node: Option<Key>,
    /// Text.
    pub note: Private,
}

/// Child work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// Number within the case, from 1.
    pub id: u32,
    /// Kind.
    pub kind: Key,
    /// What is to be done.
    pub title: Private,
    /// Who does it.
    pub owner: Option<Key>,
    /// Or which role.
    pub role: Option<Key>,
    /// Department.
    pub department: Option<Key>,
    /// By when.
    pub due: Option<Timestamp>,
    /// What must be done before.
    pub depends_on: Vec<u32>,
    /// Created.
    pub created: Timestamp,
    /// Round.
    pub round: u32,
    /// Settled.
    pub done: Option<Timestamp>,
    /// How it ended.
    pub outcome: Option<Private>,
    /// Somebody went on in spite of it: it ends at the latest when the case is filed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub let_go: bool,
}

/// A running approval chain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChainRun {
    /// Chain.
    pub chain: Key,
    /// Positions of the blocking steps that apply, in order.
    pub steps: Vec<usize>,
    /// How many of them are approved.
    pub passed: usize,
    /// Who submitted.
    pub author: Option<Key>,
}

/// One decision of a chain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Approval {
    /// Chain.
    pub chain: Key,
    /// Role that decided.
    pub role: Key,
    /// Who.
    pub by: Who,
    /// When.
    pub at: Timestamp,
    /// Yes or no.
    pub approved: bool,
    /// Opinion.
    pub opinion: Option<Private>,
}

/// An extension.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExtensionLog {
    /// Number within the case, from 1.
    pub id: u32,
    /// Clock.
    pub clock: Key,
    /// Round.
    pub round: u32,
    /// Due asked for.
    pub new_due: Timestamp,
    /// Why.
    pub reason: Private,
    /// Who asked.
    pub by: Who,
    /// When.
    pub at: Timestamp,
    /// Decided: yes or no, by whom, when.
    pub decided: Option<(bool, Who, Timestamp)>,
}

/// A change request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChangeLog {
    /// Number within the case, from 1.
    pub id: u32,
    /// Displayed number.
    pub number: String,
    /// What the customer wants instead.
    pub content: Private,
    /// Due asked for.
    pub new_due: Option<Timestamp>,
    /// Fields it sets.
    pub set: BTreeMap<Key, Value>,
    /// Their values before.
    pub before: BTreeMap<Key, Option<Value>>,
    /// SHA-256 of what is signed.
    pub hash: String,
    /// Who asked.
    pub by: Who,
    /// When.
    pub at: Timestamp,
    /// Signed: method, file, when.
    pub signed: Option<(String, Option<String>, Timestamp)>,
    /// Decided: yes or no, by whom, when.
    pub decided: Option<(bool, Who, Timestamp)>,
}

/// A dispatch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dispatch {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: Who,
    /// To whom.
    pub assignee: Option<Key>,
    /// Role.
    pub role: Option<Key>,
    /// Department.
    pub department: Option<Key>,
    /// Displayed number.
    pub number: Option<String>,
    /// Round.
    pub round: u32,
    /// Which rule chose: table and row.
    pub rule: Option<(Key, usize)>,
}

/// How two cases are related, seen from the one that holds the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkKind {
    /// Somehow.
    Related,
    /// Perhaps the same matter; a person decides.
    Suspected,
    /// This one was opened by handing over from the other.
    EscalatedFrom,
    /// This one was handed over to the other.
    EscalatedTo,
}

/// A relation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The other case.
    pub other: Key,
    /// How.
    pub kind: LinkKind,
}

/// Why a clock ended without a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelCause {
    /// A moment that makes it pointless.
    Moment(Moment),
    /// A newer instance took its place.
    Replaced,
    /// The main case carries it (由主单承接).
    Carried,
    /// The case was voided.
    Voided,
    /// The version of the procedure that the case goes on under has no such clock.
    Version,
}

impl Case {
    /// The latest instance of a clock.
    pub fn clock(&self, key: &str) -> Option<&Instance> {
        self.clocks.iter().rev().find(|instance| instance.clock == *key)
    }

    /// The instance of a clock with this generation.
    pub fn instance(&self, key: &str, generation: u32) -> Option<&Instance> {
        self.clocks
            .iter()
            .rev()
            .find(|instance| instance.clock == *key && instance.generation == generation)
    }

    /// A field's value.
    pub fn value(&self, key: &str) -> Option<&Value> {
        self.fields.get(key)
    }

    /// The last occurrence of a moment.
    pub fn last(&self, moment: Moment) -> Option<&Occurrence> {
        self.moments.iter().rev().find(|occurrence| occurrence.moment == moment)
    }

    /// The first instant at which something is due, whatever it is; none when nothing runs.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.clocks
            .iter()
            .filter(|instance| instance.is_live())
            .filter_map(|instance| instance.due)
            .min()
    }
}
