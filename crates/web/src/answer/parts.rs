//! Parts of a case: clocks, tasks, contacts, links.

use super::{ActorAnswer, Named, PersonAnswer, Title};
use desk::{Seen, without_phones, words};
use engine::case::{ContactLog, Task};
use engine::clocks::{ClockState, Instance, Trace};
use engine::people::Directory;
use engine::procedure::Procedure;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa::ToSchema;

/// One run of a clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ClockAnswer {
    /// The clock.
    pub clock: Named,
    /// Counts the runs of the clock on this case, from 1.
    pub generation: u32,
    /// Round in which it began.
    pub round: u32,
    /// Number of the task that it counts for.
    pub task: Option<u32>,
    /// From when it counts.
    pub start: Timestamp,
    /// The due in force; none while a value is unknown or the case is paused.
    pub due: Option<Timestamp>,
    /// The first due.
    pub original_due: Option<Timestamp>,
    /// How long it runs, as the procedure says it: `4h` hours, `4bh` working hours, `3wd` working days, `7cd` days.
    pub limit: Option<String>,
    /// The due rests on years without calendar data.
    pub provisional: bool,
    /// `waiting`, `running`, `paused`, `met`, `breached`, `expired` (the program acted at the due, as meant) or `cancelled`.
    pub state: String,
    /// When it was stopped, or ended without a result.
    pub ended_at: Option<Timestamp>,
}

impl ClockAnswer {
    pub(crate) fn of(rules: &Procedure, instance: &Instance) -> Self {
        let (state, ended_at) = match &instance.state {
            ClockState::Waiting => ("waiting", None),
            ClockState::Running => ("running", None),
            ClockState::Paused => ("paused", None),
            ClockState::Met { at } => ("met", Some(*at)),
            ClockState::Breached { stopped } => ("breached", *stopped),
            ClockState::Expired { stopped } => ("expired", *stopped),
            ClockState::Cancelled { at, .. } => ("cancelled", Some(*at)),
        };
        Self {
            clock: Named::of(
                &instance.clock,
                rules.clock(&instance.clock).map(|clock| &clock.label),
            ),
            generation: instance.generation,
            round: instance.round,
            task: instance.task,
            start: instance.start,
            due: instance.due,
            original_due: instance.original,
            limit: instance.limit.clone().map(String::from),
            provisional: instance.provisional,
            state: state.to_owned(),
            ended_at,
        }
    }
}

/// How a due came about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TraceAnswer {
    /// The run of the clock.
    pub clock: ClockAnswer,
    /// Facts in the order in which one would tell them; `reason` says which: `started`, `limit`, `not_yet_known`, `counted` (the
    /// calendar's steps), `due` (a due came into force, and why), `fired`, `state`.
    #[schema(value_type = Vec<Object>)]
    pub reasons: Vec<Json>,
    /// The same in sentences, for people; times are local to the procedure's calendar.
    pub told: Vec<ToldAnswer>,
}

/// A sentence of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ToldAnswer {
    /// The sentence.
    pub text: Title,
    /// It belongs to the sentence before: a step of the calendar.
    pub detail: bool,
}

impl ToldAnswer {
    /// The account, in both languages.
    pub(crate) fn all(trace: &Trace, seen: &Seen) -> Vec<Self> {
        let of = (&*seen.procedure, &*seen.case);
        let [zh, en] = [false, true].map(|english| words::told(trace, of, &seen.calendar, english));
        let both = zh.into_iter().zip(en);
        let sentence = |(zh, en): (words::Told, words::Told)| Self {
            text: Title { zh: zh.text, en: en.text },
            detail: zh.detail,
        };
        both.map(sentence).collect()
    }
}

