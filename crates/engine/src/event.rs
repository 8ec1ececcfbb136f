//! What happened to a case: one closed vocabulary of facts. A case is the fold of its events.

use crate::case::{CancelCause, Link, LinkKind, Occurrence};
use crate::clocks::{DueCause, TimerStep};
use crate::key::Key;
use crate::people::Who;
use crate::procedure::LimitSpec;
use crate::value::{Private, Value};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A fact with its place in the life of the case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recorded {
    /// When it was recorded, UTC.
    pub at: Timestamp,
    /// On whose behalf.
    pub who: Who,
    /// What happened.
    pub event: Event,
}

/// Why fields changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SetCause {
    /// A person entered them.
    Entered,
    /// A decision table derived them.
    Derived,
    /// An effect of the procedure set them.
    Effect,
    /// A merge brought them.
    Merge,
    /// A change request set them.
    Change,
}

/// A fact about a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum Event {
    /// The case was opened. The number is filled in by the writer, inside the commit.
    Registered {
        number: String,
        procedure: Key,
        version: u32,
        received_at: Timestamp,
        registrar: Option<Key>,
        stage: Key,
    },
    /// The customer contacted us earlier than the record was saved (G-10).
    ReceivedAtSet { received_at: Timestamp },
    /// Fields took values; `None` empties one.
    FieldsSet { values: BTreeMap<Key, Option<Value>>, cause: SetCause, reason: Option<Private> },
    /// A person, or a raise, overrode a derived value.
    Overridden { field: Key, value: Value, reason: Option<Private> },
    /// The table decides again.
    OverrideCleared { field: Key, reason: Option<Private> },
    /// A moment.
    Happened(Occurrence),
    /// Another stage.
    StageEntered { stage: Key, action: Option<Key>, reason: Option<Private> },
    /// The guards of an action were overridden.
    GuardsOverridden {
        action: Key,
        reason: Private,
        /// Open tasks in spite of which it was done; they go on, and end at the latest when the case is filed.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        tasks: Vec<u32>,
    },
    /// Another round.
    RoundBegun { round: u32 },
    /// Settled, not yet filed.
    Closed,
    /// Filed until a date.
    Archived { keep_until: Timestamp },
    /// Taken up again.
    Reopened,
    /// Goes on under another version of its procedure.
    Moved { from: u32, to: u32 },
    /// Made void.
    Voided { reason: Private },
    /// Dispatched. `table` and `row` say which rule chose.
    Assigned {
        assignee: Option<Key>,
        role: Option<Key>,
        department: Option<Key>,
        number: Option<String>,
        rule: Option<(Key, usize)>,
        note: Option<Private>,
    },
    /// Another department answers for it.
    DepartmentSet { department: Key },
    /// Nobody is assigned any more.
    Unassigned { reason: Option<Private> },
    /// Who helps.
    CoOwnersSet { people: Vec<Key> },
    /// A contact with the customer, or the attempt.
    ContactLogged {
        method: Option<String>,
        purpose: crate::procedure::Purpose,
        text: Option<Private>,
        reached: bool,
        /// The half of the local day, by the calendar that counted then.
        #[serde(default)]
        half_day: i64,
    },
    /// Progress.
    ProgressNoted { node: Option<Key>, note: Private },
    /// Internal note.
    Commented { text: Private },
    /// Child work.
    TaskAdded {
        id: u32,
        kind: Key,
        title: Private,
        owner: Option<Key>,
        role: Option<Key>,
        department: Option<Key>,
        due: Option<Timestamp>,
        depends_on: Vec<u32>,
    },
    /// Child work has another owner, or is for whoever holds the role.
    TaskGiven { id: u32, owner: Option<Key> },
    /// Child work ended.
    TaskSettled { id: u32, outcome: Option<Private>, by_itself: bool },
    /// A chain began; the steps that apply, as positions in the procedure's chain.
    ChainStarted { chain: Key, steps: Vec<usize>, author: Option<Key> },
    /// Other steps are still to come than at the submission; those decided stay.
    ChainStepsSet { chain: Key, steps: Vec<usize> },
    /// One decision; `step` counts the steps that apply.
    ChainDecided { chain: Key, step: usize, role: Key, approved: bool, opinion: Option<Private> },
    /// Filed for the record.
    FiledForRecord { opinion: Option<Private> },
    /// An extension was asked.
    ExtensionAsked { id: u32, clock: Key, new_due: Timestamp, reason: Private },
    /// And decided.
    ExtensionDecided { id: u32, approved: bool, opinion: Option<Private> },
    /// A change was asked; `hash` is the SHA-256 of content, fields, new due and number.
    ChangeAsked {
        id: u32,
        number: String,
        content: Private,
        new_due: Option<Timestamp>,
        set: BTreeMap<Key, Value>,
        before: BTreeMap<Key, Option<Value>>,
        hash: String,
        reason: Option<Private>,
    },
    /// The customer's signature is on file.
    ChangeSigned { id: u32, method: String, file: Option<String>, hash: String },
    /// A supervisor decided.
    ChangeDecided { id: u32, approved: bool, opinion: Option<Private> },
    /// The customer urged.
    Urged { channel: Option<String> },
    /// Related.
    Linked(Link),
    /// No longer related.
    Unlinked { other: Key, kind: LinkKind },
    /// Joined into another case, which carries its clocks.
    MergedInto { main: Key },
    /// Parted again.
    Unmerged { main: Key, reason: Private },
    /// A case joined this one.
    MemberJoined { member: Key },
    /// And left.
    MemberLeft { member: Key },
    /// An escalation is open.
    Escalated { name: Key, clock: Option<Key> },
    /// It was cleared.
    Deescalated { name: Key, remark: Private },
    /// Pausable clocks stand still.
    Paused { reason: Option<Private> },
    /// They run on.
    Resumed,
    /// Legal hold.
    Held { reason: Private },
    /// Hold taken off.
    Released { reason: Option<Private> },
    /// A clock came into being.
    ClockStarted {
        clock: Key,
        generation: u32,
        start: Timestamp,
        index: usize,
        task: Option<u32>,
        leg: bool,
    },
    /// A due is in force from now on.
    DueSet {
        clock: Key,
        generation: u32,
        due: Option<Timestamp>,
        limit: Option<LimitSpec>,
        cause: DueCause,
        provisional: bool,
    },
    /// Stopped at an instant: met when at or before its due.
    ClockStopped { clock: Key, generation: u32, stopped: Timestamp },
    /// Ended without a result.
    ClockCancelled { clock: Key, generation: u32, cause: CancelCause },
    /// Carried clocks of a parted member run again.
    ClockRestored { clock: Key, generation: u32 },
    /// A step of a clock was done: warned, reminded, breached, escalated. `due` is when it should, recorded when it did.
    StepFired { clock: Key, generation: u32, step: TimerStep, due: Timestamp, told: bool },
    /// A message for people. Delivered at least once, by its stable id.
    Notified(Box<Message>),
}

