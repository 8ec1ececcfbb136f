//! A case begins: registration, and hand-over from another procedure.

use super::Work;
use super::assign::rest_on;
use super::happen::Detail;
use crate::case::{Link, LinkKind};
use crate::command::{Entered, Extra};
use crate::event::Event;
use crate::key::Key;
use crate::people::Who;
use crate::procedure::{Action, Actor, Field, Means, Moment, Procedure, Relation};
use crate::refusal::{Problem, Refusal};
use crate::value::Value;
use jiff::Timestamp;
use std::sync::Arc;

impl Work<'_> {
    /// Opens a case. Its number is drawn by the writer.
    pub(crate) fn register(
        &mut self,
        id: &Key,
        procedure: &Key,
        entered: &Entered,
        candidates: &[Key],
    ) -> Result<(), Refusal> {
        let (procedure, _) = self.newest(procedure)?;
        let action = registering(&procedure)?;
        self.may_register(action)?;
        self.open(id, &procedure, action, entered)?;
        self.join(id, candidates);
        Ok(())
    }

    fn newest(
        &self,
        procedure: &Key,
    ) -> Result<(Arc<Procedure>, Arc<crate::calendar::Calendar>), Refusal> {
        self.library.in_force(procedure).ok_or_else(|| Refusal::Unknown {
            what: "procedure".to_owned(),
            key: procedure.to_string(),
        })
    }

    fn may_register(&self, action: &Action) -> Result<(), Refusal> {
        let allowed = match &self.who {
            Who::System => true,
            Who::Customer => action.by.contains(&Actor::Relation(Relation::Customer)),
            Who::Person(person) => action.by.iter().any(|actor| match actor {
                Actor::Role(role) => {
                    self.directory.person(person).is_some_and(|known| known.has(role))
                }
                Actor::Relation(Relation::Anyone) => self.directory.person(person).is_some(),
                Actor::Relation(_) => false,
            }),
        };
        if allowed { Ok(()) } else { Err(Refusal::Forbidden { action: action.key.clone() }) }
    }

    fn open(
        &mut self,
        id: &Key,
        procedure: &Arc<Procedure>,
        action: &Action,
        entered: &Entered,
    ) -> Result<(), Refusal> {
        if self.cases.contains_key(id) {
            return Err(Refusal::Unknown { what: "fresh id".to_owned(), key: id.to_string() });
        }
        // The state before saving: its forms must be complete, then the case stands in the action's stage.
        let before =
            procedure.stages.first().map(|stage| stage.key.clone()).unwrap_or_else(|| "".into());
        let event = Event::Registered {
            number: String::new(),
            procedure: procedure.key.clone(),
            version: procedure.version,
            received_at: self.now,
            registrar: self.who.person().cloned(),
            stage: before,
        };
        self.record(id, event);
        self.opened.push(id.clone());
        self.take_defaults(id, procedure, entered);
        self.enter_fields(id, procedure, action, entered, &Extra::default())?;
        self.complete(id, procedure, action, &Extra::default())?;
        self.keep_counted(id, procedure, entered)?;
        let received = self.received_at(id, procedure);
        if received != self.now {
            self.record(id, Event::ReceivedAtSet { received_at: received });
        }
        if let Some(to) = action.to.as_ref().filter(|to| self.case(id).stage != **to) {
            self.enter(id, to, Some(&action.key), None);
        }
        self.happen_with(id, Moment::Received, Detail { at: Some(received), ..Detail::default() });
        self.happen(id, Moment::Registered);
        for moment in &action.emits {
            self.happen(id, *moment);
        }
        for effect in &action.effects {
            self.effect(id, effect);
        }
        Ok(())
    }

    /// Fields that are not named take their defaults, also those that no form of the registration asks. One that is named and empty was
    /// emptied by whoever registers, and stays so.
    fn take_defaults(&mut self, id: &Key, procedure: &Procedure, entered: &Entered) {
        for field in procedure.fields.iter().filter(|field| !entered.contains_key(&field.key)) {
            if let Some(default) = &field.default {
                self.set_written(id, &field.key, default);
            }
        }
    }

    /// What clocks count by nobody empties, not even as the case begins: nothing would be due any more (G-14). The program itself may,
    /// as it may leave out what is mandatory.
    fn keep_counted(
        &self,
        id: &Key,
        procedure: &Procedure,
        entered: &Entered,
    ) -> Result<(), Refusal> {
        let case = self.case(id);
        let emptied = |field: &&Field| {
            let named = field.default.is_some() && entered.contains_key(&field.key);
            field.guarded && named && case.value(&field.key).is_none()
        };
        let emptied: Vec<&Field> = procedure.fields.iter().filter(emptied).collect();
        if emptied.is_empty() || self.who == Who::System {
            return Ok(());
        }
        let counted = procedure.fields.iter().filter(|field| procedure.is_counted_by(&field.key));
        let counted = rest_on(procedure, counted.map(|field| field.key.clone()).collect());
        let wrong = emptied.into_iter().filter(|field| counted.contains(&field.key));
        let fields: Vec<_> =
            wrong.map(|field| (field.key.clone(), Problem::NeverEmptied)).collect();
        if fields.is_empty() { Ok(()) } else { Err(Refusal::Invalid { fields }) }
    }

    /// When the customer contacted us: what was entered, else now (G-10). A field left empty takes the instant.
    fn received_at(&mut self, id: &Key, procedure: &Procedure) -> Timestamp {
        let Some(field) = procedure.field_meaning(Means::ReceivedAt) else { return self.now };
        match self.case(id).value(&field.key).and_then(Value::time) {
            Some(at) => at,
            None => self.now,
        }
    }

    /// Opens a linked case under another procedure; the original's clocks keep running.
    pub(crate) fn transfer(
        &mut self,
        id: &Key,
        procedure: &Procedure,
        action: &Action,
        extra: &Extra,
    ) -> Result<(), Refusal> {
        let rule = action
            .transfer
            .as_ref()
            .and_then(|key| procedure.links.transfers.iter().find(|rule| rule.key == *key));
        let Some(rule) = rule else {
            return Err(Refusal::Unknown {
                what: "transfer".to_owned(),
                key: action.key.to_string(),
            });
        };
        let (other, _) = self.newest(&rule.to)?;
        let Some(fresh) = self.ids.pop() else {
            return Err(Refusal::NeedCases { ids: Vec::new() });
        };
        let mut entered = Entered::new();
        for (theirs, ours) in &rule.copy {
            if let Some(value) = self.case(id).value(ours) {
                entered.insert(theirs.clone(), self.portable(procedure, ours, value));
            }
        }
        entered.extend(
            rule.set.iter().map(|(theirs, written)| (theirs.clone(), written_json(written))),
        );
        entered.extend(extra.set.clone());
        let opening = registering(&other)?;
        self.open(&fresh, &other, opening, &entered)?;
        self.record(id, Event::Linked(Link { other: fresh.clone(), kind: LinkKind::EscalatedTo }));
        self.record(
            &fresh,
            Event::Linked(Link { other: id.clone(), kind: LinkKind::EscalatedFrom }),
        );
        self.happen(id, Moment::Transferred);
        Ok(())
    }

    /// A value as another procedure can read it: an axis value by its name.
    fn portable(&self, procedure: &Procedure, field: &Key, value: &Value) -> serde_json::Value {
        match (procedure.axis_of(field).and_then(|axis| axis.value(value.text())), value) {
            (Some(known), _) => known.label.zh.clone().into(),
            (None, Value::Bool(truth)) => (*truth).into(),
            (None, Value::Number(number)) => (*number).into(),
            (None, Value::Time { at }) => at.to_string().into(),
            (None, Value::List(items)) => {
                items.iter().map(|item| item.text().to_owned()).collect::<Vec<_>>().into()
            }
            (None, other) => other.text().into(),
        }
    }
}

fn registering(procedure: &Procedure) -> Result<&Action, Refusal> {
    procedure.register_action().ok_or_else(|| Refusal::Unknown {
        what: "action".to_owned(),
        key: procedure.key.to_string(),
    })
}

/// What a file writes, as a form would send it.
fn written_json(written: &str) -> serde_json::Value {
    match written {
        "true" => true.into(),
        "false" => false.into(),
        other => other.into(),
    }
}
