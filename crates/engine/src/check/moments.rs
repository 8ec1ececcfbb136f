//! Who can cause which moment, and whether every moment that the procedure waits for can be caused by its author.

use super::findings::Findings;
use super::space::collect;
use crate::key::Key;
use crate::procedure::{
    Action, Actor, Condition, Effect, Fact, FieldKind, Moment, MomentFilter, Operand, Origin,
    Procedure, Purpose, Relation, Source, StageKind, StepKind, Verb,
};
use std::collections::BTreeMap;

/// One way in which a moment comes about.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Cause {
    moment: Moment,
    /// Whose doing it is.
    by: Vec<Actor>,
    /// Purposes that it may carry; none: it carries no purpose.
    purposes: Vec<Purpose>,
}

/// Every way in which moments come about under a procedure.
pub(super) struct Causes {
    causes: Vec<Cause>,
}

const PURPOSES: [Purpose; 5] =
    [Purpose::Verify, Purpose::Progress, Purpose::Result, Purpose::Visit, Purpose::Other];

impl Causes {
    /// Reads them off a procedure.
    pub(super) fn of(procedure: &Procedure) -> Self {
        let mut all = Causes { causes: Vec::new() };
        for action in &procedure.actions {
            all.action(procedure, action);
        }
        let system = [Actor::Relation(Relation::System)];
        let steps =
            procedure.clocks.iter().flat_map(|clock| clock.remind.iter().chain(&clock.breach));
        if steps.into_iter().any(|step| matches!(step.does, StepKind::Task(_))) {
            all.add(Moment::TaskSent, &system, &[]);
        }
        // What follows from a moment has its author; two passes per rule reach every chain of them.
        for _ in 0..=procedure.rules.len() + procedure.tasks.len() {
            let before = all.causes.len();
            for rule in &procedure.rules {
                for cause in all.matching(&rule.on) {
                    let by = narrowed(&cause, &rule.on);
                    rule.effects.iter().for_each(|effect| all.effect(procedure, effect, &by));
                }
            }
            for filter in procedure.tasks.iter().flat_map(|task| &task.done_on) {
                for cause in all.matching(filter) {
                    all.add(Moment::TaskDone, &narrowed(&cause, filter), &[]);
                }
            }
            if all.causes.len() == before {
                break;
            }
        }
        all
    }

    /// Whether something can cause what a filter waits for.
    pub(super) fn can(&self, filter: &MomentFilter) -> bool {
        self.causes.iter().any(|cause| fits(cause, filter))
    }

    fn matching(&self, filter: &MomentFilter) -> Vec<Cause> {
        self.causes.iter().filter(|cause| fits(cause, filter)).cloned().collect()
    }

    fn add(&mut self, moment: Moment, by: &[Actor], purposes: &[Purpose]) {
        let cause = Cause { moment, by: by.to_vec(), purposes: purposes.to_vec() };
        if !cause.by.is_empty() && !self.causes.contains(&cause) {
            self.causes.push(cause);
        }
    }

    fn action(&mut self, procedure: &Procedure, action: &Action) {
        let by = &action.by;
        for verb in &action.does {
            self.verb(procedure, action, *verb);
        }
        action.emits.iter().for_each(|moment| self.add(*moment, by, &[]));
        action.effects.iter().for_each(|effect| self.effect(procedure, effect, by));
        if let Some(to) = &action.to {
            self.enters(procedure, to, by);
        }
    }

    fn verb(&mut self, procedure: &Procedure, action: &Action, verb: Verb) {
        let by = &action.by;
        let purposes: Vec<Purpose> =
            action.purpose.map_or_else(|| PURPOSES.to_vec(), |purpose| vec![purpose]);
        match verb {
            Verb::Contact => {
                of_verb(verb).iter().for_each(|moment| self.add(*moment, by, &purposes));
                return;
            }
            Verb::Rate => {
                let rules = procedure.survey.iter().flat_map(|survey| &survey.rules);
                for effect in rules.flat_map(|rule| &rule.effects) {
                    self.effect(procedure, effect, by);
                }
            }
            _ => {}
        }
        of_verb(verb).iter().for_each(|moment| self.add(*moment, by, &[]));
    }

