//! The verbs of actions: what they do beyond the action's data.

use super::Work;
use super::happen::Detail;
use crate::case::{Link, LinkKind};
use crate::clocks::{self};
use crate::command::{Extra, NewTask};
use crate::event::Event;
use crate::key::Key;
use crate::people::Who;
use crate::procedure::{
    Action, Actor, Clock, LimitSpec, Moment, Procedure, Purpose, Relation, Verb,
};
use crate::refusal::{Problem, Refusal};
use crate::value::Private;

pub(super) fn invalid(field: &str, problem: Problem) -> Refusal {
    Refusal::Invalid { fields: vec![(field.into(), problem)] }
}

/// A built-in input that must be given and was not.
pub(super) fn absent(name: &str) -> Refusal {
    let label = crate::procedure::Label::default();
    Refusal::Missing {
        fields: vec![crate::refusal::Missing { form: None, field: name.into(), label }],
        unmet: Vec::new(),
    }
}

pub(super) fn need(text: Option<&String>, name: &str) -> Result<String, Refusal> {
    let given = text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    given.ok_or_else(|| absent(name))
}

/// Whether tasks of a kind are limited without a due of their own: by the kind, or because no clock counts to it.
fn has_limit(procedure: &Procedure, kind: &Key) -> bool {
    let to_due = |clock: &Clock| {
        clock.tasks.contains(kind) && clock.by.iter().any(|row| row.limit == LimitSpec::Task)
    };
    procedure.task(kind).is_some_and(|known| known.limit.is_some())
        || !procedure.clocks.iter().any(to_due)
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
                    self.dispatch(id, extra, action.dispatches_by())?;
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
                Verb::Comment => {
                    let text = need(extra.text.as_ref(), "text")?.into();
                    self.record(id, Event::Commented { text });
                    self.mention(id, &extra.mentions);
                }
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
        let other = other.ok_or_else(|| absent("other"))?;
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
        // Where the contact is all that is done, it says how it was made or what was said.
        let mut said = [&extra.method, &extra.text, &extra.note].into_iter().flatten();
        let silent = said.all(|text| text.trim().is_empty());
        if silent && action.only_adds() && matches!(self.who, Who::Person(_)) {
            return Err(absent("text"));
        }
        let text = extra.text.clone().map(Private::from);
        let (_, calendar) = self.rules(id);
        let half_day = calendar.half_day(self.now);
        let method = extra.method.clone();
        self.record(id, Event::ContactLogged { method, purpose, text, reached, half_day });
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
        self.mention(id, &extra.mentions);
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
            return Err(absent("tasks"));
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
            if task.due.is_none() && !has_limit(procedure, kind) {
                return Err(absent("due"));
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
            (None, [_, ..]) => return Err(absent("task")),
            (None, []) => None,
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
}
