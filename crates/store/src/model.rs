//! What is written: a [`Write`] of one or more cases, committed once or not at all.
//!
//! All instants are UTC and kept to the nanosecond (years 1678 to 2261). A private text anywhere inside a JSON value is
//! `{"$p": "plain text"}` or `{"$p": "plain text", "of": "person-key"}`; the store encrypts it and keeps a commitment in its place.

use crate::hash::{half, sha256};
use jiff::{Timestamp, civil::Date};
use serde_json::Value;
use uuid::Uuid;

/// Renders the answer of a submission from the rows as they are committed: with their numbers, without the texts of events, snapshot
/// and messages, and without timers, links, people and measures.
pub type ReceiptOf = Box<dyn Fn(&[&CaseRows]) -> Value + Send>;

/// Makes the number of a new case from the serial drawn for it.
pub type NumberOf = Box<dyn Fn(i64) -> String + Send>;

/// Everything one submission changes. It is committed as a whole, against the expected version of every case.
pub struct Write {
    /// Instant of the submission, UTC.
    pub at: Timestamp,
    /// With a key, a repetition returns the first receipt and changes nothing.
    pub key: Option<IdempotencyKey>,
    /// The row of an import file that becomes the first case of this write; a repetition is refused with its case.
    pub import: Option<ImportRow>,
    /// The cases, in the order of the receipt. They are locked in the order of their ids.
    pub cases: Vec<CaseWrite>,
    /// Makes the receipt; called inside the commit. It must not block.
    pub receipt: ReceiptOf,
}

impl Write {
    /// A write without idempotency key and without import.
    pub fn new(
        at: Timestamp,
        cases: Vec<CaseWrite>,
        receipt: impl Fn(&[&CaseRows]) -> Value + Send + 'static,
    ) -> Self {
        Self { at, key: None, import: None, cases, receipt: Box::new(receipt) }
    }

    /// Makes repetitions harmless.
    pub fn with_key(mut self, key: IdempotencyKey) -> Self {
        self.key = Some(key);
        self
    }

    /// Records which row of an import file became this case.
    pub fn with_import(mut self, row: ImportRow) -> Self {
        self.import = Some(row);
        self
    }
}

/// Says that two submissions are the same one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// Caller and route; keys of different scopes never meet.
    pub scope: String,
    /// The caller's key, 1 to 255 characters.
    pub key: String,
    /// SHA-256 of the body. The same key with another body is [`crate::StoreError::KeyReused`].
    pub body_hash: [u8; 32],
}

/// A row of an import file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportRow {
    /// SHA-256 of the file.
    pub file: [u8; 32],
    /// Number of the row, from 1.
    pub row: u32,
}

/// One case of a write.
pub enum CaseWrite {
    /// Rows that are complete: a case that exists, or one whose number was given to it elsewhere (`expected` 0, an import).
    Existing(Box<CaseRows>),
    /// A new case whose number needs a serial.
    New {
        /// Scope of the serial including its period, e.g. `as:202611`.
        scope: String,
        /// The first serial of a scope that was never used.
        first: i64,
        /// Makes the number, called inside the commit. It must not block.
        number: NumberOf,
        /// The rows. What stands in them as their number is put for it everywhere else in their texts as well, and is
        /// replaced by the number once that is drawn: a text that nobody else could have written.
        rows: Box<CaseRows>,
    },
}

impl CaseWrite {
    /// A case that exists, or comes with a number of its own.
    pub fn existing(rows: CaseRows) -> Self {
        Self::Existing(Box::new(rows))
    }

    /// A new case that draws the next serial of `scope`; `rows` holds in place of its number a text that occurs by no accident.
    pub fn new(
        scope: impl Into<String>,
        first: i64,
        number: impl Fn(i64) -> String + Send + 'static,
        rows: CaseRows,
    ) -> Self {
        let (number, rows) = (Box::new(number), Box::new(rows));
        Self::New { scope: scope.into(), first, number, rows }
    }
}

/// A case after the write: what is added, and what replaces its derived rows.
#[derive(Debug, Clone, Default)]
pub struct CaseRows {
    /// Identity, a UUIDv7 made by the caller.
    pub id: Uuid,
    /// Version the write was decided on; 0 for a new case.
    pub expected: u64,
    /// Version after the write, greater than `expected`.
    pub version: u64,
    /// Displayed number. Unique without regard to dashes and case, for ever.
    pub number: String,
    /// What lists read.
    pub columns: CaseColumns,
    /// Appended events; `seq` continues the case's sequence without a gap, from 1.
    pub events: Vec<EventRow>,
    /// The folded case as JSON text, private texts marked by objects whose first key is the mark.
    pub snapshot: String,
    /// Version of the fold that made the snapshot.
    pub fold_version: u32,
    /// Version of the rules that derived texts, measures and people: the rows below, as far as [`crate::Rederived`] has them.
    pub derived: u32,
    /// All timers of the case; replaces what was there. A timer that stays the same keeps its lease.
    pub timers: Vec<TimerRow>,
    /// Messages to add, to people (channel `inbox`) or to the outside. A known id is left alone.
    pub outbox: Vec<OutboxRow>,
    /// All texts by which the case is found; replaces what was there. Free of names and phone numbers.
    pub search: Vec<String>,
    /// All phone numbers by which the case is found; replaces what was there. Only keyed marks are kept.
    pub phones: Vec<String>,
    /// All accounts (e-mail addresses, messengers' ids) by which the case is found; replaces what was there. Only keyed marks are kept.
    pub accounts: Vec<String>,
    /// Everything the case contributes to the measures; replaces what it contributed before.
    pub rollups: Vec<Rollup>,
    /// All links to other cases, as (relation, case); replaces what was there.
    pub links: Vec<(String, Uuid)>,
    /// The people who have to do with it, beside holder and assignee; replaces what was there.
    pub people: Vec<(Tie, String)>,
    /// Uploaded attachments that this write takes into the case.
    pub attachments: Vec<Uuid>,
    /// Erases every personal value stored for the case before this write applies, in the same commit.
    pub erase: bool,
}

