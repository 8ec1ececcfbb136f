//! Values of fields, and texts that are personal data.

use crate::key::Key;
use jiff::Timestamp;
use serde::de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;
use std::fmt;

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
#[derive(Debug, Clone, PartialEq, Serialize)]
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

// What a derived reader would try one after the other, failing each time, is told by the first token here: values are most of a case.
impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value of a field")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Number(number))
    }

    #[expect(clippy::as_conversions, reason = "as a reader of `f64` does")]
    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number as f64))
    }

    #[expect(clippy::as_conversions, reason = "as a reader of `f64` does")]
    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number as f64))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut value = None;
        while let Some(name) = fields.next_key::<String>()? {
            value = Some(match name.as_str() {
                "$p" => Value::Private(Private::Text { text: fields.next_value()? }),
                "$erased" => Value::Private(Private::Erased { commitment: fields.next_value()? }),
                "$t" => Value::Time { at: fields.next_value()? },
                "$row" => Value::Row { cells: fields.next_value()? },
                _ => {
                    fields.next_value::<IgnoredAny>()?;
                    continue;
                }
            });
        }
        value.ok_or_else(|| A::Error::custom("an object that is no value of a field"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_kind_of_value_comes_back_as_it_was_written() {
        let at = "2026-05-08T09:00:00Z".parse().unwrap();
        let cells = [(Key::from("part"), Value::Number(-3.5))].into();
        let erased = Private::Erased { commitment: "ab".into() };
        let values = vec![
            Value::Bool(true),
            Value::Number(12.0),
            Value::Text("漏水".into()),
            Value::Private("陈静".into()),
            Value::Private(erased),
            Value::Time { at },
            Value::Row { cells },
        ];
        let list = Value::List(values);
        let text = serde_json::to_string(&list).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), list);
        assert_eq!(serde_json::from_value::<Value>(json!(list)).unwrap(), list);
        // Whole numbers, and words beside a private text.
        assert_eq!(serde_json::from_str::<Value>("12").unwrap(), Value::Number(12.0));
        let of = r#"{"$p": "陈静", "of": "customer-7"}"#;
        assert_eq!(serde_json::from_str::<Value>(of).unwrap(), Value::Private("陈静".into()));
        for bad in ["null", "{}", r#"{"p": "x"}"#, r#"{"$t": "yesterday"}"#] {
            assert!(serde_json::from_str::<Value>(bad).is_err(), "{bad}");
        }
    }
}
