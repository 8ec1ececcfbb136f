//! Child work, approvals, survey, changes of deadlines, relations, messages, archive and reports.

use super::{Actor, Condition, Effect, Label, LimitSpec, Moment, MomentFilter, Origin};
use crate::key::Key;
use serde::{Deserialize, Serialize};

/// A kind of child work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskKind {
    /// Key.
    pub key: Key,
    /// Name.
    pub label: Label,
    /// Who does it when nobody is named.
    pub owner: Actor,
    /// Due when none is given, counted from its creation.
    pub limit: Option<LimitSpec>,
    /// Title when none is given.
    pub title: Option<Label>,
    /// Moments that settle it by themselves (a contact settles a customer-sync to-do).
    pub done_on: Vec<MomentFilter>,
    /// Origin.
    pub origin: Origin,
}

/// A named escalation: at most one of a name is open on a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Escalation {
    /// Key.
    pub key: Key,
    /// Name.
    pub label: Label,
    /// Origin.
    pub origin: Origin,
}

/// An approval chain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Chain {
    /// Key.
    pub key: Key,
    /// Name.
    pub label: Label,
    /// Steps in order; those whose condition holds at submission apply.
    pub steps: Vec<ChainStep>,
    /// No step is needed when this holds (standard answers), `None`: always needed.
    pub skip: Option<Condition>,
    /// Origin.
    pub origin: Origin,
}

/// A step of a chain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChainStep {
    /// Blocking, or for the record.
    pub kind: ChainKind,
    /// Who decides.
    pub role: Key,
    /// When the step applies.
    pub when: Condition,
    /// Origin.
    pub origin: Origin,
}

/// Kind of a chain's step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChainKind {
    /// Must be approved before work goes on.
    Approve,
    /// Filed for the record (备案), does not block.
    File,
}

/// The satisfaction survey.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Survey {
    /// Field of the overall rating.
    pub rating: Key,
    /// Fields of the dimensions.
    pub dimensions: Vec<Key>,
    /// The overall rating is pre-filled with the rounded mean of the dimensions (half up).
    pub prefill: bool,
    /// How it reaches the customer, for people.
    pub channels: Vec<Label>,
    /// What follows from the answers; first match wins.
    pub rules: Vec<SurveyRule>,
    /// Days after closing in which a rating is still taken; 0: none.
    pub late_days: u32,
    /// Origin.
    pub origin: Origin,
}

/// What follows from a rating.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SurveyRule {
    /// When.
    pub when: Condition,
    /// What follows.
    pub effects: Vec<Effect>,
    /// Origin.
    pub origin: Origin,
}

/// Extension of a deadline (S1-K08).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Extension {
    /// The clock whose due may be moved.
    pub clock: Key,
    /// Most extensions of a case and round.
    pub max: u32,
    /// Each at most the clock's own limit.
    pub within_limit: bool,
    /// A contact with the customer must have been logged before.
    pub told_first: bool,
    /// Who decides.
    pub approver: Key,
    /// Origin.
    pub origin: Origin,
}

/// Change request with signature (S2-J).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The clock whose due is replaced.
    pub clock: Key,
    /// Who approves.
    pub approver: Key,
    /// Fields that a change may set.
    pub sets: Vec<Key>,
    /// Ways to sign.
    pub methods: Vec<Label>,
    /// Origin.
    pub origin: Origin,
}

/// Relations between cases.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Links {
    /// Automatic and proposed joining.
    pub merge: Option<MergeRule>,
    /// Hand-over to other procedures.
    pub transfers: Vec<TransferRule>,
}

/// When cases are joined (S4-A04).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MergeRule {
    /// How far back, natural seconds; 0: nothing is joined by itself, only by hand.
    pub window: i64,
    /// Text similarity in percent from which cases of different types are joined.
    pub similarity: u8,
    /// Similarity from which they are proposed to a person.
    pub propose: u8,
    /// Field whose equality suffices instead of the similarity.
    pub same: Key,
    /// The main takes the highest level of these fields.
    pub raise: Vec<Key>,
    /// Flags that pass to the main when set on a member, and fields that pass along with them (why it was set).
    pub pass: Vec<Key>,
    /// Moments on the main that are recorded on every member.
    pub share: Vec<Moment>,
    /// Origin.
    pub origin: Origin,
}

/// Hand-over to another procedure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TransferRule {
    /// Key.
    pub key: Key,
    /// Key of the other procedure.
    pub to: Key,
    /// Its fields from ours (`theirs -> ours`); values of enumerations go by `values`.
    pub copy: Vec<(Key, Key)>,
    /// Fixed values of its fields, as written.
    pub set: Vec<(Key, String)>,
    /// Origin.
    pub origin: Origin,
}

/// A message on a moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notify {
    /// Key of the template.
    pub key: Key,
    /// What triggers it.
    pub on: MomentFilter,
    /// When it is sent.
    pub when: Condition,
    /// Who gets it.
    pub to: Vec<Actor>,
    /// Text with `{number}`, `{field:KEY}`, `{due:CLOCK}`, `{stage}`, `{assignee}`.
    pub text: Label,
    /// Never held back by quiet hours.
    pub loud: bool,
    /// Origin.
    pub origin: Origin,
}

/// How cases are filed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Archive {
    /// Per case, or the nightly job.
    pub mode: ArchiveMode,
    /// Forms of the package.
    pub forms: Vec<Key>,
    /// Years kept after filing.
    pub keep_years: u32,
    /// Years below which the organisation may not go.
    pub floor_years: u32,
    /// Origin.
    pub origin: Origin,
}

/// Rhythm of filing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArchiveMode {
    /// Case by case.
    OnClose,
    /// By the nightly job.
    Daily,
}

/// A named report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Key.
    pub key: Key,
    /// Name.
    pub label: Label,
    /// `daily`, `weekly`, `monthly`, `quarterly`.
    pub every: Vec<String>,
    /// Metric ids of the dictionary, in the order of the document.
    pub metrics: Vec<String>,
    /// Who reads it.
    pub readers: Vec<Key>,
    /// Origin.
    pub origin: Origin,
}
