//! `apply`: the fold. Total: every event that was ever recorded can be applied.

use super::{
    Approval, CancelCause, Case, ChainRun, ChangeLog, ContactLog, Dispatch, ExtensionLog, Life,
    ProgressNote, Task,
};
use crate::calendar::Pause;
use crate::clocks::{ClockState, DueCause, DueFact, Fired, Instance, TimerStep};
use crate::event::{Event, Recorded};
use crate::key::Key;
use crate::value::Value;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Applies one fact. The first fact of a case is its registration; `case` is `None` then.
/// Facts about a case that was never registered leave nothing.
pub fn apply(case: Option<Case>, id: &Key, recorded: &Recorded) -> Option<Case> {
    let at = recorded.at;
    match (case, &recorded.event) {
        (Some(mut case), _) => {
            apply_to(&mut case, recorded);
            Some(case)
        }
        (None, Event::Registered { number, procedure, version, received_at, registrar, stage }) => {
            Some(Case {
                id: id.clone(),
                number: number.clone(),
                procedure: procedure.clone(),
                procedure_version: *version,
                version: 1,
                life: Life::Open,
                stage: stage.clone(),
                stage_since: at,
                round: 1,
                received_at: *received_at,
                registered_at: at,
                registrar: registrar.clone(),
                assignee: None,
                role: None,
                department: None,
                co_owners: Vec::new(),
                fields: BTreeMap::new(),
                overrides: BTreeMap::new(),
                moments: Vec::new(),
                clocks: Vec::new(),
                contacts: Vec::new(),
                progress: Vec::new(),
                comments: Vec::new(),
                node: None,
                tasks: Vec::new(),
                chain: None,
                approvals: Vec::new(),
                extensions: Vec::new(),
                changes: Vec::new(),
                dispatches: Vec::new(),
                escalations: BTreeMap::new(),
                links: Vec::new(),
                members: Vec::new(),
                urges: 0,
                pauses: Vec::new(),
                held: false,
                path: vec![(stage.clone(), at)],
            })
        }
        (None, _) => None,
    }
}

