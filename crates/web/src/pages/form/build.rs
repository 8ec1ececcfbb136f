//! From the procedure's data to controls.

use super::people::wanted;
use super::{Choice, Control, Form, Item, Typed};
use crate::pages::words::Lang;
use crate::schema;
use desk::{Desk, Seen};
use engine::calendar::Calendar;
use engine::case::{Case, Facts};
use engine::decide::Offer;
use engine::people::{Directory, Who};
use engine::procedure::{Action, Axis, Column, Field, FieldKind, Means, Need, Procedure, Verb};
use engine::value::Value;
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// Optional fields beyond this number are folded.
const SHOWN: usize = 4;

/// Inputs that nobody types: what they say is known, or asked for elsewhere.
const HIDDEN: &[&str] = &["hash", "change", "mentions"];

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

/// The form of an action on a case.
pub(crate) fn action_form(
    maker: &Maker<'_>,
    seen: &Seen,
    action: &Action,
    offer: &Offer,
    who: &Who,
) -> Form {
    let lang = maker.lang;
    let mut form = Form {
        label: lang.word(&action.label).to_owned(),
        seen: Some(seen.case.version),
        ..Form::default()
    };
    let missing = |key: &str| offer.missing.iter().any(|one| one.field == *key);
    let facts = Facts::new(maker.rules, &seen.case, who);
    let asked = |field: &Field| action.input.iter().any(|input| input.field == field.key);
    let needed = |field: &Field| {
        let need =
            action.input.iter().find(|input| input.field == field.key).map(|input| &input.need);
        match need {
            Some(Need::Always) => true,
            Some(Need::When(condition)) => facts.holds(condition),
            _ => false,
        }
    };
    let mut optional = Vec::new();
    for field in in_order(maker.rules, |key| offer.fields.iter().any(|one| **one == *key)) {
        let required = missing(&field.key) || needed(field);
        let mut item = maker.item("f.", field, required, seen.masked(&field.key).as_ref());
        if let Some((condition, hint)) = &field.hint
            && facts.holds(condition)
        {
            item.hint = Some(lang.word(hint).to_owned());
        }
        if required || asked(field) { form.items.push(item) } else { optional.push(item) }
    }
    let mut inputs = Vec::new();
    for member in schema::inputs(maker.rules, &seen.case, action)
        .iter()
        .filter(|member| !HIDDEN.contains(&member.name.as_str()))
    {
        let items = maker.inputs(seen, action, &member.name, &member.schema, member.required);
        let main = member.required
            || !matches!(member.name.as_str(), "reason" | "override_guards" | "role" | "co_owners");
        if main { inputs.extend(items) } else { optional.extend(items) }
    }
    form.items.extend(inputs);
    let edits = action.has(Verb::Edit);
    if optional.len() <= SHOWN || (form.items.is_empty() && !edits) {
        form.items.extend(optional);
    } else {
        form.more = optional;
    }
    form
}

/// The form of a registration.
pub(crate) fn registration_form(maker: &Maker<'_>, action: &Action) -> Form {
    let Json::Object(schema) = schema::registration(maker.rules, action) else {
        return Form::default();
    };
    let names: BTreeSet<&String> = schema
        .get("properties")
        .and_then(Json::as_object)
        .map(|all| all.keys().collect())
        .unwrap_or_default();
    let required = schema.get("required").and_then(Json::as_array);
    let is_required =
        |key: &str| required.is_some_and(|all| all.iter().any(|one| one.as_str() == Some(key)));
    let first = first_form(maker.rules, action);
    let mut form = Form { label: maker.lang.word(&action.label).to_owned(), ..Form::default() };
    for field in in_order(maker.rules, |key| names.iter().any(|name| *name == key)) {
        let default = field.default.clone().map(Value::Text);
        let item = maker.item("f.", field, is_required(&field.key), default.as_ref());
        let derived = field.derive.is_some() || matches!(field.kind, FieldKind::Files);
        if is_required(&field.key) || (first.contains(&*field.key) && !derived) {
            form.items.push(item)
        } else {
            form.more.push(item)
        }
    }
    // Whoever takes a call asks for the number first: it brings the customer.
    let rank = |item: &Item| {
        let field = item.name.strip_prefix("f.").and_then(|key| maker.rules.field(key));
        match field.and_then(|field| field.means) {
            Some(Means::Phone) => 0,
            Some(Means::Customer | Means::Contact) => 1,
            _ => 2,
        }
    };
    form.items.sort_by_key(rank);
    form
}

/// Fields of the forms that registering completes.
fn first_form<'r>(rules: &'r Procedure, action: &Action) -> BTreeSet<&'r str> {
    let forms = action.forms.iter().filter_map(|form| rules.form(form));
    let before = action.to.as_ref().and_then(|to| rules.stage_index(to)).unwrap_or(0);
    forms
        .flat_map(|form| &form.fields)
        .filter(|entry| rules.stage_index(&entry.by).is_none_or(|by| by <= before))
        .map(|entry| &*entry.field)
        .collect()
}

/// Fields in the order of the forms, then the rest.
fn in_order(rules: &Procedure, wanted: impl Fn(&str) -> bool) -> Vec<&Field> {
    let on_forms = rules
        .forms
        .iter()
        .flat_map(|form| &form.fields)
        .filter_map(|entry| rules.field(&entry.field));
    let mut fields: Vec<&Field> = Vec::new();
    for field in on_forms.chain(&rules.fields) {
        let known = fields.iter().any(|known| known.key == field.key);
        if !known && wanted(&field.key) && !matches!(field.kind, FieldKind::Auto(_)) {
            fields.push(field);
        }
    }
    fields
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
        let typed = self.typed.filter(|typed| typed.has(&name) || !typed.rows(&name).is_empty());
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
            hint: None,
            example: field.example.clone(),
            wrong: None,
            values,
        }
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
            FieldKind::Person => self.persons(false, None),
            FieldKind::People => self.persons(true, None),
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
            values,
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
    fn inputs(
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
            ("assignee", _) => self.persons(false, wanted(seen, action).as_ref()),
            ("owner", _) => self.persons(false, None),
            ("co_owners", _) => self.persons(true, None),
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
        let values = if values.is_empty() && self.typed.is_none() {
            default.into_iter().collect()
        } else {
            values
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
            values,
        }]
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
            values: sent.get(row).and_then(|cells| cells.get(key)).cloned().into_iter().collect(),
        };
        let line = |row: usize| {
            vec![
                cell(row, "title", Control::Line("text")),
                cell(row, "owner", self.persons(false, None)),
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
