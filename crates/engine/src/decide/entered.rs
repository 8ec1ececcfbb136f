//! What people enter: read by the kind of the field, refused with what is wrong, never guessed.

use super::Work;
use super::offer::is_fixed;
use crate::calendar::Calendar;
use crate::case::Case;
use crate::command::Entered;
use crate::key::Key;
use crate::people::Directory;
use crate::procedure::{Axis, AxisValue, Column, Field, FieldKind, Means, Moment, Procedure};
use crate::refusal::{Problem, Refusal};
use crate::value::{Private, Value};
use jiff::Timestamp;
use jiff::civil::DateTime;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// Longest text of one line, in characters.
const LINE: usize = 500;
/// Longest free text, in characters.
const TEXT: usize = 100_000;

/// Where a value is read: procedure, calendar of local times, people.
#[derive(Clone, Copy)]
struct Reader<'a> {
    procedure: &'a Procedure,
    calendar: &'a Calendar,
    directory: &'a Directory,
}

/// Reads what was entered for one field. `Null` and blank texts empty it.
///
/// # Errors
/// What is wrong with it.
pub fn parse(
    procedure: &Procedure,
    calendar: &Calendar,
    directory: &Directory,
    field: &Field,
    entered: &Json,
) -> Result<Option<Value>, Problem> {
    Reader { procedure, calendar, directory }.field(field, entered)
}

impl Reader<'_> {
    fn field(&self, field: &Field, entered: &Json) -> Result<Option<Value>, Problem> {
        if entered.is_null() || entered.as_str().is_some_and(|text| text.trim().is_empty()) {
            return Ok(None);
        }
        let value = self.kind(&field.kind, entered)?;
        Ok(Some(private(&field.kind, field.pii, value)))
    }

    fn kind(&self, kind: &FieldKind, entered: &Json) -> Result<Value, Problem> {
        match kind {
            FieldKind::Text | FieldKind::Ref => Ok(Value::Text(text(entered, LINE)?)),
            FieldKind::Long => Ok(Value::Private(text(entered, TEXT)?.into())),
            FieldKind::Tel => tel(&text(entered, LINE)?),
            FieldKind::Time => self.time(entered),
            FieldKind::One(axis) => Ok(Value::Text(self.value_of(axis, entered)?)),
            FieldKind::Many(axis) => {
                self.list(entered, |item| self.value_of(axis, item).map(Value::Text))
            }
            FieldKind::Bool => match entered {
                Json::Bool(truth) => Ok(Value::Bool(*truth)),
                Json::String(text) if text == "true" => Ok(Value::Bool(true)),
                Json::String(text) if text == "false" => Ok(Value::Bool(false)),
                _ => Err(Problem::WrongType { expected: "bool".to_owned() }),
            },
            FieldKind::Number => {
                let number = entered
                    .as_f64()
                    .or_else(|| entered.as_str().and_then(|text| text.trim().parse().ok()));
                number
                    .filter(|number: &f64| number.is_finite())
                    .map(Value::Number)
                    .ok_or(Problem::WrongType { expected: "number".to_owned() })
            }
            FieldKind::Person => self.person(entered),
            FieldKind::People => self.list(entered, |item| self.person(item)),
            FieldKind::Department => self.department(entered),
            FieldKind::Departments => self.list(entered, |item| self.department(item)),
            FieldKind::Files => self.list(entered, |item| Ok(Value::Text(text(item, LINE)?))),
            FieldKind::Table(columns) => self.list(entered, |row| self.row(columns, row)),
            FieldKind::Auto(_) => Err(Problem::NotEditable),
        }
    }

    fn list(
        &self,
        entered: &Json,
        each: impl Fn(&Json) -> Result<Value, Problem>,
    ) -> Result<Value, Problem> {
        match entered {
            Json::Array(items) => items.iter().map(each).collect::<Result<_, _>>().map(Value::List),
            one => Ok(Value::List(vec![each(one)?])),
        }
    }

    fn time(&self, entered: &Json) -> Result<Value, Problem> {
        let wrong = || Problem::WrongType { expected: "time".to_owned() };
        let text = entered.as_str().ok_or_else(wrong)?.trim();
        if let Ok(at) = text.parse::<Timestamp>() {
            return Ok(Value::Time { at });
        }
        let local: DateTime = text.parse().map_err(|_| wrong())?;
        Ok(Value::Time { at: self.calendar.instant(local) })
    }

    /// A value of an axis by key, name or another known name; never one that only the procedure sets.
    fn value_of(&self, axis: &Key, entered: &Json) -> Result<String, Problem> {
        let wrong = || Problem::WrongType { expected: "text".to_owned() };
        let text = entered.as_str().ok_or_else(wrong)?.trim();
        let axis: &Axis = self.procedure.axis(axis).ok_or_else(wrong)?;
        let offered = || axis.values.iter().filter(|value| !value.system && !value.disabled);
        let named = |value: &&AxisValue| {
            value.key == *text
                || value.label.zh == text
                || value.label.en.eq_ignore_ascii_case(text)
                || value.also.iter().any(|also| also == text)
        };
        offered().find(named).map(|value| value.key.to_string()).ok_or_else(|| Problem::NotAValue {
            values: offered().map(|value| value.label.zh.clone()).collect(),
        })
    }

    fn person(&self, entered: &Json) -> Result<Value, Problem> {
        let text = text(entered, LINE)?;
        let known = self
            .directory
            .person(&text)
            .or_else(|| self.directory.people.iter().find(|person| person.name == text));
        known.map(|person| Value::Text(person.id.to_string())).ok_or(Problem::Unknown)
    }

    fn department(&self, entered: &Json) -> Result<Value, Problem> {
        let text = text(entered, LINE)?;
        let known =
            self.procedure.departments.iter().find(|one| one.key == *text || one.label.zh == text);
        known.map(|one| Value::Text(one.key.to_string())).ok_or(Problem::Unknown)
    }

    fn row(&self, columns: &[Column], entered: &Json) -> Result<Value, Problem> {
        let Json::Object(object) = entered else {
            return Err(Problem::WrongType { expected: "table".to_owned() });
        };
        let mut cells = BTreeMap::new();
        for (name, cell) in object {
            let column = columns
                .iter()
                .find(|column| column.key == **name || column.label.zh == *name)
                .ok_or(Problem::Unknown)?;
            if !cell.is_null() {
                let value = self.kind(&column.kind, cell)?;
                cells.insert(column.key.clone(), private(&column.kind, column.pii, value));
            }
        }
        match columns
            .iter()
            .find(|column| column.required && cells.get(&column.key).is_none_or(Value::is_empty))
        {
            Some(column) => Err(Problem::WrongType { expected: column.key.to_string() }),
            None => Ok(Value::Row { cells }),
        }
    }
}

