//! Whether a clock can start, end and be heard.

use super::whole::Whole;
use crate::calendar::Limit;
use crate::procedure::{Clock, LimitSpec, Step, StepKind};

pub(super) fn check(whole: &Whole<'_>, clock: &Clock) {
    let at = ("clocks", &*clock.key, &clock.origin);
    if clock.start.is_empty() {
        whole.find(at, "empty_list", "at least one moment in `start`", "none");
    }
    if !clock.repeat.is_empty()
        && clock.by.iter().all(|row| row.stop.is_empty())
        && clock.cancel.is_empty()
    {
        whole.find(at, "missing_key", "`stop` or `cancel`, as it would repeat for ever", "nothing");
    }
    for row in &clock.by {
        let at = ("clocks", &*format!("{}.by", clock.key), &row.origin);
        if clock.repeat.is_empty() && row.stop.is_empty() {
            whole.find(at, "missing_key", "the key `stop`, here or on the clock", "nothing");
        }
        match &row.limit {
            LimitSpec::Task if clock.tasks.is_empty() => {
                whole.find(at, "bad_limit", "`task` only on a clock with `tasks`", "`task`");
            }
            LimitSpec::Length(Limit::Natural { seconds: 0 } | Limit::Business { seconds: 0 }) => {
                whole.find(at, "bad_limit", "a limit longer than nothing", "0");
            }
            _ => {}
        }
    }
    if let Some(every) = clock.every {
        if clock.breach.is_empty() {
            whole.find(at, "misplaced_key", "`every` only with steps in `breach`", "`every`");
        }
        if every <= 0 {
            whole.find(at, "bad_length", "a length longer than nothing in `every`", "0");
        }
    }
    if clock.expires {
        let acts = |step: &Step| step.after == 0 && matches!(step.does, StepKind::Act(_));
        if !clock.breach.iter().any(acts) || !clock.repeat.is_empty() {
            whole.find(
                at,
                "misplaced_key",
                "`expires` only on a one-shot clock with a step `act:ACTION` at `after = \"0\"`",
                "`expires`",
            );
        }
        if clock.measures.is_some() {
            whole.find(
                at,
                "misplaced_key",
                "no `measures` on a clock that `expires`",
                "`measures`",
            );
        }
    }
    steps(whole, clock, "remind", &clock.remind);
    steps(whole, clock, "breach", &clock.breach);
}

fn steps(whole: &Whole<'_>, clock: &Clock, name: &str, steps: &[Step]) {
    for (before, step) in steps.iter().zip(steps.iter().skip(1)) {
        if step.after < before.after {
            let at = ("clocks", &*format!("{}.{name}", clock.key), &step.origin);
            whole.find(
                at,
                "wrong_order",
                "steps in the order of time",
                "one that is earlier than the one before",
            );
        }
    }
    for step in steps.iter().filter(|step| step.does == StepKind::Notify && step.to.is_empty()) {
        let at = ("clocks", &*format!("{}.{name}", clock.key), &step.origin);
        whole.find(at, "missing_actor", "at least one actor in `to`", "none");
    }
}
