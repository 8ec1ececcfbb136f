//! Conditions: comparisons over a case's fields and facts. No loops, no scripting.

use super::Moment;
use crate::key::Key;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A condition over a case.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// Holds always (absent in the file).
    #[default]
    Always,
    /// All hold.
    All(Vec<Condition>),
    /// At least one holds.
    Any(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
    /// One comparison.
    Is(Operand, Test),
}

impl Condition {
    /// Whether it compares a field.
    pub fn asks(&self, field: &str) -> bool {
        match self {
            Condition::Always => false,
            Condition::All(parts) | Condition::Any(parts) => {
                parts.iter().any(|part| part.asks(field))
            }
            Condition::Not(inner) => inner.asks(field),
            Condition::Is(operand, _) => matches!(operand, Operand::Field(key) if *key == *field),
        }
    }

    /// The fields that it compares, each once.
    pub fn fields(&self) -> Vec<&Key> {
        let mut fields = match self {
            Condition::Always | Condition::Is(Operand::Fact(_), _) => Vec::new(),
            Condition::All(parts) | Condition::Any(parts) => {
                parts.iter().flat_map(Condition::fields).collect()
            }
            Condition::Not(inner) => inner.fields(),
            Condition::Is(Operand::Field(key), _) => vec![key],
        };
        let mut known = BTreeSet::new();
        fields.retain(|key| known.insert(*key));
        fields
    }

    /// The facts that it compares.
    pub fn facts(&self) -> Vec<&Fact> {
        match self {
            Condition::Always | Condition::Is(Operand::Field(_), _) => Vec::new(),
            Condition::All(parts) | Condition::Any(parts) => {
                parts.iter().flat_map(Condition::facts).collect()
            }
            Condition::Not(inner) => inner.facts(),
            Condition::Is(Operand::Fact(fact), _) => vec![fact],
        }
    }
}

/// What is compared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operand {
    /// A field of the case.
    Field(Key),
    /// A fact of the case that is not a field (`$round`).
    Fact(Fact),
}

/// A fact of a case that is not a field; `$name` in files.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// `$round`: number of the current round, from 1.
    Round,
    /// `$severity`: 1 to 3; 0 while unknown.
    Severity,
    /// `$open_tasks`: tasks not yet settled, of every kind.
    OpenTasks,
    /// `$open_tasks:kind`.
    OpenTasksOf(Key),
    /// `$tasks:kind`: tasks of a kind ever created in the current round, whatever their state.
    TasksOf(Key),
    /// `$task_departments:kind`: how many different departments have tasks of this kind.
    TaskDepartments(Key),
    /// `$attempts`: failed contact attempts since the last success in this round.
    Attempts,
    /// `$attempt_halfdays`: on how many different half-days they were made.
    AttemptHalfDays,
    /// `$happened:moment`: how often it happened in the current round.
    Happened(Moment),
    /// `$contacts:purpose`: reached contacts of a purpose in the current round (`any` for all).
    Contacts(String),
    /// `$stage`: key of the current stage.
    Stage,
    /// `$assigned`: 1 when somebody is assigned.
    Assigned,
    /// `$self`: 1 when the actor is the assignee.
    SelfAssigned,
    /// `$dispatches`: dispatches in the current round.
    Dispatches,
    /// `$escalated:name`: 1 while an escalation of this name is open.
    Escalated(Key),
    /// `$pending:extension` and `$pending:change`: 1 while one waits for a decision.
    Pending(String),
    /// `$members`: cases merged into this one.
    Members,
    /// `$urges`: how often the customer urged.
    Urges,
    /// `$answered`: the number of reached contacts since registration by the holder.
    Answered,
    /// `$form:KEY`: 1 when the form is complete.
    FormComplete(Key),
}

/// How it is compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// Equal (text, key, number or truth, as written in the file).
    Eq(String),
    /// Not equal; an empty field is not equal to anything.
    Ne(String),
    /// One of these.
    In(Vec<String>),
    /// At least.
    Ge(f64),
    /// At most.
    Le(f64),
    /// A list that contains it, or a text that contains it.
    Has(String),
    /// Empty (`true`) or filled (`false`).
    Empty(bool),
}
