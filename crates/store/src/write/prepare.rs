//! What a write needs no transaction for: sealing, spelling and tokens. Its caller does that on his own thread, so that the one who
//! writes only runs statements.

use super::derived::Derived;
use crate::backend::Conn;
use crate::error::{Result, StoreError};
use crate::model::{CaseRows, CaseWrite, IdempotencyKey, ImportRow, NumberOf, ReceiptOf, Write};
use crate::text::{Tokens, account_mark, phone_marks};
use crate::vault::{Drawer, Vault, is_within};
use jiff::Timestamp;
use serde_json::Value;
use std::borrow::Cow;

crate::sql::queries! {
    VERSION = "SELECT version FROM cases WHERE uuid = ?1";
}

/// A write that is ready for the writer.
pub(crate) struct Prepared {
    pub(crate) at: Timestamp,
    pub(crate) key: Option<IdempotencyKey>,
    pub(crate) import: Option<ImportRow>,
    pub(crate) cases: Vec<PreparedCase>,
    pub(crate) receipt: ReceiptOf,
}

/// A case of it.
pub(crate) struct PreparedCase {
    /// Without the texts that are spelled below, and without timers, links, people and measures.
    pub(crate) rows: CaseRows,
    pub(crate) serial: Option<Serial>,
    pub(crate) drawer: Drawer,
    /// How many keys the case had when the drawer was opened; erasing takes them without touching the version.
    pub(crate) keys: usize,
    pub(crate) events: Vec<Text>,
    pub(crate) snapshot: Text,
    /// Of each message: its body, and its address when it goes outside.
    pub(crate) messages: Vec<(Text, Option<String>)>,
    pub(crate) title: Option<Vec<u8>>,
    pub(crate) tokens: Tokens,
    pub(crate) derived: Derived,
}

/// How a new case gets its number.
pub(crate) struct Serial {
    pub(crate) scope: String,
    pub(crate) first: i64,
    pub(crate) number: NumberOf,
    /// What stands for the number until then.
    pub(crate) blank: String,
    /// What was drawn last.
    pub(crate) drawn: i64,
}

/// A sealed JSON text.
pub(crate) enum Text {
    Whole(String),
    /// The number is still to be put in between these.
    Parted(Vec<String>),
    /// A private text in it contains the number: it can be sealed only then.
    Unsealed(Value),
}

impl Prepared {
    /// Prepares a write. Fails with `Conflict` when a case is at another version than the write expects.
    pub(crate) fn of(
        write: Write,
        vault: &Vault,
        read: &mut dyn FnMut(&CaseRows) -> Result<Drawer>,
    ) -> Result<Self> {
        let Write { at, key, import, cases, receipt } = write;
        let cases = cases.into_iter().map(|case| {
            let (rows, serial) = match case {
                CaseWrite::Existing(rows) => (rows, None),
                CaseWrite::New { scope, first, number, rows } => {
                    let blank = rows.number.clone();
                    (rows, Some(Serial { scope, first, number, blank, drawn: 0 }))
                }
            };
            let drawer = match rows.expected == 0 || rows.erase {
                true => vault.empty_drawer(rows.id.into_bytes()),
                false => read(&rows)?,
            };
            PreparedCase::of(*rows, serial, drawer, vault)
        });
        Ok(Self { at, key, import, cases: cases.collect::<Result<_>>()?, receipt })
    }
}

/// The personal values of a case at the version that a write expects. The caller holds a read transaction.
pub(crate) fn drawer(conn: &Conn, vault: &Vault, rows: &CaseRows) -> Result<Drawer> {
    let found = conn.row(VERSION, &[(&rows.id).into()], |row| row.count(0))?.unwrap_or(0);
    if found != rows.expected {
        return Err(StoreError::Conflict { case: rows.id, expected: rows.expected, found });
    }
    vault.drawer(conn, rows.id.into_bytes())
}

impl PreparedCase {
    fn of(
        mut rows: CaseRows,
        serial: Option<Serial>,
        mut drawer: Drawer,
        vault: &Vault,
    ) -> Result<Self> {
        let keys = drawer.known_keys();
        let blank = serial.as_ref().map(|serial| serial.blank.as_str());
        let mut spell =
            |text: &mut String| Text::spelled(std::mem::take(text), blank, &mut drawer, vault);
        let snapshot = spell(&mut rows.snapshot)?;
        let events =
            rows.events.iter_mut().map(|event| spell(&mut event.body)).collect::<Result<_>>()?;
        let bodies = rows
            .outbox
            .iter_mut()
            .map(|message| Text::of(message.body.take(), blank, &mut drawer, vault))
            .collect::<Result<Vec<_>>>()?;
        let addresses = rows.outbox.iter().map(|message| {
            let outside = message.channel != INBOX;
            outside.then(|| drawer.seal_text(vault, &message.to)).transpose()
        });
        let messages = bodies.into_iter().zip(addresses.collect::<Result<Vec<_>>>()?).collect();
        let title = rows
            .columns
            .title
            .as_deref()
            .map(|title| drawer.seal_title(vault, title))
            .transpose()?;
        let texts = rows.search.iter().filter(|text| Some(text.as_str()) != blank);
        let tokens = Tokens::of(vault, texts);
        let accounts = rows.accounts.iter().filter_map(|account| account_mark(vault, account));
        let phones = rows.phones.iter().flat_map(|phone| phone_marks(vault, phone));
        let marks = phones.chain(accounts).collect();
        let derived = Derived::of(&mut rows, marks)?;
        Ok(Self { rows, serial, drawer, keys, events, snapshot, messages, title, tokens, derived })
    }
}

