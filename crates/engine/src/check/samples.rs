//! Values that people could enter: one that is right for every field, and those that conditions tell apart.

use super::people::ADMINISTRATOR;
use super::space;
use crate::case::Case;
use crate::key::Key;
use crate::procedure::{
    Column, Condition, Fact, Field, FieldKind, LimitSpec, Moment, Need, Operand, Procedure, Test,
};
use crate::value::Value;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

/// Whether a field is empty.
const EMPTY: Test = Test::Empty(true);

/// What the conditions that steer cases compare, and the fields that limits depend on.
pub(super) struct Tested<'p> {
    pub(super) fields: BTreeMap<&'p Key, Vec<&'p Test>>,
    pub(super) facts: BTreeMap<&'p Fact, Vec<&'p Test>>,
    /// Fields whose instant is a limit: filled in or not makes a difference.
    pub(super) instants: BTreeSet<&'p Key>,
}

impl<'p> Tested<'p> {
    /// Reads them off a procedure. Messages and hints steer nothing.
    pub(super) fn of(procedure: &'p Procedure) -> Self {
        let mut tests = BTreeMap::new();
        for condition in conditions(procedure) {
            space::collect(condition, &mut tests);
        }
        let mut tested =
            Tested { fields: BTreeMap::new(), facts: BTreeMap::new(), instants: BTreeSet::new() };
        for (operand, tests) in tests {
            match operand {
                Operand::Field(field) => tested.fields.insert(field, tests),
                Operand::Fact(fact) => tested.facts.insert(fact, tests),
            };
        }
        for clock in &procedure.clocks {
            for row in &clock.by {
                if let LimitSpec::Field(field) = &row.limit {
                    tested.instants.insert(field);
                }
            }
            tested.instants.extend(clock.then.iter().map(|(field, _)| field));
        }
        tested
    }

    /// Tells empty from filled in where a field is mandatory for something: then it decides what can be done.
    pub(super) fn tell_empty_apart(&mut self, procedure: &'p Procedure) {
        let forms = procedure.forms.iter().flat_map(|form| &form.fields);
        let forms = forms.map(|entry| (&entry.field, &entry.need));
        let inputs = procedure.actions.iter().flat_map(|action| &action.input);
        let inputs = inputs.map(|input| (&input.field, &input.need));
        for (field, _) in forms.chain(inputs).filter(|(_, need)| **need != Need::Optional) {
            if let Some(tests) = self.fields.get_mut(field) {
                tests.push(&EMPTY);
            }
        }
    }

    /// One value for every class of values that conditions tell from what is there, empty among them.
    pub(super) fn others(
        &self,
        procedure: &Procedure,
        field: &Field,
        there: Option<&Value>,
    ) -> Vec<Json> {
        let Some(tests) = self.fields.get(&field.key) else { return Vec::new() };
        let class = |value: Option<&Value>| -> Vec<bool> {
            tests.iter().map(|test| space::passes(field, test, value)).collect()
        };
        let here = class(there);
        let empty = class(None);
        let choices = self.choices(procedure, field);
        let entered = choices.iter().map(|(value, _)| class(Some(value))).collect::<Vec<_>>();
        let emptied = (empty != here && !entered.contains(&empty)).then_some(Json::Null);
        let others = choices.into_iter().zip(&entered).filter(|(_, class)| **class != here);
        others.map(|((_, json), _)| json).chain(emptied).collect()
    }

    /// Values of a field that conditions tell apart and that people may enter.
    pub(super) fn choices(&self, procedure: &Procedure, field: &Field) -> Vec<(Value, Json)> {
        let Some(tests) = self.fields.get(&field.key) else { return Vec::new() };
        let mut seen: Vec<Vec<bool>> = Vec::new();
        let mut choices = Vec::new();
        for value in space::values(procedure, field, tests) {
            let classes: Vec<bool> =
                tests.iter().map(|test| space::passes(field, test, value.as_ref())).collect();
            if let Some(json) = value.as_ref().and_then(|value| entered(procedure, field, value))
                && !seen.contains(&classes)
            {
                seen.push(classes);
                choices.push((value.unwrap_or(Value::Bool(false)), json));
            }
        }
        choices
    }
}

/// Every condition that decides about the way of a case.
fn conditions(procedure: &Procedure) -> impl Iterator<Item = &Condition> {
    let needs = |need: &'_ Need| matches!(need, Need::When(_));
    let tables = procedure.tables.iter().flat_map(|table| &table.rows).map(|row| &row.when);
    let actions = procedure.actions.iter().flat_map(move |action| {
        let inputs =
            action.input.iter().filter(move |input| needs(&input.need)).map(|input| &input.need);
        std::iter::once(&action.when)
            .chain(action.guards.iter().map(|guard| &guard.need))
            .chain(inputs.filter_map(condition))
    });
    let forms = procedure
        .forms
        .iter()
        .flat_map(|form| &form.fields)
        .filter_map(|entry| condition(&entry.need));
    let clocks = procedure
        .clocks
        .iter()
        .flat_map(|clock| std::iter::once(&clock.when).chain(clock.by.iter().map(|row| &row.when)));
    let chains = procedure
        .chains
        .iter()
        .flat_map(|chain| chain.skip.iter().chain(chain.steps.iter().map(|step| &step.when)));
    let survey = procedure.survey.iter().flat_map(|survey| &survey.rules).map(|rule| &rule.when);
    let rules = procedure.rules.iter().map(|rule| &rule.when);
    tables.chain(actions).chain(forms).chain(clocks).chain(chains).chain(survey).chain(rules)
}