/// The kinds of facts, as `type` spells them, in the order of [`Event`].
pub const KINDS: [&str; 53] = [
    "registered",
    "received_at_set",
    "fields_set",
    "overridden",
    "override_cleared",
    "happened",
    "stage_entered",
    "guards_overridden",
    "round_begun",
    "closed",
    "archived",
    "reopened",
    "moved",
    "voided",
    "assigned",
    "department_set",
    "unassigned",
    "co_owners_set",
    "contact_logged",
    "progress_noted",
    "commented",
    "task_added",
    "task_given",
    "task_settled",
    "chain_started",
    "chain_steps_set",
    "chain_decided",
    "filed_for_record",
    "extension_asked",
    "extension_decided",
    "change_asked",
    "change_signed",
    "change_decided",
    "urged",
    "linked",
    "unlinked",
    "merged_into",
    "unmerged",
    "member_joined",
    "member_left",
    "escalated",
    "deescalated",
    "paused",
    "resumed",
    "held",
    "released",
    "clock_started",
    "due_set",
    "clock_stopped",
    "clock_cancelled",
    "clock_restored",
    "step_fired",
    "notified",
];

/// What a message is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// A notify rule of the procedure.
    Rule(Key),
    /// A step of a clock.
    Clock { clock: Key, generation: u32, step: TimerStep },
    /// A task was given.
    Task(u32),
    /// The next step of an approval waits.
    Approval,
    /// Somebody is away, and the case has come from him.
    HandedOver,
    /// A note names him.
    Mention,
    /// Something happened to a case that he follows: the action that somebody did; none when time passed, or the case was touched
    /// along with another.
    Followed {
        /// The action.
        action: Option<Key>,
    },
}

/// A message for people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// What it is about.
    pub topic: Topic,
    /// People told.
    pub people: Vec<Key>,
    /// Roles that nobody present holds: shown to the administrator.
    pub vacant: Vec<Key>,
    /// The customer is told as well.
    pub customer: bool,
    /// Held back by quiet hours until then (G-09).
    pub not_before: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_fact_is_listed() {
        let unknown = serde_json::json!({ "type": "?" });
        let told = serde_json::from_value::<Event>(unknown).unwrap_err().to_string();
        let names: Vec<&str> = told.split('`').skip(3).step_by(2).collect();
        assert_eq!(names, KINDS);
    }
}
