//! Whether a decision table is total and without dead rows: it is tried on every combination that its own
//! comparisons can tell apart.

use super::whole::Whole;
use crate::procedure::{Condition, FieldKind, Operand, Procedure, Table, Test};
use std::collections::BTreeMap;

/// More combinations than this are not tried.
const MOST: usize = 50_000;

/// What an operand holds in one combination; `None`: empty. Several values are parted by NUL.
type World = BTreeMap<Operand, Option<String>>;

pub(super) fn check(whole: &Whole<'_>, table: &Table) {
    let at = ("tables", &*table.key, &table.origin);
    if table.rows.is_empty() {
        return whole.find(at, "empty_list", "at least one row", "none");
    }
    let mut tests = BTreeMap::new();
    table.rows.iter().for_each(|row| collect(&row.when, &mut tests));
    let candidates: Vec<(Operand, Vec<Option<String>>)> = tests
        .iter()
        .map(|(operand, tests)| ((*operand).clone(), values(whole.procedure, operand, tests)))
        .collect();
    let size =
        candidates.iter().try_fold(1usize, |size, (_, values)| size.checked_mul(values.len()));
    let Some(size) = size.filter(|size| *size <= MOST) else { return };
    let mut matched = vec![false; table.rows.len()];
    let mut open: Option<World> = None;
    for world in (0..size).map(|number| world(&candidates, number)) {
        let row = table.rows.iter().position(|row| holds(&row.when, &world));
        match row.and_then(|row| matched.get_mut(row)) {
            Some(matched) => *matched = true,
            // Values that are not yet known leave a table without an answer; it must answer once they are.
            None if world.values().all(Option::is_some) => open = open.or(Some(world)),
            None => {}
        }
    }
    if let Some(world) = open {
        let case: Vec<String> = world
            .iter()
            .map(|(operand, value)| {
                format!(
                    "{} {}",
                    operand.name(),
                    value.as_deref().unwrap_or_default().replace('\u{0}', " ")
                )
            })
            .collect();
        whole.find(
            at,
            "not_total",
            "a row for every case, such as a last row without `when`",
            format!("none for {}", case.join(", ")),
        );
    }
    for (row, _) in table.rows.iter().zip(&matched).filter(|(_, matched)| !**matched) {
        let at = ("tables", &*format!("{}.rows", table.key), &row.origin);
        whole.find(
            at,
            "dead_row",
            "a row that can match",
            "rows before it that match whenever it does",
        );
    }
}

fn collect<'a>(condition: &'a Condition, tests: &mut BTreeMap<&'a Operand, Vec<&'a Test>>) {
    match condition {
        Condition::Always => {}
        Condition::All(parts) | Condition::Any(parts) => {
            parts.iter().for_each(|part| collect(part, tests))
        }
        Condition::Not(inner) => collect(inner, tests),
        Condition::Is(operand, test) => tests.entry(operand).or_default().push(test),
    }
}

/// The values that tell the tests of an operand apart, and empty where it can be.
fn values(procedure: &Procedure, operand: &Operand, tests: &[&Test]) -> Vec<Option<String>> {
    let named = || tests.iter().flat_map(|test| test.values()).cloned();
    let numbers = || {
        tests.iter().flat_map(|test| match test {
            Test::Ge(number) | Test::Le(number) => vec![*number],
            other => other.values().iter().filter_map(|value| value.parse().ok()).collect(),
        })
    };
    // Every number named, and one on each side of it.
    let around = || {
        numbers()
            .flat_map(|number| [number - 0.5, number, number + 0.5])
            .map(|number| number.to_string())
    };
    let mut values: Vec<String> = match operand {
        Operand::Fact(_) if named().any(|value| value.parse::<f64>().is_err()) => {
            procedure.stages.iter().map(|stage| stage.key.to_string()).collect()
        }
        // Facts are whole numbers from 0.
        Operand::Fact(_) => numbers()
            .flat_map(|number| [number.floor() - 1.0, number.floor(), number.floor() + 1.0])
            .filter(|number| *number >= 0.0)
            .map(|number| number.to_string())
            .collect(),
        Operand::Field(key) => match procedure.field(key).map(|field| &field.kind) {
            Some(FieldKind::One(axis)) => {
                let values =
                    procedure.axis(axis).map(|axis| axis.values.as_slice()).unwrap_or_default();
                values.iter().map(|value| value.key.to_string()).collect()
            }
            Some(FieldKind::Many(_) | FieldKind::Departments) => {
                subsets(&named().collect::<Vec<_>>())
            }
            Some(FieldKind::Bool) => vec!["true".to_owned(), "false".to_owned()],
            Some(FieldKind::Number) => around().collect(),
            Some(FieldKind::Department) => {
                procedure.departments.iter().map(|one| one.key.to_string()).collect()
            }
            _ => named().chain(["\u{0}other".to_owned()]).collect(),
        },
    };
    values.sort();
    values.dedup();
    let mut values: Vec<Option<String>> = values.into_iter().map(Some).collect();
    if can_be_empty(procedure, operand) || values.is_empty() {
        values.push(None);
    }
    values
}

/// Facts are never empty, and an empty boolean is false.
fn can_be_empty(procedure: &Procedure, operand: &Operand) -> bool {
    match operand {
        Operand::Fact(_) => false,
        Operand::Field(key) => {
            !procedure.field(key).is_some_and(|field| field.kind == FieldKind::Bool)
        }
    }
}

/// All selections of a few values, each as one text; `has` looks within.
fn subsets(values: &[String]) -> Vec<String> {
    let mut all = vec!["\u{0}other".to_owned()];
    for value in values.iter().take(8) {
        let with: Vec<String> = all.iter().map(|chosen| format!("{chosen}\u{0}{value}")).collect();
        all.extend(with);
    }
    all
}

/// The combination with this number, the candidates being its digits.
fn world(candidates: &[(Operand, Vec<Option<String>>)], number: usize) -> World {
    let mut rest = number;
    let mut world = World::new();
    for (operand, values) in candidates {
        world.insert(operand.clone(), values.get(rest % values.len().max(1)).cloned().flatten());
        rest /= values.len().max(1);
    }
    world
}

fn holds(condition: &Condition, world: &World) -> bool {
    match condition {
        Condition::Always => true,
        Condition::All(parts) => parts.iter().all(|part| holds(part, world)),
        Condition::Any(parts) => parts.iter().any(|part| holds(part, world)),
        Condition::Not(inner) => !holds(inner, world),
        Condition::Is(operand, test) => passes(test, world.get(operand).and_then(Option::as_deref)),
    }
}

fn passes(test: &Test, value: Option<&str>) -> bool {
    // An empty field passes no comparison but that it is empty.
    let Some(value) = value else { return *test == Test::Empty(true) };
    let is = |one: &String| value == one || same_number(value, one);
    let number = || value.parse::<f64>().ok();
    match test {
        Test::Eq(one) => is(one),
        Test::Ne(one) => !is(one),
        Test::In(many) => many.iter().any(is),
        Test::Ge(least) => number().is_some_and(|number| number >= *least),
        Test::Le(most) => number().is_some_and(|number| number <= *most),
        Test::Has(one) => value.split('\u{0}').any(|part| part == one),
        Test::Empty(empty) => !*empty,
    }
}

fn same_number(a: &str, b: &str) -> bool {
    matches!((a.parse::<f64>(), b.parse::<f64>()), (Ok(a), Ok(b)) if a == b)
}
