//! Stages and actions: everything can be reached, is owned, is due by its owner, and can be done by somebody.

use super::findings::Findings;
use super::space::{Space, effects};
use crate::key::Key;
use crate::procedure::{
    Action, Actor, Condition, Effect, Moment, MomentFilter, Procedure, Relation, Stage, StageKind,
    StepKind, Verb,
};
use std::collections::BTreeSet;

pub(super) fn look(procedure: &Procedure, findings: &mut Findings) {
    let reached = reached(procedure);
    for stage in &procedure.stages {
        let item = format!("stages.{}", stage.key);
        if is_before(procedure, stage, &reached) {
            continue;
        }
        if !reached.contains(&stage.key) {
            findings.find(
                "unreachable_stage",
                &stage.origin,
                item.clone(),
                "no way leads here from registration",
            );
        }
        if stage.kind != StageKind::Archived {
            owner(procedure, stage, &item, findings);
            next(procedure, stage, &item, findings);
        }
    }
    if !procedure
        .stages
        .iter()
        .any(|stage| stage.kind == StageKind::Archived && reached.contains(&stage.key))
    {
        findings.find(
            "no_archive",
            &procedure.origin,
            "stages",
            "no stage of kind archived can be reached, so that no case is ever completed",
        );
    }
    procedure.actions.iter().for_each(|one| action(procedure, one, findings));
    notify(procedure, findings);
}

/// Whether a stage only stands for the state before a case is saved: the first one, when no way leads back to it.
pub(super) fn is_before(procedure: &Procedure, stage: &Stage, reached: &BTreeSet<Key>) -> bool {
    procedure.stages.first().is_some_and(|first| first.key == stage.key)
        && !reached.contains(&stage.key)
}

/// Stages to which some way leads from registration, conditions aside.
pub(super) fn reached(procedure: &Procedure) -> BTreeSet<Key> {
    let mut reached: BTreeSet<Key> =
        procedure.register_action().and_then(|action| action.to.clone()).into_iter().collect();
    loop {
        let mut more = BTreeSet::new();
        for stage in procedure.stages.iter().filter(|stage| reached.contains(&stage.key)) {
            for action in procedure.actions_from(stage) {
                more.extend(action.to.clone());
                more.extend(gotos(&action.effects));
                if action.has(Verb::Rate) {
                    let rules = procedure.survey.iter().flat_map(|survey| &survey.rules);
                    more.extend(rules.flat_map(|rule| gotos(&rule.effects)));
                }
            }
        }
        let before = reached.len();
        reached.extend(more);
        if reached.len() == before {
            return reached;
        }
    }
}

fn gotos(effects: &[Effect]) -> Vec<Key> {
    let goto = |effect: &Effect| match effect {
        Effect::Goto(stage) => Some(stage.clone()),
        _ => None,
    };
    effects.iter().filter_map(goto).collect()
}

fn owner(procedure: &Procedure, stage: &Stage, item: &str, findings: &mut Findings) {
    let why = match &stage.owner {
        Actor::Role(role) if procedure.role(role).is_none() => "is no role of the procedure",
        Actor::Relation(Relation::System | Relation::Customer | Relation::Anyone) => {
            "is nobody who works here"
        }
        Actor::Relation(
            Relation::CoOwner | Relation::TaskOwner | Relation::TaskHead | Relation::Holder,
        ) => "does not always mean somebody",
        Actor::Relation(Relation::Approver) if procedure.chains.is_empty() => {
            "never means anybody, as there is no chain"
        }
        _ => return,
    };
    let detail = format!("its owner `{}` {why}", String::from(stage.owner.clone()));
    findings.find("bad_owner", &stage.origin, item, detail);
}

/// The action that is due next must lie with the owner, or be awaited from an approver, the customer or the program.
fn next(procedure: &Procedure, stage: &Stage, item: &str, findings: &mut Findings) {
    let Some(next) = stage.next.as_ref().and_then(|next| procedure.action(next)) else {
        return findings.find("no_next", &stage.origin, item, "no action is due next here");
    };
    if !next.starts_from(stage) {
        let detail = format!("`{}` is due next but cannot be done from here", next.key);
        findings.find("wrong_next", &stage.origin, item, detail);
    }
    let own = |actor: &Actor| {
        *actor == stage.owner
            || matches!(
                actor,
                Actor::Relation(
                    Relation::Holder
                        | Relation::Approver
                        | Relation::System
                        | Relation::Customer
                        | Relation::Anyone
                )
            )
    };
    let decides = next.has(Verb::Approve) || next.has(Verb::Reject);
    if !decides && !next.by.iter().any(own) {
        let by: Vec<String> = next.by.iter().cloned().map(String::from).collect();
        let detail = format!(
            "`{}` is due next but its owner `{}` may not do it, only {}",
            next.key,
            String::from(stage.owner.clone()),
            by.join(" ")
        );
        findings.find("next_not_by_owner", &stage.origin, item, detail);
    }
}

