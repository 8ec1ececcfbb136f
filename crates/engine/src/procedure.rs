//! A procedure as data: everything that distinguishes one way of handling cases from another.
//!
//! The engine knows ten primitives - axes, fields and forms, tables, stages and actions, moments, clocks, tasks,
//! chains, survey, links - and no procedure by name. A procedure is written as TOML (`docs/procedure-format.md`),
//! read by [`read`] with all findings at once, stored as text and as the compiled JSON of these types, and pinned
//! by every case that is opened under it.

mod access;
mod condition;
mod diff;
mod json;
mod limit;
mod moment;
mod read;
mod rename;
mod word;

pub use condition::{Condition, Fact, Operand, Test};
pub use diff::{Difference, diff};
pub use json::{CompiledError, FORMAT, from_json, to_json};
pub use limit::LimitSpec;
pub use moment::{Moment, MomentFilter};
pub use read::{Finding, check_together, read};
pub use rename::{Named, Renaming, rename};

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
    /// To whom G-13 passes what this role may not decide (its own plan, a case about himself).
    pub passes_to: Option<Key>,
    /// Origin.
    pub origin: Origin,
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

/// A named enumeration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Axis {
    /// Key.
    pub key: Key,
    /// Name.
    pub label: Label,
    /// Values; where they are ordered, the highest level first.
    pub values: Vec<AxisValue>,
    /// Values may be added by the organisation (G-16).
    pub open: bool,
    /// Origin.
    pub origin: Origin,
}

/// One value of an enumeration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AxisValue {
    /// Key.
    pub key: Key,
    /// Name.
    pub label: Label,
    /// 1 to 3, 3 the most severe.
    pub severity: Option<u8>,
    /// Short code, used in numbers (`{CH}`).
    pub code: Option<String>,
    /// Score on a rating scale.
    pub score: Option<i64>,
    /// What a rating means.
    pub meaning: Option<Meaning>,
    /// When the value applies, for people.
    pub criterion: Option<Label>,
    /// Set by the procedure only, never by a person.
    pub system: bool,
    /// Shipped, but not offered until somebody enables it.
    pub disabled: bool,
    /// Other names that an import recognises.
    pub also: Vec<String>,
    /// Origin.
    pub origin: Origin,
}

/// Normalised meaning of a rating.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Meaning {
    /// 满意.
    Satisfied,
    /// 一般.
    Neutral,
    /// 不满意.
    Dissatisfied,
    /// 未评价.
    Unrated,
}

/// One entry of the field dictionary.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// Key.
    pub key: Key,
    /// Name.
    pub label: Label,
    /// Kind of value.
    pub kind: FieldKind,
    /// What the field means to the engine and the desk, where that matters.
    pub means: Option<Means>,
    /// Holds personal data: masked, encrypted, never in logs.
    pub pii: bool,
    /// Value at registration when none is given, as written in the file.
    pub default: Option<String>,
    /// Decision table that derives the value; a person may override it with a reason.
    pub derive: Option<Key>,
    /// Once set, it changes only through an action with the verb `adjust`, which asks a reason.
    pub guarded: bool,
    /// Fewest characters of an acceptable text (S3-I06).
    pub min_chars: Option<u32>,
    /// Texts that are refused as too vague (S3-I06): refused when the text, without these words, is shorter than four characters.
    pub vague: Vec<String>,
    /// A time that must not lie in the future.
    pub not_future: bool,
    /// A time that must not lie before this field or moment (`registered`).
    pub not_before: Option<Key>,
    /// Names under which an import recognises the column.
    pub also: Vec<String>,
    /// Example shown to people.
    pub example: Option<String>,
    /// Hint shown to people when the condition holds.
    pub hint: Option<(Condition, Label)>,
    /// Origin.
    pub origin: Origin,
}

/// Kind of value that a field takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// One line.
    Text,
    /// Several lines.
    Long,
    /// An instant, entered to the minute.
    Time,
    /// One value of an axis.
    One(Key),
    /// Several values of an axis.
    Many(Key),
    /// Yes or no.
    Bool,
    /// A person's id.
    Person,
    /// Several people.
    People,
    /// A department key.
    Department,
    /// Several departments.
    Departments,
    /// Attachment ids.
    Files,
    /// A telephone number or account.
    Tel,
    /// A number.
    Number,
    /// Another case or record.
    Ref,
    /// A list of records.
    Table(Vec<Column>),
    /// Shown, never entered: computed from the case.
    Auto(Source),
}

