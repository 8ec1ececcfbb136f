//! Whether every name that the file uses exists and every value fits where it stands.

use super::book::{Book, Kind, Place, Use};
use super::finding::near;
use crate::key::Key;
use crate::procedure::{Actor, Axis, Fact, Field, FieldKind, Operand, Procedure, Test};

pub(super) fn resolve(book: &Book, procedure: &Procedure) {
    for (what, place) in book.take_uses() {
        let at = At { book, procedure, place: &place };
        match what {
            Use::Name(kind, key) => {
                if !book.knows(kind, &key) {
                    book.unknown(&place, kind, &key);
                }
            }
            Use::Compare(Operand::Field(key), test) => at.compare_field(&key, &test),
            Use::Compare(Operand::Fact(fact), test) => {
                at.fact(&fact);
                at.compare_fact(&fact, &test);
            }
            Use::Value(key, value) => at.value(&key, &value),
            Use::Set(key, value) => at.set(&key, &value),
            Use::Instant(key) => {
                at.kind(&key, "a field of type time", |kind| matches!(kind, FieldKind::Time))
            }
            Use::Ordered(key) => {
                at.kind(&key, "a field of type one", |kind| matches!(kind, FieldKind::One(_)))
            }
            Use::Assigns(table) => at.assigns(&table),
            Use::Derives { table, field } => at.derives(&table, &field),
        }
    }
}

/// One place with what is needed to judge it.
pub(super) struct At<'a> {
    pub(super) book: &'a Book,
    pub(super) procedure: &'a Procedure,
    pub(super) place: &'a Place,
}

