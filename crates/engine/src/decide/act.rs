//! An action of the procedure: may it be done, by whom, is everything there, what follows.

use super::Work;
use super::desk::approvers;
use super::entered::Allowed;
use crate::case::{Case, Facts, Holder, Life, approving_role, holder, incomplete};
use crate::command::{Entered, Extra};
use crate::event::{Event, SetCause};
use crate::key::Key;
use crate::people::{Directory, Who};
use crate::procedure::{
    Action, Actor, Effect, Fact, FieldKind, Moment, Need, Procedure, Relation, Role, Verb,
};
use crate::refusal::{Missing, Refusal, Unmet};
use crate::value::{Private, Value};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Whether somebody may pass over the guards of an action.
pub(super) fn may_override(
    procedure: &Procedure,
    case: &Case,
    directory: &Directory,
    who: &Who,
    now: Timestamp,
    action: &Action,
) -> bool {
    let passes = |actor: &Actor| acts_as(procedure, case, directory, who, now, actor, None);
    action.override_by.iter().any(passes)
}

/// Whether the action can start from where the case is.
pub(super) fn is_reachable(procedure: &Procedure, case: &Case, action: &Action) -> bool {
    let afterwards = |verb| action.does.contains(&verb);
    match &case.life {
        Life::Voided { .. } => false,
        Life::Merged { .. } => afterwards(Verb::Unmerge) || afterwards(Verb::Comment),
        // A filed case takes what names its stage; the reader lets only late additions and the way back name it.
        _ => procedure.stage(&case.stage).is_some_and(|stage| action.starts_from(stage)),
    }
}

/// A rating is taken some days after the closing of this round, also of a filed case, and not later (S4-Q04).
pub(super) fn is_too_late(
    procedure: &Procedure,
    case: &Case,
    action: &Action,
    now: Timestamp,
) -> bool {
    let settled = match &case.life {
        Life::Closed { at } | Life::Archived { at, .. } => *at,
        _ => return false,
    };
    let closed = case
        .moments
        .iter()
        .rev()
        .find(|one| one.moment == Moment::Closed && one.round == case.round)
        .map_or(settled, |one| one.at);
    let days = procedure.survey.as_ref().map_or(0, |survey| survey.late_days);
    action.does.contains(&Verb::Rate)
        && now.as_second() - closed.as_second() > i64::from(days) * 86_400
}

/// Whether somebody may do an action on a case.
pub(super) fn permitted(
    procedure: &Procedure,
    case: &Case,
    directory: &Directory,
    who: &Who,
    now: Timestamp,
    action: &Action,
) -> Result<(), Refusal> {
    let forbidden = || Refusal::Forbidden { action: action.key.clone() };
    let as_actor =
        |actor: &Actor| acts_as(procedure, case, directory, who, now, actor, action.task.as_ref());
    let decides = action.does.iter().any(|verb| matches!(verb, Verb::Approve | Verb::Reject));
    if decides && let Who::Person(person) = who {
        let Some((_, people)) = approvers(procedure, case, directory, now) else {
            return Err(forbidden());
        };
        if people.iter().any(|one| one.id == *person) {
            return Ok(());
        }
        let named = approving_role(procedure, case).and_then(|role| procedure.role(&role));
        let would = named.is_some_and(|role| {
            directory
                .person(person)
                .is_some_and(|known| known.holds(role, case.department.as_ref()))
        });
        return Err(if would { Refusal::Own { action: action.key.clone() } } else { forbidden() });
    }
    if !action.by.iter().any(as_actor) {
        return Err(forbidden());
    }
    super::change::may_decide(procedure, case, directory, now, who, action)
}

