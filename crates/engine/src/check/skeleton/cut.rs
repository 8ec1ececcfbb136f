//! Taking everything out of a procedure that is not in the cone.

use super::Cone;
use crate::key::Key;
use crate::procedure::{
    Action, Actor, Clock, Condition, Effect, FieldKind, Guard, Procedure, StepKind, Verb,
};
use std::collections::BTreeSet;

impl Cone<'_> {
    /// The procedure with nothing else in it.
    pub(super) fn cut(&self) -> Procedure {
        let mut whole = self.procedure.clone();
        whole.notify.clear();
        whole.reports.clear();
        let counts = |clock: &Clock| {
            clock.tasks.is_empty() || clock.tasks.iter().any(|kind| self.tasks.contains(kind))
        };
        whole.clocks.retain(|clock| self.clocks.contains(&clock.key) && counts(clock));
        for clock in &mut whole.clocks {
            clock.tasks.retain(|kind| self.tasks.contains(kind));
        }
        for step in
            whole.clocks.iter_mut().flat_map(|one| one.remind.iter_mut().chain(&mut one.breach))
        {
            if !self.step_matters(step) {
                step.does = StepKind::Notify;
            }
        }
        whole.tasks.retain(|kind| self.tasks.contains(&kind.key));
        whole.actions.retain(|action| self.actions.contains(&action.key));
        whole.actions.iter_mut().for_each(|action| self.cut_action(action));
        let mut number = 0;
        whole.rules.retain(|_| {
            number += 1;
            self.rules.contains(&(number - 1))
        });
        for rule in &mut whole.rules {
            rule.effects.retain(|effect| self.follows(effect));
        }
        for rule in whole.survey.iter_mut().flat_map(|survey| &mut survey.rules) {
            rule.effects.retain(|effect| self.follows(effect));
        }
        for form in &mut whole.forms {
            form.fields.retain(|entry| self.fields.contains(&entry.field));
        }
        self.cut_tables(&mut whole);
        let free = |verb: Verb| !whole.actions.iter().any(|action| action.has(verb));
        whole.extension = whole.extension.filter(|_| !free(Verb::Extend));
        whole.change = whole.change.filter(|_| !free(Verb::Change));
        whole
    }

    fn cut_action(&self, action: &mut Action) {
        let asks_some = !action.input.is_empty();
        action.input.retain(|input| self.fields.contains(&input.field));
        // Without a list of fields it would change every one that is guarded.
        let idle = |verb: Verb| verb == Verb::Adjust && asks_some && action.input.is_empty();
        let verbs: Vec<Verb> = action.does.clone();
        let does =
            verbs.into_iter().filter(|verb| self.verb_matters(action, *verb) && !idle(*verb));
        action.does = does.collect();
        action.emits.retain(|moment| self.moments.contains(moment));
        // A person who dispatches may name whom he likes.
        let names = action.has(Verb::Assign);
        action.effects.retain(|effect| {
            self.follows(effect) && !(names && matches!(effect, Effect::Assign(_)))
        });
        action.guards = std::mem::take(&mut action.guards)
            .into_iter()
            .filter_map(|guard| {
                let free = || self.is_free(&guard.need).then(|| guard.need.clone());
                let need = self.binds(&guard.need).or_else(free)?;
                Some(Guard { need, ..guard })
            })
            .collect();
        action.reason = false;
    }

    /// Tables that decide nothing here only say to which roles people dispatch.
    fn cut_tables(&self, whole: &mut Procedure) {
        let told_apart: BTreeSet<Key> = authors(whole);
        let of_department =
            |key: &Key| self.procedure.role(key).is_some_and(|role| role.of_department);
        for table in &mut whole.tables {
            if self.derives(table) || self.is_table_free(table) {
                continue;
            }
            let mut seen = BTreeSet::new();
            table.rows.retain(|row| {
                let Some(role) = &row.role else { return false };
                let name = if told_apart.contains(role) { Some(role.clone()) } else { None };
                seen.insert((name, of_department(role)))
            });
            table.rows.iter_mut().for_each(|row| row.when = Condition::Always);
        }
        // A field that decides nothing here is not derived.
        for field in whole.fields.iter_mut().filter(|field| !self.fields.contains(&field.key)) {
            if matches!(field.kind, FieldKind::One(_)) {
                field.derive = None;
            }
        }
    }
}

/// Roles by which some filter tells authors apart.
fn authors(procedure: &Procedure) -> BTreeSet<Key> {
    super::super::moves::filters(procedure)
        .filter_map(|filter| match &filter.by {
            Some(Actor::Role(role)) => Some(role.clone()),
            _ => None,
        })
        .collect()
}