    fn effect(&mut self, procedure: &Procedure, effect: &Effect, by: &[Actor]) {
        match effect {
            Effect::Goto(stage) => self.enters(procedure, stage, by),
            Effect::Emit(moment) => self.add(*moment, by, &[]),
            Effect::Round => self.add(Moment::Reopened, by, &[]),
            Effect::Assign(_) | Effect::AssignSame => self.add(Moment::Dispatched, by, &[]),
            Effect::Unassign => self.add(Moment::Returned, by, &[]),
            Effect::Task(_) => self.add(Moment::TaskSent, by, &[]),
            Effect::Survey => self.add(Moment::SurveySent, by, &[]),
            Effect::Set(..) | Effect::Clear(_) | Effect::Raise(_) | Effect::Escalate(_) => {}
        }
    }

    fn enters(&mut self, procedure: &Procedure, stage: &Key, by: &[Actor]) {
        match procedure.stage(stage).map(|stage| stage.kind) {
            Some(StageKind::Closed) => self.add(Moment::Closed, by, &[]),
            Some(StageKind::Archived) => self.add(Moment::Archived, by, &[]),
            _ => {}
        }
    }
}

/// The moments that a verb may cause.
pub(super) fn of_verb(verb: Verb) -> &'static [Moment] {
    match verb {
        Verb::Register => &[Moment::Received, Moment::Registered],
        Verb::Assign => &[Moment::Dispatched],
        Verb::Unassign => &[Moment::Returned],
        Verb::Contact => &[Moment::Contacted, Moment::Responded, Moment::Attempted],
        Verb::Progress => &[Moment::Progress],
        Verb::Task => &[Moment::TaskSent],
        Verb::TaskDone => &[Moment::TaskDone],
        Verb::Submit => &[Moment::PlanSubmitted, Moment::PlanApproved],
        Verb::Approve => &[Moment::PlanApproved],
        Verb::Reject => &[Moment::PlanRejected],
        Verb::File => &[Moment::Filed],
        Verb::Rate => &[Moment::Rated, Moment::Dissatisfied],
        Verb::Extend | Verb::Change => &[Moment::ChangeRequested],
        Verb::ExtendDecide | Verb::ChangeDecide => &[Moment::ChangeDecided],
        Verb::Urge => &[Moment::Urged],
        Verb::Transfer => &[Moment::Transferred],
        Verb::Pause => &[Moment::Paused],
        Verb::Resume => &[Moment::Resumed],
        Verb::Void => &[Moment::Voided],
        Verb::Reopen => &[Moment::Reopened],
        _ => &[],
    }
}

/// Of a cause's authors those whom a filter counts.
fn narrowed(cause: &Cause, filter: &MomentFilter) -> Vec<Actor> {
    match &filter.by {
        Some(wanted) => cause.by.iter().filter(|actor| can_be(actor, wanted)).cloned().collect(),
        None => cause.by.clone(),
    }
}

fn fits(cause: &Cause, filter: &MomentFilter) -> bool {
    cause.moment == filter.moment
        && filter
            .by
            .as_ref()
            .is_none_or(|wanted| cause.by.iter().any(|actor| can_be(actor, wanted)))
        && filter.purpose.is_none_or(|purpose| cause.purposes.contains(&purpose))
}

/// Whether somebody who acts as `actor` can be recorded as having acted as `wanted`. Only assignee, co-owner and
/// registrar are recorded of the relations between people and cases.
fn can_be(actor: &Actor, wanted: &Actor) -> bool {
    let person = !matches!(actor, Actor::Relation(Relation::System | Relation::Customer));
    match wanted {
        Actor::Relation(Relation::System | Relation::Customer) => actor == wanted,
        Actor::Relation(Relation::Assignee | Relation::CoOwner | Relation::Registrar) => person,
        Actor::Relation(_) => false,
        Actor::Role(role) => match actor {
            Actor::Role(other) => other == role,
            Actor::Relation(_) => person,
        },
    }
}

