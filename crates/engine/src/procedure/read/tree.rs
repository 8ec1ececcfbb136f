//! The spanned tree of the file: values and records that know their place and say what they miss.

use super::book::{Book, Kind, Place, Use};
use super::finding::near;
use crate::key::Key;
use crate::procedure::access::is_key;
use crate::procedure::word::Word;
use crate::procedure::{Label, Mark, Origin};
use std::cell::RefCell;
use std::ops::RangeInclusive;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value at its place.
#[derive(Clone)]
pub(super) struct Node<'t> {
    pub(super) book: &'t Book,
    pub(super) place: Place,
    value: &'t DeValue<'t>,
}

/// A table at its place. Keys that nobody asks for are unknown.
pub(super) struct Record<'t> {
    pub(super) book: &'t Book,
    pub(super) place: Place,
    table: &'t DeTable<'t>,
    known: RefCell<Vec<&'static str>>,
}

impl<'t> Node<'t> {
    pub(super) fn find(
        &self,
        code: &'static str,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) {
        self.book.find(&self.place, code, expected, found);
    }

    pub(super) fn uses(&self, what: Use) {
        self.book.uses(&self.place, what);
    }

    pub(super) fn refers(&self, kind: Kind, key: &Key) {
        self.uses(Use::Name(kind, key.clone()));
    }

    /// Says that the value is of another type.
    pub(super) fn wrong<T>(&self, expected: &str) -> Option<T> {
        self.find("wrong_type", expected, self.shown());
        None
    }

    /// The value as a finding shows it.
    pub(super) fn shown(&self) -> String {
        match self.value {
            DeValue::String(text) => format!("\"{text}\""),
            DeValue::Integer(number) => number.to_string(),
            DeValue::Float(number) => number.to_string(),
            DeValue::Boolean(truth) => truth.to_string(),
            DeValue::Datetime(time) => time.to_string(),
            DeValue::Array(_) => "a list".to_owned(),
            DeValue::Table(_) => "a table".to_owned(),
        }
    }

    pub(super) fn is_table(&self) -> bool {
        matches!(self.value, DeValue::Table(_))
    }

    pub(super) fn is_list(&self) -> bool {
        matches!(self.value, DeValue::Array(_))
    }

    pub(super) fn as_flag(&self) -> Option<bool> {
        self.value.as_bool()
    }

    pub(super) fn text(&self) -> Option<String> {
        match self.value {
            DeValue::String(text) => Some(text.to_string()),
            _ => self.wrong("a text"),
        }
    }

    pub(super) fn flag(&self) -> Option<bool> {
        self.as_flag().or_else(|| self.wrong("true or false"))
    }

    pub(super) fn number(&self) -> Option<f64> {
        let text = match self.value {
            DeValue::Integer(number) if number.radix() == 10 => number.as_str(),
            DeValue::Float(number) => number.as_str(),
            _ => return self.wrong("a number"),
        };
        text.parse()
            .ok()
            .filter(|number: &f64| number.is_finite())
            .or_else(|| self.wrong("a number"))
    }

    pub(super) fn whole<T: TryFrom<i64>>(&self, range: RangeInclusive<i64>) -> Option<T> {
        let number = match self.value {
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => None,
        };
        let fits = number
            .filter(|number| range.contains(number))
            .and_then(|number| T::try_from(number).ok());
        fits.or_else(|| {
            self.wrong(&format!("a whole number from {} to {}", range.start(), range.end()))
        })
    }

    /// A text, number or truth as text.
    pub(super) fn scalar(&self) -> Option<String> {
        match self.value {
            DeValue::String(text) => Some(text.to_string()),
            DeValue::Boolean(truth) => Some(truth.to_string()),
            DeValue::Integer(_) | DeValue::Float(_) => {
                self.number().map(|number| number.to_string())
            }
            _ => self.wrong("a text, a number, true or false"),
        }
    }

