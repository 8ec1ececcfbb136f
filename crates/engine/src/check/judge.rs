//! What is required: of a state (the promise, proper completion), of a step of time (it tells somebody), of all reached
//! states together (filing stays possible, nothing is dead).

use super::explore::{Problem, Trouble, is_open};
use super::graph::{End, Node};
use super::moves::{Kit, is_filed};
use super::shape::insists;
use super::stages::{self, acted, filed};
use crate::case::Case;
use crate::clocks::TimerStep;
use crate::event::{Event, Recorded, Topic};
use crate::key::Key;
use crate::people::Who;
use crate::procedure::{Action, Actor, Origin, Procedure, Relation, Stage, Step, StepKind};
use crate::refusal::{self, Refusal, Unmet};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What has been seen to happen anywhere.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) actions: BTreeSet<Key>,
    stages: BTreeSet<Key>,
    started: BTreeSet<Key>,
    settled: BTreeSet<Key>,
    /// Why an action was refused, the last time.
    refused: BTreeMap<Key, String>,
}

impl Seen {
    /// Whether nothing seems dead.
    pub(super) fn is_everything(&self, procedure: &Procedure) -> bool {
        self.actions.len() >= procedure.actions.len()
            && self.started.len() >= procedure.clocks.len()
            && self.settled.len() >= procedure.clocks.len()
    }

    /// Notes why an action that was never done was refused.
    pub(super) fn refuse(&mut self, action: &Action, refusal: &Refusal) {
        if self.actions.contains(&action.key) {
            return;
        }
        let why = match refusal {
            Refusal::Guard { unmet } => guards(unmet),
            Refusal::Missing { fields, .. } => {
                let fields: Vec<&str> = fields.iter().map(|one| &*one.field).collect();
                format!("missing {}", fields.join(" "))
            }
            Refusal::Invalid { fields } => {
                let fields: Vec<String> = fields
                    .iter()
                    .map(|(field, wrong)| format!("`{field}` {}", said(wrong)))
                    .collect();
                format!("invalid: {}", fields.join(", "))
            }
            other => other.code().to_owned(),
        };
        self.refused.insert(action.key.clone(), why);
    }

    /// Notes the events of a move.
    pub(super) fn note(&mut self, events: &[&Recorded], case: &Case) {
        if !self.stages.contains(&case.stage) {
            self.stages.insert(case.stage.clone());
        }
        for recorded in events {
            match &recorded.event {
                Event::ClockStarted { clock, .. } if !self.started.contains(clock) => {
                    self.started.insert(clock.clone());
                }
                Event::ClockStopped { clock, .. } if !self.settled.contains(clock) => {
                    self.settled.insert(clock.clone());
                }
                Event::StageEntered { stage, action, .. } => {
                    self.stages.insert(stage.clone());
                    self.actions.extend(action.clone());
                }
                _ => {}
            }
        }
    }
}

/// The promise in one state, and that nothing is left over where a case is filed.
pub(super) fn state(kit: &Kit<'_>, case: &Case, now: Timestamp) -> Vec<Trouble> {
    if is_filed(kit.desk.procedure, case) {
        return left_over(kit, case, now);
    }
    if !case.life.promised() {
        return Vec::new();
    }
    let Some(stage) = kit.desk.procedure.stage(&case.stage) else { return Vec::new() };
    let mut troubles = Vec::new();
    let mut trouble = |code, detail: String| {
        let item = format!("stages.{}", stage.key);
        troubles.push(Trouble { code, origin: stage.origin.clone(), item, detail, then: None });
    };
    if kit.desk.holders(case, now).is_empty() {
        let owner = String::from(stage.owner.clone());
        trouble(
            "no_holder",
            format!("nobody holds the case: its owner `{owner}` means nobody here"),
        );
    }
    if let Some(next) = stage.next.as_ref().and_then(|next| kit.desk.procedure.action(next)) {
        let offered = kit.is_available(case, next, &Who::System)
            && (!kit.authors(next, case, now).is_empty() || acting(kit, case, next).is_some());
        if !offered {
            trouble("no_next", format!("`{}` is due next but is offered to nobody", next.key));
        }
    }
    let mut why = Vec::new();
    for instance in case.clocks.iter().filter(|instance| instance.is_live()) {
        match insists(kit.desk, case, instance, now) {
            Ok(()) => return troubles,
            Err(reason) => why.push(format!("{} {reason}", instance.clock)),
        }
    }
    why.sort();
    why.dedup();
    let why = if why.is_empty() { "none runs".to_owned() } else { why.join(", ") };
    trouble("no_clock", format!("no clock goes on until somebody acts: {why}"));
    troubles
}