fn acts_as(
    procedure: &Procedure,
    case: &Case,
    directory: &Directory,
    who: &Who,
    now: Timestamp,
    actor: &Actor,
    task: Option<&Key>,
) -> bool {
    let Who::Person(person) = who else {
        return match who {
            Who::System => *actor == Actor::Relation(Relation::System),
            _ => *actor == Actor::Relation(Relation::Customer),
        };
    };
    let holds = |role: &Role| {
        directory.person(person).is_some_and(|known| known.holds(role, case.department.as_ref()))
    };
    match actor {
        Actor::Role(role) => procedure.role(role).is_some_and(holds),
        Actor::Relation(Relation::Assignee) => {
            case.assignee.as_ref() == Some(person)
                || (case.assignee.is_none()
                    && case.role.as_ref().and_then(|role| procedure.role(role)).is_some_and(holds))
        }
        Actor::Relation(Relation::CoOwner) => case.co_owners.contains(person),
        Actor::Relation(Relation::Registrar) => case.registrar.as_ref() == Some(person),
        Actor::Relation(Relation::Holder) => match holder(procedure, case) {
            Holder::Person(holder) => holder == *person,
            Holder::Role(role) => procedure.role(&role).is_some_and(holds),
            Holder::Nobody => false,
        },
        Actor::Relation(Relation::Approver) => approvers(procedure, case, directory, now)
            .is_some_and(|(_, people)| people.iter().any(|one| one.id == *person)),
        Actor::Relation(Relation::TaskOwner) => case
            .tasks
            .iter()
            .filter(|one| one.done.is_none() && task.is_none_or(|kind| one.kind == *kind))
            .any(|one| {
                one.owner.as_ref() == Some(person)
                    || (one.owner.is_none()
                        && one
                            .role
                            .as_ref()
                            .and_then(|role| procedure.role(role))
                            .is_some_and(holds))
            }),
        Actor::Relation(Relation::Anyone) => directory.person(person).is_some(),
        Actor::Relation(Relation::TaskHead | Relation::System | Relation::Customer) => false,
    }
}

/// The fields that may be entered with an action: those of its forms that are due by now, those it asks, and for the
/// verbs that change fields all of them.
pub(crate) fn allowed(
    procedure: &Procedure,
    case: Option<&Case>,
    action: &Action,
) -> BTreeSet<Key> {
    named(procedure, case, action).cloned().collect()
}

/// The same one by one, some more than once.
pub(crate) fn named<'p>(
    procedure: &'p Procedure,
    case: Option<&Case>,
    action: &'p Action,
) -> impl Iterator<Item = &'p Key> {
    let does = |verb| action.does.contains(&verb);
    let (edits, registers) = (does(Verb::Edit), does(Verb::Register));
    // Also what belongs to the stage that it leads to: whoever moves a case on may fill it in at once.
    let here =
        case.map_or(Some(0), |case| procedure.stage_index(&case.stage)).unwrap_or(usize::MAX);
    let there = action.to.as_ref().and_then(|to| procedure.stage_index(to)).unwrap_or(here);
    let here = here.max(there);
    let due = move |by: &Key| {
        edits || registers || procedure.stage_index(by).is_none_or(|index| index <= here)
    };
    let asked = action.input.iter().map(|input| &input.field);
    let forms =
        procedure.forms.iter().filter(move |form| edits || action.forms.contains(&form.key));
    let entries = forms.flat_map(|form| &form.fields).filter(move |entry| due(&entry.by));
    let survey = procedure.survey.as_ref().filter(|_| does(Verb::Rate));
    let rated = survey.into_iter().flat_map(|one| [&one.rating].into_iter().chain(&one.dimensions));
    let adjusts = does(Verb::Adjust) && action.input.is_empty();
    let adjusted = procedure
        .fields
        .iter()
        .filter(move |field| adjusts && (field.guarded || field.derive.is_some()));
    let all = asked.chain(entries.map(|entry| &entry.field)).chain(rated);
    all.chain(adjusted.map(|field| &field.key)).filter(|key| {
        procedure.field(key).is_some_and(|field| !matches!(field.kind, FieldKind::Auto(_)))
    })
}

