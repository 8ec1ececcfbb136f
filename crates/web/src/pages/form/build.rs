//! From the procedure's data to controls.

use super::{Choice, Control, Item, Typed};
use crate::pages::words::Lang;
use crate::schema;
use desk::{Desk, Seen};
use engine::calendar::Calendar;
use engine::case::Case;
use engine::people::Directory;
use engine::procedure::{Action, Axis, Column, Field, FieldKind, Means, Procedure, Verb};
use engine::value::Value;
use serde_json::Value as Json;

/// What controls are made of.
pub(crate) struct Maker<'a> {
    pub(crate) desk: &'a Desk,
    pub(crate) lang: Lang,
    pub(crate) rules: &'a Procedure,
    pub(crate) calendar: &'a Calendar,
    pub(crate) people: &'a Directory,
    /// What was typed before, and is put back.
    pub(crate) typed: Option<&'a Typed>,
}

impl Maker<'_> {
    /// The control of a field, with what was typed, else with what the case has.
    pub(crate) fn item(
        &self,
        prefix: &str,
        field: &Field,
        required: bool,
        value: Option<&Value>,
    ) -> Item {
        let name = format!("{prefix}{}", field.key);
        let typed = self.typed.filter(|typed| typed.has(&name) || typed.has_rows(&name));
        let values = match typed {
            Some(typed) => typed.all(&name),
            None => value.map(|value| self.texts(value)).unwrap_or_default(),
        };
        let control = match &field.kind {
            FieldKind::Table(columns) => self.rows(&name, columns, typed, value),
            kind => self.control(kind, &values),
        };
        Item {
            name,
            label: self.lang.word(&field.label).to_owned(),
            control,
            required,
            hint: self.length(field),
            example: field.example.clone(),
            wrong: None,
            held: value.is_some_and(|value| !value.is_empty()),
            values,
            usual: Vec::new(),
        }
    }

    /// How long a text has to be, told before one is too short.
    fn length(&self, field: &Field) -> Option<String> {
        let fewest = field.min_chars?.to_string();
        Some(self.lang.fill("form.fewest", &[("fewest", &fewest)]))
    }

    fn control(&self, kind: &FieldKind, values: &[String]) -> Control {
        match kind {
            FieldKind::Text | FieldKind::Ref => Control::Line("text"),
            FieldKind::Tel => Control::Line("tel"),
            FieldKind::Number => Control::Line("number"),
            FieldKind::Time => Control::Line("datetime-local"),
            FieldKind::Long => Control::Long,
            FieldKind::Bool => Control::YesNo,
            FieldKind::One(axis) => Control::One(self.offered(self.rules.axis(axis), values)),
            FieldKind::Many(axis) => Control::Many(self.offered(self.rules.axis(axis), values)),
            FieldKind::Person => self.persons(false),
            FieldKind::People => self.persons(true),
            FieldKind::Department => Control::One(self.departments()),
            FieldKind::Departments => Control::Many(self.departments()),
            FieldKind::Files => {
                Control::Files(values.iter().map(|id| (id.clone(), self.file(id))).collect())
            }
            FieldKind::Table(_) | FieldKind::Auto(_) => Control::Line("text"),
        }
    }

    /// The values that people may choose; one that is set stays, whoever set it.
    fn offered(&self, axis: Option<&Axis>, values: &[String]) -> Vec<Choice> {
        let all = axis.iter().flat_map(|axis| &axis.values);
        let offered = all.filter(|value| {
            (!value.system && !value.disabled) || values.iter().any(|one| *one == *value.key)
        });
        offered
            .map(|value| Choice {
                key: value.key.to_string(),
                label: self.lang.word(&value.label).to_owned(),
                hint: value.criterion.as_ref().map(|text| self.lang.word(text).to_owned()),
            })
            .collect()
    }

    fn departments(&self) -> Vec<Choice> {
        let all = self.rules.departments.iter();
        all.map(|one| Choice {
            key: one.key.to_string(),
            label: self.lang.word(&one.label).to_owned(),
            hint: None,
        })
        .collect()
    }

    fn file(&self, id: &str) -> String {
        let file = id.parse().ok().and_then(|id| self.desk.store().attachment(id).ok().flatten());
        file.and_then(|file| file.name).unwrap_or_else(|| self.lang.say("form.file").to_owned())
    }

    /// A value as the texts of its control.
    fn texts(&self, value: &Value) -> Vec<String> {
        match value {
            Value::List(items) => items.iter().map(|item| item.text().to_owned()).collect(),
            Value::Bool(truth) => vec![truth.to_string()],
            Value::Number(number) => vec![number.to_string()],
            Value::Time { at } => {
                vec![self.calendar.local(*at).strftime("%Y-%m-%dT%H:%M").to_string()]
            }
            other => vec![other.text().to_owned()],
        }
    }

    fn rows(
        &self,
        name: &str,
        columns: &[Column],
        typed: Option<&Typed>,
        value: Option<&Value>,
    ) -> Control {
        let cell = |row: usize, column: &Column, values: Vec<String>| Item {
            name: format!("{name}.{row}.{}", column.key),
            label: self.lang.word(&column.label).to_owned(),
            control: self.control(&column.kind, &values),
            required: column.required,
            hint: None,
            example: None,
            wrong: None,
            held: false,
            values,
            usual: Vec::new(),
        };
        let line = |row: usize, values: &dyn Fn(&Column) -> Vec<String>| -> Vec<Item> {
            columns.iter().map(|column| cell(row, column, values(column))).collect()
        };
        let known = match (value, typed) {
            (Some(Value::List(rows)), None) => rows.len(),
            (_, Some(typed)) => typed.rows(name).len(),
            _ => 0,
        };
        let sent = typed.map(|typed| typed.rows(name)).unwrap_or_default();
        let of_case = |row: usize, column: &Column| match value {
            Some(Value::List(rows)) => match rows.get(row) {
                Some(Value::Row { cells }) => {
                    cells.get(&column.key).map(|cell| self.texts(cell)).unwrap_or_default()
                }
                _ => Vec::new(),
            },
            _ => Vec::new(),
        };
        let texts = |row: usize, column: &Column| match sent.get(row) {
            Some(cells) => cells.get(&*column.key).cloned().into_iter().collect(),
            None if typed.is_some() => Vec::new(),
            None => of_case(row, column),
        };
        // One empty row to write into.
        Control::Rows((0..=known).map(|row| line(row, &|column| texts(row, column))).collect())
    }

    /// The controls of a built-in input.
    pub(super) fn inputs(
        &self,
        seen: &Seen,
        action: &Action,
        name: &str,
        schema: &Json,
        required: bool,
    ) -> Vec<Item> {
        if name == "set" {
            return self.set(action);
        }
        let key = format!("i.{name}");
        let values = self.typed.map(|typed| typed.all(&key)).unwrap_or_default();
        let kind = schema.get("type").and_then(Json::as_str);
        let choices = || self.enumerated(seen, name, schema);
        let control = match (name, kind) {
            ("tasks", _) => self.tasks(&key),
            ("assignee", _) => self.assignee(seen, action),
            ("owner", _) => self.persons(false),
            ("co_owners", _) => self.persons(true),
            ("file", _) => {
                Control::Files(values.iter().map(|id| (id.clone(), self.file(id))).collect())
            }
            (_, Some("boolean")) => Control::YesNo,
            _ if schema.get("enum").is_some() => Control::One(choices()),
            _ if schema.get("format").is_some() => Control::Line("datetime-local"),
            ("reason" | "text" | "note" | "content" | "opinion" | "outcome", _) => Control::Long,
            _ => Control::Line("text"),
        };
        let default = schema.get("default").map(|default| default.to_string());
        let held = default.is_some();
        let values = if values.is_empty() && self.typed.is_none() {
            default.into_iter().collect()
        } else {
            values
        };
        let usual = match name {
            "method" | "channel" => self.ways(),
            _ => self.written(schema.get("examples")),
        };
        let label = desk::words::input(name, self.lang.english);
        let hint = (name == "override_guards").then(|| self.lang.say("form.override").to_owned());
        vec![Item {
            name: key,
            label: capital(&label),
            control,
            required,
            hint,
            example: None,
            wrong: None,
            held,
            values,
            usual,
        }]
    }

    /// The ways by which customers of the procedure are reached: those that they may prefer, else those on which they come.
    fn ways(&self) -> Vec<String> {
        let means = [Means::PreferredChannel, Means::Channel];
        let field = means.into_iter().find_map(|means| self.rules.field_meaning(means));
        let Some(FieldKind::One(axis)) = field.map(|field| &field.kind) else {
            return Vec::new();
        };
        let offered = self.offered(self.rules.axis(axis), &[]).into_iter();
        offered.map(|choice| choice.label).collect()
    }

    fn written(&self, examples: Option<&Json>) -> Vec<String> {
        let all = examples.and_then(Json::as_array).into_iter().flatten();
        all.filter_map(Json::as_str).map(str::to_owned).collect()
    }

    /// Fields that a change sets, or that the case that is opened elsewhere must have.
    fn set(&self, action: &Action) -> Vec<Item> {
        if action.has(Verb::Change) {
            let sets = self
                .rules
                .change
                .iter()
                .flat_map(|change| &change.sets)
                .filter_map(|key| self.rules.field(key));
            return sets.map(|field| self.item("i.set.", field, false, None)).collect();
        }
        let rule = action.transfer.as_ref().and_then(|key| self.rules.transfer(key));
        let Some((rule, (theirs, calendar))) =
            rule.and_then(|rule| Some((rule, self.desk.library().newest(&rule.to)?)))
        else {
            return Vec::new();
        };
        let Some(Json::Object(schema)) =
            theirs.register_action().map(|opening| schema::registration(&theirs, opening))
        else {
            return Vec::new();
        };
        let required = schema.get("required").and_then(Json::as_array).cloned().unwrap_or_default();
        let brought = |key: &str| {
            rule.copy.iter().any(|(field, _)| **field == *key)
                || rule.set.iter().any(|(field, _)| **field == *key)
        };
        let maker = Maker { rules: &theirs, calendar: &calendar, ..*self };
        let needed = required
            .iter()
            .filter_map(Json::as_str)
            .filter(|key| !brought(key))
            .filter_map(|key| theirs.field(key));
        needed.map(|field| maker.item("i.set.", field, true, None)).collect()
    }

    fn enumerated(&self, seen: &Seen, name: &str, schema: &Json) -> Vec<Choice> {
        let titles = schema.get("x-titles");
        let language = if self.lang.english { "en" } else { "zh" };
        let title = |key: &str| {
            let named = titles.and_then(|all| all.get(key)?.get(language)?.as_str());
            match (named, name) {
                (Some(named), _) => named.to_owned(),
                (None, "purpose") => self.lang.say(&format!("purpose.{key}")).to_owned(),
                (None, "task") => task_title(&seen.case, key),
                _ => key.to_owned(),
            }
        };
        let keys = schema.get("enum").and_then(Json::as_array).into_iter().flatten();
        keys.map(|key| key.as_str().map_or_else(|| key.to_string(), str::to_owned))
            .map(|key| Choice { label: title(&key), key, hint: None })
            .collect()
    }

    fn tasks(&self, name: &str) -> Control {
        let sent = self.typed.map(|typed| typed.rows(name)).unwrap_or_default();
        let cell = |row: usize, key: &str, control: Control| Item {
            name: format!("{name}.{row}.{key}"),
            label: capital(&desk::words::input(key, self.lang.english)),
            control,
            required: false,
            hint: None,
            example: None,
            wrong: None,
            held: false,
            usual: Vec::new(),
            values: sent.get(row).and_then(|cells| cells.get(key)).cloned().into_iter().collect(),
        };
        let line = |row: usize| {
            vec![
                cell(row, "title", Control::Line("text")),
                cell(row, "owner", self.persons(false)),
                cell(row, "department", Control::One(self.departments())),
                cell(row, "due", Control::Line("datetime-local")),
            ]
        };
        Control::Rows((0..sent.len().max(1)).map(line).collect())
    }
}

fn task_title(case: &Case, id: &str) -> String {
    let task = case.tasks.iter().find(|task| task.id.to_string() == id);
    task.map_or_else(|| id.to_owned(), |task| desk::without_phones(task.title.as_str()))
}

/// English names begin with a capital, as labels do.
fn capital(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    first + characters.as_str()
}