impl At<'_> {
    fn find(&self, code: &'static str, expected: impl Into<String>, found: impl Into<String>) {
        self.book.find(self.place, code, expected, found);
    }

    fn compare_field(&self, key: &Key, test: &Test) {
        let Some(field) = self.procedure.field(key) else {
            return self.book.unknown(self.place, Kind::Field, key);
        };
        let equality = matches!(test, Test::Eq(_) | Test::Ne(_) | Test::In(_));
        let allowed = match (&field.kind, test) {
            // Automatic fields are computed when they are shown, and an empty boolean is false.
            (FieldKind::Auto(_) | FieldKind::Bool, Test::Empty(_)) => false,
            (_, Test::Empty(_)) => true,
            (FieldKind::Many(_) | FieldKind::Departments, Test::Has(_)) => true,
            (FieldKind::Text | FieldKind::Long | FieldKind::Tel, _) => {
                equality || matches!(test, Test::Has(_))
            }
            (FieldKind::Number, _) => equality || matches!(test, Test::Ge(_) | Test::Le(_)),
            (FieldKind::One(_) | FieldKind::Bool | FieldKind::Department, _) => equality,
            _ => false,
        };
        if !allowed {
            let expected = match &field.kind {
                FieldKind::One(_) => "a value of its axis, not, in or empty",
                FieldKind::Many(_) | FieldKind::Departments => "has or empty",
                FieldKind::Bool => "true or false",
                FieldKind::Auto(_) => "a fact or a field that is entered",
                FieldKind::Department => "a department, not, in or empty",
                FieldKind::Number => "a number, not, in, ge, le or empty",
                FieldKind::Text | FieldKind::Long | FieldKind::Tel => {
                    "a text, not, in, has or empty"
                }
                _ => "empty",
            };
            let kind = field.kind.name();
            return self.find(
                "bad_condition",
                format!("{expected}, as `{key}` is of type {kind}"),
                shown(test),
            );
        }
        for value in test.values() {
            self.fits(field, value);
        }
    }

    /// A value written for a field.
    pub(super) fn value(&self, key: &Key, value: &str) {
        if let Some(field) = self.procedure.field(key) {
            self.fits(field, value);
        }
    }

    /// Effects may also set the instant at which they follow, and a person by his relation to the case.
    fn set(&self, key: &Key, value: &str) {
        match self.procedure.field(key).map(|field| &field.kind) {
            Some(FieldKind::Time) if value == "now" => {}
            Some(FieldKind::Person) if matches!(Actor::parse(value), Some(Actor::Relation(_))) => {}
            _ => self.value(key, value),
        }
    }

    /// Whether a value written in the file may stand in the field.
    fn fits(&self, field: &Field, value: &str) {
        let key = &field.key;
        match &field.kind {
            FieldKind::One(axis) | FieldKind::Many(axis) => {
                if let Some(axis) =
                    self.procedure.axis(axis).filter(|axis| axis.value(value).is_none())
                {
                    self.unknown_value(axis, value);
                }
            }
            FieldKind::Bool if value != "true" && value != "false" => {
                self.find("bad_value", format!("true or false for `{key}`"), format!("`{value}`"));
            }
            FieldKind::Number if value.parse::<f64>().is_err() => {
                self.find("bad_value", format!("a number for `{key}`"), format!("`{value}`"));
            }
            FieldKind::Department | FieldKind::Departments
                if !self.book.knows(Kind::Department, value) =>
            {
                self.book.unknown(self.place, Kind::Department, value);
            }
            FieldKind::Time
            | FieldKind::Person
            | FieldKind::People
            | FieldKind::Files
            | FieldKind::Ref
            | FieldKind::Table(_)
            | FieldKind::Auto(_) => {
                let kind = field.kind.name();
                self.find(
                    "bad_value",
                    format!("no written value for `{key}` of type {kind}"),
                    format!("`{value}`"),
                );
            }
            _ => {}
        }
    }

    fn unknown_value(&self, axis: &Axis, value: &str) {
        let values: Vec<&str> = axis.values.iter().map(|value| &*value.key).collect();
        let expected = format!("a value of axis `{}`: {}", axis.key, values.join(" "));
        self.find("unknown_value", expected, near(value, values.iter().copied()));
    }

    /// Whether what a fact names exists.
    fn fact(&self, fact: &Fact) {
        let named = |kind, key: &Key| {
            if !self.book.knows(kind, key) {
                self.book.unknown(self.place, kind, key);
            }
        };
        match fact {
            Fact::OpenTasksOf(kind) | Fact::TasksOf(kind) | Fact::TaskDepartments(kind) => {
                named(Kind::Task, kind)
            }
            Fact::Escalated(name) => named(Kind::Escalation, name),
            Fact::FormComplete(form) => named(Kind::Form, form),
            Fact::Pending(what) => {
                let there = match what.as_str() {
                    "extension" => self.procedure.extension.is_some(),
                    _ => self.procedure.change.is_some(),
                };
                if !there {
                    self.find("missing_section", format!("the section [{what}]"), "none");
                }
            }
            _ => {}
        }
    }

    fn compare_fact(&self, fact: &Fact, test: &Test) {
        if matches!(fact, Fact::Stage) {
            match test {
                Test::Eq(_) | Test::Ne(_) | Test::In(_) => {
                    for stage in
                        test.values().iter().filter(|stage| !self.book.knows(Kind::Stage, stage))
                    {
                        self.book.unknown(self.place, Kind::Stage, stage);
                    }
                }
                _ => self.find(
                    "bad_condition",
                    "a stage, not or in, as $stage is a stage",
                    shown(test),
                ),
            }
            return;
        }
        let number = test.values().iter().all(|value| value.parse::<u32>().is_ok());
        if matches!(test, Test::Has(_)) || !number {
            let expected =
                format!("a whole number, ge, le, true or false, as ${} is a number", fact.name());
            self.find("bad_condition", expected, shown(test));
        }
    }

    fn kind(&self, key: &Key, expected: &str, fits: fn(&FieldKind) -> bool) {
        match self.procedure.field(key) {
            None => self.book.unknown(self.place, Kind::Field, key),
            Some(field) if !fits(&field.kind) => {
                self.find(
                    "wrong_field",
                    expected,
                    format!("`{key}` of type {}", field.kind.name()),
                );
            }
            Some(_) => {}
        }
    }

    fn assigns(&self, table: &Key) {
        let rows =
            self.procedure.table(table).map(|table| table.rows.as_slice()).unwrap_or_default();
        if let Some(row) = rows.iter().find(|row| row.role.is_none()) {
            self.find(
                "wrong_table",
                "a table with a role in every row",
                format!("`{table}`, line {}", row.origin.line),
            );
        }
    }

    fn derives(&self, table: &Key, field: &Key) {
        let (Some(table), Some(field)) = (self.procedure.table(table), self.procedure.field(field))
        else {
            return;
        };
        for row in &table.rows {
            let item = format!("{}.rows", table.key);
            let place = Place { line: row.origin.line, item: format!("tables.{item}") };
            let at = At { place: &place, ..*self };
            match &row.value {
                Some(value) => at.fits(field, value),
                None => at.find(
                    "missing_key",
                    format!("the key `value`, as `{}` is derived from it", field.key),
                    "none",
                ),
            }
        }
    }
}

fn shown(test: &Test) -> String {
    match test {
        Test::Eq(value) => format!("`{value}`"),
        Test::Ne(value) => format!("not `{value}`"),
        Test::In(values) => format!("in {}", values.join(" ")),
        Test::Ge(number) => format!("ge {number}"),
        Test::Le(number) => format!("le {number}"),
        Test::Has(value) => format!("has `{value}`"),
        Test::Empty(empty) => format!("empty {empty}"),
    }
}