/// Child work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TaskAnswer {
    /// Number within the case, from 1.
    pub id: u32,
    /// Kind.
    pub kind: Named,
    /// What is to be done.
    pub title: String,
    /// Who does it.
    pub owner: Option<PersonAnswer>,
    /// Or which role.
    pub role: Option<Named>,
    /// Department.
    pub department: Option<Named>,
    /// By when.
    pub due: Option<Timestamp>,
    /// What must be done before.
    pub depends_on: Vec<u32>,
    /// Created.
    pub created_at: Timestamp,
    /// Settled.
    pub done_at: Option<Timestamp>,
    /// How it ended.
    pub outcome: Option<String>,
    /// Round.
    pub round: u32,
}

impl TaskAnswer {
    pub(crate) fn of(rules: &Procedure, people: &Directory, task: &Task) -> Self {
        Self {
            id: task.id,
            kind: Named::of(&task.kind, rules.task(&task.kind).map(|kind| &kind.label)),
            title: without_phones(task.title.as_str()),
            owner: task.owner.as_ref().map(|id| PersonAnswer::of(people, id)),
            role: task
                .role
                .as_ref()
                .map(|key| Named::of(key, rules.role(key).map(|role| &role.label))),
            department: task
                .department
                .as_ref()
                .map(|key| Named::of(key, rules.department(key).map(|one| &one.label))),
            due: task.due,
            depends_on: task.depends_on.clone(),
            created_at: task.created,
            done_at: task.done,
            outcome: task.outcome.as_ref().map(|text| without_phones(text.as_str())),
            round: task.round,
        }
    }
}

/// A contact with the customer, or an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ContactAnswer {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: ActorAnswer,
    /// Way.
    pub method: Option<String>,
    /// `verify`, `progress`, `result`, `visit` or `other`.
    pub purpose: String,
    /// What was said.
    pub text: Option<String>,
    /// Reached, or only tried.
    pub reached: bool,
    /// Round.
    pub round: u32,
}

impl ContactAnswer {
    pub(crate) fn of(people: &Directory, log: &ContactLog) -> Self {
        Self {
            at: log.at,
            by: ActorAnswer::of(people, &log.by),
            method: log.method.clone(),
            purpose: log.purpose.name().to_owned(),
            text: log.text.as_ref().map(|text| without_phones(text.as_str())),
            reached: log.reached,
            round: log.round,
        }
    }
}

/// A relation to another case that the caller may see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LinkAnswer {
    /// How: `related`, `suspected`, `escalated_to`, `escalated_from`, `member`, `merged_into`.
    pub kind: String,
    /// `to`: this case holds the relation; `from`: the other one does.
    pub direction: String,
    /// Number of the other case.
    pub number: String,
    /// Its procedure.
    pub procedure: Title,
    /// What the customer said there.
    pub title: Option<String>,
}

/// Values as clients read them: personal texts, instants and rows without their wrapping.
pub(crate) fn flat(value: Json) -> Json {
    match value {
        Json::Object(mut object) if object.len() == 1 => {
            for wrapped in ["$p", "$t", "$row"] {
                if let Some(inner) = object.remove(wrapped) {
                    return flat(inner);
                }
            }
            if object.contains_key("$erased") {
                return Json::Null;
            }
            Json::Object(object.into_iter().map(|(key, value)| (key, flat(value))).collect())
        }
        Json::Object(object) => {
            Json::Object(object.into_iter().map(|(key, value)| (key, flat(value))).collect())
        }
        Json::Array(items) => items.into_iter().map(flat).collect(),
        Json::Number(number) => match number.as_f64() {
            // Whole numbers read as such.
            Some(float) if float.fract() == 0.0 && float.abs() < 9e15 && number.is_f64() => {
                format!("{float:.0}").parse::<i64>().map_or(Json::Number(number), Json::from)
            }
            _ => Json::Number(number),
        },
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn wrapping_is_taken_off() {
        let wrapped = json!({ "a": { "$p": "text" }, "b": [{ "$row": { "c": { "$t": "2026-01-01T00:00:00Z" } } }], "d": { "$erased": "ff" }, "e": 2.0 });
        assert_eq!(
            flat(wrapped),
            json!({ "a": "text", "b": [{ "c": "2026-01-01T00:00:00Z" }], "d": null, "e": 2 })
        );
    }
}