/// The indexed columns of a case: what lists, counts and candidates read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CaseColumns {
    /// Key of the procedure.
    pub procedure: String,
    /// Version of the procedure the case is pinned to.
    pub procedure_version: u32,
    /// Life cycle: `open`, `closed`, `archived`, `voided`, `merged`; to the store just a word.
    pub life: String,
    /// Key of the stage.
    pub stage: String,
    /// Key of the one person or role that is responsible.
    pub holder: String,
    /// Key of the person who works on it.
    pub assignee: Option<String>,
    /// Key of the department.
    pub department: Option<String>,
    /// Key of the queue.
    pub queue: String,
    /// Severity; greater is more severe.
    pub severity: u8,
    /// Key of the category.
    pub category: Option<String>,
    /// Key of the channel by which it came.
    pub channel: String,
    /// Opaque key of the customer.
    pub customer: Option<String>,
    /// Title, sealed like a personal value. `None` when there is none, or when it was erased.
    pub title: Option<String>,
    /// When it reached the organisation, UTC.
    pub received_at: Timestamp,
    /// When it was registered, UTC.
    pub registered_at: Timestamp,
    /// The nearest due of all running clocks, UTC.
    pub next_due: Option<Timestamp>,
    /// When it was closed, UTC.
    pub closed_at: Option<Timestamp>,
    /// When it was archived, UTC.
    pub archived_at: Option<Timestamp>,
    /// Until when it must be kept, UTC.
    pub keep_until: Option<Timestamp>,
    /// Seen only by those whose grant includes confidential cases.
    pub confidential: bool,
    /// Whether it belongs to the work in hand; lists of work and counts read only these.
    pub open: bool,
}

/// What somebody has to do with a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tie {
    /// Works on it, or did: the case is within [`crate::Reach::Own`].
    Works,
    /// May not see it, whatever his grants are.
    Barred,
    /// Something in it waits for him, or for whoever holds this role, whoever holds the case.
    Awaited,
}

impl Tie {
    /// The tie that a relation stands for.
    pub(crate) fn of(relation: &str) -> Option<Self> {
        [Tie::Works, Tie::Barred, Tie::Awaited].into_iter().find(|tie| tie.relation() == relation)
    }

    /// The relation of such a link. No relation between cases has a space in its name.
    pub(crate) fn relation(self) -> &'static str {
        match self {
            Tie::Works => "person works",
            Tie::Barred => "person barred",
            Tie::Awaited => "person awaited",
        }
    }
}

/// What stands for a person where links have the id of a case.
pub(crate) fn person_target(person: &str) -> Uuid {
    Uuid::from_bytes(half(sha256([b"person ".as_slice(), person.as_bytes()])))
}

/// The bits, of 64, that stand for a person in `cases.workers`: two, and for one in 64 people one.
pub(crate) fn bits(person: &Uuid) -> i64 {
    let [one, other, ..] = *person.as_bytes();
    1 << (one & 63) | 1 << (other & 63)
}

/// One event, written once and never rewritten.
#[derive(Debug, Clone, PartialEq)]
pub struct EventRow {
    /// Place in the case, from 1.
    pub seq: u64,
    /// Type of the event.
    pub kind: String,
    /// Version of the type.
    pub v: u16,
    /// Instant of the event, UTC.
    pub at: Timestamp,
    /// Key of who did it; opaque.
    pub actor: String,
    /// The event as JSON text, with private texts marked: the mark is the first key of its object.
    pub body: String,
}

/// A clock's step that is due at an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimerRow {
    /// Key of the clock.
    pub clock: String,
    /// Generation of the clock.
    pub generation: u32,
    /// Step of the clock.
    pub step: u32,
    /// When it is due, UTC.
    pub due: Timestamp,
}

/// A message to deliver at least once, recognisable by its id.
#[derive(Debug, Clone, PartialEq)]
pub struct OutboxRow {
    /// Stable identity of the message.
    pub id: Uuid,
    /// `inbox` for a person's inbox; anything else waits in the outbox for the worker.
    pub channel: String,
    /// Key of the person for `inbox`; else an address, which is sealed.
    pub to: String,
    /// Kind of the message.
    pub kind: String,
    /// Content, with private texts marked.
    pub body: Value,
    /// Not delivered before this instant, UTC.
    pub not_before: Timestamp,
}

/// The measure that tells on which day a customer must be called, of other cases and of confidential ones. Who has to call is asked with
/// every page, so that the board knows it of the work in hand. What a case adds to it is 1.
pub const CALLS: [&str; 2] = ["call", "call, confidential"];

/// What a case adds to one cell of a measure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rollup {
    /// Name of the measure.
    pub metric: String,
    /// Business day.
    pub day: Date,
    /// The cell's dimensions in a canonical spelling.
    pub dims: String,
    /// What is added to the cell; negative is allowed.
    pub add: i64,
}

/// The answer to a committed write.
#[derive(Debug, Clone, PartialEq)]
pub struct Receipt {
    /// What [`Write::receipt`] made, or what it made the first time.
    pub body: Value,
    /// Whether the write was a repetition and changed nothing.
    pub replayed: bool,
    /// Global sequence number of the last event of the write; 0 for a repetition.
    pub sequence: u64,
}
