//! Which deadlines want a contact with the customer. The procedure's data says what stops a clock and what comes of a contact; nothing
//! here knows one by name.

use super::run::stop_set;
use crate::case::Case;
use crate::procedure::{Action, Effect, Moment, MomentFilter, Procedure, Verb};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// A deadline that wants a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContactDue {
    /// The task that waits for it; none where the case itself does.
    pub task: Option<u32>,
    /// By when, UTC.
    pub due: Timestamp,
}

/// The deadlines that want a contact with the customer: of clocks that a contact stops or begins anew, and of tasks that it settles.
pub fn contacts_due(procedure: &Procedure, case: &Case) -> Vec<ContactDue> {
    if !case.life.promised() {
        return Vec::new();
    }
    let made = made_by_contact(procedure);
    let wants = |filters: &[MomentFilter]| filters.iter().any(|one| made.contains(&one.moment));
    let clocks = case.clocks.iter().filter(|one| one.is_live()).filter_map(|instance| {
        let clock = procedure.clock(&instance.clock)?;
        // Where the program itself does what is due, nobody has to; clocks of tasks are the tasks' below.
        if clock.expires || !clock.tasks.is_empty() {
            return None;
        }
        // What comes again and again is kept by what begins it anew; its end is another matter.
        let kept = match clock.repeat.as_slice() {
            [] => stop_set(procedure, clock, case, instance)?,
            repeat => repeat,
        };
        let due = instance.due.filter(|_| wants(kept))?;
        Some(ContactDue { task: None, due })
    });
    let tasks = case.tasks.iter().filter(|task| task.done.is_none()).filter_map(|task| {
        let kind = procedure.task(&task.kind)?;
        let due = task.due.filter(|_| wants(&kind.done_on))?;
        Some(ContactDue { task: Some(task.id), due })
    });
    clocks.chain(tasks).collect()
}

/// Whether an action is a contact with the customer: it logs one, or causes what one causes.
pub fn is_contact(action: &Action) -> bool {
    action.has(Verb::Contact) || action.emits.iter().any(|moment| CONTACTS.contains(moment))
}

/// What every contact causes.
const CONTACTS: [Moment; 2] = [Moment::Contacted, Moment::Responded];

/// The moments that come of a contact: by itself, by the action that is one, and by the rules that follow it.
fn made_by_contact(procedure: &Procedure) -> BTreeSet<Moment> {
    let actions = procedure.actions.iter().filter(|action| is_contact(action));
    let emitted = actions.flat_map(|action| action.emits.iter().copied());
    let followed = procedure.rules.iter().filter(|rule| CONTACTS.contains(&rule.on.moment));
    let followed = followed.flat_map(|rule| &rule.effects).filter_map(|effect| match effect {
        Effect::Emit(moment) => Some(*moment),
        _ => None,
    });
    emitted.chain(followed).chain(CONTACTS).collect()
}
