//! What can be read off a case: whether conditions hold, which fields are missing, who must act.

use super::Case;
use crate::key::Key;
use crate::people::Who;
use crate::procedure::{
    Actor, Condition, Fact, Field, FieldKind, Form, Need, Operand, Procedure, Purpose, Relation,
    Test, Verb,
};
use crate::refusal::Missing;
use crate::value::Value;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A case seen under its procedure by somebody.
#[derive(Clone, Copy)]
pub struct Facts<'a> {
    procedure: &'a Procedure,
    case: &'a Case,
    who: &'a Who,
}

impl<'a> Facts<'a> {
    /// `who` matters for `$self` only.
    pub fn new(procedure: &'a Procedure, case: &'a Case, who: &'a Who) -> Self {
        Self { procedure, case, who }
    }

    /// Whether a condition holds.
    pub fn holds(&self, condition: &Condition) -> bool {
        match condition {
            Condition::Always => true,
            Condition::All(all) => all.iter().all(|one| self.holds(one)),
            Condition::Any(any) => any.iter().any(|one| self.holds(one)),
            Condition::Not(inner) => !self.holds(inner),
            Condition::Is(Operand::Field(field), test) => self.field_passes(field, test),
            Condition::Is(Operand::Fact(fact), test) => self.fact_passes(fact, test),
        }
    }

    /// Severity of the case, 1 to 3; 0 while its level is unknown.
    pub fn severity(&self) -> u8 {
        let level = self.case.value(&self.procedure.severity).map(Value::text);
        let axis = self.procedure.axis_of(&self.procedure.severity);
        level.and_then(|level| axis?.value(level)?.severity).unwrap_or(0)
    }

    /// Whether the case is never held back by quiet hours: severity 3, or a value that the procedure marks loud (G-09).
    pub fn is_loud(&self) -> bool {
        let has_loud = |field: &Field| {
            let (FieldKind::One(axis) | FieldKind::Many(axis)) = &field.kind else { return false };
            let value = self.case.value(&field.key);
            self.procedure.axis(axis).is_some_and(|axis| {
                let mut loud = axis.values.iter().filter(|known| known.loud);
                loud.any(|known| value.is_some_and(|value| written(value, &known.key)))
            })
        };
        self.severity() >= 3 || self.procedure.fields.iter().any(has_loud)
    }

    fn field_passes(&self, field: &Key, test: &Test) -> bool {
        let value = self.case.value(field).filter(|value| !value.is_empty());
        let is_bool =
            matches!(self.procedure.field(field).map(|field| &field.kind), Some(FieldKind::Bool));
        let fallback = Value::Bool(false);
        let value = if is_bool { value.or(Some(&fallback)) } else { value };
        let Some(value) = value else { return matches!(test, Test::Empty(true)) };
        match test {
            Test::Eq(text) => written(value, text),
            Test::Ne(text) => !written(value, text),
            Test::In(texts) => texts.iter().any(|text| written(value, text)),
            Test::Ge(bound) => matches!(value, Value::Number(number) if number >= bound),
            Test::Le(bound) => matches!(value, Value::Number(number) if number <= bound),
            Test::Has(text) => match value {
                Value::List(items) => items.iter().any(|item| written(item, text)),
                other => other.text().contains(text.as_str()),
            },
            Test::Empty(empty) => !*empty,
        }
    }

    fn fact_passes(&self, fact: &Fact, test: &Test) -> bool {
        if let Fact::Stage = fact {
            let stage = &*self.case.stage;
            return match test {
                Test::Eq(text) => stage == text,
                Test::Ne(text) => stage != text,
                Test::In(texts) => texts.iter().any(|text| text == stage),
                _ => false,
            };
        }
        let number = self.number(fact);
        match test {
            Test::Eq(text) => {
                text.parse::<u32>().is_ok_and(|wanted| wanted == number)
                    || (text == "true" && number > 0)
                    || (text == "false" && number == 0)
            }
            Test::Ne(text) => !text.parse::<u32>().is_ok_and(|wanted| wanted == number),
            Test::In(texts) => {
                texts.iter().any(|text| text.parse::<u32>().is_ok_and(|wanted| wanted == number))
            }
            Test::Ge(bound) => f64::from(number) >= *bound,
            Test::Le(bound) => f64::from(number) <= *bound,
            Test::Empty(empty) => (number == 0) == *empty,
            Test::Has(_) => false,
        }
    }

