//! The words of a procedure: its head, roles, departments, axes, fields, forms and tables.

use super::book::{Kind, Use};
use super::tree::{Node, Record};
use crate::key::Key;
use crate::procedure::{
    Axis, AxisValue, Column, Department, Field, FieldKind, Form, FormField, Means, Moment, Note,
    Numbering, Reset, Role, Row, Source, Table,
};

impl Record<'_> {
    pub(super) fn windows(&self) -> Vec<(String, String)> {
        self.list("windows").iter().filter_map(Node::window).collect()
    }

    pub(super) fn note(&self) -> Note {
        Note { text: self.pair("text", "en"), origin: self.origin() }
    }

    pub(super) fn numbering(&self) -> Numbering {
        Numbering {
            pattern: self.need("pattern").and_then(|node| node.text()).unwrap_or_default(),
            reset: self.need("reset").and_then(|node| node.word()).unwrap_or(Reset::Never),
            per_channel: self.flag("per_channel"),
            change: self.text("change"),
            dispatch: self.text("dispatch"),
            origin: self.origin(),
        }
    }

    pub(super) fn role(&self) -> Role {
        Role {
            key: self.own_key(Kind::Role),
            label: self.own_label("role"),
            department: self.name("department", Kind::Department),
            of_department: self.flag("of_department"),
            reach: self.word("reach").unwrap_or_default(),
            may: self.words("may"),
            passes_to: self.name("passes_to", Kind::Role),
            origin: self.origin(),
        }
    }

    pub(super) fn department(&self) -> Department {
        Department {
            key: self.own_key(Kind::Department),
            label: self.own_label("department"),
            origin: self.origin(),
        }
    }

    pub(super) fn axis(&self) -> Axis {
        let key = self.own_key(Kind::Axis);
        let values = match self.need("values") {
            Some(node) => {
                node.list().iter().filter_map(|node| node.record(|r| r.axis_value(&key))).collect()
            }
            None => Vec::new(),
        };
        Axis {
            label: self.own_label("axis"),
            values,
            open: self.flag("open"),
            origin: self.origin(),
            key,
        }
    }

    fn axis_value(&self, axis: &Key) -> AxisValue {
        let scope = format!("value of {axis}");
        AxisValue {
            key: self.local_key(&scope),
            label: self.own_label(&scope),
            severity: self.get("severity").and_then(|node| node.whole(1..=3)),
            code: self.get("code").and_then(|node| {
                let code = node.text()?;
                self.book.unique(&node.place, "duplicate_code", &format!("code of {axis}"), &code);
                Some(code)
            }),
            score: self.get("score").and_then(|node| node.whole(-1_000_000..=1_000_000)),
            meaning: self.word("meaning"),
            criterion: self.maybe_pair("criterion", "criterion_en"),
            system: self.flag("system"),
            disabled: self.flag("disabled"),
            loud: self.flag("loud"),
            also: self.texts("also"),
            origin: self.origin(),
        }
    }

    pub(super) fn field(&self) -> Field {
        let key = self.own_key(Kind::Field);
        let label = self.own_label("field");
        let kind = self.kind(true);
        let derive = self.name("derive", Kind::Table);
        if let (Some(table), Some(node)) = (&derive, self.get("derive")) {
            node.uses(Use::Derives { table: table.clone(), field: key.clone() });
        }
        let default = self.get("default").and_then(|node| {
            let value = node.scalar()?;
            node.uses(Use::Value(key.clone(), value.clone()));
            Some(value)
        });
        let not_before = self.get("not_before").and_then(|node| {
            let name = node.key()?;
            if name != "registered" {
                node.refers(Kind::Field, &name);
                node.uses(Use::Instant(name.clone()));
            }
            Some(name)
        });
        Field {
            key,
            label,
            kind,
            means: self.get("means").and_then(|node| {
                let means: Means = node.word()?;
                self.book.unique(
                    &node.place,
                    "duplicate_means",
                    "meaning of a field",
                    means.name(),
                );
                Some(means)
            }),
            pii: self.flag("pii"),
            default,
            derive,
            guarded: self.flag("guarded"),
            min_chars: self.get("min_chars").and_then(|node| node.whole(1..=10_000)),
            vague: self.texts("vague"),
            not_future: self.flag("not_future"),
            not_before,
            also: self.texts("also"),
            example: self.text("example"),
            hint: self
                .get("hint")
                .and_then(|node| node.record(|r| (r.condition("when"), r.pair("text", "en")))),
            origin: self.origin(),
        }
    }

    fn column(&self, table: &str) -> Column {
        Column {
            key: self.local_key(table),
            label: self.own_label(table),
            kind: self.kind(false),
            required: self.flag("required"),
            pii: self.flag("pii"),
        }
    }

    /// The kind of a field or column with what belongs to it.
    fn kind(&self, of_field: bool) -> FieldKind {
        const KINDS: [&str; 16] = [
            "text",
            "long",
            "time",
            "one",
            "many",
            "bool",
            "person",
            "people",
            "department",
            "departments",
            "files",
            "tel",
            "number",
            "ref",
            "table",
            "auto",
        ];
        let kinds = if of_field { KINDS.as_slice() } else { KINDS.get(..14).unwrap_or(&KINDS) };
        let Some((node, word)) =
            self.need("type").and_then(|node| Some((node.clone(), node.text()?)))
        else {
            for name in ["axis", "columns", "source"] {
                self.get(name);
            }
            return FieldKind::Text;
        };
        let kind = match word.as_str() {
            "one" => FieldKind::One(self.need_name("axis", Kind::Axis)),
            "many" => FieldKind::Many(self.need_name("axis", Kind::Axis)),
            "table" if of_field => FieldKind::Table(self.columns()),
            "auto" if of_field => FieldKind::Auto(
                self.need("source").and_then(|node| node.source()).unwrap_or(Source::Number),
            ),
            "text" => FieldKind::Text,
            "long" => FieldKind::Long,
            "time" => FieldKind::Time,
            "bool" => FieldKind::Bool,
            "person" => FieldKind::Person,
            "people" => FieldKind::People,
            "department" => FieldKind::Department,
            "departments" => FieldKind::Departments,
            "files" => FieldKind::Files,
            "tel" => FieldKind::Tel,
            "number" => FieldKind::Number,
            "ref" => FieldKind::Ref,
            _ => {
                node.unknown_among("unknown_type", kinds, &word);
                FieldKind::Text
            }
        };
        let belongs: &[&str] = match kind {
            FieldKind::One(_) | FieldKind::Many(_) => &["axis"],
            FieldKind::Table(_) => &["columns"],
            FieldKind::Auto(_) => &["source"],
            _ => &[],
        };
        for name in ["axis", "columns", "source"].into_iter().filter(|name| !belongs.contains(name))
        {
            if let Some(node) = self.get(name) {
                node.find(
                    "misplaced_key",
                    format!("no `{name}` on the type `{word}`"),
                    format!("`{name}`"),
                );
            }
        }
        kind
    }

    fn columns(&self) -> Vec<Column> {
        let scope = format!("column of {}", self.place.item);
        let Some(node) = self.need("columns") else { return Vec::new() };
        node.list().iter().filter_map(|node| node.record(|r| r.column(&scope))).collect()
    }

    /// A key that is unique within a scope of its own, and no name elsewhere.
    pub(super) fn local_key(&self, scope: &str) -> Key {
        let key = self.need("key").and_then(|node| {
            let key = node.key()?;
            self.book.unique(&node.place, "duplicate_key", &format!("{scope} key"), &key);
            Some(key)
        });
        key.unwrap_or_else(|| "".into())
    }

    pub(super) fn form(&self) -> Form {
        let key = self.own_key(Kind::Form);
        let stage = self.need_name("stage", Kind::Stage);
        let rows = self.need("fields").map(|node| node.list()).unwrap_or_default();
        let fields =
            rows.iter().filter_map(|node| node.record(|r| r.form_field(&key, &stage))).collect();
        Form { label: self.own_label("form"), stage, fields, origin: self.origin(), key }
    }

    fn form_field(&self, form: &Key, stage: &Key) -> FormField {
        let field = self.need_name("field", Kind::Field);
        self.book.unique(&self.place, "duplicate_field", &format!("field of {form}"), &field);
        FormField {
            field,
            block: self.text("block"),
            need: self.need_of("need"),
            by: self.name("by", Kind::Stage).unwrap_or_else(|| stage.clone()),
            origin: self.origin(),
        }
    }

    pub(super) fn table(&self) -> Table {
        Table {
            key: self.own_key(Kind::Table),
            label: self.own_label("table"),
            rows: match self.need("rows") {
                Some(node) => {
                    node.list().iter().filter_map(|node| node.record(|r| r.row())).collect()
                }
                None => Vec::new(),
            },
            origin: self.origin(),
        }
    }

    fn row(&self) -> Row {
        Row {
            when: self.condition("when"),
            value: self.get("value").and_then(|node| node.scalar()),
            role: self.name("role", Kind::Role),
            department: self.name("department", Kind::Department),
            senior: self.flag("senior"),
            copy: self.names("copy", Kind::Role),
            origin: self.origin(),
        }
    }
}

