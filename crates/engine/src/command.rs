//! What may be asked of the core: one closed vocabulary.

use crate::key::Key;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Values entered for fields, by key: JSON as it comes from a form, a file or the API.
pub type Entered = BTreeMap<Key, serde_json::Value>;

/// A request to change a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Open a case under a procedure.
    Register {
        /// Id of the new case, made by the caller.
        case: Key,
        /// Procedure.
        procedure: Key,
        /// Fields.
        fields: Entered,
        /// Open cases that may be about the same matter, looked up by the caller (S4-A04).
        candidates: Vec<Key>,
    },
    /// Do an action of the procedure.
    Act {
        /// The case.
        case: Key,
        /// The action.
        action: Key,
        /// Fields.
        fields: Entered,
        /// Built-in input of its verbs.
        extra: Box<Extra>,
    },
    /// Time has passed: do what is due on a case, in order. Harmless when nothing is.
    Tick {
        /// The case.
        case: Key,
    },
    /// Somebody is away: what he holds goes to his substitute, else to whom the rules of dispatching choose, else back to the role.
    /// Harmless when he holds nothing.
    HandOver {
        /// The case.
        case: Key,
        /// Who is away.
        from: Key,
    },
    /// The calendar or the known years have changed: derive running dues again (open cases only).
    Recount {
        /// The case.
        case: Key,
    },
    /// Go on under another version of the procedure.
    Move {
        /// The case.
        case: Key,
        /// The version.
        version: u32,
    },
}

impl Command {
    /// The case it is about.
    pub fn case(&self) -> &Key {
        match self {
            Command::Register { case, .. }
            | Command::Act { case, .. }
            | Command::Tick { case }
            | Command::HandOver { case, .. }
            | Command::Recount { case }
            | Command::Move { case, .. } => case,
        }
    }
}

/// A task to be created.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NewTask {
    /// What is to be done.
    pub title: Option<String>,
    /// Who does it.
    pub owner: Option<Key>,
    /// Department that does it.
    pub department: Option<Key>,
    /// By when.
    pub due: Option<Timestamp>,
    /// Numbers of tasks that must be done before.
    pub depends_on: Vec<u32>,
}

/// The built-in input of verbs; each verb reads its own.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Extra {
    /// Why.
    pub reason: Option<String>,
    /// Override the guards (where the procedure allows it to this person).
    pub override_guards: bool,
    /// Dispatch to this person.
    pub assignee: Option<Key>,
    /// Dispatch to this role.
    pub role: Option<Key>,
    /// Department responsible.
    pub department: Option<Key>,
    /// Co-owners.
    pub co_owners: Option<Vec<Key>>,
    /// Way of a contact.
    pub method: Option<String>,
    /// Purpose of a contact.
    pub purpose: Option<String>,
    /// Text of a contact, internal note.
    pub text: Option<String>,
    /// Whether the customer was reached; default yes.
    pub reached: Option<bool>,
    /// Progress note.
    pub note: Option<String>,
    /// Progress node.
    pub node: Option<Key>,
    /// Tasks to create.
    pub tasks: Vec<NewTask>,
    /// Number of the task to settle.
    pub task: Option<u32>,
    /// How it ended.
    pub outcome: Option<String>,
    /// Opinion of an approver.
    pub opinion: Option<String>,
    /// New due asked for.
    pub new_due: Option<Timestamp>,
    /// Yes or no to an extension or change.
    pub approve: Option<bool>,
    /// Content of a change.
    pub content: Option<String>,
    /// Fields that a change sets.
    pub set: Entered,
    /// Number of the change.
    pub change: Option<u32>,
    /// Way of signing.
    pub sign_method: Option<String>,
    /// Attachment that holds the signature.
    pub file: Option<String>,
    /// SHA-256 of what was signed, hexadecimal; checked against the change.
    pub hash: Option<String>,
    /// The other case.
    pub other: Option<Key>,
    /// Channel on which the customer urged.
    pub channel: Option<String>,
    /// Name of the escalation to clear.
    pub escalation: Option<Key>,
    /// Field whose override is cleared.
    pub field: Option<Key>,
    /// Whom a note is to be brought to the notice of. The caller has made sure that they may see the case.
    pub mentions: Vec<Key>,
}
