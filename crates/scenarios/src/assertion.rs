//! What a row asserts, and what the engine really answers in the same words.

use super::parse::unquote;
use engine::case::{Case, Holder, holder};
use engine::clocks::{ClockState, Instance};
use engine::decide::{offers, render};
use engine::event::{Event, Message, Topic};
use engine::key::Key;
use engine::people::Who;
use engine::procedure::{Moment, Procedure};
use engine::refusal::Refusal;
use engine::show;
use engine::sim::Sim;

/// What a row did.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) case: Option<Key>,
    /// The procedure of the row's action.
    pub(crate) procedure: Option<Key>,
    pub(crate) who: Option<Who>,
    /// Position of the row's first event.
    pub(crate) since: usize,
    pub(crate) refusal: Option<Refusal>,
}

/// The assertion as it really is: equal to what was expected when it holds.
pub(crate) fn verify(sim: &Sim, seen: &Seen, expected: &str) -> String {
    let (kind, rest) = expected.split_once(' ').unwrap_or((expected, ""));
    if kind == "refused" {
        return refused(sim, seen, expected, rest);
    }
    let Some(case) = seen.case.as_ref().and_then(|id| sim.cases.get(id)) else {
        return format!("{kind} (no case)");
    };
    let (procedure, calendar) =
        sim.library.version(&case.procedure, case.procedure_version).unwrap();
    let clock = |label: &str| {
        procedure
            .clocks
            .iter()
            .find(|clock| clock.label.zh == label)
            .unwrap_or_else(|| panic!("clock `{label}`"))
    };
    match kind {
        "stage" => format!("stage {}", procedure.stage(&case.stage).unwrap().label.zh),
        "life" => format!("life {}", case.life.name()),
        "round" => format!("round {}", case.round),
        "number" => format!("number {}", case.number),
        "holder" => format!("holder {}", held(sim, &procedure, case)),
        "owner" => {
            let owner = case.assignee.as_ref().map(|id| named(sim, id));
            format!("owner {}", owner.unwrap_or_else(|| "none".to_owned()))
        }
        "field" => {
            let (label, wanted) = rest.split_once('=').unwrap_or((rest, ""));
            let mut named = procedure.fields.iter().filter(|field| field.label.zh == label);
            let first = named.clone().next().unwrap_or_else(|| panic!("field `{label}`"));
            let field = named.find(|field| case.value(&field.key).is_some()).unwrap_or(first);
            let text = show::field(&procedure, &calendar, &sim.directory, case, &field.key, false)
                .replace('✓', "是")
                .replace('✗', "否");
            if unquote(wanted) == text {
                expected.to_owned()
            } else {
                format!("field {label}={text}")
            }
        }
        "due" => {
            let label = rest.split(' ').next().unwrap();
            let due = case.clock(&clock(label).key).and_then(|instance| instance.due);
            format!(
                "due {label} {}",
                due.map_or_else(|| "none".to_owned(), |due| show::time(&calendar, due))
            )
        }
        "running" | "met" | "breached" | "expired" | "paused" | "cancelled" | "waiting"
        | "absent" => {
            format!("{} {rest}", state(case.clock(&clock(rest).key)))
        }
        "times" => {
            let label = rest.split(' ').next().unwrap();
            let key = &clock(label).key;
            format!(
                "times {label} {}",
                case.clocks.iter().filter(|instance| instance.clock == *key).count()
            )
        }
        "told" => format!("told {}", told(sim, seen, &procedure, |_| true)),
        "sent" => format!("sent {}", told(sim, seen, &procedure, |one| one.not_before.is_none())),
        "held" => held_back(sim, seen, &procedure, &calendar),
        "escalated" | "calm" => {
            let name = procedure
                .escalations
                .iter()
                .find(|one| one.label.zh == rest)
                .unwrap_or_else(|| panic!("escalation `{rest}`"));
            format!(
                "{} {rest}",
                if case.escalations.contains_key(&name.key) { "escalated" } else { "calm" }
            )
        }
        "task" => {
            let label = rest.split(' ').next().unwrap();
            let kind = procedure
                .tasks
                .iter()
                .find(|kind| kind.label.zh == label)
                .unwrap_or_else(|| panic!("task `{label}`"));
            let task = case.tasks.iter().rev().find(|task| task.kind == kind.key);
            format!(
                "task {label} {}",
                task.map_or("none", |task| if task.done.is_some() { "done" } else { "open" })
            )
        }
        "tasks" => {
            let label = rest.split(' ').next().unwrap();
            let kind = procedure
                .tasks
                .iter()
                .find(|kind| kind.label.zh == label)
                .unwrap_or_else(|| panic!("task `{label}`"));
            format!(
                "tasks {label} {}",
                case.tasks.iter().filter(|task| task.kind == kind.key).count()
            )
        }
        "happened" => {
            let name = rest.split(' ').next().unwrap();
            let moment = Moment::parse(name).unwrap_or_else(|| panic!("moment `{name}`"));
            format!(
                "happened {name} {}",
                case.moments.iter().filter(|one| one.moment == moment).count()
            )
        }
        "may" | "maynot" => {
            let who = seen.who.clone().unwrap_or(Who::System);
            let action = procedure
                .actions
                .iter()
                .find(|action| action.label.zh == rest)
                .unwrap_or_else(|| panic!("action `{rest}`"));
            let offered = offers(&procedure, case, &sim.directory, &who, sim.now)
                .iter()
                .any(|offer| offer.action == action.key);
            format!("{} {rest}", if offered { "may" } else { "maynot" })
        }
        "message" => {
            let (label, wanted) = rest.split_once(" contains ").unwrap_or((rest, ""));
            let texts = messages(sim, seen, &procedure, &calendar, case);
            if texts.iter().any(|text| text.contains(&unquote(wanted))) {
                expected.to_owned()
            } else {
                format!("message {label} contains {texts:?}")
            }
        }
        other => panic!("assertion `{other}` in `{expected}`"),
    }
}