impl Node<'_> {
    /// `["09:00", "18:00"]`.
    fn window(&self) -> Option<(String, String)> {
        let times: Vec<String> = self.list().iter().filter_map(Node::text).collect();
        let [from, to] = times.as_slice() else {
            if self.is_list() {
                self.find("bad_window", "[\"HH:MM\", \"HH:MM\"]", format!("{} texts", times.len()));
            }
            return None;
        };
        match (minutes(from), minutes(to)) {
            (Some(start), Some(end)) if start < end => Some((from.clone(), to.clone())),
            _ => {
                self.find(
                    "bad_window",
                    "a later time after an earlier one, up to 24:00",
                    format!("{from} to {to}"),
                );
                None
            }
        }
    }

    fn source(&self) -> Option<Source> {
        const SOURCES: [&str; 24] = [
            "number",
            "status",
            "dispatch_number",
            "registrar",
            "assignee",
            "co_owners",
            "department",
            "due:CLOCK",
            "at:MOMENT",
            "by:MOMENT",
            "contacts",
            "progress",
            "tasks:KIND",
            "approvals:CHAIN",
            "extensions",
            "changes",
            "dispatches",
            "steps:CLOCK",
            "links",
            "urges",
            "reminders",
            "checklist",
            "keep_until",
            "round",
        ];
        let text = self.text()?;
        let (name, of) = match text.split_once(':') {
            Some((name, of)) => (name, Some(of)),
            None => (text.as_str(), None),
        };
        let key = |kind| {
            let key: Key = of?.into();
            self.refers(kind, &key);
            Some(key)
        };
        let moment = || Moment::parse(of?);
        let source = match (name, of) {
            ("number", None) => Some(Source::Number),
            ("status", None) => Some(Source::Status),
            ("dispatch_number", None) => Some(Source::DispatchNumber),
            ("registrar", None) => Some(Source::Registrar),
            ("assignee", None) => Some(Source::Assignee),
            ("co_owners", None) => Some(Source::CoOwners),
            ("department", None) => Some(Source::Department),
            ("due", _) => key(Kind::Clock).map(Source::Due),
            ("at", _) => moment().map(Source::At),
            ("by", _) => moment().map(Source::By),
            ("contacts", None) => Some(Source::Contacts),
            ("progress", None) => Some(Source::Progress),
            ("tasks", _) => key(Kind::Task).map(Source::Tasks),
            ("approvals", _) => key(Kind::Chain).map(Source::Approvals),
            ("extensions", None) => Some(Source::Extensions),
            ("changes", None) => Some(Source::Changes),
            ("dispatches", None) => Some(Source::Dispatches),
            ("steps", _) => key(Kind::Clock).map(Source::Steps),
            ("links", None) => Some(Source::Links),
            ("urges", None) => Some(Source::Urges),
            ("reminders", None) => Some(Source::Reminders),
            ("checklist", None) => Some(Source::Checklist),
            ("keep_until", None) => Some(Source::KeepUntil),
            ("round", None) => Some(Source::Round),
            _ => None,
        };
        if source.is_none() {
            self.unknown_among("unknown_source", &SOURCES, &text);
        }
        source
    }
}

/// `HH:MM` up to `24:00` as minutes.
fn minutes(text: &str) -> Option<u32> {
    let (hours, minutes) = text.split_once(':')?;
    let two = |part: &str| {
        (part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse().ok())?
    };
    let (hours, minutes): (u32, u32) = (two(hours)?, two(minutes)?);
    (minutes < 60 && hours * 60 + minutes <= 24 * 60).then_some(hours * 60 + minutes)
}