fn action(procedure: &Procedure, action: &Action, findings: &mut Findings) {
    let item = format!("actions.{}", action.key);
    let from: Vec<&Stage> = match action.has(Verb::Register) {
        true => procedure.stages.iter().take(1).collect(),
        false => procedure.stages.iter().filter(|stage| action.starts_from(stage)).collect(),
    };
    if !Space::new(procedure, &[&action.when], Some(&from)).can_hold() {
        findings.find(
            "never_available",
            &action.origin,
            format!("{item}.when"),
            "the condition can never hold",
        );
    }
    let mut all: Vec<&Condition> = vec![&action.when];
    for guard in &action.guards {
        all.push(&guard.need);
        if !Space::new(procedure, &[&action.when, &guard.need], Some(&from)).can_hold() {
            findings.find(
                "impossible_guard",
                &guard.origin,
                format!("{item}.guards"),
                "the guard can never hold where the action is available",
            );
            return;
        }
    }
    if !Space::new(procedure, &all, Some(&from)).can_hold() {
        findings.find(
            "impossible_guard",
            &action.origin,
            format!("{item}.guards"),
            "the guards can never hold together",
        );
    }
    if !action.by.iter().any(|actor| can_act(procedure, action, actor)) {
        let by: Vec<String> = action.by.iter().cloned().map(String::from).collect();
        let detail = format!("none of {} can ever do it", by.join(" "));
        findings.find("action_by_nobody", &action.origin, format!("{item}.by"), detail);
    }
}

/// Whether somebody can act as this actor at all.
fn can_act(procedure: &Procedure, action: &Action, actor: &Actor) -> bool {
    let does = |verb: Verb| procedure.actions.iter().any(|action| action.has(verb));
    let dispatches = || {
        does(Verb::Assign) || effects(procedure).any(|effect| matches!(effect, Effect::Assign(_)))
    };
    match actor {
        Actor::Role(role) => procedure.role(role).is_some(),
        Actor::Relation(Relation::Assignee) => dispatches(),
        Actor::Relation(Relation::CoOwner) => does(Verb::CoOwners) || does(Verb::Assign),
        Actor::Relation(Relation::Registrar) => procedure.register_action().is_some_and(|action| {
            action.by.iter().any(|actor| {
                !matches!(actor, Actor::Relation(Relation::Customer | Relation::System))
            })
        }),
        Actor::Relation(Relation::Approver) => does(Verb::Submit),
        Actor::Relation(Relation::TaskOwner) => !procedure.tasks.is_empty(),
        Actor::Relation(Relation::System) => {
            action.has(Verb::Register) || acted(procedure, action) || filed(procedure, action)
        }
        Actor::Relation(Relation::TaskHead) => false,
        Actor::Relation(Relation::Holder | Relation::Anyone | Relation::Customer) => true,
    }
}

/// Whether some clock's step does the action.
pub(super) fn acted(procedure: &Procedure, action: &Action) -> bool {
    let steps = procedure.clocks.iter().flat_map(|clock| clock.remind.iter().chain(&clock.breach));
    steps.into_iter().any(|step| matches!(&step.does, StepKind::Act(key) if *key == action.key))
}

/// Whether the nightly filing does the action.
pub(super) fn filed(procedure: &Procedure, action: &Action) -> bool {
    let to = action.to.as_ref().and_then(|to| procedure.stage(to));
    procedure.archive.mode == crate::procedure::ArchiveMode::Daily
        && to.is_some_and(|stage| stage.kind == StageKind::Archived)
}

/// Messages reach somebody who can exist.
fn notify(procedure: &Procedure, findings: &mut Findings) {
    for message in &procedure.notify {
        let told = |actor: &Actor| match actor {
            Actor::Relation(Relation::System | Relation::Anyone) => false,
            Actor::Relation(Relation::TaskOwner | Relation::TaskHead) => is_of_task(&message.on),
            Actor::Relation(Relation::Approver) => !procedure.chains.is_empty(),
            Actor::Role(role) => procedure.role(role).is_some(),
            Actor::Relation(_) => true,
        };
        if !message.to.iter().any(told) {
            let to: Vec<String> = message.to.iter().cloned().map(String::from).collect();
            let detail = format!("none of {} can be told", to.join(" "));
            findings.find(
                "told_nobody",
                &message.origin,
                format!("notify.{}", message.key),
                detail,
            );
        }
    }
}

fn is_of_task(filter: &MomentFilter) -> bool {
    matches!(filter.moment, Moment::TaskSent | Moment::TaskDone)
}