    /// The number behind a fact.
    pub fn number(&self, fact: &Fact) -> u32 {
        let case = self.case;
        let this_round = |round: u32| round == case.round;
        match fact {
            Fact::Round => case.round,
            Fact::Severity => u32::from(self.severity()),
            Fact::OpenTasks => count(case.tasks.iter().filter(|task| task.done.is_none())),
            Fact::OpenTasksOf(kind) => {
                count(case.tasks.iter().filter(|task| task.done.is_none() && task.kind == *kind))
            }
            Fact::TasksOf(kind) => {
                count(case.tasks.iter().filter(|task| this_round(task.round) && task.kind == *kind))
            }
            Fact::TaskDepartments(kind) => {
                let departments: BTreeSet<_> = case
                    .tasks
                    .iter()
                    .filter(|task| task.kind == *kind)
                    .filter_map(|task| task.department.as_ref())
                    .collect();
                count(departments.iter())
            }
            Fact::Attempts => count(self.attempts()),
            Fact::AttemptHalfDays => {
                let halves: BTreeSet<i64> = self.attempts().map(|log| log.half_day).collect();
                count(halves.iter())
            }
            Fact::Happened(moment) => count(
                case.moments.iter().filter(|one| one.moment == *moment && this_round(one.round)),
            ),
            Fact::Contacts(purpose) => {
                let purpose = Purpose::parse(purpose).filter(|_| purpose != "any");
                count(case.contacts.iter().filter(|log| {
                    log.reached
                        && this_round(log.round)
                        && purpose.is_none_or(|wanted| wanted == log.purpose)
                }))
            }
            Fact::Stage => 0,
            Fact::Assigned => u32::from(case.assignee.is_some()),
            Fact::SelfAssigned => {
                u32::from(case.assignee.is_some() && case.assignee.as_ref() == self.who.person())
            }
            Fact::Dispatches => {
                count(case.dispatches.iter().filter(|dispatch| this_round(dispatch.round)))
            }
            Fact::Escalated(name) => u32::from(case.escalations.contains_key(name)),
            Fact::Pending(what) if what == "change" => count(
                case.changes
                    .iter()
                    .filter(|log| log.signed.is_none() && log.decided.is_none_or_open()),
            ),
            Fact::Pending(_) => count(case.extensions.iter().filter(|log| log.decided.is_none())),
            Fact::Members => count(case.members.iter()),
            Fact::Urges => case.urges,
            Fact::Answered => count(
                case.moments.iter().filter(|one| one.moment == crate::procedure::Moment::Responded),
            ),
            Fact::FormComplete(form) => {
                u32::from(self.procedure.form(form).is_some_and(|form| {
                    incomplete(self.procedure, case, form, usize::MAX).is_empty()
                }))
            }
        }
    }

    /// Failed attempts since the last success in this round.
    fn attempts(&self) -> impl Iterator<Item = &'a super::ContactLog> {
        let case = self.case;
        let from =
            case.contacts.iter().rposition(|log| log.reached).map_or(0, |position| position + 1);
        case.contacts.iter().skip(from).filter(move |log| log.round == case.round)
    }
}

trait Undecided {
    fn is_none_or_open(&self) -> bool;
}
impl<A, B> Undecided for Option<(bool, A, B)> {
    fn is_none_or_open(&self) -> bool {
        self.as_ref().is_none_or(|(approved, ..)| *approved)
    }
}

fn count<T>(items: impl Iterator<Item = T>) -> u32 {
    u32::try_from(items.count()).unwrap_or(u32::MAX)
}

