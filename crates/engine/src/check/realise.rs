//! Going a way that was found on a skeleton again with the whole procedure, forms and guards included.

use super::explore::{BEGIN, Problem};
use super::inputs::Variant;
use super::judge;
use super::moves::{CASE, Kit, OTHER, later};
use super::place::Place;
use super::skeleton::MADE;
use super::wish::wish;
use crate::calendar::Calendar;
use crate::case::Case;
use crate::clocks::timers;
use crate::command::Command;
use crate::decide::{Context, Decision, World, decide};
use crate::key::Key;
use crate::people::Who;
use crate::procedure::{Procedure, Verb};
use crate::refusal::Refusal;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;

/// One step of a way through a skeleton.
#[derive(Clone)]
pub(super) struct Move {
    /// For people.
    pub(super) name: String,
    pub(super) kind: Kind,
}

/// What a step does.
#[derive(Clone)]
pub(super) enum Kind {
    /// An action with its input.
    Act { action: Key, variant: Arc<Variant>, who: Who, late: SignedDuration, vacant: bool },
    /// Another case joins by this action.
    Join { action: Key },
    /// Time passes until this clock has gone on.
    Time { clock: Key },
}

/// How a way comes out with the whole procedure.
pub(super) enum Realised {
    /// The violation is at its end.
    There(Vec<String>),
    /// It can be gone, but its end is as it should be.
    Elsewhere,
    /// The engine refused a step.
    Refused { step: String, why: String },
}

/// The whole procedure in its place.
pub(super) struct Whole<'p>(Place<'p>);

impl<'p> Whole<'p> {
    pub(super) fn new(
        procedure: &'p Procedure,
        calendar: &Calendar,
        all: &[&'p Procedure],
    ) -> Self {
        Whole(Place::new(procedure, calendar, all))
    }

    /// Goes the way and looks for the problem at its end.
    pub(super) fn realise(&self, steps: &[Move], problem: &Problem) -> Realised {
        let kit = self.0.kit();
        let (mut case, mut other): (Option<Case>, Option<Case>) = (None, None);
        let (mut now, mut beside) = (BEGIN, None);
        for step in steps {
            now = later(now, SignedDuration::from_secs(1));
            let done = match &step.kind {
                Kind::Act { .. } => self.act(
                    &kit,
                    case.as_ref(),
                    other.as_ref().or(beside.as_ref()),
                    step,
                    &mut now,
                ),
                Kind::Join { action } => {
                    self.join(&kit, case.as_ref(), beside.as_ref(), action, now)
                }
                Kind::Time { clock } => self.time(&kit, case.as_ref(), clock, &mut now),
            };
            let mut decision = match done {
                Ok(decision) => decision,
                Err(why) => return Realised::Refused { step: step.name.clone(), why },
            };
            case = decision.cases.remove(CASE);
            other = decision.cases.remove(OTHER).or(other);
            if beside.is_none() {
                beside = case.clone().map(|case| Case { id: OTHER.into(), ..case });
            }
        }
        let Some(case) = case else { return Realised::Elsewhere };
        let there = judge::state(&kit, &case, now)
            .iter()
            .any(|trouble| trouble.code == problem.code && trouble.item == problem.item);
        // That no way leads on from here is a statement about all ways.
        match there || problem.code == "cannot_complete" {
            true => Realised::There(steps.iter().map(|step| step.name.clone()).collect()),
            false => Realised::Elsewhere,
        }
    }

    fn act(
        &self,
        kit: &Kit<'_>,
        case: Option<&Case>,
        other: Option<&Case>,
        step: &Move,
        now: &mut Timestamp,
    ) -> Result<Decision, String> {
        let Kind::Act { action, variant, who, late, vacant } = &step.kind else {
            return Err(String::new());
        };
        let action = self.0.procedure.action(action).ok_or_else(String::new)?;
        *now = later(*now, *late);
        let relates = action.has(Verb::Merge) || action.has(Verb::Unmerge);
        let mut world = match case {
            Some(case) => kit.world(case, other.filter(|_| relates)),
            None => {
                World { cases: [].into(), library: &self.0.library, directory: &self.0.present }
            }
        };
        if *vacant {
            world.directory = &self.0.vacant;
        }
        // Guards that the skeleton leaves out are met where entering something meets them.
        let mut fields = wish(self.0.procedure, &kit.tested, case, action);
        fields.extend(variant.fields.clone());
        fields.retain(|field, _| !field.contains(MADE));
        let variant = Variant { name: String::new(), fields, extra: variant.extra.clone() };
        let mut authors = vec![who.clone()];
        authors.extend(case.into_iter().flat_map(|case| kit.authors(action, case, *now)));
        let mut why = String::new();
        for who in authors {
            match kit.attempt(&world, action, &variant, &who, *now, &mut 0) {
                Ok((decision, ..)) => return Ok(decision),
                Err(refusal) => why = told(&refusal),
            }
        }
        Err(why)
    }

    fn join(
        &self,
        kit: &Kit<'_>,
        case: Option<&Case>,
        beside: Option<&Case>,
        action: &Key,
        now: Timestamp,
    ) -> Result<Decision, String> {
        let (Some(case), Some(beside)) = (case, beside) else { return Err(String::new()) };
        let action = self.0.procedure.action(action).ok_or_else(String::new)?;
        let joined = kit.join(case, beside, action, now, &mut 0);
        joined.map(|(decision, ..)| decision).map_err(|refusal| told(&refusal))
    }

    fn time(
        &self,
        kit: &Kit<'_>,
        case: Option<&Case>,
        clock: &Key,
        now: &mut Timestamp,
    ) -> Result<Decision, String> {
        let mut case = case.cloned().ok_or_else(String::new)?;
        let command = Command::Tick { case: CASE.into() };
        for _ in 0..20 {
            let timers = timers(self.0.procedure, &self.0.calendar, &case);
            let timer = timers.first().ok_or("no clock runs")?;
            *now = timer.due.max(*now);
            let context =
                Context { now: *now, who: Who::System, ids: Vec::new(), followers: Vec::new() };
            let decision = decide(&kit.world(&case, None), &command, &context)
                .map_err(|refusal| told(&refusal))?;
            if timer.clock == *clock {
                return Ok(decision);
            }
            case = decision.cases.get(CASE).cloned().ok_or_else(String::new)?;
        }
        Err("other clocks go on for ever".to_owned())
    }
}

fn told(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Guard { unmet } => super::judge::guards(unmet),
        other => other.code().to_owned(),
    }
}