/// Applies a further fact to a case.
pub(crate) fn apply_to(case: &mut Case, recorded: &Recorded) {
    let at = recorded.at;
    case.version += 1;
    let who = recorded.who.clone();
    match recorded.event.clone() {
        Event::Registered { .. } | Event::Notified(_) | Event::FiledForRecord { .. } => {}
        Event::Commented { text } => case.comments.push(text),
        Event::ReceivedAtSet { received_at } => case.received_at = received_at,
        Event::FieldsSet { values, .. } => {
            for (field, value) in values {
                put(&mut case.fields, field, value);
            }
        }
        Event::Overridden { field, value, .. } => {
            case.fields.insert(field.clone(), value.clone());
            case.overrides.insert(field, value);
        }
        Event::OverrideCleared { field, .. } => {
            case.overrides.remove(&field);
        }
        Event::Happened(occurrence) => case.moments.push(occurrence),
        Event::StageEntered { stage, .. } => {
            case.stage = stage.clone();
            case.stage_since = at;
            case.path.push((stage, at));
        }
        Event::RoundBegun { round } => case.round = round,
        Event::Closed => case.life = Life::Closed { at },
        Event::Archived { keep_until } => case.life = Life::Archived { at, keep_until },
        Event::Reopened => case.life = Life::Open,
        Event::Moved { to, .. } => case.procedure_version = to,
        Event::Voided { .. } => case.life = Life::Voided { at },
        Event::Assigned { assignee, role, department, number, rule, .. } => {
            case.assignee = assignee.clone();
            case.role = role.clone();
            if department.is_some() {
                case.department = department.clone();
            }
            case.dispatches.push(Dispatch {
                at,
                by: who,
                assignee,
                role,
                department,
                number,
                round: case.round,
                rule,
            });
        }
        Event::DepartmentSet { department } => case.department = Some(department),
        Event::Unassigned { .. } => case.assignee = None,
        Event::CoOwnersSet { people } => case.co_owners = people,
        Event::ContactLogged { method, purpose, text, reached, half_day } => {
            let round = case.round;
            let by = who;
            case.contacts.push(ContactLog {
                at,
                by,
                method,
                purpose,
                text,
                reached,
                half_day,
                round,
            });
        }
        Event::ProgressNoted { node, note } => {
            if node.is_some() {
                case.node = node.clone();
            }
            case.progress.push(ProgressNote { at, by: who, node, note });
        }
        Event::TaskAdded { id, kind, title, owner, role, department, due, depends_on } => {
            let round = case.round;
            case.tasks.push(Task {
                id,
                kind,
                title,
                owner,
                role,
                department,
                due,
                depends_on,
                created: at,
                round,
                done: None,
                outcome: None,
                let_go: false,
            });
        }
        Event::GuardsOverridden { tasks, .. } => {
            for task in case.tasks.iter_mut().filter(|task| tasks.contains(&task.id)) {
                task.let_go = true;
            }
        }
        Event::TaskGiven { id, owner } => {
            if let Some(task) = case.tasks.iter_mut().find(|task| task.id == id) {
                task.owner = owner;
            }
        }
        Event::TaskSettled { id, outcome, .. } => {
            if let Some(task) = case.tasks.iter_mut().find(|task| task.id == id) {
                task.done = Some(at);
                task.outcome = outcome;
            }
        }
        Event::ChainStarted { chain, steps, author } => {
            case.chain = Some(ChainRun { chain, steps, passed: 0, author })
        }
        Event::ChainStepsSet { steps, .. } => {
            if let Some(run) = &mut case.chain {
                run.steps = steps;
            }
        }
        Event::ChainDecided { chain, role, approved, opinion, .. } => {
            if let Some(run) = &mut case.chain {
                run.passed += usize::from(approved);
                if !approved || run.passed >= run.steps.len() {
                    case.chain = None;
                }
            }
            case.approvals.push(Approval { chain, role, by: who, at, approved, opinion });
        }
        Event::ExtensionAsked { id, clock, new_due, reason } => {
            let round = case.round;
            case.extensions.push(ExtensionLog {
                id,
                clock,
                round,
                new_due,
                reason,
                by: who,
                at,
                decided: None,
            });
        }
        Event::ExtensionDecided { id, approved, .. } => {
            if let Some(log) = case.extensions.iter_mut().find(|log| log.id == id) {
                log.decided = Some((approved, who, at));
            }
        }
        Event::ChangeAsked { id, number, content, new_due, set, before, hash, .. } => {
            case.changes.push(ChangeLog {
                id,
                number,
                content,
                new_due,
                set,
                before,
                hash,
                by: who,
                at,
                signed: None,
                decided: None,
            });
        }
        Event::ChangeSigned { id, method, file, .. } => {
            if let Some(log) = case.changes.iter_mut().find(|log| log.id == id) {
                log.signed = Some((method, file, at));
            }
        }
        Event::ChangeDecided { id, approved, .. } => {
            if let Some(log) = case.changes.iter_mut().find(|log| log.id == id) {
                log.decided = Some((approved, who, at));
            }
        }
        Event::Urged { .. } => case.urges += 1,
        Event::Linked(link) => {
            if !case.links.contains(&link) {
                case.links.push(link);
            }
        }
        Event::Unlinked { other, kind } => {
            case.links.retain(|link| link.other != other || link.kind != kind)
        }
        Event::MergedInto { main } => case.life = Life::Merged { into: main, at },
        Event::Unmerged { .. } => case.life = Life::Open,
        Event::MemberJoined { member } => case.members.push(member),
        Event::MemberLeft { member } => case.members.retain(|other| *other != member),
        Event::Escalated { name, .. } => {
            case.escalations.entry(name).or_insert(at);
        }
        Event::Deescalated { name, .. } => {
            case.escalations.remove(&name);
        }
        Event::Paused { .. } => pause(case, at),
        Event::Resumed => resume(case, at),
        Event::Held { .. } => case.held = true,
        Event::Released { .. } => case.held = false,
        Event::ClockStarted { clock, generation, start, index, task, leg } => {
            let round = case.round;
            case.clocks.push(Instance::new(clock, generation, round, start, index, task, leg));
        }
        Event::DueSet { clock, generation, due, limit, cause, provisional } => {
            if let Some(instance) = find(case, &clock, generation) {
                if instance.original.is_none() {
                    instance.original = due;
                }
                instance.due = due;
                instance.limit = limit;
                instance.provisional = provisional;
                instance.state = match (&instance.state, &cause) {
                    (ClockState::Waiting, _) if due.is_some() => ClockState::Running,
                    (ClockState::Running, DueCause::Pause) => ClockState::Paused,
                    (ClockState::Paused, DueCause::Resume) => ClockState::Running,
                    (state, _) => state.clone(),
                };
                instance.dues.push(DueFact { at, due, cause, provisional });
            }
        }
        Event::ClockStopped { clock, generation, stopped } => {
            if let Some(instance) = find(case, &clock, generation) {
                instance.stop(stopped);
            }
        }
        Event::ClockCancelled { clock, generation, cause } => {
            if let Some(instance) = find(case, &clock, generation) {
                instance.carried =
                    (cause == CancelCause::Carried).then(|| Box::new(instance.state.clone()));
                instance.state = ClockState::Cancelled { at, cause };
            }
        }
        Event::ClockRestored { clock, generation } => {
            if let Some(instance) = find(case, &clock, generation)
                && let Some(state) = instance.carried.take()
            {
                instance.state = *state;
            }
        }
        Event::StepFired { clock, generation, step, due, .. } => {
            if let Some(instance) = find(case, &clock, generation) {
                match step {
                    TimerStep::Breach => instance.state = ClockState::Breached { stopped: None },
                    TimerStep::Expire => instance.state = ClockState::Expired { stopped: None },
                    _ => {}
                }
                instance.fired.push(Fired { step, due, at });
            }
        }
    }
}

fn put(fields: &mut BTreeMap<Key, Value>, field: Key, value: Option<Value>) {
    match value {
        Some(value) => fields.insert(field, value),
        None => fields.remove(&field),
    };
}

fn find<'a>(case: &'a mut Case, clock: &Key, generation: u32) -> Option<&'a mut Instance> {
    case.clocks
        .iter_mut()
        .rev()
        .find(|instance| instance.clock == *clock && instance.generation == generation)
}

fn pause(case: &mut Case, at: Timestamp) {
    if case.pauses.last().is_none_or(|pause| pause.to.is_some()) {
        case.pauses.push(Pause { from: at, to: None });
    }
}

fn resume(case: &mut Case, at: Timestamp) {
    if let Some(pause) = case.pauses.last_mut()
        && pause.to.is_none()
    {
        pause.to = Some(at);
    }
}
