//! The finite space of values that a few conditions can tell apart, and whether they can hold in it.

use crate::procedure::{
    AxisValue, Condition, Effect, Fact, Field, FieldKind, Operand, Procedure, Stage, Test, Verb,
};
use crate::value::Value;
use std::collections::BTreeMap;

/// More combinations than this are not tried.
const MOST: usize = 300_000;

/// What an operand can hold, as far as the tests tell it apart.
struct Axis<'p> {
    operand: &'p Operand,
    /// One sample for each class; `None` in the sample: empty.
    samples: Vec<Sample>,
}

/// One class of values.
struct Sample {
    /// For people: the value.
    name: String,
    /// Whether something is filled in; an empty yes-or-no and an empty list count as known.
    known: bool,
    /// Which tests of the operand it passes, in the order in which they are compiled.
    passes: Vec<bool>,
}

/// A condition over the axes of a space.
enum Formula {
    Truth,
    All(Vec<Formula>),
    Any(Vec<Formula>),
    Not(Box<Formula>),
    /// Axis and number of the test on it.
    Is(usize, usize),
}

/// Conditions with everything that they can tell apart.
pub(super) struct Space<'p> {
    axes: Vec<Axis<'p>>,
    formulas: Vec<Formula>,
    size: Option<usize>,
}

/// The result of trying rows in order: first match wins.
pub(super) struct Coverage {
    /// For each row, whether it matches anywhere first.
    pub(super) alive: Vec<bool>,
    /// A combination of known values that no row matches.
    pub(super) open: Option<String>,
}

