//! How a due came about, in sentences.

use super::text;
use engine::calendar::{Calendar, DayKind, Step};
use engine::case::Case;
use engine::clocks::{ClockState, DueCause, Reason, TimerStep, Trace, undecided};
use engine::procedure::{LimitSpec, Moment, Procedure};
use engine::show;

/// A sentence of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The sentence.
    pub text: String,
    /// It belongs to the sentence before: a step of the calendar.
    pub detail: bool,
}

/// The account of a due, in the order in which one would tell it; times are local to the calendar.
pub fn told(
    trace: &Trace,
    (rules, case): (&Procedure, &Case),
    calendar: &Calendar,
    english: bool,
) -> Vec<Told> {
    let time = |at| show::time(calendar, at);
    let say = |key: &str, values: &[(&str, &str)]| text(key, english, values);
    let mut lines = Vec::new();
    for reason in &trace.reasons {
        let text = match reason {
            Reason::Started { moment: Some(occurrence), at } => {
                let moment = moment(occurrence.moment, english);
                say("explain.started", &[("at", &time(*at)), ("moment", &moment)])
            }
            Reason::Started { moment: None, at } => say("explain.interval", &[("at", &time(*at))]),
            // The requirement that sets it is for whoever writes procedures; the reasons of the API name it.
            Reason::Limit { limit, .. } => {
                let text = say("explain.limit", &[("limit", &limit_name(rules, limit, english))]);
                lines.push(Told { text, detail: false });
                match limit {
                    LimitSpec::Field(field) if case.value(field).is_none() => {
                        unknown(trace, (rules, case), english)
                    }
                    _ => continue,
                }
            }
            Reason::NotYetKnown => unknown(trace, (rules, case), english),
            Reason::Counted(due) => {
                let steps = due.trace.iter().filter_map(|step| counted(calendar, step, english));
                lines.extend(steps.map(|text| Told { text, detail: true }));
                continue;
            }
            Reason::Due(fact) => say(
                "explain.due",
                &[
                    ("at", &time(fact.at)),
                    ("due", &fact.due.map_or_else(|| "-".to_owned(), time)),
                    ("cause", &cause(&fact.cause, english)),
                ],
            ),
            Reason::Fired(fired) => say(
                "explain.fired",
                &[
                    ("at", &time(fired.at)),
                    ("due", &time(fired.due)),
                    ("step", &step_name(fired.step, english)),
                ],
            ),
            Reason::State(known) => match trace.instance.due.filter(|_| trace.instance.is_live()) {
                // What counts still is asked for its due.
                Some(due) => say("explain.ends", &[("due", &time(due))]),
                None => say("explain.state", &[("state", &clock_state(known, english))]),
            },
        };
        lines.push(Told { text, detail: false });
    }
    lines
}

/// That the limit is not known yet, and what has to be filled in for it.
fn unknown(trace: &Trace, (rules, case): (&Procedure, &Case), english: bool) -> String {
    let clock = rules.clock(&trace.instance.clock);
    let keys = clock.map(|clock| undecided(clock, case)).unwrap_or_default();
    let fields = keys.into_iter().filter_map(|key| rules.field(key));
    let names: Vec<String> =
        fields.map(|field| show::word(&field.label, english).to_owned()).collect();
    if names.is_empty() {
        return text("explain.unknown", english, &[]);
    }
    text("explain.undecided", english, &[("fields", &show::listed(&names, english))])
}

/// A limit as people say it: `4bh` is four working hours.
fn limit_name(rules: &Procedure, limit: &LimitSpec, english: bool) -> String {
    match limit {
        LimitSpec::Field(key) => {
            let label = rules.field(key).map_or(&**key, |field| show::word(&field.label, english));
            return text("limit.field", english, &[("field", label)]);
        }
        LimitSpec::At(hour, minute) => {
            return text("limit.at", english, &[("time", &format!("{hour:02}:{minute:02}"))]);
        }
        LimitSpec::Task => return text("limit.task", english, &[]),
        LimitSpec::Length(_) => {}
    }
    let written = String::from(limit.clone());
    let unit = written.trim_start_matches(|c: char| c.is_ascii_digit());
    let amount = written.strip_suffix(unit).unwrap_or_default();
    let key = format!("limit.{unit}");
    let name = text(&key, english, &[("amount", amount)]);
    if amount.is_empty() || name == key { written } else { name }
}