fn condition(need: &Need) -> Option<&Condition> {
    match need {
        Need::When(condition) => Some(condition),
        Need::Optional | Need::Always => None,
    }
}

/// A value as a person would send it; none where people are not offered it.
fn entered(procedure: &Procedure, field: &Field, value: &Value) -> Option<Json> {
    match (&field.kind, value) {
        (FieldKind::One(axis), Value::Text(text)) => {
            let known = procedure.axis(axis)?.value(text)?;
            (!known.system && !known.disabled).then(|| json!(text))
        }
        (FieldKind::Many(axis), Value::List(items)) => {
            let axis = procedure.axis(axis)?;
            let offered =
                |key: &&str| axis.value(key).is_some_and(|one| !one.system && !one.disabled);
            let mut keys: Vec<&str> = items.iter().map(Value::text).filter(offered).collect();
            if keys.is_empty() {
                // None of those that a test names.
                keys.push(
                    axis.values.iter().find(|one| !one.system && !one.disabled)?.key.as_ref(),
                );
            }
            Some(json!(keys))
        }
        (FieldKind::Departments, Value::List(items)) => {
            let known = |key: &&str| procedure.department(key).is_some();
            let keys: Vec<&str> = items.iter().map(Value::text).filter(known).collect();
            (!keys.is_empty()).then(|| json!(keys))
        }
        (FieldKind::Bool, Value::Bool(truth)) => Some(json!(truth)),
        (FieldKind::Number, Value::Number(number)) => (*number >= 0.0).then(|| json!(number)),
        (FieldKind::Tel, _) => Some(json!("13800000000")),
        (FieldKind::Department | FieldKind::Text | FieldKind::Long, Value::Text(text)) => {
            Some(json!(text))
        }
        // Of other kinds only filled in or not makes a difference.
        (kind, Value::Text(text)) if text == "?" => simple(procedure, kind, super::explore::BEGIN),
        _ => None,
    }
}

/// A value that is right for a field now.
pub(super) fn sample(
    procedure: &Procedure,
    field: &Field,
    case: Option<&Case>,
    now: Timestamp,
) -> Option<Json> {
    match &field.kind {
        FieldKind::Text | FieldKind::Long => {
            let phrase = "客户说明了经过并给出了可以核对的事实";
            let times = usize::try_from(field.min_chars.unwrap_or(0)).unwrap_or(0) / 16 + 1;
            Some(json!(phrase.repeat(times)))
        }
        FieldKind::Time => Some(json!(instant(procedure, field, case, now).to_string())),
        kind => simple(procedure, kind, now),
    }
}

fn simple(procedure: &Procedure, kind: &FieldKind, now: Timestamp) -> Option<Json> {
    let offered = |axis: &Key| {
        let axis = procedure.axis(axis)?;
        axis.values.iter().find(|value| !value.system && !value.disabled).map(|value| &*value.key)
    };
    Some(match kind {
        FieldKind::Text | FieldKind::Long | FieldKind::Ref => json!("内容"),
        FieldKind::Time => json!(now.to_string()),
        FieldKind::One(axis) => json!(offered(axis)?),
        FieldKind::Many(axis) => json!([offered(axis)?]),
        FieldKind::Bool => json!(false),
        FieldKind::Person => json!(ADMINISTRATOR),
        FieldKind::People => json!([ADMINISTRATOR]),
        FieldKind::Department => json!(&*procedure.departments.first()?.key),
        FieldKind::Departments => json!([&*procedure.departments.first()?.key]),
        FieldKind::Files => json!(["file"]),
        FieldKind::Tel => json!("13800000000"),
        FieldKind::Number => json!(1),
        FieldKind::Table(columns) => json!([row(procedure, columns, now)]),
        FieldKind::Auto(_) => return None,
    })
}

fn row(procedure: &Procedure, columns: &[Column], now: Timestamp) -> Json {
    let cells = columns
        .iter()
        .filter_map(|column| Some((column.key.to_string(), simple(procedure, &column.kind, now)?)));
    Json::Object(cells.collect())
}

/// An instant that a time field takes now: past ones for what has happened, a day ahead for what is planned.
fn instant(procedure: &Procedure, field: &Field, case: Option<&Case>, now: Timestamp) -> Timestamp {
    let past = field.not_future || field.means == Some(crate::procedure::Means::ReceivedAt);
    if past {
        return now;
    }
    let ahead = now.checked_add(SignedDuration::from_hours(24)).unwrap_or(now);
    let floor = field.not_before.as_ref().and_then(|after| {
        let case = case?;
        match Moment::parse(after) {
            Some(_) => None,
            None => procedure.field(after).and_then(|other| case.value(&other.key)?.time()),
        }
    });
    floor.map_or(ahead, |floor| ahead.max(floor))
}
