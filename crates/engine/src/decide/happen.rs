//! A moment happens: clocks, tasks, messages, rules and members of a group follow.

use super::Work;
use crate::calendar::Calendar;
use crate::case::{Case, Facts, Occurrence};
use crate::clocks;
use crate::event::{Event, Message, Topic};
use crate::key::Key;
use crate::people::{Directory, Who};
use crate::procedure::{Actor, Moment, Procedure, Purpose, Relation};
use jiff::Timestamp;

/// What is special about an occurrence.
#[derive(Debug, Clone, Default)]
pub(crate) struct Detail {
    pub(crate) at: Option<Timestamp>,
    pub(crate) purpose: Option<Purpose>,
    pub(crate) task: Option<u32>,
}

impl Work<'_> {
    /// A moment happens now.
    pub(crate) fn happen(&mut self, id: &Key, moment: Moment) {
        self.happen_with(id, moment, Detail::default());
    }

    /// A moment happens, with detail.
    pub(crate) fn happen_with(&mut self, id: &Key, moment: Moment, detail: Detail) {
        let (procedure, _) = self.rules(id);
        let occurrence = Occurrence {
            moment,
            at: detail.at.unwrap_or(self.now),
            who: self.who.clone(),
            acted_as: self.acted_as(&procedure, id),
            purpose: detail.purpose,
            task: detail.task,
            round: self.case(id).round,
        };
        self.record(id, Event::Happened(occurrence.clone()));
        clocks::happened(self, id, &occurrence);
        self.settle_tasks(id, &procedure, &occurrence);
        self.notify(id, &procedure, &occurrence);
        if self.depth < 8 {
            self.depth += 1;
            self.follow_rules(id, &procedure, &occurrence);
            self.depth -= 1;
        }
        self.share(id, &procedure, &occurrence);
    }

    /// What the author is to the case: relations and roles.
    fn acted_as(&self, procedure: &Procedure, id: &Key) -> Vec<Actor> {
        let case = self.case(id);
        match &self.who {
            Who::System => vec![Actor::Relation(Relation::System)],
            Who::Customer => vec![Actor::Relation(Relation::Customer)],
            Who::Person(person) => {
                let mut acted = Vec::new();
                if case.assignee.as_ref() == Some(person) {
                    acted.push(Actor::Relation(Relation::Assignee));
                }
                if case.co_owners.contains(person) {
                    acted.push(Actor::Relation(Relation::CoOwner));
                }
                if case.registrar.as_ref() == Some(person) {
                    acted.push(Actor::Relation(Relation::Registrar));
                }
                if let Some(known) = self.directory.person(person) {
                    acted.extend(
                        procedure
                            .roles
                            .iter()
                            .filter(|role| known.has(&role.key))
                            .map(|role| Actor::Role(role.key.clone())),
                    );
                }
                acted
            }
        }
    }

    fn settle_tasks(&mut self, id: &Key, procedure: &Procedure, occurrence: &Occurrence) {
        let settled: Vec<u32> = self
            .case(id)
            .tasks
            .iter()
            .filter(|task| task.done.is_none())
            .filter(|task| {
                procedure.task(&task.kind).is_some_and(|kind| {
                    kind.done_on.iter().any(|filter| occurrence.matches(filter))
                })
            })
            .map(|task| task.id)
            .collect();
        for task in settled {
            self.settle_task(id, task);
        }
    }

    /// A task ends by itself.
    pub(crate) fn settle_task(&mut self, id: &Key, task: u32) {
        self.record(id, Event::TaskSettled { id: task, outcome: None, by_itself: true });
        self.happen_with(id, Moment::TaskDone, Detail { task: Some(task), ..Detail::default() });
    }

    fn notify(&mut self, id: &Key, procedure: &Procedure, occurrence: &Occurrence) {
        for rule in procedure.notify.iter().filter(|rule| occurrence.matches(&rule.on)) {
            if Facts::new(procedure, self.case(id), &self.who).holds(&rule.when) {
                let loud = rule.loud || self.is_loud(id);
                self.tell(id, Topic::Rule(rule.key.clone()), &rule.to, occurrence.task, loud);
            }
        }
    }

    fn follow_rules(&mut self, id: &Key, procedure: &Procedure, occurrence: &Occurrence) {
        for rule in procedure.rules.iter().filter(|rule| occurrence.matches(&rule.on)) {
            if Facts::new(procedure, self.case(id), &self.who).holds(&rule.when) {
                for effect in &rule.effects {
                    self.effect(id, effect);
                }
            }
        }
    }

    /// Moments that the main case shares are recorded on its members (S4-G04).
    fn share(&mut self, id: &Key, procedure: &Procedure, occurrence: &Occurrence) {
        let shared = procedure
            .links
            .merge
            .as_ref()
            .is_some_and(|merge| merge.share.contains(&occurrence.moment));
        if !shared {
            return;
        }
        for member in self.case(id).members.clone() {
            if self.cases.contains_key(&member) {
                let round = self.case(&member).round;
                self.record(
                    &member,
                    Event::Happened(Occurrence { round, task: None, ..occurrence.clone() }),
                );
            }
        }
    }

    /// Whether quiet hours hold nothing of this case back (G-09).
    pub(crate) fn is_loud(&self, id: &Key) -> bool {
        let (procedure, _) = self.rules(id);
        Facts::new(&procedure, self.case(id), &Who::System).is_loud()
    }

    /// Writes a message to people, held back by quiet hours unless it is loud.
    pub(crate) fn tell(
        &mut self,
        id: &Key,
        topic: Topic,
        to: &[Actor],
        task: Option<u32>,
        loud: bool,
    ) {
        let (procedure, calendar) = self.rules(id);
        let (people, vacant) =
            super::desk::recipients(&procedure, self.case(id), self.directory, self.now, to, task);
        let customer = to.contains(&Actor::Relation(Relation::Customer));
        if people.is_empty() && vacant.is_empty() && !customer {
            return;
        }
        let not_before = if loud { None } else { calendar.quiet_until(self.now) };
        self.record(
            id,
            Event::Notified(Box::new(Message { topic, people, vacant, customer, not_before })),
        );
    }
}