/// One line of personal data is private; other kinds are private by themselves.
fn private(kind: &FieldKind, pii: bool, value: Value) -> Value {
    match value {
        Value::Text(text) if pii && matches!(kind, FieldKind::Text) => Value::Private(text.into()),
        other => other,
    }
}

fn text(entered: &Json, most: usize) -> Result<String, Problem> {
    let text = match entered {
        Json::String(text) => text.trim().to_owned(),
        Json::Number(number) => number.to_string(),
        _ => return Err(Problem::WrongType { expected: "text".to_owned() }),
    };
    if text.chars().count() > most {
        Err(Problem::TooLong(u32::try_from(most).unwrap_or(u32::MAX)))
    } else {
        Ok(text)
    }
}

fn tel(text: &str) -> Result<Value, Problem> {
    if is_phone(text) { Ok(Value::Private(Private::from(text))) } else { Err(Problem::NotAPhone) }
}

/// A telephone number: digits with the usual signs, or masked by stars; fewest five digits or stars.
pub(crate) fn is_phone(text: &str) -> bool {
    let digits = text.chars().filter(|c| c.is_ascii_digit() || *c == '*').count();
    let usual = text.chars().all(|c| c.is_ascii_digit() || "*+-() 　（）转#".contains(c));
    usual && (5..=25).contains(&digits)
}

/// What an action may do to fields.
pub(crate) struct Allowed {
    /// Fields that may be entered.
    pub(crate) fields: BTreeSet<Key>,
    /// Guarded and derived fields may be changed (`adjust`).
    pub(crate) adjust: bool,
}

