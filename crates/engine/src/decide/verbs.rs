//! The verbs of actions: what they do beyond the action's data.

use super::Work;
use super::desk::{accused, deciders, partial};
use super::happen::Detail;
use crate::case::{ChangeLog, Facts, Link, LinkKind};
use crate::clocks::{self, DueCause};
use crate::command::{Extra, NewTask};
use crate::event::{Event, SetCause, Topic};
use crate::key::Key;
use crate::people::Who;
use crate::procedure::{
    Action, Actor, ChainKind, Effect, Meaning, Moment, Procedure, Purpose, Relation, Verb,
};
use crate::refusal::{Problem, Refusal};
use crate::value::{Private, Value};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

fn invalid(field: &str, problem: Problem) -> Refusal {
    Refusal::Invalid { fields: vec![(field.into(), problem)] }
}

fn need(text: Option<&String>, name: &str) -> Result<String, Refusal> {
    text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()).ok_or_else(|| {
        Refusal::Missing {
            fields: vec![crate::refusal::Missing {
                form: None,
                field: name.into(),
                label: crate::procedure::Label::default(),
            }],
        }
    })
}

impl Work<'_> {
    /// Does the verbs of an action in order. `false`: the action's moments, effects and stage must wait (more approvals).
    pub(crate) fn verbs(
        &mut self,
        id: &Key,
        procedure: &Procedure,
        action: &Action,
        extra: &Extra,
    ) -> Result<bool, Refusal> {
        let mut done = true;
        for verb in &action.does {
            match verb {
                Verb::Register | Verb::Edit | Verb::Adjust => {}
                Verb::Assign => {
                    let table = action.effects.iter().find_map(|effect| {
                        if let Effect::Assign(table) = effect { Some(table.clone()) } else { None }
                    });
                    self.dispatch(id, extra, table.as_ref())?;
                }
                Verb::Unassign => {
                    self.record(
                        id,
                        Event::Unassigned { reason: extra.reason.clone().map(Private::from) },
                    );
                    self.happen(id, Moment::Returned);
                }
                Verb::CoOwners => {
                    self.set_co_owners(id, extra.co_owners.as_deref().unwrap_or_default())?
                }
                Verb::Contact => self.contact(id, procedure, action, extra)?,
                Verb::Progress => self.progress(id, procedure, extra)?,
                Verb::Task => self.new_tasks(id, procedure, action, extra)?,
                Verb::TaskDone => self.task_done(id, action, extra)?,
                Verb::Submit => self.submit(id, procedure, action),
                Verb::Approve => done = self.approve(id, procedure, extra)?,
                Verb::Reject => self.reject(id, procedure, extra)?,
                Verb::File => {
                    self.record(
                        id,
                        Event::FiledForRecord { opinion: extra.opinion.clone().map(Private::from) },
                    );
                    self.happen(id, Moment::Filed);
                }
                Verb::Rate => self.rate(id, procedure),
                Verb::Extend => self.extend(id, procedure, action, extra)?,
                Verb::ExtendDecide => self.extend_decide(id, procedure, action, extra)?,
                Verb::Change => self.change(id, procedure, extra)?,
                Verb::Sign => self.sign(id, extra)?,
                Verb::ChangeDecide => self.change_decide(id, procedure, action, extra)?,
                Verb::ClearOverride => self.clear_override(id, extra)?,
                Verb::Urge => {
                    self.record(id, Event::Urged { channel: extra.channel.clone() });
                    self.happen(id, Moment::Urged);
                }
                Verb::Link => {
                    let other = self.other(extra.other.as_ref())?;
                    self.record(
                        id,
                        Event::Linked(Link { other: other.clone(), kind: LinkKind::Related }),
                    );
                    self.record(
                        &other,
                        Event::Linked(Link { other: id.clone(), kind: LinkKind::Related }),
                    );
                }
                Verb::Unlink => {
                    let other = self.other(extra.other.as_ref())?;
                    for kind in [LinkKind::Related, LinkKind::Suspected] {
                        self.record(id, Event::Unlinked { other: other.clone(), kind });
                        self.record(&other, Event::Unlinked { other: id.clone(), kind });
                    }
                }
                Verb::Merge => {
                    let main = self.other(extra.other.as_ref())?;
                    self.merge(id, &main)?;
                }
                Verb::Unmerge => self.unmerge(id, &need(extra.reason.as_ref(), "reason")?)?,
                Verb::Transfer => self.transfer(id, procedure, action, extra)?,
                Verb::Pause => {
                    self.record(
                        id,
                        Event::Paused { reason: extra.reason.clone().map(Private::from) },
                    );
                    clocks::pause(self, id);
                    self.happen(id, Moment::Paused);
                }
                Verb::Resume => {
                    self.record(id, Event::Resumed);
                    clocks::resume(self, id);
                    self.happen(id, Moment::Resumed);
                }
                Verb::Void => {
                    let reason = need(extra.reason.as_ref(), "reason")?;
                    clocks::stop_all(self, id);
                    self.record(id, Event::Voided { reason: reason.into() });
                    self.happen(id, Moment::Voided);
                }
                Verb::Reopen => self.next_round(id),
                Verb::Hold => self.record(
                    id,
                    Event::Held { reason: need(extra.reason.as_ref(), "reason")?.into() },
                ),
                Verb::Release => self.record(
                    id,
                    Event::Released { reason: extra.reason.clone().map(Private::from) },
                ),
                Verb::Comment => self.record(
                    id,
                    Event::Commented { text: need(extra.text.as_ref(), "text")?.into() },
                ),
                Verb::Deescalate => {
                    let open = self.case(id).escalations.keys().next().cloned();
                    let name = extra
                        .escalation
                        .clone()
                        .or(open)
                        .ok_or_else(|| invalid("escalation", Problem::Unknown))?;
                    let remark = extra.text.as_ref().or(extra.reason.as_ref());
                    self.record(
                        id,
                        Event::Deescalated { name, remark: need(remark, "text")?.into() },
                    );
                }
            }
        }
        Ok(done)
    }

    /// Another case that the caller has loaded.
    fn other(&self, other: Option<&Key>) -> Result<Key, Refusal> {
        let other = other.ok_or_else(|| invalid("other", Problem::Unknown))?;
        self.known(other)?;
        Ok(other.clone())
    }

    /// Logs a contact or the attempt. An action that says more than "I tried" needs the customer on the line.
    fn contact(
        &mut self,
        id: &Key,
        procedure: &Procedure,
        action: &Action,
        extra: &Extra,
    ) -> Result<(), Refusal> {
        let purpose = action
            .purpose
            .or_else(|| extra.purpose.as_deref().and_then(Purpose::parse))
            .unwrap_or(Purpose::Other);
        let reached = extra.reached.unwrap_or(true);
        let tells =
            action.to.is_some() || !action.emits.is_empty() || action.does.contains(&Verb::Rate);
        if !reached && tells {
            return Err(invalid("reached", Problem::MustBeReached));
        }
        let text = extra.text.clone().map(Private::from);
        self.record(
            id,
            Event::ContactLogged { method: extra.method.clone(), purpose, text, reached },
        );
        let detail = Detail { purpose: Some(purpose), ..Detail::default() };
        if !reached {
            self.happen_with(id, Moment::Attempted, detail);
            return Ok(());
        }
        self.happen_with(id, Moment::Contacted, detail.clone());
        if self.holds_now(id, procedure) {
            self.happen_with(id, Moment::Responded, detail);
        }
        Ok(())
    }

    /// Whether the author holds the case: the assignee, or before any dispatch whoever has the stage (precision a).
    fn holds_now(&self, id: &Key, procedure: &Procedure) -> bool {
        let case = self.case(id);
        let Who::Person(person) = &self.who else { return false };
        match (&case.assignee, &case.role) {
            (Some(assignee), _) => assignee == person,
            (None, role) => {
                let stage = procedure.stage(&case.stage).map(|stage| &stage.owner);
                let named = match (stage, role) {
                    (Some(Actor::Role(role)), _)
                    | (Some(Actor::Relation(Relation::Assignee)), Some(role)) => {
                        procedure.role(role)
                    }
                    _ => None,
                };
                case.registrar.as_ref() == Some(person)
                    || named.is_some_and(|role| {
                        self.directory.person(person).is_some_and(|known| known.has(&role.key))
                    })
            }
        }
    }

    fn progress(&mut self, id: &Key, procedure: &Procedure, extra: &Extra) -> Result<(), Refusal> {
        let note = need(extra.note.as_ref(), "note")?;
        let node = match &extra.node {
            Some(node) => {
                let nodes = procedure.stages.iter().flat_map(|stage| &stage.nodes);
                let known =
                    nodes.clone().find(|known| known.key == *node || known.label.zh == **node);
                Some(known.map(|known| known.key.clone()).ok_or_else(|| {
                    invalid(
                        "node",
                        Problem::NotAValue {
                            values: nodes.map(|node| node.label.zh.clone()).collect(),
                        },
                    )
                })?)
            }
            None => None,
        };
        self.record(id, Event::ProgressNoted { node, note: note.into() });
        self.happen(id, Moment::Progress);
        Ok(())
    }

    fn new_tasks(
        &mut self,
        id: &Key,
        procedure: &Procedure,
        action: &Action,
        extra: &Extra,
    ) -> Result<(), Refusal> {
        let Some(kind) = action.task.as_ref().filter(|kind| procedure.task(kind).is_some()) else {
            return Ok(());
        };
        if extra.tasks.is_empty() {
            return Err(invalid("tasks", Problem::Unknown));
        }
        for task in &extra.tasks {
            let unknown = task
                .depends_on
                .iter()
                .any(|other| !self.case(id).tasks.iter().any(|one| one.id == *other));
            if unknown
                || task.owner.as_ref().is_some_and(|owner| self.directory.person(owner).is_none())
            {
                return Err(invalid("tasks", Problem::Unknown));
            }
            self.add_tasks(id, kind, task);
        }
        Ok(())
    }

    /// Creates a task of a kind; what is not given comes from the kind.
    pub(crate) fn add_tasks(&mut self, id: &Key, kind: &Key, task: &NewTask) {
        let (procedure, calendar) = self.rules(id);
        let Some(known) = procedure.task(kind) else { return };
        let case = self.case(id);
        let number = u32::try_from(case.tasks.len()).unwrap_or(u32::MAX).saturating_add(1);
        let title = task
            .title
            .clone()
            .or_else(|| known.title.as_ref().map(|title| title.zh.clone()))
            .unwrap_or_else(|| known.label.zh.clone());
        let due = task.due.or_else(|| {
            known.limit.clone().and_then(|limit| clocks::due_of(&calendar, case, self.now, limit))
        });
        let (owner, role) = match (&task.owner, &known.owner) {
            (Some(owner), _) => (Some(owner.clone()), None),
            (None, Actor::Role(role)) => (None, Some(role.clone())),
            (None, Actor::Relation(Relation::Registrar)) => (case.registrar.clone(), None),
            (None, Actor::Relation(_)) => (case.assignee.clone(), case.role.clone()),
        };
        let of_owner = owner
            .as_ref()
            .and_then(|owner| self.directory.person(owner))
            .and_then(|person| person.department.clone());
        let department = task.department.clone().or(of_owner).or_else(|| {
            role.as_ref()
                .and_then(|role| procedure.role(role))
                .and_then(|role| role.department.clone())
        });
        let depends_on = task.depends_on.clone();
        self.record(
            id,
            Event::TaskAdded {
                id: number,
                kind: kind.clone(),
                title: title.into(),
                owner,
                role,
                department,
                due,
                depends_on,
            },
        );
        self.announce_task(id, number);
    }

    fn task_done(&mut self, id: &Key, action: &Action, extra: &Extra) -> Result<(), Refusal> {
        let case = self.case(id);
        let open: Vec<_> = case
            .tasks
            .iter()
            .filter(|task| {
                task.done.is_none() && action.task.as_ref().is_none_or(|kind| task.kind == *kind)
            })
            .collect();
        let task = match (extra.task, open.as_slice()) {
            (Some(wanted), open) => open.iter().find(|task| task.id == wanted).copied(),
            (None, [only]) => Some(*only),
            _ => None,
        };
        let task = task.ok_or_else(|| invalid("task", Problem::Unknown))?;
        let waits = task
            .depends_on
            .iter()
            .any(|other| case.tasks.iter().any(|one| one.id == *other && one.done.is_none()));
        if waits {
            return Err(invalid("task", Problem::TooEarly));
        }
        let number = task.id;
        self.record(
            id,
            Event::TaskSettled {
                id: number,
                outcome: extra.outcome.clone().map(Private::from),
                by_itself: false,
            },
        );
        self.happen_with(id, Moment::TaskDone, Detail { task: Some(number), ..Detail::default() });
        Ok(())
    }

    fn submit(&mut self, id: &Key, procedure: &Procedure, action: &Action) {
        let Some(chain) = action.chain.as_ref().and_then(|chain| procedure.chain(chain)) else {
            return;
        };
        let facts = Facts::new(procedure, self.case(id), &self.who);
        let skipped = chain.skip.as_ref().is_some_and(|skip| facts.holds(skip));
        let applies = |step: &crate::procedure::ChainStep| {
            !skipped && step.kind == ChainKind::Approve && facts.holds(&step.when)
        };
        let steps: Vec<usize> = chain
            .steps
            .iter()
            .enumerate()
            .filter(|(_, step)| applies(step))
            .map(|(position, _)| position)
            .collect();
        let none = steps.is_empty();
        if !none {
            self.record(
                id,
                Event::ChainStarted {
                    chain: chain.key.clone(),
                    steps,
                    author: self.who.person().cloned(),
                },
            );
        }
        self.happen(id, Moment::PlanSubmitted);
        if none {
            self.happen(id, Moment::PlanApproved);
        }
    }

    fn decided_as(&self, id: &Key, procedure: &Procedure) -> Key {
        super::desk::approvers(procedure, self.case(id), self.directory, self.now)
            .map_or_else(|| "".into(), |(role, _)| role)
    }

    fn approve(&mut self, id: &Key, procedure: &Procedure, extra: &Extra) -> Result<bool, Refusal> {
        let Some(run) = self.case(id).chain.clone() else {
            return Err(invalid("chain", Problem::Unknown));
        };
        let role = self.decided_as(id, procedure);
        let opinion = extra.opinion.clone().map(Private::from);
        self.record(
            id,
            Event::ChainDecided {
                chain: run.chain,
                step: run.passed,
                role,
                approved: true,
                opinion,
            },
        );
        let finished = self.case(id).chain.is_none();
        if finished {
            self.happen(id, Moment::PlanApproved);
        } else {
            let loud = self.is_loud(id);
            self.tell(id, Topic::Approval, &[Actor::Relation(Relation::Approver)], None, loud);
        }
        Ok(finished)
    }

    fn reject(&mut self, id: &Key, procedure: &Procedure, extra: &Extra) -> Result<(), Refusal> {
        let Some(run) = self.case(id).chain.clone() else {
            return Err(invalid("chain", Problem::Unknown));
        };
        let role = self.decided_as(id, procedure);
        let opinion = extra.opinion.clone().or_else(|| extra.reason.clone()).map(Private::from);
        self.record(
            id,
            Event::ChainDecided {
                chain: run.chain,
                step: run.passed,
                role,
                approved: false,
                opinion,
            },
        );
        self.happen(id, Moment::PlanRejected);
        Ok(())
    }

    /// The rating is in the fields; the first matching rule of the survey decides what follows.
    fn rate(&mut self, id: &Key, procedure: &Procedure) {
        let Some(survey) = &procedure.survey else { return };
        self.prefill(id, procedure);
        self.happen(id, Moment::Rated);
        let rating = self
            .case(id)
            .value(&survey.rating)
            .map(|value| value.text().to_owned())
            .unwrap_or_default();
        let meaning = procedure
            .axis_of(&survey.rating)
            .and_then(|axis| axis.value(&rating))
            .and_then(|value| value.meaning);
        if meaning == Some(Meaning::Dissatisfied) {
            self.happen(id, Moment::Dissatisfied);
        }
        let facts = Facts::new(procedure, self.case(id), &self.who);
        if let Some(rule) = survey.rules.iter().find(|rule| facts.holds(&rule.when)) {
            for effect in &rule.effects {
                self.effect(id, effect);
            }
        }
    }

    /// The overall rating that nobody gave is the rounded mean of the dimensions, half up (S2-Q13).
    fn prefill(&mut self, id: &Key, procedure: &Procedure) {
        let Some(survey) = procedure.survey.as_ref().filter(|survey| survey.prefill) else {
            return;
        };
        let case = self.case(id);
        let scores: Vec<i64> = survey
            .dimensions
            .iter()
            .filter_map(|field| procedure.axis_of(field)?.value(case.value(field)?.text())?.score)
            .collect();
        let entered = self.events.iter().rev().any(|(case, recorded)| case == id && matches!(&recorded.event, Event::FieldsSet { values, cause: SetCause::Entered, .. } if values.contains_key(&survey.rating)));
        let Some(count) = i64::try_from(scores.len()).ok().filter(|count| *count > 0 && !entered)
        else {
            return;
        };
        let mean = (scores.iter().sum::<i64>() * 2 + count).div_euclid(count * 2);
        let value = procedure
            .axis_of(&survey.rating)
            .and_then(|axis| axis.values.iter().find(|value| value.score == Some(mean)));
        if let Some(value) = value {
            let rating = Value::Text(value.key.to_string());
            self.set_fields(
                id,
                BTreeMap::from([(survey.rating.clone(), Some(rating))]),
                SetCause::Effect,
                None,
            );
        }
    }

    fn clear_override(&mut self, id: &Key, extra: &Extra) -> Result<(), Refusal> {
        let only = self.case(id).overrides.keys().next().cloned();
        let field = extra
            .field
            .clone()
            .or(only)
            .filter(|field| self.case(id).overrides.contains_key(field))
            .ok_or_else(|| invalid("field", Problem::Unknown))?;
        self.record(
            id,
            Event::OverrideCleared { field, reason: extra.reason.clone().map(Private::from) },
        );
        self.derive(id);
        clocks::reprice(self, id, None);
        Ok(())
    }

    /// The customer must have been told, the due must not have passed, and not too often (S1-K08).
    fn extend(
        &mut self,
        id: &Key,
        procedure: &Procedure,
        action: &Action,
        extra: &Extra,
    ) -> Result<(), Refusal> {
        let Some(rule) = &procedure.extension else { return Ok(()) };
        let late = || Refusal::Late { action: action.key.clone() };
        let new_due = extra.new_due.ok_or_else(|| Refusal::Missing {
            fields: vec![crate::refusal::Missing {
                form: None,
                field: "new_due".into(),
                label: crate::procedure::Label::default(),
            }],
        })?;
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

    /// Nobody decides on his own request, nor on a case about himself (G-13).
    fn impartial(
        &self,
        id: &Key,
        procedure: &Procedure,
        action: &Action,
        role: &Key,
        author: &Who,
    ) -> Result<(), Refusal> {
        let Who::Person(person) = &self.who else { return Ok(()) };
        let case = self.case(id);
        let excluded = partial(procedure, case, author.person());
        if excluded.contains(person) || accused(procedure, case).contains(person) {
            return Err(Refusal::Own { action: action.key.clone() });
        }
        let (_, people) = deciders(procedure, case, self.directory, self.now, role, &excluded);
        if people.iter().any(|one| one.id == *person) {
            Ok(())
        } else {
            Err(Refusal::Forbidden { action: action.key.clone() })
        }
    }

    fn extend_decide(
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
        self.impartial(id, procedure, action, &rule.approver, &log.by)?;
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
    fn change(&mut self, id: &Key, procedure: &Procedure, extra: &Extra) -> Result<(), Refusal> {
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

    fn change_log(
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

    fn sign(&mut self, id: &Key, extra: &Extra) -> Result<(), Refusal> {
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
        self.into_force(id, log.id);
        Ok(())
    }

    fn change_decide(
        &mut self,
        id: &Key,
        procedure: &Procedure,
        action: &Action,
        extra: &Extra,
    ) -> Result<(), Refusal> {
        let Some(rule) = &procedure.change else { return Ok(()) };
        let log = self.change_log(id, extra, |log| log.decided.is_none())?;
        self.impartial(id, procedure, action, &rule.approver, &log.by)?;
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
        self.into_force(id, log.id);
        Ok(())
    }

    /// In force from the later of signature and approval (S2-J03): not before both are there.
    fn into_force(&mut self, id: &Key, change: u32) {
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
        let (derived, plain): (BTreeMap<_, _>, BTreeMap<_, _>) = log
            .set
            .into_iter()
            .partition(|(key, _)| procedure.field(key).is_some_and(|field| field.derive.is_some()));
        for (field, value) in derived {
            self.override_level(id, &field, &Key::from(value.text()), reason.clone());
        }
        self.set_fields(
            id,
            plain.into_iter().map(|(key, value)| (key, Some(value))).collect(),
            SetCause::Change,
            reason,
        );
        if let Some(due) = log.new_due.filter(|due| *due >= self.now) {
            clocks::replace_due(self, id, &rule.clock, due, DueCause::Change(change));
        }
    }
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