/// The text of a notify rule's message, in Chinese and English. Personal values are left as they are: the caller masks.
pub fn render(
    procedure: &Procedure,
    calendar: &Calendar,
    directory: &Directory,
    case: &Case,
    rule: &str,
) -> Option<(String, String)> {
    let rule = procedure.notify.iter().find(|one| one.key == *rule)?;
    let fill =
        |text: &str, english: bool| fill(procedure, calendar, directory, case, text, english);
    Some((fill(&rule.text.zh, false), fill(&rule.text.en, true)))
}

fn fill(
    procedure: &Procedure,
    calendar: &Calendar,
    directory: &Directory,
    case: &Case,
    text: &str,
    english: bool,
) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, tail)) = after.split_once('}') else {
            out.push('{');
            rest = after;
            continue;
        };
        out.push_str(&placeholder(procedure, calendar, directory, case, name, english));
        rest = tail;
    }
    out.push_str(rest);
    out
}

fn placeholder(
    procedure: &Procedure,
    calendar: &Calendar,
    directory: &Directory,
    case: &Case,
    name: &str,
    english: bool,
) -> String {
    let word =
        |label: &crate::procedure::Label| if english { label.en.clone() } else { label.zh.clone() };
    let clock = |at: Timestamp| calendar.local(at).strftime("%Y-%m-%d %H:%M").to_string();
    match name.split_once(':') {
        Some(("field", key)) => {
            crate::show::field(procedure, calendar, directory, case, key, english)
        }
        Some(("due", key)) => {
            case.clock(key).and_then(|instance| instance.due).map(clock).unwrap_or_default()
        }
        _ => match name {
            "number" => case.number.clone(),
            "procedure" => word(&procedure.label),
            "stage" => {
                procedure.stage(&case.stage).map(|stage| word(&stage.label)).unwrap_or_default()
            }
            "assignee" => case
                .assignee
                .as_ref()
                .and_then(|id| directory.person(id))
                .map(|person| person.name.clone())
                .unwrap_or_default(),
            _ => String::new(),
        },
    }
}
