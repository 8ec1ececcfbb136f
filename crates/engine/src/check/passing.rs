//! What happens to a case without an action of its own: time passes, another case joins it.

use super::explore::{Search, Trouble};
use super::graph::Step;
use super::judge;
use super::moves::CASE;
use super::shape::Shape;
use crate::case::{Case, Life};
use crate::clocks::{TimerStep, timers};
use crate::command::{Command, Extra};
use crate::decide::{Context, World, decide};
use crate::people::Who;
use crate::procedure::{Fact, Verb};
use jiff::{SignedDuration, Timestamp};

impl Search<'_> {
    /// Another case joins this one.
    pub(super) fn join(&mut self, number: usize, case: &Case, at: Timestamp) {
        let Some((action, beside)) = self.kit.merging(case).zip(self.beside.clone()) else {
            return;
        };
        let joined = self.kit.join(case, &beside, action, at, &mut self.tries);
        let Ok((decision, command, who)) = joined else { return };
        self.seen.actions.insert(action.key.clone());
        let name = format!("{}(another case joins)", action.key);
        let step = Step { name, commands: vec![(at, who, command)], related: true };
        self.reach(Some(number), step, decision, at);
    }

    /// Lets time pass until something changes.
    pub(super) fn time(
        &mut self,
        (number, shape): (usize, &Shape),
        mut world: World<'_>,
        now: Timestamp,
    ) {
        let procedure = self.kit.desk.procedure;
        let mut commands = Vec::new();
        let command = Command::Tick { case: CASE.into() };
        for _ in 0..10 {
            let Some(case) = world.cases.get(CASE) else { return };
            let timers = timers(procedure, self.calendar, case);
            let ahead = timers.iter().find(|timer| !matches!(timer.step, TimerStep::Again(2..)));
            let Some(timer) = ahead.filter(|_| !is_over(case)) else { return };
            let at = timer.due.max(now);
            let name = format!("{} after {} h", told(timer.step, &timer.clock), hours(now, at));
            let context =
                Context { now: at, who: Who::System, ids: Vec::new(), followers: Vec::new() };
            self.tries += 1;
            let Ok(decision) = decide(&world, &command, &context) else { return };
            commands.push((at, Who::System, command.clone()));
            let Some(after) = decision.cases.get(CASE) else { return };
            let troubles = judge::told(self.kit, &decision.events);
            if !troubles.is_empty()
                || self.mould.shape(&mut self.names, self.kit.desk, after, at) != *shape
            {
                let step = Step { name, commands, related: false };
                for trouble in troubles {
                    self.trouble(number, Trouble { then: Some(step.clone()), ..trouble });
                }
                self.reach(Some(number), step, decision, at);
                return;
            }
            world.cases = decision.cases;
        }
    }

    /// Half a day passes, where attempts on different half-days are counted.
    pub(super) fn wait(&mut self, number: usize, case: &Case, now: Timestamp) {
        let counted = self.kit.tested.facts.contains_key(&Fact::AttemptHalfDays);
        let tried = case.contacts.last().is_some_and(|log| !log.reached);
        if !counted || !tried {
            return;
        }
        let at = now.checked_add(SignedDuration::from_hours(12)).unwrap_or(now);
        let world = self.kit.world(case, None);
        let action = self.kit.desk.procedure.actions.iter().find(|action| {
            action.has(Verb::Contact) && self.kit.is_available(case, action, &Who::System)
        });
        let Some(action) = action else { return };
        for who in self.kit.authors(action, case, at) {
            let command = Command::Act {
                case: CASE.into(),
                action: action.key.clone(),
                fields: Default::default(),
                extra: Box::new(Extra {
                    reached: Some(false),
                    note: Some("说明".to_owned()),
                    ..Extra::default()
                }),
            };
            self.tries += 1;
            let context =
                Context { now: at, who: who.clone(), ids: Vec::new(), followers: Vec::new() };
            if let Ok(decision) = decide(&world, &command, &context) {
                let name = format!("{}(not reached) after 12 h", action.key);
                let step = Step { name, commands: vec![(at, who, command)], related: false };
                self.reach(Some(number), step, decision, at);
                return;
            }
        }
    }
}

fn is_over(case: &Case) -> bool {
    matches!(case.life, Life::Archived { .. } | Life::Voided { .. } | Life::Merged { .. })
}

fn hours(from: Timestamp, to: Timestamp) -> i64 {
    (to.as_second() - from.as_second()).div_euclid(3600)
}

pub(super) fn told(step: TimerStep, clock: &str) -> String {
    match step {
        TimerStep::Remind(number) => format!("time: {clock} reminds ({})", number + 1),
        TimerStep::Warn => format!("time: {clock} warns"),
        TimerStep::Breach => format!("time: {clock} is missed"),
        TimerStep::Expire => format!("time: {clock} expires"),
        TimerStep::Step(number) => format!("time: {clock} step {}", number + 1),
        TimerStep::Again(number) => format!("time: {clock} repeats ({number})"),
    }
}