/// A filed case has no running clock, no open task and nothing that waits for a decision. What arrived late may be
/// followed up by a clock that goes on after the filing; that one insists.
fn left_over(kit: &Kit<'_>, case: &Case, now: Timestamp) -> Vec<Trouble> {
    let procedure = kit.desk.procedure;
    let mut troubles = Vec::new();
    let mut left = |code, origin: Option<&Origin>, item: String, detail: &str| {
        let origin = origin.cloned().unwrap_or_else(|| procedure.origin.clone());
        troubles.push(Trouble { code, origin, item, detail: detail.to_owned(), then: None });
    };
    for instance in case.clocks.iter().filter(|instance| instance.is_live()) {
        let clock = procedure.clock(&instance.clock);
        let why = match clock.filter(|clock| clock.after_filing) {
            None => "still runs when the case is filed: nothing stops or cancels it".to_owned(),
            Some(_) => match insists(kit.desk, case, instance, now) {
                Ok(()) => continue,
                Err(reason) => format!("goes on after the filing, but {reason}"),
            },
        };
        let item = format!("clocks.{}", instance.clock);
        left("left_running", clock.map(|clock| &clock.origin), item, &why);
    }
    for task in case.tasks.iter().filter(|task| task.done.is_none()) {
        let origin = procedure.task(&task.kind).map(|kind| &kind.origin);
        let item = format!("tasks.{}", task.kind);
        left("left_open", origin, item, "such a task is still open when the case is filed");
    }
    if let Some(run) = &case.chain {
        let origin = procedure.chain(&run.chain).map(|chain| &chain.origin);
        let item = format!("chains.{}", run.chain);
        left("left_open", origin, item, "still waits for an approval when the case is filed");
    }
    troubles
}

/// The clock that may do an action by itself while it runs.
pub(super) fn acting(kit: &Kit<'_>, case: &Case, action: &Action) -> Option<String> {
    if !acted(kit.desk.procedure, action) {
        return filed(kit.desk.procedure, action).then(|| "nightly".to_owned());
    }
    case.clocks.iter().filter(|instance| instance.is_live()).find_map(|instance| {
        let clock = kit.desk.procedure.clock(&instance.clock)?;
        let does = |step: &Step| matches!(&step.does, StepKind::Act(key) if *key == action.key);
        clock.remind.iter().chain(&clock.breach).any(does).then(|| clock.key.to_string())
    })
}

/// Steps of time that were to tell somebody and told nobody.
pub(super) fn told(kit: &Kit<'_>, events: &[(Key, Recorded)]) -> Vec<Trouble> {
    let mut troubles = Vec::new();
    for (_, recorded) in events {
        let Event::StepFired { clock, generation, step: fired, told: true, .. } = &recorded.event
        else {
            continue;
        };
        let Some(known) = kit.desk.procedure.clock(clock) else { continue };
        let step = match fired {
            TimerStep::Step(number) => {
                known.breach.get(usize::try_from(*number).unwrap_or(usize::MAX))
            }
            TimerStep::Again(_) => known.breach.last(),
            TimerStep::Remind(_) | TimerStep::Warn | TimerStep::Breach | TimerStep::Expire => None,
        };
        let customer = |step: &Step| step.to.contains(&Actor::Relation(Relation::Customer));
        let Some(step) = step.filter(|step| !step.to.is_empty() && !customer(step)) else {
            continue;
        };
        let topic = Topic::Clock { clock: clock.clone(), generation: *generation, step: *fired };
        let heard = events.iter().any(|(_, recorded)| {
            matches!(&recorded.event, Event::Notified(message) if message.topic == topic && !message.people.is_empty())
        });
        if !heard {
            let to: Vec<String> = step.to.iter().cloned().map(String::from).collect();
            let detail = format!("the step tells {}, but here that means nobody", to.join(" "));
            let item = format!("clocks.{clock}.breach");
            troubles.push(Trouble {
                code: "told_nobody",
                origin: step.origin.clone(),
                item,
                detail,
                then: None,
            });
        }
    }
    troubles
}

/// States from which no way leads to filing, at the stage where the case stands.
pub(super) fn graph(procedure: &Procedure, nodes: &[Node]) -> Vec<(usize, Trouble)> {
    let completing = completing(nodes);
    let mut troubles = Vec::new();
    for (number, node) in nodes.iter().enumerate() {
        let cannot = node.end == End::Open && !completing.get(number).is_none_or(|can| *can);
        if let Some(stage) = procedure.stage(&node.stage).filter(|_| cannot) {
            troubles.push((number, stuck(stage)));
        }
    }
    troubles
}

/// No way leads from a state of this stage to filing.
pub(super) fn stuck(stage: &Stage) -> Trouble {
    Trouble {
        code: "cannot_complete",
        origin: stage.origin.clone(),
        item: format!("stages.{}", stage.key),
        detail: "no way leads from here to filing".to_owned(),
        then: None,
    }
}

/// What conditions that do not hold say, as the file has it, for a finding.
pub(super) fn guards(unmet: &[Unmet]) -> String {
    let all = unmet.iter().map(|one| format!("guard `{}` (`{}`)", one.say.zh, one.say.en));
    all.collect::<Vec<String>>().join(", ")
}