impl Work<'_> {
    /// Reads everything that was entered, and refuses all of it when anything is wrong.
    pub(crate) fn read(
        &self,
        id: &Key,
        entered: &Entered,
        allowed: &Allowed,
    ) -> Result<BTreeMap<Key, Option<Value>>, Refusal> {
        let (procedure, calendar) = self.rules(id);
        let case = self.case(id);
        let mut values = BTreeMap::new();
        let mut wrong = Vec::new();
        for (key, json) in entered {
            let Some(field) =
                procedure.field(key).filter(|field| allowed.fields.contains(&field.key))
            else {
                wrong.push((key.clone(), Problem::Unknown));
                continue;
            };
            match parse(&procedure, &calendar, self.directory, field, json)
                .and_then(|value| self.check(case, field, value, allowed))
            {
                Ok(value) => {
                    values.insert(field.key.clone(), value);
                }
                Err(problem) => wrong.push((field.key.clone(), problem)),
            }
        }
        wrong.extend(self.out_of_order(&procedure, case, &values));
        if wrong.is_empty() { Ok(values) } else { Err(Refusal::Invalid { fields: wrong }) }
    }

    fn check(
        &self,
        case: &Case,
        field: &Field,
        value: Option<Value>,
        allowed: &Allowed,
    ) -> Result<Option<Value>, Problem> {
        let unchanged = case.value(&field.key) == value.as_ref();
        if !unchanged && !allowed.adjust && is_fixed(field, case.value(&field.key)) {
            return Err(Problem::NeedsReason);
        }
        // Without the value that clocks count by nothing would be due any more (G-14).
        let counted = || self.rules(&case.id).0.is_counted_by(&field.key);
        let fixed = field.derive.is_some() || field.guarded;
        if !unchanged && value.is_none() && fixed && counted() {
            return Err(Problem::NeverEmptied);
        }
        if let Some(given) = &value {
            self.worth(field, given)?;
            if (field.not_future || field.means == Some(Means::ReceivedAt))
                && given.time().is_some_and(|at| at > self.now)
            {
                return Err(Problem::InFuture);
            }
        }
        Ok(value)
    }

    /// Not too short, and not just a phrase that says nothing (S3-I06).
    fn worth(&self, field: &Field, value: &Value) -> Result<(), Problem> {
        let text = value.text();
        let length = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).count();
        if field
            .min_chars
            .is_some_and(|fewest| length(text) < usize::try_from(fewest).unwrap_or(usize::MAX))
        {
            let bare =
                field.vague.iter().fold(text.to_owned(), |rest, phrase| rest.replace(phrase, ""));
            let vague = bare != text && length(&bare) < 4;
            return Err(if vague {
                Problem::Vague
            } else {
                Problem::TooShort(field.min_chars.unwrap_or(0))
            });
        }
        let bare =
            field.vague.iter().fold(text.to_owned(), |rest, phrase| rest.replace(phrase, ""));
        if bare != text && length(&bare) < 4 { Err(Problem::Vague) } else { Ok(()) }
    }

    /// Times that lie before what they must follow.
    fn out_of_order(
        &self,
        procedure: &Procedure,
        case: &Case,
        values: &BTreeMap<Key, Option<Value>>,
    ) -> Vec<(Key, Problem)> {
        let time_of = |key: &Key| {
            values
                .get(key)
                .cloned()
                .flatten()
                .or_else(|| case.value(key).cloned())
                .and_then(|value| value.time())
        };
        let mut wrong = Vec::new();
        for (key, value) in values {
            let Some(after) = procedure.field(key).and_then(|field| field.not_before.as_ref())
            else {
                continue;
            };
            let floor = match Moment::parse(after) {
                Some(Moment::Received) => Some(case.received_at),
                Some(Moment::Registered) => Some(case.registered_at),
                Some(moment) => case.last(moment).map(|occurrence| occurrence.at),
                None => time_of(after),
            };
            if let (Some(at), Some(floor)) = (value.as_ref().and_then(Value::time), floor)
                && at < floor
            {
                wrong.push((key.clone(), Problem::TooEarly));
            }
        }
        wrong
    }
}
