//! Deadlines that people move: extensions with the customer told first, changes signed by the customer.

use super::Work;
use super::desk::{deciders, partial};
use super::verbs::{absent, invalid, need};
use crate::case::{Case, ChangeLog};
use crate::clocks::{self, DueCause};
use crate::command::Extra;
use crate::event::{Event, SetCause};
use crate::key::Key;
use crate::people::{Directory, Who};
use crate::procedure::{Action, Moment, Procedure, Verb};
use crate::refusal::{Problem, Refusal};
use crate::value::{Private, Value};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Nobody decides on his own request, nor on a case about himself (G-13).
fn impartial(
    procedure: &Procedure,
    case: &Case,
    directory: &Directory,
    now: Timestamp,
    who: &Who,
    action: &Action,
    (role, author): (&Key, &Who),
) -> Result<(), Refusal> {
    let Who::Person(person) = who else { return Ok(()) };
    let excluded = partial(procedure, case, author.person());
    if excluded.contains(person) {
        return Err(Refusal::Own { action: action.key.clone() });
    }
    let department = case.department.as_ref();
    let (_, people) = deciders(procedure, department, directory, now, role, &excluded);
    if people.iter().any(|one| one.id == *person) {
        Ok(())
    } else {
        Err(Refusal::Forbidden { action: action.key.clone() })
    }
}

/// Whether somebody may decide one of the requests that wait, where the action decides on requests.
pub(super) fn may_decide(
    procedure: &Procedure,
    case: &Case,
    directory: &Directory,
    now: Timestamp,
    who: &Who,
    action: &Action,
) -> Result<(), Refusal> {
    let mut waiting: Vec<(&Key, &Who)> = Vec::new();
    if let Some(rule) = procedure.extension.as_ref().filter(|_| action.has(Verb::ExtendDecide)) {
        let open = case.extensions.iter().filter(|log| log.decided.is_none());
        waiting.extend(open.map(|log| (&rule.approver, &log.by)));
    }
    if let Some(rule) = procedure.change.as_ref().filter(|_| action.has(Verb::ChangeDecide)) {
        let open = case.changes.iter().filter(|log| log.decided.is_none());
        waiting.extend(open.map(|log| (&rule.approver, &log.by)));
    }
    let mut result = Ok(());
    for request in waiting {
        result = impartial(procedure, case, directory, now, who, action, request);
        if result.is_ok() {
            break;
        }
    }
    result
}

