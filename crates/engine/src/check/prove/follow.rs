//! What people do from a state: every action by everybody with every input that makes a difference.

use super::super::inputs::Variant;
use super::super::moves::later;
use super::super::realise::{Kind, Move};
use super::super::skeleton::is_plain;
use super::time::postponed;
use super::{Open, Walk};
use crate::case::{Case, Life};
use crate::command::Extra;
use crate::decide::World;
use crate::people::Who;
use crate::procedure::{Action, Fact, Verb};
use crate::refusal::Refusal;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;

/// Combinations of values that are tried with one action at most.
const MOST_INPUTS: usize = 6_000;

impl Walk<'_> {
    /// Tries everything from a state.
    pub(super) fn follow(&mut self, open: &Open) {
        let kit = self.kit;
        let soon = later(open.now, SignedDuration::from_secs(1));
        for action in &kit.desk.procedure.actions {
            if action.has(Verb::Register) || !kit.is_available(&open.case, action, &Who::System) {
                continue;
            }
            let relates = action.has(Verb::Merge) || action.has(Verb::Unmerge);
            let other = open.other.as_ref().or_else(|| self.beside.first());
            let world = kit.world(&open.case, other.filter(|_| relates));
            self.act(open, &world, action, soon, SignedDuration::ZERO);
            // On another half-day a call counts anew.
            if action.has(Verb::Contact) && kit.tested.facts.contains_key(&Fact::AttemptHalfDays) {
                let half = SignedDuration::from_hours(13);
                let case = postponed(kit.desk.procedure, &open.case, None, half);
                let world = kit.world(&case, None);
                self.act(open, &world, action, later(soon, half), half);
            }
        }
        if matches!(open.case.life, Life::Open | Life::Closed { .. }) {
            self.join(open, soon);
        }
        self.time(open);
    }

    fn act(
        &mut self,
        open: &Open,
        world: &World<'_>,
        action: &Action,
        at: Timestamp,
        late: SignedDuration,
    ) {
        let kit = self.kit;
        let authors = kit.authors(action, &open.case, at);
        let each = kit.is_authored(action);
        for variant in
            self.inputs(Some(&open.case), action, self.extras(&open.case, action, at), at)
        {
            for who in &authors {
                match kit.attempt(world, action, &variant, who, at, &mut self.tries) {
                    Ok((decision, ..)) => {
                        let step = acted(action, &variant, who, late, false);
                        self.reach(Some(open.number), step, decision, at);
                        if !each {
                            break;
                        }
                    }
                    Err(Refusal::Forbidden { .. } | Refusal::Own { .. }) => {}
                    Err(_) if each || variant.extra.override_guards => {}
                    Err(_) => break,
                }
            }
            if action.has(Verb::Assign) {
                self.dispatch_to_nobody(open, world, action, &variant, &authors, at);
            }
        }
    }

    /// The built-in input, and where guards may be overridden, that as well.
    fn extras(&self, case: &Case, action: &Action, at: Timestamp) -> Vec<(String, Extra)> {
        let mut extras = self.kit.extras(case, action, at);
        if !action.guards.is_empty() && !action.override_by.is_empty() {
            let overriding = |(name, extra): &(String, Extra)| {
                let name = format!("{name} overriding").trim().to_owned();
                (name, Extra { override_guards: true, ..extra.clone() })
            };
            let more: Vec<_> = extras.iter().map(overriding).collect();
            extras.extend(more);
        }
        extras
    }

    /// Nobody of the role is present: the case waits in its queue.
    fn dispatch_to_nobody(
        &mut self,
        open: &Open,
        world: &World<'_>,
        action: &Action,
        variant: &Variant,
        authors: &[Who],
        at: Timestamp,
    ) {
        let world = World { directory: &self.place.vacant, cases: world.cases.clone(), ..*world };
        let extra = Extra { assignee: None, ..variant.extra.clone() };
        let name = format!("{} nobody present", variant.name);
        let variant = Arc::new(Variant { name, fields: variant.fields.clone(), extra });
        for who in authors {
            if let Ok((decision, ..)) =
                self.kit.attempt(&world, action, &variant, who, at, &mut self.tries)
            {
                let step = acted(action, &variant, who, SignedDuration::ZERO, true);
                self.reach(Some(open.number), step, decision, at);
                return;
            }
        }
    }

    /// Every combination of the values that make a difference, for what the action lets people enter.
    pub(super) fn inputs(
        &mut self,
        case: Option<&Case>,
        action: &Action,
        extras: Vec<(String, Extra)>,
        at: Timestamp,
    ) -> Vec<Arc<Variant>> {
        let mut fields = self.kit.enterable(case, action, at);
        fields.retain(|(field, _)| {
            self.momentary.get(&field.key).is_none_or(|actions| actions.contains(&action.key))
        });
        // Several changes at once lead where one after the other does.
        let one_by_one = is_plain(action) && self.rows_stop_alike;
        let size =
            fields.iter().filter(|_| !one_by_one).try_fold(extras.len(), |size, (_, choices)| {
                size.checked_mul(choices.len() + 1).filter(|size| *size <= MOST_INPUTS)
            });
        if size.is_none() {
            self.closed = false;
        }
        let mut variants: Vec<Variant> = extras
            .into_iter()
            .map(|(name, extra)| Variant { name, fields: Default::default(), extra })
            .collect();
        for (field, choices) in fields {
            if variants.len() * (choices.len() + 1) > MOST_INPUTS {
                break;
            }
            let with = |variant: &Variant, choice: &serde_json::Value| {
                let shown = choice.as_str().map_or_else(|| choice.to_string(), str::to_owned);
                let name = format!("{} {}={shown}", variant.name, field.key);
                let mut fields = variant.fields.clone();
                fields.insert(field.key.clone(), choice.clone());
                Variant { name: name.trim().to_owned(), fields, extra: variant.extra.clone() }
            };
            let many = if one_by_one { 1 } else { variants.len() };
            let more: Vec<Variant> = variants
                .iter()
                .take(many)
                .flat_map(|variant| choices.iter().map(move |choice| with(variant, choice)))
                .collect();
            variants.extend(more);
        }
        variants.into_iter().map(Arc::new).collect()
    }

    /// Another case joins this one.
    fn join(&mut self, open: &Open, at: Timestamp) {
        let Some(action) = self.kit.merging(&open.case) else { return };
        for beside in self.beside.clone() {
            let joined = self.kit.join(&open.case, &beside, action, at, &mut self.tries);
            if let Ok((decision, ..)) = joined {
                let name = format!("{}(another case joins)", action.key);
                let step = Move { name, kind: Kind::Join { action: action.key.clone() } };
                self.reach(Some(open.number), step, decision, at);
            }
        }
    }
}

/// The step that an action is.
pub(super) fn acted(
    action: &Action,
    variant: &Arc<Variant>,
    who: &Who,
    late: SignedDuration,
    vacant: bool,
) -> Move {
    let name = match variant.name.is_empty() {
        true => action.key.to_string(),
        false => format!("{}({})", action.key, variant.name),
    };
    let (action, variant, who) = (action.key.clone(), Arc::clone(variant), who.clone());
    Move { name, kind: Kind::Act { action, variant, who, late, vacant } }
}
