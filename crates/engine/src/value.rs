//! Values of fields, and texts that are personal data.

use crate::key::Key;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A text that is personal data or free text about people. It is serialised as `{"$p": "…"}`; the store replaces that
/// by a reference to an encrypted value, and by `{"$erased": "…"}` once the value has been erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Private {
    /// The text itself.
    Text {
        /// Plain text.
        #[serde(rename = "$p")]
        text: String,
    },
    /// Erased; only the commitment to it is left.
    Erased {
        /// Salted commitment, hexadecimal.
        #[serde(rename = "$erased")]
        commitment: String,
    },
}

impl Private {
    /// The text, or a placeholder where it was erased.
    pub fn as_str(&self) -> &str {
        match self {
            Private::Text { text } => text,
            Private::Erased { .. } => "",
        }
    }
}

impl<T: Into<String>> From<T> for Private {
    fn from(text: T) -> Self {
        Private::Text { text: text.into() }
    }
}

/// The value of a field. Keys of axes, people and departments are texts; the field's kind says what they are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// Yes or no.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A text or key that is not personal.
    Text(String),
    /// A personal text.
    Private(Private),
    /// An instant.
    Time {
        /// UTC.
        #[serde(rename = "$t")]
        at: Timestamp,
    },
    /// Several values, or the rows of a table.
    List(Vec<Value>),
    /// A row of a table.
    Row {
        /// By column.
        #[serde(rename = "$row")]
        cells: BTreeMap<Key, Value>,
    },
}

impl Value {
    /// The text of a text value, the empty string otherwise.
    pub fn text(&self) -> &str {
        match self {
            Value::Text(text) => text,
            Value::Private(private) => private.as_str(),
            _ => "",
        }
    }

    /// The instant of a time value.
    pub fn time(&self) -> Option<Timestamp> {
        match self {
            Value::Time { at } => Some(*at),
            _ => None,
        }
    }

    /// Nothing a person would count as filled in.
    pub fn is_empty(&self) -> bool {
        match self {
            Value::Text(text) => text.trim().is_empty(),
            Value::Private(Private::Text { text }) => text.trim().is_empty(),
            Value::List(items) => items.is_empty(),
            _ => false,
        }
    }

    /// The texts of a list, or the one text.
    pub fn texts(&self) -> Vec<&str> {
        match self {
            Value::List(items) => {
                items.iter().map(Value::text).filter(|text| !text.is_empty()).collect()
            }
            other => Some(other.text()).filter(|text| !text.is_empty()).into_iter().collect(),
        }
    }
}