/// What is wrong with a value, for a finding.
fn said(problem: &refusal::Problem) -> &'static str {
    use refusal::Problem as Wrong;
    match problem {
        Wrong::Unknown => "is unknown",
        Wrong::WrongType { .. } => "is of another type",
        Wrong::NotAValue { .. } => "is not among the values",
        Wrong::NotEditable => "is filled in by the program",
        Wrong::NeedsReason => "changes only by an adjustment",
        Wrong::NeverEmptied => "is never emptied",
        Wrong::TooShort(_) => "is too short",
        Wrong::Vague => "is too vague",
        Wrong::NotAPhone => "is no telephone number",
        Wrong::InFuture => "lies in the future",
        Wrong::TooEarly => "is too early",
        Wrong::TooLong(_) => "is too long",
        Wrong::BeyondLimit => "is beyond the limit",
        Wrong::NotUploaded => "was not uploaded",
        Wrong::MustBeReached => "needs a customer who was reached",
        Wrong::Masked => "is masked",
    }
}

/// For each state whether filing can be reached. A state that was not followed up is taken to be like those of its stage
/// with the same values that were; where there is none, filing is taken to be possible.
fn completing(nodes: &[Node]) -> Vec<bool> {
    // Everything but clocks, tasks and the like: the stage, and from the fourth on what conditions look at.
    let coarse = |node: &Node| {
        let head = node.shape.first().copied();
        head.into_iter().chain(node.shape.iter().skip(3).copied()).collect::<Vec<u32>>()
    };
    let mut alike: BTreeMap<Vec<u32>, Vec<usize>> = BTreeMap::new();
    let mut followed: BTreeSet<Vec<u32>> = BTreeSet::new();
    for (number, node) in nodes.iter().enumerate() {
        if node.followed {
            followed.insert(coarse(node));
        } else {
            alike.entry(coarse(node)).or_default().push(number);
        }
    }
    let mut back: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    for (number, node) in nodes.iter().enumerate() {
        for next in &node.next {
            if let Some(back) = back.get_mut(*next) {
                back.push(number);
            }
        }
    }
    let mut can = vec![false; nodes.len()];
    let mut queue: VecDeque<usize> = VecDeque::new();
    for (number, node) in nodes.iter().enumerate() {
        let unknown = !node.followed && node.end == End::Open && !followed.contains(&coarse(node));
        if node.end == End::Filed || unknown {
            queue.push_back(number);
        }
    }
    while let Some(number) = queue.pop_front() {
        match can.get_mut(number) {
            Some(can) if !*can => *can = true,
            _ => continue,
        }
        queue.extend(back.get(number).into_iter().flatten());
        if let Some(node) = nodes.get(number).filter(|node| node.followed) {
            queue.extend(alike.get(&coarse(node)).into_iter().flatten());
        }
    }
    can
}

/// What was never seen: actions, stages and clocks that are dead.
pub(super) fn unseen(
    procedure: &Procedure,
    seen: &Seen,
    nodes: &[Node],
    capped: bool,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    let within = if capped { " within the budget" } else { "" };
    let mut add = |code, origin: &Origin, item: String, detail: String| {
        let detail = format!("{detail}{within}");
        problems.push(Problem { code, origin: origin.clone(), item, detail, path: Vec::new() });
    };
    if nodes.is_empty() {
        let origin = procedure.register_action().map_or(&procedure.origin, |action| &action.origin);
        add(
            "cannot_register",
            origin,
            "actions".to_owned(),
            "no case can be registered".to_owned(),
        );
        return problems;
    }
    for action in procedure.actions.iter().filter(|action| !seen.actions.contains(&action.key)) {
        let why = seen.refused.get(&action.key);
        let why = why.map_or_else(
            || "it is never available".to_owned(),
            |why| format!("it was refused for: {why}"),
        );
        let detail = format!("can be done in no reachable state; {why}");
        add("dead_action", &action.origin, format!("actions.{}", action.key), detail);
    }
    let reached = stages::reached(procedure);
    let entered = |stage: &&Stage| {
        seen.stages.contains(&stage.key) || stages::is_before(procedure, stage, &reached)
    };
    for stage in procedure.stages.iter().filter(|stage| !entered(stage)) {
        let detail = if is_open(stage.kind) { "no case enters it" } else { "no case is filed" };
        add(
            "never_entered_stage",
            &stage.origin,
            format!("stages.{}", stage.key),
            detail.to_owned(),
        );
    }
    for clock in &procedure.clocks {
        let item = format!("clocks.{}", clock.key);
        if !seen.started.contains(&clock.key) {
            add("never_started", &clock.origin, item, "starts in no reachable state".to_owned());
        } else if !seen.settled.contains(&clock.key) {
            add(
                "never_settled",
                &clock.origin,
                item,
                "is stopped in no reachable state".to_owned(),
            );
        }
    }
    problems
}
