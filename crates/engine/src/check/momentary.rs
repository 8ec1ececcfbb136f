//! Fields whose value does not last.

use super::moments::of_verb;
use super::skeleton::{MADE, needs};
use super::space::{collect, effects};
use crate::decide::allowed;
use crate::key::Key;
use crate::procedure::{Action, Condition, Effect, Moment, Need, Operand, Procedure, Verb};
use std::collections::{BTreeMap, BTreeSet};

/// Fields that are read at once when something happens or by the guards of an action, and never else, where those actions
/// let people enter them afresh: what they held before makes no difference.
///
/// For each of them the actions that enter it when it is read.
pub(super) fn momentary(procedure: &Procedure) -> BTreeMap<Key, BTreeSet<Key>> {
    let mut moments: BTreeMap<Key, BTreeSet<Moment>> = BTreeMap::new();
    let mut lasting: BTreeSet<Key> = BTreeSet::new();
    let fields = |condition: &Condition| {
        let mut tests = BTreeMap::new();
        collect(condition, &mut tests);
        let field = |operand: &Operand| match operand {
            Operand::Field(field) => Some(field.clone()),
            Operand::Fact(_) => None,
        };
        tests.into_keys().filter_map(field).collect::<Vec<Key>>()
    };
    let mut read_at = |condition: &Condition, at: &[Moment]| {
        for field in fields(condition) {
            moments.entry(field).or_default().extend(at);
        }
    };
    for rule in &procedure.rules {
        read_at(&rule.when, &[rule.on.moment]);
    }
    for rule in procedure.survey.iter().flat_map(|survey| &survey.rules) {
        read_at(&rule.when, &[Moment::Rated]);
    }
    for clock in &procedure.clocks {
        let starts: Vec<Moment> = clock.start.iter().map(|filter| filter.moment).collect();
        read_at(&clock.when, &starts);
    }
    let mut guarding: BTreeMap<Key, BTreeSet<Key>> = BTreeMap::new();
    for action in &procedure.actions {
        for field in action.guards.iter().flat_map(|guard| fields(&guard.need)) {
            moments.entry(field.clone()).or_default();
            guarding.entry(field).or_default().insert(action.key.clone());
        }
    }
    let mut read_always = |condition: &Condition| lasting.extend(fields(condition));
    procedure.actions.iter().for_each(|action| read_always(&action.when));
    procedure.clocks.iter().flat_map(|clock| &clock.by).for_each(|row| read_always(&row.when));
    procedure.tables.iter().flat_map(|table| &table.rows).for_each(|row| read_always(&row.when));
    let all: BTreeSet<Key> = procedure.fields.iter().map(|field| field.key.clone()).collect();
    for need in needs(procedure, &all) {
        if let Need::When(condition) = need {
            read_always(&condition);
        }
    }
    let emitted: BTreeSet<Moment> = effects(procedure)
        .filter_map(|effect| match effect {
            Effect::Emit(moment) => Some(*moment),
            _ => None,
        })
        .collect();
    let causing = |at: &BTreeSet<Moment>| {
        let causes = |action: &&Action| {
            let by_verb = |verb: &Verb| of_verb(*verb).iter().any(|moment| at.contains(moment));
            action.does.iter().any(by_verb) || action.emits.iter().any(|one| at.contains(one))
        };
        procedure.actions.iter().filter(causes).collect::<Vec<&Action>>()
    };
    let afresh = |(key, at): (Key, BTreeSet<Moment>)| {
        let field = procedure.field(&key)?;
        let free = field.derive.is_none() && !field.guarded && !lasting.contains(&key);
        let known = at.iter().all(|moment| !emitted.contains(moment) && is_an_actions(*moment));
        let guarded = guarding.get(&key);
        let guarded = procedure
            .actions
            .iter()
            .filter(|action| guarded.is_some_and(|actions| actions.contains(&action.key)));
        let actions: Vec<&Action> = causing(&at).into_iter().chain(guarded).collect();
        let entered = actions.iter().all(|action| allowed(procedure, None, action).contains(&key));
        let actions = actions.into_iter().map(|action| action.key.clone()).collect();
        (free && known && entered).then_some((key, actions))
    };
    // What stands for the conditions of chains is read by the actions that enter it.
    let deciding = procedure.actions.iter().flat_map(|action| {
        let fields = action.input.iter().map(|input| &input.field);
        fields.filter(|field| field.contains(MADE)).map(|field| (field.clone(), action.key.clone()))
    });
    let mut momentary: BTreeMap<Key, BTreeSet<Key>> =
        moments.into_iter().filter_map(afresh).collect();
    for (field, action) in deciding {
        momentary.entry(field).or_default().insert(action);
    }
    momentary
}

/// Whether a moment happens by the verb or the list of an action alone, never by the way of a case itself.
fn is_an_actions(moment: Moment) -> bool {
    !matches!(
        moment,
        Moment::Closed
            | Moment::Archived
            | Moment::Reopened
            | Moment::Dispatched
            | Moment::Returned
            | Moment::SurveySent
            | Moment::TaskSent
            | Moment::TaskDone
            | Moment::Flagged
    )
}