/// Mandatory fields that are empty: those of the action's forms that the current stage must leave filled in, and those
/// the action asks.
pub fn missing(procedure: &Procedure, case: &Case, action: &Action) -> Vec<Missing> {
    // Registration must leave filled in what belongs to the stages before the one that it leads to.
    let here = match &action.to {
        Some(to) if action.does.contains(&Verb::Register) => {
            procedure.stage_index(to).and_then(|index| index.checked_sub(1))
        }
        _ => Some(procedure.stage_index(&case.stage).unwrap_or(usize::MAX)),
    };
    let forms =
        action.forms.iter().filter(|_| here.is_some()).filter_map(|form| procedure.form(form));
    let mut missing: Vec<Missing> =
        forms.flat_map(|form| incomplete(procedure, case, form, here.unwrap_or(0))).collect();
    let facts = Facts::new(procedure, case, &Who::System);
    for input in &action.input {
        let needed = match &input.need {
            Need::Optional => false,
            Need::Always => true,
            Need::When(condition) => facts.holds(condition),
        };
        if needed
            && case.value(&input.field).is_none_or(Value::is_empty)
            && !missing.iter().any(|one| one.field == input.field)
        {
            let label =
                procedure.field(&input.field).map(|field| field.label.clone()).unwrap_or_default();
            missing.push(Missing { form: None, field: input.field.clone(), label });
        }
    }
    // What is derived comes of the rest: it is asked for where nothing else is, or where it can be set.
    let derived =
        |one: &Missing| procedure.field(&one.field).is_some_and(|field| field.derive.is_some());
    if !action.has(Verb::Adjust) && !missing.iter().all(derived) {
        missing.retain(|one| !derived(one));
    }
    missing
}

/// Open tasks that guards of an action ask to be done first.
fn barring(procedure: &Procedure, case: &Case, who: &Who, action: &Action) -> Vec<u32> {
    let facts = Facts::new(procedure, case, who);
    let failed = action.guards.iter().filter(|guard| !facts.holds(&guard.need));
    let asked: Vec<Fact> = failed.flat_map(|guard| guard.need.facts()).cloned().collect();
    let bars = |kind: &Key| {
        asked.contains(&Fact::OpenTasks) || asked.contains(&Fact::OpenTasksOf(kind.clone()))
    };
    let open = case.tasks.iter().filter(|task| task.done.is_none());
    open.filter(|task| bars(&task.kind)).map(|task| task.id).collect()
}

