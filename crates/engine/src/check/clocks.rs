//! Clocks, escalations, tasks and waiting decisions: each reaches somebody, and each can be ended.

use super::findings::Findings;
use super::space::effects;
use crate::key::Key;
use crate::procedure::{
    Actor, ChainKind, Clock, Effect, Procedure, Relation, Step, StepKind, TaskKind, Verb,
};

pub(super) fn look(procedure: &Procedure, findings: &mut Findings) {
    for clock in &procedure.clocks {
        steps(procedure, clock, findings);
    }
    escalations(procedure, findings);
    procedure.tasks.iter().for_each(|task| settled(procedure, task, findings));
    decisions(procedure, findings);
}

/// How surely an actor means somebody who works here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Sure {
    Never,
    Sometimes,
    Always,
}

fn sure(procedure: &Procedure, clock: &Clock, actor: &Actor) -> Sure {
    match actor {
        Actor::Role(role) if procedure.role(role).is_some() => Sure::Always,
        Actor::Role(_) => Sure::Never,
        Actor::Relation(Relation::Holder) => Sure::Always,
        Actor::Relation(Relation::TaskOwner) => clock
            .tasks
            .iter()
            .filter_map(|kind| procedure.task(kind))
            .map(|kind| match kind.owner {
                Actor::Role(_) => Sure::Always,
                _ => Sure::Sometimes,
            })
            .min()
            .unwrap_or(Sure::Never),
        Actor::Relation(Relation::TaskHead) => {
            let heads = procedure.roles.iter().any(|role| role.of_department);
            if heads && !clock.tasks.is_empty() { Sure::Always } else { Sure::Never }
        }
        Actor::Relation(Relation::Approver) if procedure.chains.is_empty() => Sure::Never,
        Actor::Relation(
            Relation::Assignee | Relation::CoOwner | Relation::Registrar | Relation::Approver,
        ) => Sure::Sometimes,
        Actor::Relation(Relation::System | Relation::Anyone | Relation::Customer) => Sure::Never,
    }
}

/// Every step tells somebody, and what is repeated or escalated ends with somebody who always exists.
fn steps(procedure: &Procedure, clock: &Clock, findings: &mut Findings) {
    let reach = |step: &Step| step.to.iter().map(|actor| sure(procedure, clock, actor)).max();
    for (name, steps) in [("remind", &clock.remind), ("breach", &clock.breach)] {
        let last = steps.len().saturating_sub(1);
        for (number, step) in steps.iter().enumerate() {
            let item = format!("clocks.{}.{name}", clock.key);
            let customer = step.to.contains(&Actor::Relation(Relation::Customer));
            let reached = reach(step).unwrap_or(Sure::Never);
            let to: Vec<String> = step.to.iter().cloned().map(String::from).collect();
            let to = if to.is_empty() { "nobody".to_owned() } else { to.join(" ") };
            let repeated = name == "breach" && number == last && clock.every.is_some();
            let escalates = matches!(step.does, StepKind::Escalate(_));
            // An action that can be refused may be refused for ever; a task tells its owner.
            let acts = match &step.does {
                StepKind::Act(action) => {
                    !repeated
                        || procedure.action(action).is_some_and(|action| action.guards.is_empty())
                }
                StepKind::Task(_) => true,
                StepKind::Notify | StepKind::Escalate(_) => false,
            };
            if (repeated || escalates) && !acts && reached < Sure::Always {
                let what = if escalates { "the escalation" } else { "the last step" };
                let detail = format!("{what} tells {to}, which does not always mean somebody");
                findings.find("escalation_to_nobody", &step.origin, item, detail);
            } else if !acts && reached == Sure::Never && !customer {
                let detail = format!("the step tells {to}, which never means anybody");
                findings.find("told_nobody", &step.origin, item, detail);
            }
        }
    }
}