impl<'p> Space<'p> {
    /// The space of these conditions. `from`: only these stages are possible.
    pub(super) fn new(
        procedure: &'p Procedure,
        conditions: &[&'p Condition],
        from: Option<&[&'p Stage]>,
    ) -> Self {
        let mut tests: BTreeMap<&Operand, Vec<&Test>> = BTreeMap::new();
        conditions.iter().for_each(|condition| collect(condition, &mut tests));
        let operands: Vec<&Operand> = tests.keys().copied().collect();
        let axes: Vec<Axis<'_>> = tests
            .iter()
            .map(|(operand, tests)| Axis {
                operand,
                samples: samples(procedure, operand, tests, from),
            })
            .collect();
        let mut counters = vec![0usize; operands.len()];
        let formulas = conditions
            .iter()
            .map(|condition| compile(condition, &operands, &mut counters))
            .collect();
        let size = axes.iter().try_fold(1usize, |size, axis| size.checked_mul(axis.samples.len()));
        Space { axes, formulas, size: size.filter(|size| *size <= MOST) }
    }

    /// Whether all conditions can hold together; true as well when there is too much to try.
    pub(super) fn can_hold(&self) -> bool {
        let Some(size) = self.size else { return true };
        (0..size).any(|number| {
            let chosen = self.chosen(number);
            self.formulas.iter().all(|formula| self.holds(formula, &chosen))
        })
    }

    /// Tries the conditions after the first `given` ones as rows, where the given ones hold; none when there is too
    /// much to try. Only combinations of known values must be covered.
    pub(super) fn rows(
        &self,
        given: usize,
        optional: impl Fn(&Operand) -> bool,
    ) -> Option<Coverage> {
        let size = self.size?;
        let (premises, rows) = self.formulas.split_at_checked(given)?;
        let mut coverage = Coverage { alive: vec![false; rows.len()], open: None };
        for number in 0..size {
            let chosen = self.chosen(number);
            if !premises.iter().all(|premise| self.holds(premise, &chosen)) {
                continue;
            }
            match rows.iter().position(|row| self.holds(row, &chosen)) {
                Some(first) => {
                    if let Some(alive) = coverage.alive.get_mut(first) {
                        *alive = true;
                    }
                }
                None if coverage.open.is_none() && self.is_known(&chosen, &optional) => {
                    coverage.open = Some(self.name(&chosen));
                }
                None => {}
            }
        }
        Some(coverage)
    }

    fn chosen(&self, number: usize) -> Vec<usize> {
        let mut rest = number;
        self.axes
            .iter()
            .map(|axis| {
                let (digit, base) = (rest, axis.samples.len().max(1));
                rest = digit / base;
                digit % base
            })
            .collect()
    }

    fn sample(&self, axis: usize, chosen: &[usize]) -> Option<&Sample> {
        self.axes.get(axis)?.samples.get(*chosen.get(axis)?)
    }

    fn holds(&self, formula: &Formula, chosen: &[usize]) -> bool {
        match formula {
            Formula::Truth => true,
            Formula::All(parts) => parts.iter().all(|part| self.holds(part, chosen)),
            Formula::Any(parts) => parts.iter().any(|part| self.holds(part, chosen)),
            Formula::Not(inner) => !self.holds(inner, chosen),
            Formula::Is(axis, test) => self
                .sample(*axis, chosen)
                .and_then(|sample| sample.passes.get(*test))
                .is_some_and(|passes| *passes),
        }
    }

    fn is_known(&self, chosen: &[usize], optional: &impl Fn(&Operand) -> bool) -> bool {
        (0..self.axes.len()).all(|axis| {
            self.sample(axis, chosen).is_some_and(|sample| sample.known)
                || self.axes.get(axis).is_some_and(|axis| optional(axis.operand))
        })
    }

    fn name(&self, chosen: &[usize]) -> String {
        let parts: Vec<String> = (0..self.axes.len())
            .filter_map(|axis| {
                let sample = self.sample(axis, chosen)?;
                Some(format!("{} {}", self.axes.get(axis)?.operand.name(), sample.name))
            })
            .collect();
        parts.join(", ")
    }
}

/// All comparisons of a condition, by what they compare, in the order of reading.
pub(super) fn collect<'c>(
    condition: &'c Condition,
    tests: &mut BTreeMap<&'c Operand, Vec<&'c Test>>,
) {
    match condition {
        Condition::Always => {}
        Condition::All(parts) | Condition::Any(parts) => {
            parts.iter().for_each(|part| collect(part, tests));
        }
        Condition::Not(inner) => collect(inner, tests),
        Condition::Is(operand, test) => tests.entry(operand).or_default().push(test),
    }
}

/// Numbers the tests in the same order as [`collect`].
fn compile(condition: &Condition, operands: &[&Operand], counters: &mut [usize]) -> Formula {
    match condition {
        Condition::Always => Formula::Truth,
        Condition::All(all) => {
            Formula::All(all.iter().map(|part| compile(part, operands, counters)).collect())
        }
        Condition::Any(any) => {
            Formula::Any(any.iter().map(|part| compile(part, operands, counters)).collect())
        }
        Condition::Not(inner) => Formula::Not(Box::new(compile(inner, operands, counters))),
        Condition::Is(operand, _) => {
            let axis = operands.iter().position(|known| *known == operand).unwrap_or(usize::MAX);
            let test = counters.get_mut(axis).map_or(usize::MAX, |counter| {
                *counter += 1;
                *counter - 1
            });
            Formula::Is(axis, test)
        }
    }
}

/// One sample for every class of values that the tests tell apart.
fn samples(
    procedure: &Procedure,
    operand: &Operand,
    tests: &[&Test],
    from: Option<&[&Stage]>,
) -> Vec<Sample> {
    let mut samples: Vec<Sample> = Vec::new();
    let mut add = |name: String, known: bool, passes: Vec<bool>| {
        if !samples.iter().any(|one| one.known == known && one.passes == passes) {
            samples.push(Sample { name, known, passes });
        }
    };
    match operand {
        Operand::Field(key) => {
            let Some(field) = procedure.field(key) else { return samples };
            for value in values(procedure, field, tests) {
                let passes = tests.iter().map(|test| passes(field, test, value.as_ref())).collect();
                let lists = matches!(field.kind, FieldKind::Bool | FieldKind::Many(_))
                    || tests.iter().all(|test| matches!(test, Test::Empty(_)));
                let name = value.as_ref().map_or_else(|| "empty".to_owned(), shown);
                add(name, value.is_some() || lists, passes);
            }
        }
        Operand::Fact(Fact::Stage) => {
            let all: Vec<&Stage> = procedure.stages.iter().collect();
            for stage in from.unwrap_or(&all) {
                let passes = tests
                    .iter()
                    .map(|test| match test {
                        Test::Eq(text) => stage.key == text.as_str(),
                        Test::Ne(text) => stage.key != text.as_str(),
                        Test::In(texts) => texts.iter().any(|text| stage.key == text.as_str()),
                        _ => false,
                    })
                    .collect();
                add(stage.key.to_string(), true, passes);
            }
        }
        Operand::Fact(fact) => {
            for number in numbers(procedure, fact, tests) {
                let passes = tests.iter().map(|test| number_passes(test, number)).collect();
                add(number.to_string(), true, passes);
            }
        }
    }
    samples
}

/// Values that a field can hold, enough of them to tell the tests apart, and empty.
pub(super) fn values(procedure: &Procedure, field: &Field, tests: &[&Test]) -> Vec<Option<Value>> {
    let named = || tests.iter().flat_map(|test| test.values()).cloned();
    let mut values: Vec<Option<Value>> = match &field.kind {
        FieldKind::One(axis) => {
            let values =
                procedure.axis(axis).map(|axis| axis.values.as_slice()).unwrap_or_default();
            let text = |value: &AxisValue| Some(Value::Text(value.key.to_string()));
            values.iter().filter(|value| is_possible(procedure, field, value)).map(text).collect()
        }
        FieldKind::Bool => {
            [true, false].into_iter().map(|truth| Some(Value::Bool(truth))).collect()
        }
        FieldKind::Number => bounds(tests)
            .flat_map(|number| [number - 0.5, number, number + 0.5])
            .map(|number| Some(Value::Number(number)))
            .collect(),
        FieldKind::Department => {
            procedure.departments.iter().map(|one| Some(Value::Text(one.key.to_string()))).collect()
        }
        FieldKind::Many(_) | FieldKind::Departments => subsets(named().collect()),
        FieldKind::Text | FieldKind::Long | FieldKind::Tel => {
            named().chain(["其他".to_owned()]).map(|text| Some(Value::Text(text))).collect()
        }
        _ => vec![Some(Value::Text("?".to_owned()))],
    };
    values.push(None);
    values
}

/// Whether a value can ever stand in a field: people never choose what only the procedure sets.
fn is_possible(procedure: &Procedure, field: &Field, value: &AxisValue) -> bool {
    let sets = |effect: &Effect| matches!(effect, Effect::Set(key, text) if *key == field.key && *value.key == **text);
    let tabled = || {
        field.derive.as_ref().and_then(|table| procedure.table(table)).is_some_and(|table| {
            table.rows.iter().any(|row| row.value.as_deref() == Some(&*value.key))
        })
    };
    !value.system || effects(procedure).any(sets) || tabled()
}

/// Every effect of the procedure.
pub(super) fn effects(procedure: &Procedure) -> impl Iterator<Item = &Effect> {
    let survey = procedure.survey.iter().flat_map(|survey| &survey.rules);
    let actions = procedure.actions.iter().flat_map(|action| &action.effects);
    let rules = procedure.rules.iter().flat_map(|rule| &rule.effects);
    actions.chain(rules).chain(survey.flat_map(|rule| &rule.effects))
}

/// The numbers that tests compare with.
fn bounds<'t>(tests: &'t [&Test]) -> impl Iterator<Item = f64> + 't {
    tests.iter().flat_map(|test| match test {
        Test::Ge(bound) | Test::Le(bound) => vec![*bound],
        other => other.values().iter().filter_map(|text| text.parse().ok()).collect(),
    })
}

