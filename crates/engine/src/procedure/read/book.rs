//! What a reading collects: findings, defined names, and uses to be checked when the whole file is known.

use super::finding::{Finding, near};
use crate::key::Key;
use crate::procedure::{Operand, Test};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;

/// Kinds of things that have keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Role,
    Department,
    Axis,
    Field,
    Form,
    Table,
    Stage,
    Action,
    Clock,
    Task,
    Escalation,
    Chain,
    Transfer,
    Notify,
    Report,
}

impl Kind {
    /// The kind in a finding: the code of a dangling reference, and the noun.
    pub(super) fn words(self) -> (&'static str, &'static str) {
        match self {
            Kind::Role => ("unknown_role", "role"),
            Kind::Department => ("unknown_department", "department"),
            Kind::Axis => ("unknown_axis", "axis"),
            Kind::Field => ("unknown_field", "field"),
            Kind::Form => ("unknown_form", "form"),
            Kind::Table => ("unknown_table", "table"),
            Kind::Stage => ("unknown_stage", "stage"),
            Kind::Action => ("unknown_action", "action"),
            Kind::Clock => ("unknown_clock", "clock"),
            Kind::Task => ("unknown_task", "task kind"),
            Kind::Escalation => ("unknown_escalation", "escalation"),
            Kind::Chain => ("unknown_chain", "chain"),
            Kind::Transfer => ("unknown_transfer", "transfer"),
            Kind::Notify => ("unknown_notify", "message"),
            Kind::Report => ("unknown_report", "report"),
        }
    }
}

/// Something that can be checked only when everything has been read.
#[derive(Debug, Clone)]
pub(super) enum Use {
    /// A name that must be defined.
    Name(Kind, Key),
    /// A comparison whose values must fit.
    Compare(Operand, Test),
    /// A value that a field is given.
    Value(Key, String),
    /// A value that an effect sets.
    Set(Key, String),
    /// A field that must hold an instant.
    Instant(Key),
    /// A field that must hold one value of an axis.
    Ordered(Key),
    /// A table whose rows must name roles.
    Assigns(Key),
    /// A table whose rows must give values that fit the field.
    Derives { table: Key, field: Key },
}

/// Where something stands in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) line: u32,
    pub(super) item: String,
}

/// The file being read and everything collected so far.
pub(super) struct Book {
    file: String,
    /// Byte offset at which each line begins.
    starts: Vec<usize>,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    findings: Vec<Finding>,
    uses: Vec<(Use, Place)>,
    names: BTreeMap<Kind, Vec<Key>>,
    /// Lines of keys and labels, to tell duplicates: scope and text.
    taken: BTreeMap<(String, String), u32>,
}

impl Book {
    pub(super) fn new(file: &str, text: &str) -> Self {
        let after_breaks =
            text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Book {
            file: file.to_owned(),
            starts: std::iter::once(0).chain(after_breaks).collect(),
            state: RefCell::default(),
        }
    }

    /// The one-based line of a byte offset.
    pub(super) fn line(&self, span: &Range<usize>) -> u32 {
        let before = self.starts.partition_point(|start| *start <= span.start);
        u32::try_from(before).unwrap_or(u32::MAX)
    }

    pub(super) fn find(
        &self,
        place: &Place,
        code: &'static str,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) {
        self.state.borrow_mut().findings.push(Finding {
            file: self.file.clone(),
            line: place.line,
            code,
            item: if place.item.is_empty() { "file".to_owned() } else { place.item.clone() },
            expected: expected.into(),
            found: found.into(),
        });
    }

    pub(super) fn uses(&self, place: &Place, what: Use) {
        self.state.borrow_mut().uses.push((what, place.clone()));
    }

    /// Lets a name be known without a place.
    pub(super) fn knows_of(&self, kind: Kind, key: &Key) {
        self.state.borrow_mut().names.entry(kind).or_default().push(key.clone());
    }

    /// Defines a name; a second definition is a finding.
    pub(super) fn define(&self, place: &Place, kind: Kind, key: &Key) {
        self.knows_of(kind, key);
        self.unique(place, "duplicate_key", &format!("{} key", kind.words().1), key);
    }

    /// A text that may occur once within its scope.
    pub(super) fn unique(&self, place: &Place, code: &'static str, scope: &str, text: &str) {
        let name = (scope.to_owned(), text.to_owned());
        let first = self.state.borrow().taken.get(&name).copied();
        match first {
            Some(line) => self.find(
                place,
                code,
                format!("a {scope} of its own"),
                format!("`{text}`, as in line {line}"),
            ),
            None => {
                self.state.borrow_mut().taken.insert(name, place.line);
            }
        }
    }

    pub(super) fn knows(&self, kind: Kind, key: &str) -> bool {
        self.state.borrow().names.get(&kind).is_some_and(|keys| keys.iter().any(|one| *one == *key))
    }

    /// Files a dangling reference with the nearest name.
    pub(super) fn unknown(&self, place: &Place, kind: Kind, key: &str) {
        let (code, noun) = kind.words();
        let names: Vec<String> = self
            .state
            .borrow()
            .names
            .get(&kind)
            .into_iter()
            .flatten()
            .map(ToString::to_string)
            .collect();
        let article = if noun.starts_with(['a', 'e']) { "an" } else { "a" };
        self.find(
            place,
            code,
            format!("{article} {noun} of the procedure"),
            near(key, names.iter().map(String::as_str)),
        );
    }

    /// The items in which something was found so far.
    pub(super) fn found_in(&self) -> Vec<String> {
        self.state.borrow().findings.iter().map(|found| found.item.clone()).collect()
    }

    pub(super) fn take_uses(&self) -> Vec<(Use, Place)> {
        std::mem::take(&mut self.state.borrow_mut().uses)
    }

    /// All findings in the order of the file.
    pub(super) fn finish(self) -> Vec<Finding> {
        let mut findings = self.state.into_inner().findings;
        findings.sort();
        findings.dedup();
        findings
    }
}