/// Every named escalation is opened by something, and somebody can clear it.
fn escalations(procedure: &Procedure, findings: &mut Findings) {
    let opened = |name: &Key| {
        let steps =
            procedure.clocks.iter().flat_map(|clock| clock.remind.iter().chain(&clock.breach));
        steps.into_iter().any(|step| step.does == StepKind::Escalate(name.clone()))
            || effects(procedure).any(|effect| *effect == Effect::Escalate(name.clone()))
    };
    let cleared = procedure.actions.iter().any(|action| action.has(Verb::Deescalate));
    for escalation in &procedure.escalations {
        let item = format!("escalations.{}", escalation.key);
        if !opened(&escalation.key) {
            let detail = "nothing opens it";
            findings.find("never_escalated", &escalation.origin, item.as_str(), detail);
        }
        if !cleared {
            let detail = "no action does deescalate, so that it stays open for ever";
            findings.find("never_cleared", &escalation.origin, item, detail);
        }
    }
}

/// Every kind of task is created by something and settled by something.
fn settled(procedure: &Procedure, task: &TaskKind, findings: &mut Findings) {
    let item = format!("tasks.{}", task.key);
    let named = |verb: Verb| {
        procedure
            .actions
            .iter()
            .any(|action| action.has(verb) && action.task.as_ref() == Some(&task.key))
    };
    let steps = procedure.clocks.iter().flat_map(|clock| clock.remind.iter().chain(&clock.breach));
    let created = named(Verb::Task)
        || effects(procedure).any(|effect| *effect == Effect::Task(task.key.clone()))
        || steps.into_iter().any(|step| step.does == StepKind::Task(task.key.clone()));
    if !created {
        findings.find("never_created", &task.origin, item.as_str(), "nothing creates such a task");
    }
    if !named(Verb::TaskDone) && task.done_on.is_empty() {
        let detail = "no action and no moment settles such a task";
        findings.find("never_done", &task.origin, item, detail);
    }
}

/// What is asked can be decided; what is stopped can go on.
fn decisions(procedure: &Procedure, findings: &mut Findings) {
    let does = |verb: Verb| procedure.actions.iter().find(|action| action.has(verb));
    for chain in &procedure.chains {
        let of = |verb: Verb| {
            procedure
                .actions
                .iter()
                .any(|action| action.has(verb) && action.chain.as_ref() == Some(&chain.key))
        };
        let item = format!("chains.{}", chain.key);
        let blocking = chain.steps.iter().any(|step| step.kind == ChainKind::Approve);
        if !of(Verb::Submit) {
            let detail = "no action submits to it";
            findings.find("never_submitted", &chain.origin, item.as_str(), detail);
        }
        for (verb, code) in [(Verb::Approve, "never_approved"), (Verb::Reject, "never_rejected")] {
            if blocking && of(Verb::Submit) && !of(verb) {
                let detail = format!("no action does {} for it", verb.name());
                findings.find(code, &chain.origin, item.as_str(), detail);
            }
        }
        let filed = chain.steps.iter().find(|step| step.kind == ChainKind::File);
        if let Some(step) = filed.filter(|_| !of(Verb::File)) {
            let detail = "no action files for the record";
            findings.find("never_filed", &step.origin, item.as_str(), detail);
        }
        for step in chain.steps.iter().filter(|step| procedure.role(&step.role).is_none()) {
            let detail = format!("`{}` is no role of the procedure", step.role);
            findings.find("unknown_role", &step.origin, item.as_str(), detail);
        }
    }
    let pairs = [
        (Verb::Extend, Verb::ExtendDecide),
        (Verb::Change, Verb::ChangeDecide),
        (Verb::Change, Verb::Sign),
        (Verb::Pause, Verb::Resume),
        (Verb::Merge, Verb::Unmerge),
        (Verb::Hold, Verb::Release),
    ];
    for (opening, closing) in pairs {
        if let (Some(action), None) = (does(opening), does(closing)) {
            let detail = format!("no action does {}, which must follow", closing.name());
            findings.find("no_way_back", &action.origin, format!("actions.{}", action.key), detail);
        }
    }
    let sends = effects(procedure).any(|effect| *effect == Effect::Survey);
    if let Some(survey) = procedure.survey.as_ref().filter(|_| sends && does(Verb::Rate).is_none())
    {
        findings.find("never_rated", &survey.origin, "survey", "no action does rate");
    }
}
