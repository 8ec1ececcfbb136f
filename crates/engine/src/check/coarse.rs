//! Joining what no claim tells apart: rows that differ only in how long a limit is or which level a table gives, and the
//! conditions of approval steps. What is joined is less exact, never less possible.

use super::samples::Tested;
use super::skeleton::MADE;
use super::space::collect;
use crate::key::Key;
use crate::procedure::{
    Action, Condition, Field, FieldKind, Input, LimitSpec, Need, Operand, Procedure, Test, Verb,
};
use std::collections::BTreeMap;

/// The procedure with rows joined that differ in nothing that a claim asks about: how long a limit is, which level a
/// table gives. That such rows leave no known value out is shown by the text.
pub(super) fn coarsened(procedure: &Procedure) -> Procedure {
    let mut coarse = procedure.clone();
    for clock in &mut coarse.clocks {
        let alike = clock.by.windows(2).all(|pair| match pair {
            [one, other] => one.stop == other.stop,
            _ => true,
        });
        let lengths = clock.by.iter().all(|row| matches!(row.limit, LimitSpec::Length(_)));
        let known = known(procedure, clock.by.iter().map(|row| &row.when));
        if let (true, true, Some(known)) = (alike, lengths, known) {
            clock.by.truncate(1);
            clock.by.iter_mut().for_each(|row| row.when = known.clone());
        }
    }
    free_chains(&mut coarse);
    let tests = Tested::of(&coarse);
    let mut joined: BTreeMap<Key, Condition> = BTreeMap::new();
    for field in coarse.fields.iter().filter(|field| field.derive.is_some()) {
        let asked = tests.fields.get(&field.key);
        let filled =
            asked.is_none_or(|tests| tests.iter().all(|test| matches!(test, Test::Empty(_))));
        let table = field.derive.as_ref().and_then(|table| procedure.table(table));
        if let Some(table) = table.filter(|_| filled)
            && let Some(known) = known(procedure, table.rows.iter().map(|row| &row.when))
        {
            joined.insert(table.key.clone(), known);
        }
    }
    for table in &mut coarse.tables {
        if let Some(known) = joined.remove(&table.key) {
            table.rows.truncate(1);
            table.rows.iter_mut().for_each(|row| row.when = known.clone());
        }
    }
    coarse
}

/// Whether a step of a chain applies is left to whoever submits or decides: a field made up for it stands for everything
/// that its condition looks at.
fn free_chains(procedure: &mut Procedure) {
    let Some(plain) = procedure.fields.first().cloned() else { return };
    let mut made: Vec<(Key, Key)> = Vec::new();
    for chain in &mut procedure.chains {
        let conditions =
            chain.skip.iter_mut().chain(chain.steps.iter_mut().map(|one| &mut one.when));
        for (number, condition) in conditions.filter(|one| **one != Condition::Always).enumerate() {
            let key = Key::from(format!("{}{MADE}{number}", chain.key).as_str());
            *condition = Condition::Is(Operand::Field(key.clone()), Test::Eq("true".to_owned()));
            made.push((chain.key.clone(), key));
        }
    }
    for (chain, key) in made {
        let asks = |action: &&mut Action| {
            action.chain.as_ref() == Some(&chain)
                && (action.has(Verb::Submit) || action.has(Verb::Approve))
        };
        for action in procedure.actions.iter_mut().filter(asks) {
            let (field, need) = (key.clone(), Need::Optional);
            action.input.push(Input { field, need, presets: Vec::new() });
        }
        procedure.fields.push(Field {
            key,
            kind: FieldKind::Bool,
            derive: None,
            guarded: false,
            means: None,
            ..plain.clone()
        });
    }
}

/// That everything is filled in that these conditions ask; none where they ask something else as well.
fn known<'c>(
    procedure: &Procedure,
    conditions: impl Iterator<Item = &'c Condition>,
) -> Option<Condition> {
    let mut asked = BTreeMap::new();
    for condition in conditions {
        if *condition == Condition::Always {
            return Some(Condition::Always);
        }
        collect(condition, &mut asked);
    }
    let filled = |operand: &Operand| match operand {
        Operand::Fact(_) => None,
        Operand::Field(key) => match procedure.field(key)?.kind {
            FieldKind::Bool | FieldKind::Many(_) | FieldKind::Departments => {
                Some(Condition::Always)
            }
            _ => Some(Condition::Is(operand.clone(), Test::Empty(false))),
        },
    };
    asked.into_keys().map(filled).collect::<Option<Vec<_>>>().map(Condition::All)
}
