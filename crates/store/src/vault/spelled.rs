//! Sealing and opening what is a JSON text already: only its private parts are parsed.

use super::{Drawer, Vault};
use crate::error::Result;
use serde::de::IgnoredAny;
use serde_json::Value;

impl Drawer {
    /// [`Drawer::seal`] for a JSON text in which the mark is the first key of its object.
    pub(crate) fn seal_spelled(&mut self, vault: &Vault, text: &str) -> Result<String> {
        rewrite(text, |object| self.seal_within(vault, object))
    }

    /// [`Drawer::open`] for a JSON text that [`Drawer::seal_spelled`] or [`Drawer::seal`] made.
    pub(crate) fn open_spelled(&self, stored: &str) -> Result<String> {
        rewrite(stored, |object| self.open_within(object))
    }
}

/// Changes every object of a JSON text whose first key begins with `$`; the text around them is not read. Within a text of JSON
/// no bare quotation mark follows a brace, so that such an object is recognised by its first three letters.
pub(crate) fn rewrite(
    text: &str,
    mut change: impl FnMut(&mut Value) -> Result<()>,
) -> Result<String> {
    let mut written = String::with_capacity(text.len() + text.len() / 4);
    let mut rest = text;
    while let Some((before, from)) = to_mark(rest) {
        written.push_str(before);
        let mut objects = serde_json::Deserializer::from_str(from).into_iter::<Value>();
        let mut object = objects.next().transpose()?.unwrap_or_default();
        change(&mut object)?;
        written.push_str(&object.to_string());
        rest = from.get(objects.byte_offset()..).unwrap_or_default();
    }
    written.push_str(rest);
    Ok(written)
}

/// A text before its first object that bears a mark, and from there on.
fn to_mark(text: &str) -> Option<(&str, &str)> {
    text.split_at_checked(memchr::memmem::find(text.as_bytes(), b"{\"$")?)
}

/// Whether a word that JSON spells as it is stands in an object that [`rewrite`] would change.
pub(crate) fn is_within(text: &str, word: &str) -> Result<bool> {
    let mut rest = text;
    while let Some((_, from)) = to_mark(rest) {
        let mut objects = serde_json::Deserializer::from_str(from).into_iter::<IgnoredAny>();
        objects.next().transpose()?;
        let (object, after) = from.split_at_checked(objects.byte_offset()).unwrap_or((from, ""));
        if object.contains(word) {
            return Ok(true);
        }
        rest = after;
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    /// JSON with private texts here and there, and with everything in its texts that could be mistaken for a mark.
    fn values() -> impl Strategy<Value = Value> {
        let text = prop_oneof![
            ".*",
            Just(r#"{"$p":"x"}"#.to_owned()),
            Just(r#"","a":{"$ref":"#.to_owned()),
            Just("{\"$".to_owned()),
        ];
        let private = text.clone().prop_map(|text| json!({ "$p": text }));
        let leaf =
            prop_oneof![text.prop_map(Value::from), any::<i64>().prop_map(Value::from), private];
        leaf.prop_recursive(4, 40, 6, |inner| {
            let fields = prop::collection::btree_map("[a-z{\"]{1,4}", inner.clone(), 0..5);
            prop_oneof![
                prop::collection::vec(inner, 0..5).prop_map(Value::from),
                fields.prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_word_is_looked_for_in_private_parts_alone(value in values()) {
            let text = value.to_string();
            for word in ["a", "x", "$p"] {
                let mut found = false;
                rewrite(&text, |object| {
                    found |= object.to_string().contains(word);
                    Ok(())
                }).unwrap();
                prop_assert_eq!(is_within(&text, word).unwrap(), found, "{} in {}", word, text);
            }
        }

        #[test]
        fn a_text_is_sealed_and_opened_as_its_value_is(value in values()) {
            let vault = Vault::new(&[1; 32]).unwrap();
            let mut drawer = vault.empty_drawer([7; 16]);
            let sealed = drawer.seal_spelled(&vault, &value.to_string()).unwrap();
            prop_assert_eq!(&drawer.seal(&vault, value.clone()).unwrap().to_string(), &sealed);
            let opened = drawer.open_spelled(&sealed).unwrap();
            prop_assert_eq!(serde_json::from_str::<Value>(&opened).unwrap(), value);
        }
    }
}
