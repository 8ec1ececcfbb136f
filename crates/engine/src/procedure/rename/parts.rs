//! The small languages within values under their new names.

use super::Named;
use super::walk::Walk;
use crate::key::Key;
use crate::procedure::{
    Actor, Condition, Effect, Fact, LimitSpec, MomentFilter, Need, Operand, Test,
};

impl Walk<'_> {
    pub(super) fn need(&self, need: &mut Need) {
        match need {
            Need::Optional | Need::Always => {}
            Need::When(condition) => self.condition(condition),
        }
    }

    pub(super) fn condition(&self, condition: &mut Condition) {
        match condition {
            Condition::Always => {}
            Condition::All(parts) | Condition::Any(parts) => {
                parts.iter_mut().for_each(|part| self.condition(part))
            }
            Condition::Not(inner) => self.condition(inner),
            Condition::Is(operand, test) => self.comparison(operand, test),
        }
    }

    fn comparison(&self, operand: &mut Operand, test: &mut Test) {
        let values: &mut [String] = match test {
            Test::Eq(value) | Test::Ne(value) | Test::Has(value) => std::slice::from_mut(value),
            Test::In(values) => values,
            Test::Ge(_) | Test::Le(_) | Test::Empty(_) => &mut [],
        };
        match operand {
            Operand::Field(field) => {
                values.iter_mut().for_each(|value| self.value(field, value));
                self.key(Named::Field, field);
            }
            Operand::Fact(fact) => {
                if *fact == Fact::Stage {
                    let stage =
                        |value: &str| self.renaming.name(Named::Stage, &self.old.key, value).into();
                    values.iter_mut().for_each(|value| *value = stage(value));
                }
                self.fact(fact);
            }
        }
    }

    fn fact(&self, fact: &mut Fact) {
        match fact {
            Fact::OpenTasksOf(kind) | Fact::TasksOf(kind) | Fact::TaskDepartments(kind) => {
                self.key(Named::Task, kind)
            }
            Fact::Escalated(name) => self.key(Named::Escalation, name),
            Fact::FormComplete(form) => self.key(Named::Form, form),
            Fact::Round
            | Fact::Severity
            | Fact::OpenTasks
            | Fact::Attempts
            | Fact::AttemptHalfDays
            | Fact::Happened(_)
            | Fact::Contacts(_)
            | Fact::Stage
            | Fact::Assigned
            | Fact::SelfAssigned
            | Fact::Dispatches
            | Fact::Pending(_)
            | Fact::Members
            | Fact::Urges
            | Fact::Answered => {}
        }
    }

    pub(super) fn effects(&self, effects: &mut [Effect]) {
        for effect in effects {
            match effect {
                Effect::Goto(stage) => self.key(Named::Stage, stage),
                Effect::Set(field, value) => {
                    self.value(field, value);
                    self.key(Named::Field, field);
                }
                Effect::Clear(field) | Effect::Raise(field) => self.key(Named::Field, field),
                Effect::Assign(table) => self.key(Named::Table, table),
                Effect::Task(kind) => self.key(Named::Task, kind),
                Effect::Escalate(name) => self.key(Named::Escalation, name),
                Effect::Emit(_)
                | Effect::Round
                | Effect::AssignSame
                | Effect::Unassign
                | Effect::Survey => {}
            }
        }
    }

    pub(super) fn limit(&self, limit: &mut LimitSpec) {
        match limit {
            LimitSpec::Field(field) => self.key(Named::Field, field),
            LimitSpec::Length(_) | LimitSpec::At(..) | LimitSpec::Task => {}
        }
    }

    /// `{field:KEY}` and `{due:CLOCK}`.
    pub(super) fn template(&self, text: &mut String) {
        let part = |part: &str| match part.split_once('}') {
            Some((hole, rest)) => match hole.split_once(':') {
                Some(("field", key)) => format!(
                    "field:{}}}{rest}",
                    self.renaming.name(Named::Field, &self.old.key, key)
                ),
                Some(("due", key)) => {
                    format!("due:{}}}{rest}", self.renaming.name(Named::Clock, &self.old.key, key))
                }
                _ => part.to_owned(),
            },
            None => part.to_owned(),
        };
        *text = text.split('{').map(part).collect::<Vec<_>>().join("{");
    }

    pub(super) fn filters(&self, filters: &mut [MomentFilter]) {
        filters.iter_mut().for_each(|filter| self.filter(filter));
    }

    pub(super) fn filter(&self, filter: &mut MomentFilter) {
        let MomentFilter { moment: _, by, purpose: _ } = filter;
        by.iter_mut().for_each(|actor| self.actor(actor));
    }

    pub(super) fn actors(&self, actors: &mut [Actor]) {
        actors.iter_mut().for_each(|actor| self.actor(actor));
    }

    pub(super) fn actor(&self, actor: &mut Actor) {
        *actor = self.renaming.actor(actor);
    }

    /// A value written for a field, which still has its old name.
    pub(super) fn value(&self, field: &Key, value: &mut String) {
        *value = self.renaming.written(self.old, field, value);
    }

    pub(super) fn key(&self, what: Named, key: &mut Key) {
        *key = self.renaming.name(what, &self.old.key, key);
    }

    pub(super) fn maybe(&self, what: Named, key: &mut Option<Key>) {
        key.iter_mut().for_each(|key| self.key(what, key));
    }

    pub(super) fn keys(&self, what: Named, keys: &mut [Key]) {
        keys.iter_mut().for_each(|key| self.key(what, key));
    }
}