    /// A text formed like a key.
    pub(super) fn key(&self) -> Option<Key> {
        let text = self.text()?;
        if is_key(&text) {
            return Some(text.into());
        }
        self.find(
            "bad_key",
            "a key: lower-case letters, digits and `_`, beginning with a letter",
            format!("`{text}`"),
        );
        None
    }

    /// A key that must be defined somewhere.
    pub(super) fn name(&self, kind: Kind) -> Option<Key> {
        let key = self.key()?;
        self.refers(kind, &key);
        Some(key)
    }

    /// A word of a closed vocabulary.
    pub(super) fn word<T: Word>(&self) -> Option<T> {
        let text = self.text()?;
        let word = T::from_word(&text);
        if word.is_none() {
            self.unknown_among("unknown_word", &T::words(), &text);
        }
        word
    }

    /// Says that a word is none of these.
    pub(super) fn unknown_among(&self, code: &'static str, words: &[&str], word: &str) {
        self.find(code, format!("one of {}", words.join(" ")), near(word, words.iter().copied()));
    }

    pub(super) fn list(&self) -> Vec<Node<'t>> {
        let DeValue::Array(array) = self.value else {
            self.wrong::<()>("a list");
            return Vec::new();
        };
        array.iter().enumerate().map(|(at, one)| self.element(at, one)).collect()
    }

    fn element(&self, at: usize, value: &'t Spanned<DeValue<'t>>) -> Node<'t> {
        let key = value
            .get_ref()
            .as_table()
            .and_then(|table| table.get("key"))
            .and_then(|key| key.get_ref().as_str());
        let item = match key {
            Some(key) => format!("{}.{key}", self.place.item),
            None => format!("{}[{}]", self.place.item, at + 1),
        };
        let line = self.book.line(&value.span());
        Node { book: self.book, place: Place { line, item }, value: value.get_ref() }
    }

    /// Reads a table; what the reader does not ask for is an unknown key.
    pub(super) fn record<T>(&self, read: impl FnOnce(&Record<'t>) -> T) -> Option<T> {
        let DeValue::Table(table) = self.value else { return self.wrong("a table") };
        Some(Record::read(self.book, self.place.clone(), table, read))
    }

    /// The entries of a table whose keys are names, in the order of the file.
    pub(super) fn entries(&self) -> Option<Vec<(&'t str, Node<'t>)>> {
        let DeValue::Table(table) = self.value else { return self.wrong("a table") };
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        let node = |key: &'t Spanned<_>, value| child(self.book, &self.place, key, value);
        Some(entries.into_iter().map(|(key, value)| (&**key.get_ref(), node(key, value))).collect())
    }
}