fn named(sim: &Sim, id: &Key) -> String {
    sim.directory.person(id).map_or_else(|| id.to_string(), |person| person.name.clone())
}

fn held(sim: &Sim, procedure: &Procedure, case: &Case) -> String {
    match holder(procedure, case) {
        Holder::Person(person) => named(sim, &person),
        Holder::Role(role) => {
            procedure.role(&role).map_or_else(|| role.to_string(), |role| role.label.zh.clone())
        }
        Holder::Nobody => "none".to_owned(),
    }
}

fn state(instance: Option<&Instance>) -> &'static str {
    match instance.map(|instance| &instance.state) {
        None => "absent",
        Some(ClockState::Waiting) => "waiting",
        Some(ClockState::Running) => "running",
        Some(ClockState::Paused) => "paused",
        Some(ClockState::Met { .. }) => "met",
        Some(ClockState::Breached { .. }) => "breached",
        Some(ClockState::Expired { .. }) => "expired",
        Some(ClockState::Cancelled { .. }) => "cancelled",
    }
}

/// Who waits for the end of the quiet hours, and until when.
fn held_back(
    sim: &Sim,
    seen: &Seen,
    procedure: &Procedure,
    calendar: &engine::calendar::Calendar,
) -> String {
    let until = row_messages(sim, seen).filter_map(|message| message.not_before).max();
    match until {
        None => "held nobody".to_owned(),
        Some(until) => {
            let names = told(sim, seen, procedure, |message| message.not_before.is_some());
            format!("held {names} until {}", show::time(calendar, until))
        }
    }
}

/// The messages of a row.
fn row_messages<'s>(sim: &'s Sim, seen: &Seen) -> impl Iterator<Item = &'s Message> {
    sim.events.iter().skip(seen.since).filter_map(|(_, recorded)| match &recorded.event {
        Event::Notified(message) => Some(&**message),
        _ => None,
    })
}

/// The people whom the messages of a row of this kind reach.
fn told(
    sim: &Sim,
    seen: &Seen,
    procedure: &Procedure,
    counts: impl Fn(&Message) -> bool,
) -> String {
    let messages = || row_messages(sim, seen).filter(|message| counts(message));
    let mut names: Vec<String> = sim
        .directory
        .people
        .iter()
        .filter(|person| messages().any(|message| message.people.contains(&person.id)))
        .map(|person| person.name.clone())
        .collect();
    for role in procedure
        .roles
        .iter()
        .filter(|role| messages().any(|message| message.vacant.contains(&role.key)))
    {
        names.push(role.label.zh.clone());
    }
    if messages().any(|message| message.customer) {
        names.push("客户".to_owned());
    }
    if names.is_empty() { "nobody".to_owned() } else { names.join("、") }
}

fn messages(
    sim: &Sim,
    seen: &Seen,
    procedure: &Procedure,
    calendar: &engine::calendar::Calendar,
    case: &Case,
) -> Vec<String> {
    let rules =
        sim.events.iter().skip(seen.since).filter_map(|(_, recorded)| match &recorded.event {
            Event::Notified(message) => match &message.topic {
                Topic::Rule(key) => Some(key.clone()),
                _ => None,
            },
            _ => None,
        });
    rules
        .filter_map(|rule| render(procedure, calendar, &sim.directory, case, &rule))
        .map(|(zh, _)| zh)
        .collect()
}

fn refused(sim: &Sim, seen: &Seen, expected: &str, rest: &str) -> String {
    let Some(refusal) = &seen.refusal else { return "accepted".to_owned() };
    let (code, wanted) = rest.split_once(' ').unwrap_or((rest, ""));
    let procedure = seen.procedure.as_ref().and_then(|key| sim.library.newest(key)).unwrap().0;
    let name = |key: &Key| {
        procedure.field(key).map_or_else(|| key.to_string(), |field| field.label.zh.clone())
    };
    let names: Vec<String> = match refusal {
        Refusal::Missing { fields, .. } => fields
            .iter()
            .map(|missing| {
                if missing.label.zh.is_empty() {
                    missing.field.to_string()
                } else {
                    missing.label.zh.clone()
                }
            })
            .collect(),
        Refusal::Invalid { fields } => fields.iter().map(|(field, _)| name(field)).collect(),
        _ => Vec::new(),
    };
    let holds = code == refusal.code()
        && wanted
            .split('、')
            .filter(|one| !one.is_empty())
            .all(|one| names.iter().any(|name| name == one));
    if holds {
        expected.to_owned()
    } else {
        format!("refused {} {}", refusal.code(), names.join("、")).trim_end().to_owned()
    }
}