impl Work<'_> {
    /// The customer must have been told, the due must not have passed, and not too often (S1-K08).
    pub(super) fn extend(
        &mut self,
        id: &Key,
        procedure: &Procedure,
        action: &Action,
        extra: &Extra,
    ) -> Result<(), Refusal> {
        let Some(rule) = &procedure.extension else { return Ok(()) };
        let late = || Refusal::Late { action: action.key.clone() };
        let new_due = extra.new_due.ok_or_else(|| absent("new_due"))?;
        let reason = need(extra.reason.as_ref(), "reason")?;
        let case = self.case(id);
        let (_, calendar) = self.rules(id);
        let instance = case
            .clock(&rule.clock)
            .filter(|instance| instance.state == clocks::ClockState::Running)
            .ok_or_else(late)?;
        let due = instance.due.filter(|due| self.now < *due).ok_or_else(late)?;
        let asked = case
            .extensions
            .iter()
            .filter(|log| {
                log.round == case.round && log.decided.as_ref().is_none_or(|(granted, ..)| *granted)
            })
            .count();
        if asked >= usize::try_from(rule.max).unwrap_or(usize::MAX) {
            return Err(late());
        }
        if case.extensions.iter().any(|log| log.decided.is_none()) {
            return Err(Refusal::Unavailable {
                action: action.key.clone(),
                stage: case.stage.clone(),
            });
        }
        let told = case.contacts.iter().any(|log| log.reached && log.round == case.round);
        if rule.told_first && !told {
            return Err(invalid("contact", Problem::Unknown));
        }
        let most = instance
            .limit
            .clone()
            .and_then(|limit| clocks::due_of(&calendar, case, due, limit))
            .filter(|_| rule.within_limit);
        if new_due <= due {
            return Err(invalid("new_due", Problem::TooEarly));
        }
        if most.is_some_and(|most| new_due > most) {
            return Err(invalid("new_due", Problem::BeyondLimit));
        }
        let number = u32::try_from(case.extensions.len()).unwrap_or(u32::MAX).saturating_add(1);
        self.record(
            id,
            Event::ExtensionAsked {
                id: number,
                clock: rule.clock.clone(),
                new_due,
                reason: reason.into(),
            },
        );
        self.happen(id, Moment::ChangeRequested);
        Ok(())
    }

    pub(super) fn extend_decide(
        &mut self,
        id: &Key,
        procedure: &Procedure,
        action: &Action,
        extra: &Extra,
    ) -> Result<(), Refusal> {
        let Some(rule) = &procedure.extension else { return Ok(()) };
        let log = self.case(id).extensions.iter().find(|log| log.decided.is_none()).cloned();
        let log = log.ok_or_else(|| Refusal::Unavailable {
            action: action.key.clone(),
            stage: self.case(id).stage.clone(),
        })?;
        impartial(
            procedure,
            self.case(id),
            self.directory,
            self.now,
            &self.who,
            action,
            (&rule.approver, &log.by),
        )?;
        let approved = extra.approve.unwrap_or(true);
        let opinion = extra.opinion.clone().map(Private::from);
        self.record(id, Event::ExtensionDecided { id: log.id, approved, opinion });
        if approved {
            clocks::set_due(self, id, &log.clock, log.new_due, DueCause::Extension(log.id));
        }
        self.happen(id, Moment::ChangeDecided);
        Ok(())
    }

    /// Content, fields and due are fixed by a hash before anybody signs (S2-J05).
    pub(super) fn change(
        &mut self,
        id: &Key,
        procedure: &Procedure,
        extra: &Extra,
    ) -> Result<(), Refusal> {
        let Some(rule) = &procedure.change else { return Ok(()) };
        let content = need(extra.content.as_ref(), "content")?;
        let allowed =
            super::entered::Allowed { fields: rule.sets.iter().cloned().collect(), adjust: true };
        let set: BTreeMap<Key, Value> = self
            .read(id, &extra.set, &allowed)?
            .into_iter()
            .filter_map(|(key, value)| Some((key, value?)))
            .collect();
        let case = self.case(id);
        let before = set.keys().map(|key| (key.clone(), case.value(key).cloned())).collect();
        let number = u32::try_from(case.changes.len()).unwrap_or(u32::MAX).saturating_add(1);
        let pattern = procedure.numbering.change.as_deref().unwrap_or("{NUMBER}-{SEQ:2}");
        let display = crate::numbering::child(pattern, &case.number, number);
        let signed = serde_json::json!({ "number": display, "content": content, "new_due": extra.new_due, "set": set });
        let hash = hex(&Sha256::digest(signed.to_string().as_bytes()));
        let reason = extra.reason.clone().map(Private::from);
        self.record(
            id,
            Event::ChangeAsked {
                id: number,
                number: display,
                content: content.into(),
                new_due: extra.new_due,
                set,
                before,
                hash,
                reason,
            },
        );
        self.happen(id, Moment::ChangeRequested);
        Ok(())
    }

    pub(super) fn change_log(
        &self,
        id: &Key,
        extra: &Extra,
        open: impl Fn(&ChangeLog) -> bool,
    ) -> Result<ChangeLog, Refusal> {
        let logs = &self.case(id).changes;
        let found = logs
            .iter()
            .rev()
            .filter(|log| open(log))
            .find(|log| extra.change.is_none_or(|wanted| wanted == log.id));
        found.cloned().ok_or_else(|| invalid("change", Problem::Unknown))
    }

    pub(super) fn sign(&mut self, id: &Key, extra: &Extra) -> Result<(), Refusal> {
        let log = self.change_log(id, extra, |log| {
            log.signed.is_none() && log.decided.as_ref().is_none_or(|(approved, ..)| *approved)
        })?;
        let method = need(extra.sign_method.as_ref(), "sign_method")?;
        if extra.hash.as_ref().is_some_and(|hash| *hash != log.hash) {
            return Err(invalid("hash", Problem::Unknown));
        }
        self.record(
            id,
            Event::ChangeSigned { id: log.id, method, file: extra.file.clone(), hash: log.hash },
        );
        self.come_into_force(id, log.id);
        Ok(())
    }

    pub(super) fn change_decide(
        &mut self,
        id: &Key,
        procedure: &Procedure,
        action: &Action,
        extra: &Extra,
    ) -> Result<(), Refusal> {
        let Some(rule) = &procedure.change else { return Ok(()) };
        let log = self.change_log(id, extra, |log| log.decided.is_none())?;
        impartial(
            procedure,
            self.case(id),
            self.directory,
            self.now,
            &self.who,
            action,
            (&rule.approver, &log.by),
        )?;
        let approved = extra.approve.unwrap_or(true);
        self.record(
            id,
            Event::ChangeDecided {
                id: log.id,
                approved,
                opinion: extra.opinion.clone().map(Private::from),
            },
        );
        self.happen(id, Moment::ChangeDecided);
        self.come_into_force(id, log.id);
        Ok(())
    }

    /// In force from the later of signature and approval (S2-J03): not before both are there.
    pub(super) fn come_into_force(&mut self, id: &Key, change: u32) {
        let (procedure, _) = self.rules(id);
        let Some(log) = self.case(id).changes.iter().find(|log| log.id == change).cloned() else {
            return;
        };
        let (Some(_), Some((true, ..)), Some(rule)) =
            (&log.signed, &log.decided, &procedure.change)
        else {
            return;
        };
        let reason = Some(log.content.clone());
        let values = log.set.into_iter().map(|(key, value)| (key, Some(value))).collect();
        self.put_values(id, &procedure, values, SetCause::Change, reason);
        if let Some(due) = log.new_due.filter(|due| *due >= self.now) {
            clocks::replace_due(self, id, &rule.clock, due, DueCause::Change(change));
        }
    }
}

/// Lower-case hexadecimal.
fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