impl Work<'_> {
    /// Does an action.
    pub(crate) fn act(
        &mut self,
        id: &Key,
        action: &Key,
        entered: &Entered,
        extra: &Extra,
    ) -> Result<(), Refusal> {
        self.known(id)?;
        let (procedure, _) = self.rules(id);
        let action =
            procedure.action(action).filter(|action| !action.does.contains(&Verb::Register));
        let Some(action) = action else {
            return Err(Refusal::Unknown { what: "action".to_owned(), key: String::new() });
        };
        self.may(id, &procedure, action)?;
        if is_too_late(&procedure, self.case(id), action, self.now) {
            return Err(Refusal::Late { action: action.key.clone() });
        }
        if action.reason
            && self.who != Who::System
            && extra.reason.as_deref().is_none_or(|reason| reason.trim().is_empty())
        {
            return Err(Refusal::Reason { action: action.key.clone() });
        }
        self.enter_fields(id, &procedure, action, entered, extra)?;
        self.complete(id, &procedure, action, extra)?;
        self.finish(id, &procedure, action, extra)
    }

    fn may(&self, id: &Key, procedure: &Procedure, action: &Action) -> Result<(), Refusal> {
        let case = self.case(id);
        let unavailable =
            || Refusal::Unavailable { action: action.key.clone(), stage: case.stage.clone() };
        if !is_reachable(procedure, case, action) {
            return Err(unavailable());
        }
        permitted(procedure, case, self.directory, &self.who, self.now, action)?;
        if Facts::new(procedure, case, &self.who).holds(&action.when) {
            Ok(())
        } else {
            Err(unavailable())
        }
    }

    /// Takes the entered fields in, those that a table derives as overrides.
    pub(crate) fn enter_fields(
        &mut self,
        id: &Key,
        procedure: &Procedure,
        action: &Action,
        entered: &Entered,
        extra: &Extra,
    ) -> Result<(), Refusal> {
        let adjust = action.does.contains(&Verb::Adjust);
        let allowed = Allowed { fields: allowed(procedure, Some(self.case(id)), action), adjust };
        let mut values = self.read(id, entered, &allowed)?;
        self.freshly_rated(procedure, action, &values)?;
        let reason = extra.reason.clone().map(Private::from);
        // What is entered again as it stands changes nothing, and overrides nothing.
        values.retain(|key, value| self.case(id).value(key) != value.as_ref());
        self.put_values(id, procedure, values, SetCause::Entered, reason);
        Ok(())
    }

    /// A rating is given anew each time; an earlier round's does not count.
    fn freshly_rated(
        &self,
        procedure: &Procedure,
        action: &Action,
        values: &BTreeMap<Key, Option<Value>>,
    ) -> Result<(), Refusal> {
        let Some(survey) = procedure.survey.as_ref().filter(|_| action.does.contains(&Verb::Rate))
        else {
            return Ok(());
        };
        let given = |key: &Key| values.get(key).is_some_and(Option::is_some);
        let filled =
            given(&survey.rating) || (survey.prefill && survey.dimensions.iter().all(given));
        if filled || self.who == Who::System {
            return Ok(());
        }
        let label =
            procedure.field(&survey.rating).map(|field| field.label.clone()).unwrap_or_default();
        Err(Refusal::Missing {
            fields: vec![Missing { form: None, field: survey.rating.clone(), label }],
            unmet: Vec::new(),
        })
    }

    /// Guards and mandatory fields. The program itself is bound by guards only.
    pub(crate) fn complete(
        &mut self,
        id: &Key,
        procedure: &Procedure,
        action: &Action,
        extra: &Extra,
    ) -> Result<(), Refusal> {
        let (case, who) = (self.case(id), &self.who);
        let facts = Facts::new(procedure, case, who);
        let failed = action.guards.iter().filter(|guard| !facts.holds(&guard.need));
        let unmet: Vec<Unmet> = failed.map(Unmet::of).collect();
        let absent =
            if *who == Who::System { Vec::new() } else { missing(procedure, case, action) };
        if unmet.is_empty() && absent.is_empty() {
            return Ok(());
        }
        let may_override = may_override(procedure, case, self.directory, who, self.now, action);
        if extra.override_guards && may_override {
            let Some(reason) = extra.reason.clone() else {
                return Err(Refusal::Reason { action: action.key.clone() });
            };
            let tasks = barring(procedure, case, who, action);
            self.record(
                id,
                Event::GuardsOverridden {
                    action: action.key.clone(),
                    reason: reason.into(),
                    tasks,
                },
            );
            return Ok(());
        }
        // All at once: nobody is sent back twice.
        Err(match absent.is_empty() {
            true => Refusal::Guard { unmet },
            false => Refusal::Missing { fields: absent, unmet },
        })
    }

    /// Verbs, moments, effects, and the way to the next stage.
    fn finish(
        &mut self,
        id: &Key,
        procedure: &Procedure,
        action: &Action,
        extra: &Extra,
    ) -> Result<(), Refusal> {
        let stage = self.case(id).stage.clone();
        let life = self.case(id).life.clone();
        let done = self.verbs(id, procedure, action, extra)?;
        if !done {
            return Ok(());
        }
        for moment in &action.emits {
            self.happen(id, *moment);
        }
        let assigned = action.does.contains(&Verb::Assign);
        for effect in action
            .effects
            .iter()
            .filter(|effect| !(assigned && matches!(effect, Effect::Assign(_))))
        {
            self.effect(id, effect);
        }
        let moved = self.case(id).stage != stage
            || (self.case(id).life != life && !self.case(id).life.promised());
        if let (Some(to), false) = (&action.to, moved) {
            let reason = extra.reason.clone().map(Private::from);
            self.enter(id, to, Some(&action.key), reason);
        }
        Ok(())
    }
}