/// Whether a value is what a file writes.
fn written(value: &Value, text: &str) -> bool {
    match value {
        Value::Bool(truth) => text == if *truth { "true" } else { "false" },
        Value::Number(number) => {
            text.parse::<f64>().is_ok_and(|wanted| (wanted - number).abs() < f64::EPSILON)
        }
        Value::List(items) => items.iter().any(|item| written(item, text)),
        other => other.text() == text,
    }
}

/// Who must act.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holder {
    /// One person.
    Person(Key),
    /// The queue of a role.
    Role(Key),
    /// Nobody: filed, void or part of another case.
    Nobody,
}

/// Who must act on a case now.
pub fn holder(procedure: &Procedure, case: &Case) -> Holder {
    if !case.life.promised() {
        return Holder::Nobody;
    }
    let owner = procedure.stage(&case.stage).map(|stage| &stage.owner);
    let assignee = || match (&case.assignee, &case.role) {
        (Some(person), _) => Holder::Person(person.clone()),
        (None, Some(role)) => Holder::Role(role.clone()),
        (None, None) => last_resort(procedure),
    };
    match owner {
        Some(Actor::Role(role)) => Holder::Role(role.clone()),
        Some(Actor::Relation(Relation::Approver)) => match approving_role(procedure, case) {
            Some(role) => Holder::Role(role),
            None => assignee(),
        },
        Some(Actor::Relation(Relation::Registrar)) => {
            case.registrar.clone().map_or_else(assignee, Holder::Person)
        }
        _ => assignee(),
    }
}

/// The role that the current step of the running chain names.
pub(crate) fn approving_role(procedure: &Procedure, case: &Case) -> Option<Key> {
    let run = case.chain.as_ref()?;
    let chain = procedure.chain(&run.chain)?;
    chain.steps.get(*run.steps.get(run.passed)?).map(|step| step.role.clone())
}

fn last_resort(procedure: &Procedure) -> Holder {
    let registering = procedure.register_action().and_then(|action| {
        action
            .by
            .iter()
            .find_map(|actor| if let Actor::Role(role) = actor { Some(role) } else { None })
    });
    registering.map_or(Holder::Nobody, |role| Holder::Role(role.clone()))
}

/// The decisions that wait in a case whoever holds it, with the role that decides: of a change of the demand (S2-J04), of an extension.
pub fn undecided<'p>(procedure: &'p Procedure, case: &Case) -> Vec<(&'p Key, Verb)> {
    let change = procedure.change.as_ref();
    let change = change.filter(|_| case.changes.iter().any(|one| one.decided.is_none()));
    let extension = procedure.extension.as_ref();
    let extension = extension.filter(|_| case.extensions.iter().any(|one| one.decided.is_none()));
    let change = change.map(|one| (&one.approver, Verb::ChangeDecide));
    change.into_iter().chain(extension.map(|one| (&one.approver, Verb::ExtendDecide))).collect()
}

/// Mandatory fields of a form that are empty, of those that must be filled in by the stage at `upto` or an earlier one.
pub fn incomplete(procedure: &Procedure, case: &Case, form: &Form, upto: usize) -> Vec<Missing> {
    let system = Who::System;
    let facts = Facts::new(procedure, case, &system);
    let mut missing = Vec::new();
    for entry in &form.fields {
        let needed = match &entry.need {
            Need::Optional => false,
            Need::Always => true,
            Need::When(condition) => facts.holds(condition),
        };
        let Some(field) = procedure.field(&entry.field) else { continue };
        let due = procedure.stage_index(&entry.by).is_none_or(|index| index <= upto);
        if needed
            && due
            && !matches!(field.kind, FieldKind::Auto(_))
            && case.value(&entry.field).is_none_or(Value::is_empty)
        {
            missing.push(Missing {
                form: Some(form.key.clone()),
                field: field.key.clone(),
                label: field.label.clone(),
            });
        }
    }
    missing
}

/// Whether every form of the archive package is complete.
pub fn complete(procedure: &Procedure, case: &Case) -> bool {
    procedure
        .archive
        .forms
        .iter()
        .filter_map(|form| procedure.form(form))
        .all(|form| incomplete(procedure, case, form, usize::MAX).is_empty())
}