/// All selections of a few values, and one that no test names.
fn subsets(named: Vec<String>) -> Vec<Option<Value>> {
    let mut named = named;
    named.sort();
    named.dedup();
    let mut all = vec![vec![Value::Text("其他".to_owned())]];
    for value in named.into_iter().take(8) {
        let with: Vec<Vec<Value>> = all
            .iter()
            .map(|chosen| chosen.iter().cloned().chain([Value::Text(value.clone())]).collect())
            .collect();
        all.extend(with);
    }
    all.into_iter().map(|items| Some(Value::List(items))).collect()
}

/// Numbers that a fact can be, around those that the tests name.
fn numbers(procedure: &Procedure, fact: &Fact, tests: &[&Test]) -> Vec<u32> {
    let can = |verb: Verb| procedure.actions.iter().any(|action| action.has(verb));
    let (least, most) = match fact {
        Fact::Round => (1, u32::MAX),
        Fact::Severity => (0, 3),
        Fact::Assigned | Fact::SelfAssigned | Fact::Escalated(_) | Fact::FormComplete(_) => (0, 1),
        Fact::Members if !can(Verb::Merge) => (0, 0),
        Fact::Urges if !can(Verb::Urge) => (0, 0),
        Fact::Pending(_) => (0, 1),
        _ => (0, u32::MAX),
    };
    let mut numbers: Vec<u32> = bounds(tests)
        .flat_map(|bound| [bound.floor() - 1.0, bound.floor(), bound.floor() + 1.0])
        .filter_map(whole)
        .chain([0, 1])
        .filter(|number| (least..=most).contains(number))
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

/// A small whole number.
pub(super) fn whole(number: f64) -> Option<u32> {
    (0..10_000u32).find(|one| (f64::from(*one) - number).abs() < 1e-9)
}

pub(super) fn number_passes(test: &Test, number: u32) -> bool {
    let is = |text: &String| text.parse::<u32>().is_ok_and(|wanted| wanted == number);
    match test {
        Test::Eq(text) => {
            is(text) || (text == "true" && number > 0) || (text == "false" && number == 0)
        }
        Test::Ne(text) => !is(text),
        Test::In(texts) => texts.iter().any(is),
        Test::Ge(bound) => f64::from(number) >= *bound,
        Test::Le(bound) => f64::from(number) <= *bound,
        Test::Empty(empty) => (number == 0) == *empty,
        Test::Has(_) => false,
    }
}

/// Whether a field with this value passes a test, as a case would see it.
pub(super) fn passes(field: &Field, test: &Test, value: Option<&Value>) -> bool {
    let fallback = Value::Bool(false);
    let value = match field.kind {
        FieldKind::Bool => value.or(Some(&fallback)),
        _ => value.filter(|value| !value.is_empty()),
    };
    let Some(value) = value else { return matches!(test, Test::Empty(true)) };
    match test {
        Test::Eq(text) => is(value, text),
        Test::Ne(text) => !is(value, text),
        Test::In(texts) => texts.iter().any(|text| is(value, text)),
        Test::Ge(bound) => matches!(value, Value::Number(number) if number >= bound),
        Test::Le(bound) => matches!(value, Value::Number(number) if number <= bound),
        Test::Has(text) => match value {
            Value::List(items) => items.iter().any(|item| is(item, text)),
            other => other.text().contains(text.as_str()),
        },
        Test::Empty(empty) => !*empty,
    }
}

fn is(value: &Value, text: &str) -> bool {
    match value {
        Value::Bool(truth) => text == if *truth { "true" } else { "false" },
        Value::Number(number) => {
            text.parse::<f64>().is_ok_and(|wanted| (wanted - number).abs() < f64::EPSILON)
        }
        Value::List(items) => items.iter().any(|item| is(item, text)),
        other => other.text() == text,
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Bool(truth) => truth.to_string(),
        Value::Number(number) => number.to_string(),
        Value::List(items) => items.iter().map(Value::text).collect::<Vec<_>>().join("+"),
        other => other.text().to_owned(),
    }
}