/// The channel of messages to people of the organisation.
pub(crate) const INBOX: &str = "inbox";

impl Text {
    fn of(value: Value, blank: Option<&str>, drawer: &mut Drawer, vault: &Vault) -> Result<Self> {
        if blank.is_some_and(|blank| is_private(&value, blank)) {
            return Ok(Text::Unsealed(value));
        }
        let text = drawer.seal(vault, value)?.to_string();
        Ok(Text::parted(text, blank))
    }

    /// As [`Text::of`], for what is a text already.
    fn spelled(
        text: String,
        blank: Option<&str>,
        drawer: &mut Drawer,
        vault: &Vault,
    ) -> Result<Self> {
        let blank = blank.filter(|blank| text.contains(blank));
        if blank.map_or(Ok(false), |blank| is_within(&text, blank))? {
            return Ok(Text::Unsealed(serde_json::from_str(&text)?));
        }
        let text = drawer.seal_spelled(vault, &text)?;
        Ok(Text::parted(text, blank))
    }

    /// Cut where the number belongs, so that the one who writes only joins.
    fn parted(text: String, blank: Option<&str>) -> Self {
        let parts: Vec<&str> = blank.map(|blank| text.split(blank).collect()).unwrap_or_default();
        match parts.len() {
            0 | 1 => Text::Whole(text),
            _ => Text::Parted(parts.into_iter().map(str::to_owned).collect()),
        }
    }

    /// The text with the number in it.
    pub(crate) fn with(
        &self,
        blank: &str,
        number: &str,
        drawer: &mut Drawer,
        vault: &Vault,
    ) -> Result<Cow<'_, str>> {
        Ok(match self {
            Text::Whole(text) => text.into(),
            Text::Parted(parts) => {
                let spelled = Value::from(number).to_string();
                let within = spelled.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
                parts.join(within.unwrap_or(&spelled)).into()
            }
            Text::Unsealed(value) => {
                let mut value = value.clone();
                fill(&mut value, blank, number);
                drawer.seal(vault, value)?.to_string().into()
            }
        })
    }
}

/// Whether a private text contains what stands for the number.
fn is_private(value: &Value, blank: &str) -> bool {
    match value {
        Value::Array(items) => items.iter().any(|item| is_private(item, blank)),
        Value::Object(fields) => match fields.get("$p") {
            Some(private) => private.as_str().is_some_and(|text| text.contains(blank)),
            None => fields.values().any(|field| is_private(field, blank)),
        },
        _ => false,
    }
}

/// Puts the number into every text.
fn fill(value: &mut Value, blank: &str, number: &str) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| fill(item, blank, number)),
        Value::Object(fields) => fields.values_mut().for_each(|field| fill(field, blank, number)),
        Value::String(text) if text.contains(blank) => *text = text.replace(blank, number),
        _ => {}
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::backend::{Mode, Place};
    use crate::model::EventRow;
    use crate::write::case::{apply, erase, no_receipt};
    use crate::write::queue::Batch;
    use serde_json::json;

    /// A case gets its next event, in which somebody has said something.
    pub(crate) fn noted(id: u128, seq: u64, text: &str) -> Write {
        let event = EventRow {
            seq,
            kind: "Noted".into(),
            v: 1,
            at: Timestamp::UNIX_EPOCH,
            actor: "wang".into(),
            body: json!({ "said": { "$p": text } }).to_string(),
        };
        let rows = CaseRows {
            id: uuid::Uuid::from_u128(id),
            expected: seq - 1,
            version: seq,
            number: format!("A-{id}"),
            events: vec![event],
            ..CaseRows::default()
        };
        Write::new(Timestamp::UNIX_EPOCH, vec![CaseWrite::existing(rows)], no_receipt)
    }

    #[test]
    fn what_was_sealed_before_an_erasure_is_refused_and_can_be_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let conn = Conn::open(&Place::at(folder.path()), Mode::Write).unwrap();
        crate::migrate::migrate(&conn).unwrap();
        let vault = Vault::new(&[1; 32]).unwrap();
        let ready = |write| Prepared::of(write, &vault, &mut |rows| drawer(&conn, &vault, rows));
        let mut batch =
            Batch { conn: &conn, vault: &vault, sequence: 0, settings: false, texts: vec![] };
        apply(&mut batch, &mut ready(noted(7, 1, "第一次")).unwrap(), &mut None).unwrap();
        let mut late = ready(noted(7, 2, "第二次")).unwrap();
        erase(&mut batch, uuid::Uuid::from_u128(7)).unwrap();
        let refused = apply(&mut batch, &mut late, &mut None);
        assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
        apply(&mut batch, &mut ready(noted(7, 2, "第二次")).unwrap(), &mut None).unwrap();
        let report = crate::chain::verify(&conn, &vault, uuid::Uuid::from_u128(7)).unwrap();
        assert_eq!((report.values, report.erased), (1, 1));
    }
}