/// A length of time as people say it.
fn length(seconds: i64, english: bool) -> String {
    let (hours, minutes, rest) = (seconds / 3_600, seconds % 3_600 / 60, seconds % 60);
    let parts = [("limit.h", hours), ("limit.m", minutes), ("limit.s", rest)];
    let said: Vec<String> = parts
        .into_iter()
        .filter(|(_, amount)| *amount > 0)
        .map(|(key, amount)| text(key, english, &[("amount", &amount.to_string())]))
        .collect();
    said.join(" ")
}

/// What people call a moment.
pub fn moment(moment: Moment, english: bool) -> String {
    text(&format!("moment.{}", moment.name()), english, &[])
}

/// How a clock stands, or how it ended.
pub fn clock_state(state: &ClockState, english: bool) -> String {
    let key = match state {
        ClockState::Waiting => "waiting",
        ClockState::Running => "running",
        ClockState::Paused => "paused",
        ClockState::Met { .. } => "met",
        ClockState::Breached { .. } => "breached",
        ClockState::Expired { .. } => "expired",
        ClockState::Cancelled { .. } => "cancelled",
    };
    text(&format!("clock.{key}"), english, &[])
}

pub(super) fn cause(cause: &DueCause, english: bool) -> String {
    let key = match cause {
        DueCause::Counted => "counted",
        DueCause::Shorter => "shorter",
        DueCause::Longer => "longer",
        DueCause::Field => "field",
        DueCause::Extension(_) => "extension",
        DueCause::Change(_) => "change",
        DueCause::Merge => "merge",
        DueCause::Pause => "pause",
        DueCause::Resume => "resume",
        DueCause::Calendar => "calendar",
        DueCause::Version => "version",
    };
    text(&format!("cause.{key}"), english, &[])
}

fn step_name(step: TimerStep, english: bool) -> String {
    let say = |key: &str, values: &[(&str, &str)]| text(key, english, values);
    match step {
        TimerStep::Remind(_) => say("step.remind", &[]),
        TimerStep::Warn => say("step.warn", &[]),
        TimerStep::Breach => say("step.breach", &[]),
        TimerStep::Expire => say("step.expire", &[]),
        TimerStep::Step(number) => say("step.step", &[("number", &(number + 1).to_string())]),
        TimerStep::Again(number) => say("step.again", &[("number", &number.to_string())]),
    }
}

/// A step of the calendar in words; those that only repeat the start or the end are left out.
fn counted(calendar: &Calendar, step: &Step, english: bool) -> Option<String> {
    let time = |at: &jiff::Timestamp| show::time(calendar, *at);
    let say = |key: &str, values: &[(&str, &str)]| text(key, english, values);
    Some(match step {
        Step::DaySkipped { date, day } => {
            let why = match &day.kind {
                DayKind::Holiday(name) => name.clone(),
                _ => say("day.weekend", &[]),
            };
            say("explain.skipped", &[("date", &date.to_string()), ("why", &why)])
        }
        Step::DayCounted { date, number: Some(number), .. } => say(
            "explain.counted_day",
            &[("date", &date.to_string()), ("number", &number.to_string())],
        ),
        Step::TimeCounted { from, to, seconds, .. } => say(
            "explain.counted",
            &[("from", &time(from)), ("to", &time(to)), ("length", &length(*seconds, english))],
        ),
        Step::CloseOfBusiness { at, .. } => say("explain.close", &[("at", &time(at))]),
        Step::YearWithoutData { year, .. } => {
            say("explain.no_data", &[("year", &year.to_string())])
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_moment_has_its_name_in_both_languages() {
        for one in Moment::ALL {
            let (zh, en) = (moment(*one, false), moment(*one, true));
            assert!(!zh.starts_with("moment.") && !zh.is_ascii(), "{zh}");
            assert!(!en.starts_with("moment.") && en.is_ascii(), "{en}");
        }
    }
}
