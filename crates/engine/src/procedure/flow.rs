//! Stages, actions, and what follows from them.

use super::{Condition, Label, LimitSpec, Moment, MomentFilter, Need, Origin};
use crate::key::Key;
use serde::{Deserialize, Serialize};

/// A stage of the way through.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    /// Key.
    pub key: Key,
    /// Name.
    pub label: Label,
    /// What being there means for the case's life.
    pub kind: StageKind,
    /// Who must act.
    pub owner: Actor,
    /// The action that is due next.
    pub next: Option<Key>,
    /// Ordered progress nodes.
    pub nodes: Vec<Node>,
    /// Origin.
    pub origin: Origin,
}

/// A progress node within a stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// Key.
    pub key: Key,
    /// Name.
    pub label: Label,
    /// Origin.
    pub origin: Origin,
}

/// What being in a stage means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StageKind {
    /// Work is going on.
    Open,
    /// The matter is settled, not yet filed.
    Closed,
    /// Filed; read-only.
    Archived,
}

/// Who acts: a role of the procedure, or a relation to the case (`@assignee` in files).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Actor {
    /// Holders of a role.
    Role(Key),
    /// A relation to the case.
    Relation(Relation),
}

/// A person's relation to a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relation {
    /// 责任人.
    Assignee,
    /// 协办人.
    CoOwner,
    /// Who registered.
    Registrar,
    /// Who is to decide the current approval step.
    Approver,
    /// Owner of the task in question.
    TaskOwner,
    /// Head of the department that the task's owner belongs to: whoever holds a role `of_department` there. Is told, does
    /// not act.
    TaskHead,
    /// The stage's owner, whoever that is.
    Holder,
    /// The program itself, when time has passed.
    System,
    /// Any signed-in person who may see the case.
    Anyone,
    /// The customer, by a link or portal.
    Customer,
}

/// Something that may be done with a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Action {
    /// Key.
    pub key: Key,
    /// Name.
    pub label: Label,
    /// What it does beyond its data: closed vocabulary.
    pub does: Vec<Verb>,
    /// Stages from which it may be done; empty: every open stage.
    pub from: Vec<Key>,
    /// Stage that it leads to.
    pub to: Option<Key>,
    /// Who may do it.
    pub by: Vec<Actor>,
    /// When it is available.
    pub when: Condition,
    /// Conditions that must hold when it is done, each with what to tell the person.
    pub guards: Vec<Guard>,
    /// Forms that must be complete up to the stage that is left; their fields may be filled in with the action.
    pub forms: Vec<Key>,
    /// Further fields asked.
    pub input: Vec<Input>,
    /// A reason must be given.
    pub reason: bool,
    /// Moments that it causes beyond those of its verbs.
    pub emits: Vec<Moment>,
    /// Purpose of the contact that it logs, fixed.
    pub purpose: Option<Purpose>,
    /// Effects, in order.
    pub effects: Vec<Effect>,
    /// Task kind of `task` and `task_done`.
    pub task: Option<Key>,
    /// Chain of `submit`, `approve`, `reject`, `file`.
    pub chain: Option<Key>,
    /// Link rule of `transfer`.
    pub transfer: Option<Key>,
    /// Guards may be overridden by these with a reason (closing in spite of open tasks).
    pub override_by: Vec<Actor>,
    /// Origin.
    pub origin: Origin,
}

/// A condition that must hold, and what to tell the person when it does not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Guard {
    /// Must hold.
    pub need: Condition,
    /// What is missing and what to do.
    pub say: Label,
    /// Origin.
    pub origin: Origin,
}

/// A field asked by an action.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Input {
    /// The field.
    pub field: Key,
    /// When it must be given.
    pub need: Need,
    /// Proposed value: a condition and a limit from now (presets such as "24 h", "3 working days").
    pub presets: Vec<Preset>,
}

/// A proposed value for a time field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Preset {
    /// When it is the default.
    pub when: Condition,
    /// Counted from the instant of the action.
    pub limit: LimitSpec,
}

/// What an action does beyond its data. Each verb has its own built-in input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// Opens a case.
    Register,
    /// Fills in or corrects fields of any form.
    Edit,
    /// Dispatches to a person: `assignee`, `role`, `department`, `co_owners`.
    Assign,
    /// Takes the assignee off (return, dispute).
    Unassign,
    /// Adds or removes co-owners: `co_owners`.
    CoOwners,
    /// Logs a contact with the customer: `contact {method, purpose, text, reached, response}`.
    Contact,
    /// Logs progress: `note`, `node`.
    Progress,
    /// Creates tasks: `tasks [{title, owner, role, due, depends_on}]`.
    Task,
    /// Settles a task: `task`, `outcome`.
    TaskDone,
    /// Starts an approval chain.
    Submit,
    /// Approves the current step: `opinion`.
    Approve,
    /// Refuses: `opinion`.
    Reject,
    /// Files for the record: `opinion`.
    File,
    /// Records the customer's rating; the survey's rules decide what follows.
    Rate,
    /// Asks for an extension: `new_due`, `contact`.
    Extend,
    /// Decides an extension: `approve`.
    ExtendDecide,
    /// Opens a change request: `content`, `new_due`, `set`.
    Change,
    /// Puts the customer's signature on file: `change`, `method`, `file`, `hash`.
    Sign,
    /// Decides a change request: `change`, `approve`.
    ChangeDecide,
    /// Changes guarded fields with a reason (level changes, overrides).
    Adjust,
    /// Gives a derived field back to its table: `field`.
    ClearOverride,
    /// The customer asks again: counted.
    Urge,
    /// Relates two cases: `other`.
    Link,
    /// Takes a relation back: `other`.
    Unlink,
    /// Joins this case into another: `into`.
    Merge,
    /// Parts them again.
    Unmerge,
    /// Hands over to another procedure: opens a linked case there.
    Transfer,
    /// Stops pausable clocks.
    Pause,
    /// Lets them run on.
    Resume,
    /// Voids the case.
    Void,
    /// Opens it again for another round.
    Reopen,
    /// Puts a legal hold on it.
    Hold,
    /// Takes the hold off.
    Release,
    /// Writes an internal note.
    Comment,
    /// Clears an open escalation with a remark.
    Deescalate,
}

/// Purpose of a contact (specification 0.2 precision c).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// 核实.
    Verify,
    /// 进度.
    Progress,
    /// 结果.
    Result,
    /// 回访.
    Visit,
    /// 其他.
    Other,
}

/// What follows from an action, a rule, a survey's answer or a breach.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Go to a stage.
    Goto(Key),
    /// Cause a moment.
    Emit(Moment),
    /// Set a field, as written in the file.
    Set(Key, String),
    /// Empty a field.
    Clear(Key),
    /// Raise an ordered field one level, as an override.
    Raise(Key),
    /// Begin the next round; causes `reopened`.
    Round,
    /// Dispatch by a table.
    Assign(Key),
    /// Keep the assignee and dispatch again.
    AssignSame,
    /// Take the assignee off.
    Unassign,
    /// Create a task of a kind.
    Task(Key),
    /// Send the survey.
    Survey,
    /// Open an escalation flag of this name (at most one open per name).
    Escalate(Key),
}

/// A rule on a moment: when it happens and the condition holds, the effects follow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// What triggers it.
    pub on: MomentFilter,
    /// When it applies.
    pub when: Condition,
    /// What follows; no `Goto` and no `Round`.
    pub effects: Vec<Effect>,
    /// Origin.
    pub origin: Origin,
}