/// A column of a table field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// Key.
    pub key: Key,
    /// Name.
    pub label: Label,
    /// Kind; not `Table` and not `Auto`.
    pub kind: FieldKind,
    /// Must be filled in every row.
    pub required: bool,
}

/// Where an automatic field takes its value from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The case's number.
    Number,
    /// Name of the stage.
    Status,
    /// Number of the current dispatch.
    DispatchNumber,
    /// Who registered.
    Registrar,
    /// The assignee.
    Assignee,
    /// Co-owners.
    CoOwners,
    /// The case's department.
    Department,
    /// Due instant of a clock's latest instance.
    Due(Key),
    /// Last instant of a moment.
    At(Moment),
    /// Who caused a moment last.
    By(Moment),
    /// Contacts with the customer.
    Contacts,
    /// Progress notes.
    Progress,
    /// Tasks of a kind.
    Tasks(Key),
    /// Approvals of a chain.
    Approvals(Key),
    /// Extensions.
    Extensions,
    /// Change requests.
    Changes,
    /// Dispatches.
    Dispatches,
    /// Recorded breach steps of a clock (escalations, reminders).
    Steps(Key),
    /// Related cases.
    Links,
    /// How often the customer urged.
    Urges,
    /// Times a person was reminded (催办).
    Reminders,
    /// The six-forms checklist: which forms of the archive package are complete.
    Checklist,
    /// Until when the archive is kept.
    KeepUntil,
    /// Number of the round.
    Round,
}

/// What a field means to the engine and the desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Means {
    /// Customer's name.
    Customer,
    /// Contact person.
    Contact,
    /// Telephone number or account.
    Phone,
    /// E-mail address or messenger id.
    Account,
    /// Customer's level; the axis value with the highest severity is the preferred one.
    Level,
    /// Channel of the request.
    Channel,
    /// When the customer contacted us (G-10).
    ReceivedAt,
    /// What happened; searched and compared when duplicates are looked for.
    Description,
    /// Type or category of the request.
    Category,
    /// Department responsible.
    Department,
    /// Persons complained about: they neither own nor approve the case (G-13).
    Accused,
    /// Industry of the customer.
    Industry,
    /// Mood of the customer.
    Emotion,
    /// Overall rating.
    Rating,
    /// Reason of dissatisfaction.
    DissatReason,
    /// Compensation in yuan.
    Amount,
    /// Product, order or serial number.
    Product,
    /// What the customer wants.
    Demand,
    /// Channel on which the customer wants the answer.
    PreferredChannel,
    /// Urgency at intake.
    Urgency,
    /// Emergency overlay.
    Emergency,
    /// Where the work is done, solution or result text told to the customer.
    Result,
}

/// An ordered list of fields with what is needed by when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Form {
    /// Key.
    pub key: Key,
    /// Name.
    pub label: Label,
    /// The stage whose end completes the form.
    pub stage: Key,
    /// Fields in printing order.
    pub fields: Vec<FormField>,
    /// Origin.
    pub origin: Origin,
}

/// A field on a form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FormField {
    /// The field.
    pub field: Key,
    /// Block heading on a long form.
    pub block: Option<String>,
    /// When it is mandatory.
    pub need: Need,
    /// Leaving this stage needs it; the form's stage when absent in the file.
    pub by: Key,
    /// Origin.
    pub origin: Origin,
}

/// When a form's field is mandatory.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// O.
    Optional,
    /// M.
    Always,
    /// C.
    When(Condition),
}

/// A decision table: first match wins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// Key.
    pub key: Key,
    /// Name.
    pub label: Label,
    /// Rows in order.
    pub rows: Vec<Row>,
    /// Origin.
    pub origin: Origin,
}

/// A row of a decision table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// When it matches.
    pub when: Condition,
    /// Value of the derived field.
    pub value: Option<String>,
    /// Owner role.
    pub role: Option<Key>,
    /// Department.
    pub department: Option<Key>,
    /// Prefer an experienced holder.
    pub senior: bool,
    /// Roles that get a copy of the dispatch notice.
    pub copy: Vec<Key>,
    /// Origin.
    pub origin: Origin,
}

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
    /// How far back, natural seconds.
    pub window: i64,
    /// Text similarity in percent from which cases of different types are joined.
    pub similarity: u8,
    /// Similarity from which they are proposed to a person.
    pub propose: u8,
    /// Field whose equality suffices instead of the similarity.
    pub same: Key,
    /// The main takes the highest level of these fields.
    pub raise: Vec<Key>,
    /// Flags that pass to the main when set on a member.
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
