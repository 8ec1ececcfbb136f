//! The clocks of a case: the time left, the due, and why it is that one.

use super::ClockView;
use crate::pages::left::Left;
use crate::pages::words::Lang;
use desk::Seen;
use desk::words::{clock_state, told};
use engine::calendar::{DayKind, Step};
use engine::clocks::{ClockState, Instance, Reason, Trace, explain};
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// Days of a strip.
const STRIP: usize = 14;

/// Clocks that run, what is due first at the beginning, and those that are settled, newest first.
pub(super) fn clocks(lang: Lang, seen: &Seen, now: Timestamp) -> (Vec<ClockView>, Vec<ClockView>) {
    let mut running: Vec<&Instance> = seen.case.clocks.iter().filter(|one| one.is_live()).collect();
    running.sort_by_key(|one| one.due.unwrap_or(Timestamp::MAX));
    let settled = seen
        .case
        .clocks
        .iter()
        .rev()
        .filter(|one| !one.is_live() && !matches!(one.state, ClockState::Cancelled { .. }));
    let views = |all: &mut dyn Iterator<Item = &Instance>| {
        all.map(|one| view(lang, seen, now, one)).collect()
    };
    (views(&mut running.into_iter()), views(&mut settled.into_iter()))
}

fn view(lang: Lang, seen: &Seen, now: Timestamp, instance: &Instance) -> ClockView {
    let (rules, calendar) = (&seen.procedure, &seen.calendar);
    let clock = rules.clock(&instance.clock);
    let trace = explain(rules, calendar, &seen.case, &instance.clock, Some(instance.generation));
    let ticking = instance.is_live();
    let length = instance.due.map(|due| due.as_second() - instance.start.as_second());
    let left = instance.due.filter(|_| ticking).map(|due| Left::of(lang, calendar, now, due));
    let ended = match instance.state {
        ClockState::Met { at } => Some(at),
        ClockState::Breached { stopped } | ClockState::Expired { stopped } => stopped,
        _ => None,
    };
    let at =
        ended.or(instance.due).map(|at| calendar.local(at).strftime("%m-%d %H:%M").to_string());
    let name = clock
        .map_or_else(|| instance.clock.to_string(), |clock| lang.word(&clock.label).to_owned());
    let progress = length.filter(|length| ticking && *length > 0).map(|length| {
        (
            instance.start.as_second(),
            length,
            (now.as_second() - instance.start.as_second()).clamp(0, length),
        )
    });
    ClockView {
        id: format!("clock-{}-{}", instance.clock, instance.generation),
        name,
        state: clock_state(&instance.state, lang.english),
        left,
        at: at.unwrap_or_default(),
        late: instance.is_breached(),
        provisional: instance.provisional,
        progress,
        told: trace
            .as_ref()
            .map(|trace| told(trace, (rules, &seen.case), calendar, lang.english))
            .unwrap_or_default(),
        strip: trace.as_ref().map(|trace| strip(lang, seen, trace)).unwrap_or_default(),
    }
}

/// The days between start and due: which count, which do not.
fn strip(lang: Lang, seen: &Seen, trace: &Trace) -> Vec<(String, String, &'static str)> {
    let calendar = &seen.calendar;
    let mut days: BTreeMap<Date, (String, &'static str)> = BTreeMap::new();
    let counted = trace.reasons.iter().find_map(|reason| match reason {
        Reason::Counted(due) => Some(due),
        _ => None,
    });
    let Some(counted) = counted else { return Vec::new() };
    for step in &counted.trace {
        match step {
            Step::StartDayNotCounted { date } => {
                days.insert(*date, (lang.say("strip.start").to_owned(), ""));
            }
            Step::DaySkipped { date, day } => {
                let why = match &day.kind {
                    DayKind::Holiday(name) => name.clone(),
                    _ => lang.say("strip.off").to_owned(),
                };
                days.insert(*date, (why, ""));
            }
            Step::DayCounted { date, .. } => {
                days.insert(*date, (lang.say("strip.counts").to_owned(), "counts"));
            }
            Step::TimeCounted { from, .. } => {
                days.insert(
                    calendar.local(*from).date(),
                    (lang.say("strip.counts").to_owned(), "counts"),
                );
            }
            _ => {}
        }
    }
    if let Some(due) = trace.instance.due {
        days.insert(calendar.local(due).date(), (lang.say("strip.ends").to_owned(), "ends"));
    }
    if days.len() < 2 {
        return Vec::new();
    }
    let text = |date: &Date| date.strftime("%m-%d").to_string();
    days.iter()
        .take(STRIP)
        .map(|(date, (what, class))| (text(date), what.clone(), *class))
        .collect()
}
