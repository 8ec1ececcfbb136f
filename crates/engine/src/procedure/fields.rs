//! Axes, fields, forms and decision tables.

use super::{Condition, Label, Moment, Origin};
use crate::key::Key;
use serde::{Deserialize, Serialize};

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
    /// Quiet hours hold back no message of a case that has this value (G-09).
    #[serde(default)]
    pub loud: bool,
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
    /// Holds personal data: masked and encrypted.
    #[serde(default)]
    pub pii: bool,
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
