//! What must be entered so that the guards of an action hold.

use super::forms::entered_with;
use super::samples::Tested;
use super::space::{collect, number_passes, passes};
use crate::case::{Case, Facts};
use crate::command::Entered;
use crate::key::Key;
use crate::people::Who;
use crate::procedure::{Action, Condition, Field, Operand, Procedure, Verb};
use crate::value::Value;
use serde_json::Value as Json;
use std::collections::BTreeMap;

type Wish = BTreeMap<Key, (Value, Json)>;

/// Values for the fields that an action's guards look at, where they do not hold and the action can set them.
pub(super) fn wish(
    procedure: &Procedure,
    tested: &Tested<'_>,
    case: Option<&Case>,
    action: &Action,
) -> Entered {
    if action.guards.is_empty() || guarded(procedure, case, action, &Wish::new()) {
        return Entered::new();
    }
    let mut tests = BTreeMap::new();
    action.guards.iter().for_each(|guard| collect(&guard.need, &mut tests));
    let taken = entered_with(procedure, action);
    let settable = |field: &&Field| {
        let set = case.is_some_and(|case| case.value(&field.key).is_some());
        taken.contains(&field.key)
            && (action.has(Verb::Adjust) || !(field.derive.is_some() || (field.guarded && set)))
    };
    let fields = tests.keys().filter_map(|operand| match operand {
        Operand::Field(key) => procedure.field(key).filter(settable),
        Operand::Fact(_) => None,
    });
    let mut wishes: Vec<Wish> = vec![Wish::new()];
    for field in fields {
        let choices = tested.choices(procedure, field);
        let with = |wish: &Wish, choice: &(Value, Json)| {
            let mut wish = wish.clone();
            wish.insert(field.key.clone(), choice.clone());
            wish
        };
        let more: Vec<Wish> = wishes
            .iter()
            .flat_map(|wish| choices.iter().map(move |choice| with(wish, choice)))
            .take(400)
            .collect();
        wishes.extend(more);
    }
    let held = wishes.into_iter().find(|wish| guarded(procedure, case, action, wish));
    held.unwrap_or_default().into_iter().map(|(key, (_, json))| (key, json)).collect()
}

/// Whether the guards of an action hold with these values.
fn guarded(procedure: &Procedure, case: Option<&Case>, action: &Action, wish: &Wish) -> bool {
    action.guards.iter().all(|guard| would_hold(procedure, case, &guard.need, wish))
}

fn would_hold(
    procedure: &Procedure,
    case: Option<&Case>,
    condition: &Condition,
    wish: &Wish,
) -> bool {
    let holds = |one: &Condition| would_hold(procedure, case, one, wish);
    match condition {
        Condition::Always => true,
        Condition::All(all) => all.iter().all(holds),
        Condition::Any(any) => any.iter().any(holds),
        Condition::Not(inner) => !holds(inner),
        Condition::Is(Operand::Field(key), test) => {
            let known = wish.get(key).map(|(value, _)| value);
            let value = known.or_else(|| case.and_then(|case| case.value(key)));
            procedure.field(key).is_some_and(|field| passes(field, test, value))
        }
        Condition::Is(Operand::Fact(_), test) => match case {
            Some(case) => Facts::new(procedure, case, &Who::System).holds(condition),
            None => number_passes(test, 0),
        },
    }
}