impl<'t> Record<'t> {
    pub(super) fn read<T>(
        book: &'t Book,
        place: Place,
        table: &'t DeTable<'t>,
        read: impl FnOnce(&Record<'t>) -> T,
    ) -> T {
        let record = Record { book, place, table, known: RefCell::default() };
        let done = read(&record);
        record.unknown_keys();
        done
    }

    pub(super) fn find(
        &self,
        code: &'static str,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) {
        self.book.find(&self.place, code, expected, found);
    }

    /// The value of a key, when it is there.
    pub(super) fn get(&self, name: &'static str) -> Option<Node<'t>> {
        self.known.borrow_mut().push(name);
        let (key, value) = self.table.get_key_value(name)?;
        Some(child(self.book, &self.place, key, value))
    }

    /// The value of a key that must be there.
    pub(super) fn need(&self, name: &'static str) -> Option<Node<'t>> {
        let node = self.get(name);
        if node.is_none() {
            self.find("missing_key", format!("the key `{name}`"), "nothing");
        }
        node
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.table.contains_key(name)
    }

    pub(super) fn text(&self, name: &'static str) -> Option<String> {
        self.get(name)?.text()
    }

    pub(super) fn texts(&self, name: &'static str) -> Vec<String> {
        self.list(name).iter().filter_map(Node::text).collect()
    }

    pub(super) fn list(&self, name: &'static str) -> Vec<Node<'t>> {
        self.get(name).map(|node| node.list()).unwrap_or_default()
    }

    /// True only when the file says so.
    pub(super) fn flag(&self, name: &'static str) -> bool {
        self.get(name).and_then(|node| node.flag()).unwrap_or_default()
    }

    pub(super) fn word<T: Word>(&self, name: &'static str) -> Option<T> {
        self.get(name)?.word()
    }

    pub(super) fn words<T: Word>(&self, name: &'static str) -> Vec<T> {
        self.list(name).iter().filter_map(Node::word).collect()
    }

    pub(super) fn name(&self, name: &'static str, kind: Kind) -> Option<Key> {
        self.get(name)?.name(kind)
    }

    /// A name that must be there; an empty key stands for it after the finding.
    pub(super) fn need_name(&self, name: &'static str, kind: Kind) -> Key {
        self.need(name).and_then(|node| node.name(kind)).unwrap_or_else(|| "".into())
    }

    pub(super) fn names(&self, name: &'static str, kind: Kind) -> Vec<Key> {
        self.list(name).iter().filter_map(|node| node.name(kind)).collect()
    }

    /// The item's own key, which defines it.
    pub(super) fn own_key(&self, kind: Kind) -> Key {
        let key = self
            .need("key")
            .and_then(|node| node.key().inspect(|key| self.book.define(&node.place, kind, key)));
        key.unwrap_or_else(|| "".into())
    }

    /// The item's label in both languages, each unique within the scope.
    pub(super) fn own_label(&self, scope: &str) -> Label {
        let label = self.pair("label", "en");
        let words = [("label", "label", &label.zh), ("en", "English label", &label.en)];
        for (key, what, text) in words {
            if let Some((at, _)) = self.table.get_key_value(key).filter(|_| !text.is_empty()) {
                let place = Place {
                    line: self.book.line(&at.span()),
                    item: format!("{}.{key}", self.place.item),
                };
                self.book.unique(&place, "duplicate_label", &format!("{scope} {what}"), text);
            }
        }
        label
    }

    /// A text in both languages.
    pub(super) fn pair(&self, zh: &'static str, en: &'static str) -> Label {
        let one = |name| {
            let node = self.need(name)?;
            let text = node.text()?;
            if text.trim().is_empty() {
                node.find("empty_text", "a text", "nothing");
            }
            Some(text)
        };
        Label { zh: one(zh).unwrap_or_default(), en: one(en).unwrap_or_default() }
    }

    /// A text in both languages, or in none.
    pub(super) fn maybe_pair(&self, zh: &'static str, en: &'static str) -> Option<Label> {
        self.known.borrow_mut().extend([zh, en]);
        (self.has(zh) || self.has(en)).then(|| self.pair(zh, en))
    }

    /// Where the item comes from; its line is that of its key, else its own.
    pub(super) fn origin(&self) -> Origin {
        let line = match self.table.get_key_value("key") {
            Some((key, _)) => self.book.line(&key.span()),
            None => self.place.line,
        };
        Origin { req: self.texts("req"), mark: self.word::<Mark>("mark").unwrap_or_default(), line }
    }

    fn unknown_keys(&self) {
        let known = self.known.borrow();
        for (key, value) in self.table.iter().filter(|(key, _)| !known.contains(&&**key.get_ref()))
        {
            let node = child(self.book, &self.place, key, value);
            let mut words = known.clone();
            words.sort_unstable();
            words.dedup();
            let found = near(key.get_ref(), words.iter().copied());
            node.find("unknown_key", format!("one of {}", words.join(" ")), found);
        }
    }
}

fn child<'t>(
    book: &'t Book,
    parent: &Place,
    key: &Spanned<toml::de::DeString<'t>>,
    value: &'t Spanned<DeValue<'t>>,
) -> Node<'t> {
    let name = key.get_ref();
    let item =
        if parent.item.is_empty() { name.to_string() } else { format!("{}.{name}", parent.item) };
    Node { book, place: Place { line: book.line(&key.span()), item }, value: value.get_ref() }
}
