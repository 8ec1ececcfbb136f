//! A procedure as data: everything that distinguishes one way of handling cases from another.
//!
//! The engine knows ten primitives - axes, fields and forms, tables, stages and actions, moments, clocks, tasks,
//! chains, survey, links - and no procedure by name. A procedure is written as TOML (`docs/procedure-format.md`),
//! read by [`read`] with all findings at once, stored as text and as the compiled JSON of these types, and pinned
//! by every case that is opened under it.

mod access;
mod clock;
mod condition;
mod diff;
mod fields;
mod flow;
mod json;
mod limit;
mod moment;
mod read;
mod rename;
mod word;
mod work;

pub use clock::{Again, Clock, ClockBy, Measures, Step, StepKind};
pub use condition::{Condition, Fact, Operand, Test};
pub use diff::{Difference, diff};
pub use fields::{
    Axis, AxisValue, Column, Field, FieldKind, Form, FormField, Meaning, Means, Need, Row, Source,
    Table,
};
pub use flow::{
    Action, Actor, Effect, Guard, Input, Node, Preset, Purpose, Relation, Rule, Stage, StageKind,
    Verb,
};
pub use json::{CompiledError, FORMAT, from_json, to_json};
pub use limit::LimitSpec;
pub use moment::{Moment, MomentFilter};
pub use read::{Finding, check_together, read};
pub use rename::{Named, Renaming, rename};
pub use work::{
    Archive, ArchiveMode, Chain, ChainKind, ChainStep, Change, Escalation, Extension, Links,
    MergeRule, Notify, Report, Survey, SurveyRule, TaskKind, TransferRule,
};

use crate::key::Key;
use serde::{Deserialize, Serialize};

/// How firmly a requirement is founded (specification 0.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// 文: stated by the source document; reproduced exactly.
    Stated,
    /// 歧: the document is ambiguous; a decision was taken.
    Decided,
    /// 补: not in the document; a proposed default.
    #[default]
    Proposed,
}

/// Where an item of a procedure comes from: its requirement ids, how firm they are, and its line in the file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Origin {
    /// Requirement ids such as `S2-K05`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub req: Vec<String>,
    /// How firmly they are founded.
    #[serde(default)]
    pub mark: Mark,
    /// One-based line in the procedure's file.
    #[serde(default)]
    pub line: u32,
}

/// A text shown to people, in Chinese and English.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Label {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// A whole procedure, one version of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Procedure {
    /// Key, unique in an installation.
    pub key: Key,
    /// Name.
    pub label: Label,
    /// What it is for, told to whoever chooses where a case belongs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<Label>,
    /// Version of the text; publishing raises it.
    pub version: u32,
    /// Name of the working calendar.
    pub calendar: String,
    /// Working windows of a day, `("09:00","18:00")`; empty: those of the calendar.
    pub windows: Vec<(String, String)>,
    /// The enumerated field whose values' severity is the severity of a case.
    pub severity: Key,
    /// Where it comes from.
    pub origin: Origin,
    /// How numbers are made.
    pub numbering: Numbering,
    /// Roles that act in it.
    pub roles: Vec<Role>,
    /// Departments it knows.
    pub departments: Vec<Department>,
    /// Enumerations.
    pub axes: Vec<Axis>,
    /// Flat field dictionary.
    pub fields: Vec<Field>,
    /// Ordered field lists.
    pub forms: Vec<Form>,
    /// Decision tables, first match wins.
    pub tables: Vec<Table>,
    /// Stages in the order of the way through.
    pub stages: Vec<Stage>,
    /// What people (and the system) may do.
    pub actions: Vec<Action>,
    /// Time limits.
    pub clocks: Vec<Clock>,
    /// Kinds of child work.
    pub tasks: Vec<TaskKind>,
    /// Names of the escalations that a case may carry.
    pub escalations: Vec<Escalation>,
    /// Approval chains.
    pub chains: Vec<Chain>,
    /// Satisfaction survey.
    pub survey: Option<Survey>,
    /// Extension of a deadline.
    pub extension: Option<Extension>,
    /// Change request that replaces a deadline.
    pub change: Option<Change>,
    /// Relations between cases.
    pub links: Links,
    /// Event rules.
    pub rules: Vec<Rule>,
    /// Messages.
    pub notify: Vec<Notify>,
    /// Archive.
    pub archive: Archive,
    /// Named reports and their rhythm.
    pub reports: Vec<Report>,
    /// Requirement ids that no other item of the file carries (statements of scope, gaps and the like).
    pub notes: Vec<Note>,
}

/// A statement of the specification that is kept as text: scope, aim, gap, or a rule that the engine keeps by itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Note {
    /// The statement.
    pub text: Label,
    /// Origin.
    pub origin: Origin,
}

/// How the numbers of a procedure's cases are made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Numbering {
    /// Pattern of literals and `{YYYY}` `{YYYYMM}` `{YYYYMMDD}` `{SEQ:n}` `{CH}` (the channel's code).
    pub pattern: String,
    /// When the serial starts again at 1.
    pub reset: Reset,
    /// Whether every channel counts by itself.
    pub per_channel: bool,
    /// Pattern of a change request's number, `{NUMBER}` `{SEQ:n}`.
    pub change: Option<String>,
    /// Pattern of a dispatch's number, `{NUMBER}` `{ROUND}`.
    pub dispatch: Option<String>,
    /// Origin.
    pub origin: Origin,
}

/// When a serial starts again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reset {
    /// Every local day.
    Day,
    /// Every local month.
    Month,
    /// Every local year.
    Year,
    /// Never.
    Never,
}

/// A role that acts in the procedure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Role {
    /// Key, shared with the organisation's people.
    pub key: Key,
    /// Name.
    pub label: Label,
    /// The department its holders normally belong to.
    pub department: Option<Key>,
    /// Its holder must belong to the case's department (a head of department).
    pub of_department: bool,
    /// Which cases of the procedure its holders see, beside those that they hold or work on.
    #[serde(default)]
    pub reach: Reach,
    /// What else they may.
    #[serde(default)]
    pub may: Vec<Power>,
    /// To whom G-13 passes what this role may not decide (its own plan, a case about himself).
    pub passes_to: Option<Key>,
    /// Origin.
    pub origin: Origin,
}

/// How far a role sees.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// What its holders hold or work on, and nothing else.
    Own,
    /// What waits for the role, and what people of their teams hold.
    Team,
    /// Besides, the cases of their department.
    #[default]
    Department,
    /// Every case.
    All,
}

/// What holders of a role may beyond the actions of the procedure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Power {
    /// Administer the installation: settings, people, everything.
    Administer,
    /// See confidential cases as well.
    Confidential,
    /// Have names and telephone numbers of a case shown in full (`pii.view`); each time is logged.
    Reveal,
    /// Share lists and texts with everybody, and move cases to a newer version of the procedure.
    Supervise,
}

/// A department.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Department {
    /// Key.
    pub key: Key,
    /// Name.
    pub label: Label,
    /// Origin.
    pub origin: Origin,
}
