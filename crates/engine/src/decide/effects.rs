//! Effects: what follows from actions, rules and ratings.

use super::Work;
use super::happen::Detail;
use crate::case::Life;
use crate::clocks;
use crate::event::{Event, SetCause, Topic};
use crate::key::Key;
use crate::procedure::{Actor, Effect, FieldKind, Moment, Procedure, Relation, StageKind};
use crate::value::{Private, Value};
use jiff::ToSpan;
use std::collections::BTreeMap;

impl Work<'_> {
    /// Lets an effect follow.
    pub(crate) fn effect(&mut self, id: &Key, effect: &Effect) {
        match effect {
            Effect::Goto(stage) => self.enter(id, stage, None, None),
            Effect::Emit(moment) => self.happen(id, *moment),
            Effect::Set(field, written) => self.set_written(id, field, written),
            Effect::Clear(field) => {
                self.set_fields(id, BTreeMap::from([(field.clone(), None)]), SetCause::Effect, None)
            }
            Effect::Raise(field) => self.raise(id, field),
            Effect::Round => self.next_round(id),
            Effect::Assign(table) => {
                // Nobody present: the case waits in the queue of the role, and its clocks tell the next in line.
                self.dispatch_by_table(id, table);
            }
            Effect::AssignSame => {
                let case = self.case(id);
                let (assignee, role, department) =
                    (case.assignee.clone(), case.role.clone(), case.department.clone());
                self.record(
                    id,
                    Event::Assigned {
                        assignee,
                        role,
                        department,
                        number: None,
                        rule: None,
                        note: None,
                    },
                );
                self.happen(id, Moment::Dispatched);
            }
            Effect::Unassign => {
                self.record(id, Event::Unassigned { reason: None });
                self.happen(id, Moment::Returned);
            }
            Effect::Task(kind) => self.add_task(id, kind),
            Effect::Survey => self.happen(id, Moment::SurveySent),
            Effect::Escalate(name) => {
                if !self.case(id).escalations.contains_key(name) {
                    self.record(id, Event::Escalated { name: name.clone(), clock: None });
                }
            }
        }
    }

    /// Goes to a stage; the kind of the stage decides about the case's life.
    pub(crate) fn enter(
        &mut self,
        id: &Key,
        stage: &Key,
        action: Option<&Key>,
        reason: Option<Private>,
    ) {
        let (procedure, calendar) = self.rules(id);
        let Some(kind) = procedure.stage(stage).map(|stage| stage.kind) else { return };
        self.record(
            id,
            Event::StageEntered { stage: stage.clone(), action: action.cloned(), reason },
        );
        match (kind, &self.case(id).life) {
            (StageKind::Closed, Life::Open) => {
                self.record(id, Event::Closed);
                self.happen(id, Moment::Closed);
            }
            (StageKind::Archived, Life::Open | Life::Closed { .. }) => {
                let local = calendar.local(self.now);
                let years =
                    i64::from(procedure.archive.keep_years.max(procedure.archive.floor_years));
                let keep_until = local
                    .checked_add(years.years())
                    .map_or(self.now, |until| calendar.instant(until));
                self.end_let_go(id);
                self.record(id, Event::Archived { keep_until });
                self.happen(id, Moment::Archived);
            }
            (StageKind::Open, Life::Closed { .. } | Life::Archived { .. }) => {
                self.record(id, Event::Reopened)
            }
            _ => {}
        }
    }

    /// Tasks in spite of which somebody went on end when the case is filed, so that none is left over.
    fn end_let_go(&mut self, id: &Key) {
        let tasks = self.case(id).tasks.iter();
        let open: Vec<u32> =
            tasks.filter(|task| task.let_go && task.done.is_none()).map(|task| task.id).collect();
        for task in open {
            self.settle_task(id, task);
        }
    }

    /// Begins the next round.
    pub(crate) fn next_round(&mut self, id: &Key) {
        let round = self.case(id).round + 1;
        if !matches!(self.case(id).life, Life::Open) {
            self.record(id, Event::Reopened);
        }
        self.record(id, Event::RoundBegun { round });
        self.happen(id, Moment::Reopened);
    }

    /// Sets fields and lets everything follow that depends on them: derived fields, levels of clocks.
    pub(crate) fn set_fields(
        &mut self,
        id: &Key,
        values: BTreeMap<Key, Option<Value>>,
        cause: SetCause,
        reason: Option<Private>,
    ) {
        let case = self.case(id);
        let values: BTreeMap<Key, Option<Value>> = values
            .into_iter()
            .filter(|(field, value)| case.value(field) != value.as_ref())
            .collect();
        if values.is_empty() {
            return;
        }
        let flags: Vec<Key> = values.keys().cloned().collect();
        self.record(id, Event::FieldsSet { values, cause, reason });
        self.derive(id);
        self.department_from_field(id, &flags);
        clocks::reprice(self, id, None);
        self.pass_to_main(id, &flags);
    }

    /// Puts values into force that people gave: as overrides where a table derives the field, else as they are.
    pub(crate) fn put_values(
        &mut self,
        id: &Key,
        procedure: &Procedure,
        values: BTreeMap<Key, Option<Value>>,
        cause: SetCause,
        reason: Option<Private>,
    ) {
        let is_derived =
            |key: &Key| procedure.field(key).is_some_and(|field| field.derive.is_some());
        let (derived, plain): (BTreeMap<_, _>, BTreeMap<_, _>) =
            values.into_iter().partition(|(key, _)| is_derived(key));
        for (field, value) in derived {
            if let Some(value) = value {
                self.override_level(id, &field, &Key::from(value.text()), reason.clone());
            }
        }
        self.set_fields(id, plain, cause, reason);
    }

    pub(crate) fn set_written(&mut self, id: &Key, field: &Key, written: &str) {
        let (procedure, _) = self.rules(id);
        let Some(kind) = procedure.field(field).map(|field| &field.kind) else { return };
        let value = match kind {
            FieldKind::Bool => Value::Bool(written == "true"),
            FieldKind::Number => {
                written.parse().map_or(Value::Text(written.to_owned()), Value::Number)
            }
            FieldKind::Time if written == "now" => Value::Time { at: self.now },
            FieldKind::Many(_) | FieldKind::Departments => {
                let mut items = match self.case(id).value(field) {
                    Some(Value::List(items)) => items.clone(),
                    _ => Vec::new(),
                };
                let item = Value::Text(written.to_owned());
                if !items.contains(&item) {
                    items.push(item);
                }
                Value::List(items)
            }
            FieldKind::Person if written.starts_with('@') => {
                let person = match Actor::parse(written) {
                    Some(Actor::Relation(Relation::Assignee)) => self.case(id).assignee.clone(),
                    Some(Actor::Relation(Relation::Registrar)) => self.case(id).registrar.clone(),
                    _ => self.who.person().cloned(),
                };
                match person {
                    Some(person) => Value::Text(person.to_string()),
                    None => return,
                }
            }
            _ => Value::Text(written.to_owned()),
        };
        self.set_fields(id, BTreeMap::from([(field.clone(), Some(value))]), SetCause::Effect, None);
    }

    /// One level up. A derived field is overridden, and stays so until the override is cleared.
    fn raise(&mut self, id: &Key, field: &Key) {
        let (procedure, _) = self.rules(id);
        let Some(level) = self.case(id).value(field).map(|value| Key::from(value.text())) else {
            return;
        };
        let Some(higher) = procedure
            .axis_of(field)
            .and_then(|axis| axis.raise(&level))
            .map(|value| value.key.clone())
        else {
            return;
        };
        self.override_level(id, field, &higher, None);
    }

    /// Puts a level into force: as an override where a table derives the field.
    pub(crate) fn override_level(
        &mut self,
        id: &Key,
        field: &Key,
        level: &Key,
        reason: Option<Private>,
    ) {
        let (procedure, _) = self.rules(id);
        let value = Value::Text(level.to_string());
        if procedure.field(field).is_some_and(|field| field.derive.is_some()) {
            self.record(id, Event::Overridden { field: field.clone(), value, reason });
            clocks::reprice(self, id, None);
        } else {
            self.set_fields(
                id,
                BTreeMap::from([(field.clone(), Some(value))]),
                SetCause::Effect,
                reason,
            );
        }
    }

    /// A task of a kind with the kind's own title, owner and due.
    pub(crate) fn add_task(&mut self, id: &Key, kind: &Key) {
        self.add_tasks(id, kind, &crate::command::NewTask::default());
    }

    /// Tells the owner of a new task.
    pub(crate) fn announce_task(&mut self, id: &Key, task: u32) {
        let loud = self.is_loud(id);
        self.tell(id, Topic::Task(task), &[Actor::Relation(Relation::TaskOwner)], Some(task), loud);
        self.happen_with(id, Moment::TaskSent, Detail { task: Some(task), ..Detail::default() });
    }
}
