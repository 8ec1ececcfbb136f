//! Time passes: what is due on a case is done, in order, and recorded exactly once.

use super::Work;
use crate::calendar::Limit;
use crate::case::Facts;
use crate::clocks::{self, Timer, TimerStep};
use crate::command::{Entered, Extra};
use crate::event::{Event, Topic};
use crate::key::Key;
use crate::procedure::LimitSpec;
use crate::procedure::{Actor, Clock, Step, StepKind};
use jiff::Timestamp;

/// More steps than this in one go would be a procedure that feeds itself; the sweep reports what is left.
const MOST_STEPS: usize = 2_000;

impl Work<'_> {
    /// Does every step that is due: up to and at this instant, or - before a person's action - strictly before it,
    /// so that an action at the very instant of a due comes first (G-07).
    pub(crate) fn tick(&mut self, id: &Key, inclusive: bool) {
        for _ in 0..MOST_STEPS {
            let (procedure, calendar) = self.rules(id);
            let timers = clocks::timers(&procedure, &calendar, self.case(id));
            let Some(timer) = timers
                .first()
                .filter(|timer| timer.due < self.now || (inclusive && timer.due == self.now))
                .cloned()
            else {
                return;
            };
            let Some(clock) = procedure.clock(&timer.clock).cloned() else { return };
            self.as_system(|work| work.fire(id, &clock, &timer));
        }
    }

    fn fire(&mut self, id: &Key, clock: &Clock, timer: &Timer) {
        let told = !self.overtaken(id, clock, timer);
        let step = match timer.step {
            TimerStep::Remind(number) => {
                clock.remind.get(usize::try_from(number).unwrap_or(usize::MAX))
            }
            TimerStep::Step(number) => {
                clock.breach.get(usize::try_from(number).unwrap_or(usize::MAX))
            }
            TimerStep::Again(_) => clock.breach.last(),
            TimerStep::Warn | TimerStep::Breach | TimerStep::Expire => None,
        };
        let skipped = step.is_some_and(|step| self.is_skipped(id, clock, timer, step));
        // At most one escalation of a name is open (S2-K05): whom it has told already is not told by another clock.
        let open = |step: &Step| matches!(&step.does, StepKind::Escalate(name) if self.case(id).escalations.contains_key(name));
        let repeated = matches!(timer.step, TimerStep::Step(_)) && step.is_some_and(open);
        let told = told && !skipped && !repeated;
        self.record(
            id,
            Event::StepFired {
                clock: clock.key.clone(),
                generation: timer.generation,
                step: timer.step,
                due: timer.due,
                told,
            },
        );
        let topic = Topic::Clock {
            clock: clock.key.clone(),
            generation: timer.generation,
            step: timer.step,
        };
        let task =
            self.case(id).instance(&clock.key, timer.generation).and_then(|instance| instance.task);
        match (timer.step, step) {
            (TimerStep::Breach, _) => {
                if !clock.repeat.is_empty()
                    && let Some(instance) =
                        self.case(id).instance(&clock.key, timer.generation).cloned()
                {
                    clocks::rearm(self, id, clock, &instance, timer.due);
                }
            }
            (TimerStep::Warn, _) if told => {
                self.tell_clock(id, clock, topic, std::slice::from_ref(&clock.owner), task);
            }
            (_, Some(step)) if !skipped => {
                if told {
                    self.tell_clock(id, clock, topic, &step.to, task);
                }
                self.do_step(id, clock, step);
            }
            _ => {}
        }
    }

    fn do_step(&mut self, id: &Key, clock: &Clock, step: &Step) {
        match &step.does {
            StepKind::Notify => {}
            StepKind::Escalate(name) => {
                if !self.case(id).escalations.contains_key(name) {
                    self.record(
                        id,
                        Event::Escalated { name: name.clone(), clock: Some(clock.key.clone()) },
                    );
                }
            }
            StepKind::Task(kind) => self.add_task(id, kind),
            StepKind::Act(action) => {
                if self.depth < 8 {
                    self.depth += 1;
                    // A refusal means that the case has moved on; the repeated step tells somebody.
                    let before = (self.cases.clone(), self.events.len(), self.opened.len());
                    if self.act(id, action, &Entered::new(), &Extra::default()).is_err() {
                        self.cases = before.0;
                        self.events.truncate(before.1);
                        self.opened.truncate(before.2);
                    }
                    self.depth -= 1;
                }
            }
        }
    }

    /// Something that makes the step needless happened since the due, or the clock has not been missed often enough.
    fn is_skipped(&self, id: &Key, clock: &Clock, timer: &Timer, step: &Step) -> bool {
        let case = self.case(id);
        let Some(due) =
            case.instance(&clock.key, timer.generation).and_then(|instance| instance.due)
        else {
            return false;
        };
        let since = |occurrence: &&crate::case::Occurrence| occurrence.at >= due;
        let excused = step.unless.iter().any(|filter| {
            case.moments.iter().filter(since).any(|occurrence| occurrence.matches(filter))
        });
        let misses = case
            .clocks
            .iter()
            .filter(|instance| {
                instance.clock == clock.key
                    && instance.round == case.round
                    && instance.has_run_out()
            })
            .count();
        excused
            || (timer.step.code() > TimerStep::Breach.code()
                && misses < usize::try_from(step.from_miss).unwrap_or(usize::MAX))
    }

    /// After downtime only the latest step of a clock tells people; all are recorded.
    fn overtaken(&self, id: &Key, clock: &Clock, timer: &Timer) -> bool {
        let case = self.case(id);
        let next_interval = case.clocks.iter().any(|instance| {
            instance.clock == clock.key
                && instance.generation > timer.generation
                && instance.is_ticking()
                && instance.due.is_some_and(|due| timer.due < due && due <= self.now)
        });
        let Some(due) =
            case.instance(&clock.key, timer.generation).and_then(|instance| instance.due)
        else {
            return false;
        };
        let later = |after: i64| {
            due.checked_add(jiff::SignedDuration::from_secs(after))
                .is_ok_and(|at: Timestamp| timer.due < at && at <= self.now)
        };
        let last = clock.breach.last().map_or(0, |step| step.after);
        let repeats = clock.every.filter(|every| *every > 0).is_some_and(|every| {
            let passed = (self.now.as_second() - due.as_second() - last).div_euclid(every);
            passed > 0 && later(last + every * passed)
        });
        next_interval
            || (timer.step == TimerStep::Warn && due <= self.now)
            || clock.breach.iter().any(|step| later(step.after))
            || repeats
    }

    fn tell_clock(
        &mut self,
        id: &Key,
        clock: &Clock,
        topic: Topic,
        to: &[Actor],
        task: Option<u32>,
    ) {
        let (procedure, _) = self.rules(id);
        let short = clock.by.iter().any(|row| {
            matches!(row.limit, LimitSpec::Length(Limit::Natural { seconds } | Limit::Business { seconds }) if seconds <= 3600)
                && Facts::new(&procedure, self.case(id), &self.who).holds(&row.when)
        });
        let loud = clock.loud || short || self.is_loud(id);
        self.tell(id, topic, to, task, loud);
    }
}
