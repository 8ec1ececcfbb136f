//! The reached states, and how a case gets to each of them.

use super::moves::{CASE, Kit, OTHER};
use super::shape::Shape;
use crate::case::{Case, Life};
use crate::command::Command;
use crate::decide::{Context, World, decide};
use crate::event::Recorded;
use crate::key::Key;
use crate::people::Who;
use jiff::Timestamp;

/// One step of a path: commands that the engine accepted, in order.
#[derive(Clone)]
pub(super) struct Step {
    /// For people: the action and its input, or what time brought.
    pub(super) name: String,
    /// When, by whom, what.
    pub(super) commands: Vec<(Timestamp, Who, Command)>,
    /// Beside another case.
    pub(super) related: bool,
}

/// A reached state.
pub(super) struct Node {
    pub(super) shape: Shape,
    pub(super) from: Option<usize>,
    pub(super) step: Step,
    pub(super) depth: usize,
    /// States to which a move leads.
    pub(super) next: Vec<usize>,
    /// Every move from here has been tried.
    pub(super) followed: bool,
    /// A case in this state; given up when nothing more is tried with it.
    pub(super) case: Option<Box<Case>>,
    /// The other case, where this one has a relation to it.
    pub(super) other: Option<Box<Case>>,
    pub(super) now: Timestamp,
    pub(super) stage: Key,
    pub(super) end: End,
}

/// Whether a way has come to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Not yet.
    Open,
    /// Filed.
    Filed,
    /// Void or part of another case.
    Gone,
}

/// The way to a state, from registration.
pub(super) fn way(nodes: &[Node], to: usize) -> Vec<&Step> {
    let mut steps = Vec::new();
    let mut at = Some(to);
    while let Some(node) = at.and_then(|number| nodes.get(number)) {
        steps.push(&node.step);
        at = node.from;
    }
    steps.reverse();
    steps
}

/// The case at the end of a way, what the last step brought, and when.
pub(super) type Arrival = (Case, Vec<(Key, Recorded)>, Timestamp);

/// Goes a way again from nothing.
pub(super) fn replay(kit: &Kit<'_>, beside: Option<&Case>, steps: &[&Step]) -> Option<Arrival> {
    let mut world: World<'_> =
        World { cases: [].into(), library: kit.library, directory: kit.desk.directory };
    let (mut events, mut last) = (Vec::new(), None);
    for step in steps {
        if step.related && !world.cases.contains_key(OTHER) {
            world.cases.extend(beside.map(|case| (Key::from(OTHER), case.clone())));
        }
        for (now, who, command) in &step.commands {
            let context = Context {
                now: *now,
                who: who.clone(),
                ids: vec!["fresh".into()],
                followers: Vec::new(),
            };
            let decision = decide(&world, command, &context).ok()?;
            (events, last) = (decision.events, Some(*now));
            world.cases = decision.cases;
            world.cases.remove("fresh");
        }
        // Beside a case only one that it is related to is looked at again.
        let related = world.cases.get(CASE).is_some_and(|case| {
            matches!(case.life, Life::Merged { .. }) || !case.members.is_empty()
        });
        if !related {
            world.cases.remove(OTHER);
        }
    }
    Some((world.cases.remove(CASE)?, events, last?))
}