/// Every filter of the procedure: what it waits for can be caused, by its author, with its purpose.
pub(super) fn look(procedure: &Procedure, findings: &mut Findings) {
    let causes = Causes::of(procedure);
    let mut check = |filters: &[MomentFilter], code, origin: &Origin, item: String| {
        for filter in filters.iter().filter(|filter| !causes.can(filter)) {
            let detail = format!("nobody can cause `{}`", String::from(filter.clone()));
            findings.find(code, origin, item.clone(), detail);
        }
    };
    for clock in &procedure.clocks {
        let item = format!("clocks.{}", clock.key);
        check(&clock.start, "start_by_nobody", &clock.origin, format!("{item}.start"));
        check(&clock.repeat, "repeat_by_nobody", &clock.origin, format!("{item}.repeat"));
        check(&clock.cancel, "cancel_by_nobody", &clock.origin, format!("{item}.cancel"));
        for row in &clock.by {
            check(&row.stop, "stop_by_nobody", &row.origin, format!("{item}.stop"));
        }
        if let Some((_, stop)) = &clock.then {
            check(stop, "stop_by_nobody", &clock.origin, format!("{item}.then"));
        }
        for step in clock.remind.iter().chain(&clock.breach) {
            check(&step.unless, "unless_by_nobody", &step.origin, format!("{item}.unless"));
        }
    }
    for (number, rule) in procedure.rules.iter().enumerate() {
        let item = format!("rules[{}].on", number + 1);
        check(std::slice::from_ref(&rule.on), "rule_by_nobody", &rule.origin, item);
    }
    for notify in &procedure.notify {
        let item = format!("notify.{}.on", notify.key);
        check(std::slice::from_ref(&notify.on), "notify_by_nobody", &notify.origin, item);
    }
    for task in &procedure.tasks {
        check(&task.done_on, "done_by_nobody", &task.origin, format!("tasks.{}.done_on", task.key));
    }
    counted(procedure, &causes, findings);
}

/// Conditions and automatic fields that look at a moment that never happens.
fn counted(procedure: &Procedure, causes: &Causes, findings: &mut Findings) {
    let mut check = |condition: &Condition, origin: &Origin, item: String| {
        let mut tests = BTreeMap::new();
        collect(condition, &mut tests);
        for operand in tests.keys() {
            if let Operand::Fact(Fact::Happened(moment)) = operand
                && !causes.can(&MomentFilter::any(*moment))
            {
                let detail = format!("nobody can cause `{}`", moment.name());
                findings.find("never_happens", origin, item.clone(), detail);
            }
        }
    };
    for action in &procedure.actions {
        check(&action.when, &action.origin, format!("actions.{}.when", action.key));
        for guard in &action.guards {
            check(&guard.need, &guard.origin, format!("actions.{}.guards", action.key));
        }
    }
    for clock in &procedure.clocks {
        check(&clock.when, &clock.origin, format!("clocks.{}.when", clock.key));
        for row in &clock.by {
            check(&row.when, &row.origin, format!("clocks.{}.by", clock.key));
        }
    }
    for (number, rule) in procedure.rules.iter().enumerate() {
        check(&rule.when, &rule.origin, format!("rules[{}].when", number + 1));
    }
    for field in &procedure.fields {
        let moment = match &field.kind {
            FieldKind::Auto(Source::At(moment) | Source::By(moment)) => *moment,
            _ => continue,
        };
        if !causes.can(&MomentFilter::any(moment)) {
            let detail = format!("nobody can cause `{}`", moment.name());
            findings.find("never_happens", &field.origin, format!("fields.{}", field.key), detail);
        }
    }
}
