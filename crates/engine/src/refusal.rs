//! Why a command is not accepted: an id and facts, never prose. The surface translates it.

use crate::key::Key;
use crate::procedure::{Guard, Label};
use serde::{Deserialize, Serialize};

/// A field that must be filled in before the stage may be left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// The form that asks for it, none when the action itself does.
    pub form: Option<Key>,
    /// The field.
    pub field: Key,
    /// Its name.
    pub label: Label,
}

/// A condition of the procedure that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unmet {
    /// What to do.
    pub say: Label,
    /// The fields that it reads; it may read facts that are no fields as well.
    pub fields: Vec<Key>,
}

impl Unmet {
    /// What a guard says.
    pub(crate) fn of(guard: &Guard) -> Self {
        Self { say: guard.say.clone(), fields: guard.need.fields().into_iter().cloned().collect() }
    }
}

/// What is wrong with a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Problem {
    /// No such field, action input or person.
    Unknown,
    /// Of another kind than the field.
    WrongType {
        /// What the field takes.
        expected: String,
    },
    /// Not one of the axis' values.
    NotAValue {
        /// The values offered, by name.
        values: Vec<String>,
    },
    /// Computed, or set by the procedure only.
    NotEditable,
    /// Changes only through an adjustment with a reason.
    NeedsReason,
    /// Changes, but is never left empty: levels and promised instants, by which clocks count (G-14).
    NeverEmptied,
    /// Too short; fewest characters.
    TooShort(u32),
    /// Says nothing that can be acted upon (S3-I06).
    Vague,
    /// Not a telephone number.
    NotAPhone,
    /// Lies in the future.
    InFuture,
    /// Lies before what it must follow.
    TooEarly,
    /// Longer than this many characters.
    TooLong(u32),
    /// Exceeds what the procedure allows.
    BeyondLimit,
    /// Not a file that whoever submits has uploaded.
    NotUploaded,
    /// The customer must have been reached for this.
    MustBeReached,
    /// Has stars in place of what is hidden from whoever sent it; written so, what they hide would be lost.
    Masked,
}

/// Why a command was refused. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "code")]
pub enum Refusal {
    /// No such case, procedure, action, task, change or the like.
    Unknown {
        /// Kind of thing.
        what: String,
        /// What was asked for.
        key: String,
    },
    /// The action is not possible in this stage or state of life.
    Unavailable {
        /// The action.
        action: Key,
        /// The current stage.
        stage: Key,
    },
    /// The person lacks the right.
    Forbidden {
        /// The action.
        action: Key,
    },
    /// His own plan, extension or change, or a case about himself (G-13).
    Own {
        /// The action.
        action: Key,
    },
    /// Mandatory fields are empty.
    Missing {
        /// All of them.
        fields: Vec<Missing>,
        /// Conditions that do not hold besides.
        #[serde(default)]
        unmet: Vec<Unmet>,
    },
    /// Values that do not fit, all of them.
    Invalid {
        /// Field or input, and what is wrong.
        fields: Vec<(Key, Problem)>,
    },
    /// Conditions of the procedure do not hold.
    Guard {
        /// All of them.
        unmet: Vec<Unmet>,
    },
    /// A reason must be given.
    Reason {
        /// The action.
        action: Key,
    },
    /// Too late: the due has passed, or the number of times is used up.
    Late {
        /// The action.
        action: Key,
    },
    /// Nobody present may own it.
    Nobody {
        /// The role that was looked for.
        role: Key,
    },
    /// Another version of the procedure has no place for what the case holds.
    Unmapped {
        /// Kind of thing: `stage`, `role`, `task`, `chain`, `extension`, `change`, `merge`; `clock` when no clock would insist any
        /// more, `life` when the case is filed, void or part of another.
        what: String,
        /// Its key in the version that the case is under.
        key: Key,
    },
    /// The decision touches cases that the caller has not loaded.
    NeedCases {
        /// Load these and ask again.
        ids: Vec<Key>,
    },
}

impl Refusal {
    /// Stable id.
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::Unknown { .. } => "unknown",
            Refusal::Unavailable { .. } => "unavailable",
            Refusal::Forbidden { .. } => "forbidden",
            Refusal::Own { .. } => "own",
            Refusal::Missing { .. } => "missing",
            Refusal::Invalid { .. } => "invalid",
            Refusal::Guard { .. } => "guard",
            Refusal::Reason { .. } => "reason",
            Refusal::Late { .. } => "late",
            Refusal::Nobody { .. } => "nobody",
            Refusal::Unmapped { .. } => "unmapped",
            Refusal::NeedCases { .. } => "need_cases",
        }
    }
}
