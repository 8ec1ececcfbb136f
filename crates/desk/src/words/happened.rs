//! What happened to a case, in sentences.

use super::{text, told};
use crate::access::Seen;
use crate::mask;
use engine::clocks::{DueCause, TimerStep};
use engine::event::{Event, Recorded, SetCause, Topic};
use engine::key::Key;
use engine::people::{Directory, Who};
use engine::procedure::{FieldKind, Label, Means};
use engine::show;
use engine::value::{Private, Value};
use std::collections::BTreeMap;

/// A sentence about a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happened {
    /// What sort of fact it is.
    pub sort: Sort,
    /// The sentence.
    pub text: String,
    /// Requirement ids of the rule that it follows from; empty where there is none.
    pub why: String,
}

/// Sorts of facts, as people look for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// With the customer.
    Contact,
    /// What was noted on the way.
    Progress,
    /// Stages, dispatches, tasks, approvals.
    Work,
    /// Deadlines.
    Time,
    /// Files that were added.
    File,
    /// Values that were entered or derived.
    Values,
}

/// Tells facts of one case.
pub struct Teller<'a> {
    /// The case.
    pub seen: &'a Seen,
    /// The people.
    pub people: &'a Directory,
    /// The number of another case, by its id.
    pub number_of: &'a dyn Fn(&str) -> String,
    /// In English, else in Chinese.
    pub english: bool,
}

impl Teller<'_> {
    /// What a fact says to people; names and numbers are masked as everywhere. Many facts need no line of their own.
    pub fn tell(&self, recorded: &Recorded) -> Option<Happened> {
        let event = &recorded.event;
        self.work(event)
            .or_else(|| self.side(event))
            .or_else(|| self.contact(event))
            .or_else(|| self.time(recorded))
            .or_else(|| self.values(event))
    }

    /// Stages, dispatches, what ends a case.
    fn work(&self, event: &Event) -> Option<Happened> {
        let rules = &self.seen.procedure;
        let work = |key: &str, values: &[(&str, &str)]| self.say(Sort::Work, key, values);
        let escalation = |name: &str| {
            rules.escalation(name).map(|one| self.word(&one.label)).unwrap_or_default()
        };
        match event {
            Event::StageEntered { stage, action, reason } => {
                let name = self.word(&rules.stage(stage)?.label);
                let said = match action.as_ref().and_then(|action| rules.action(action)) {
                    Some(action) => work(
                        "event.stage_by",
                        &[("action", &self.word(&action.label)), ("stage", &name)],
                    ),
                    None => work("event.stage", &[("stage", &name)]),
                };
                said.map(|said| self.with_reason(said, reason.as_ref()))
            }
            Event::Assigned { assignee, role, rule, note, .. } => {
                // Of a person, the role that he has, whatever the case waits for.
                let known = assignee.as_ref().and_then(|id| self.people.person(id));
                let has = |role: &Key| known.is_none_or(|person| person.has(role));
                let held = || known?.roles.iter().find_map(|role| rules.role(role));
                let role = role.as_ref().filter(|role| has(role)).and_then(|role| rules.role(role));
                let role = role.or_else(held).map(|role| self.word(&role.label));
                let role = role.unwrap_or_default();
                let to = assignee.as_ref().map_or_else(|| role.clone(), |id| self.person(id));
                let row = rule.as_ref().and_then(|(table, row)| rules.table(table)?.rows.get(*row));
                let why = row.map(|row| row.origin.req.join(" ")).unwrap_or_default();
                // A role alone waits; whoever has none in this procedure is named alone.
                let key = match role.is_empty() || to == role {
                    true => "event.assigned_to",
                    false => "event.assigned",
                };
                let said = work(key, &[("to", &to), ("role", &role)])?;
                Some(self.with_reason(Happened { why, ..said }, note.as_ref()))
            }
            Event::Unassigned { reason } => {
                work("event.unassigned", &[("reason", &self.opt(reason.as_ref()))])
            }
            Event::CoOwnersSet { people } => {
                work("event.co_owners", &[("people", &self.people(people))])
            }
            Event::DepartmentSet { department } => {
                let name = self.word(&rules.department(department)?.label);
                work("event.department", &[("department", &name)])
            }
            Event::GuardsOverridden { action, reason, .. } => {
                let name = self.word(&rules.action(action)?.label);
                work("event.overridden", &[("action", &name), ("reason", &self.text(reason))])
            }
            Event::RoundBegun { round } => work("event.round", &[("round", &round.to_string())]),
            Event::Closed => work("event.closed", &[]),
            Event::Reopened => work("event.reopened", &[]),
            Event::Moved { from, to } => {
                work("event.moved", &[("from", &from.to_string()), ("to", &to.to_string())])
            }
            Event::Archived { keep_until } => {
                let until = show::time(&self.seen.calendar, *keep_until);
                work("event.archived", &[("until", &until)])
            }
            Event::Voided { reason } => work("event.voided", &[("reason", &self.text(reason))]),
            Event::Escalated { name, .. } => {
                work("event.escalated", &[("name", &escalation(name))])
            }
            Event::Deescalated { name, remark } => {
                let said = work("event.deescalated", &[("name", &escalation(name))])?;
                Some(self.with_reason(said, Some(remark)))
            }
            Event::Held { reason } => work("event.held", &[("reason", &self.text(reason))]),
            Event::Released { .. } => work("event.released", &[]),
            Event::FiledForRecord { opinion } => {
                work("event.filed", &[("opinion", &self.opt(opinion.as_ref()))])
            }
            Event::ChainStarted { chain, .. } => {
                let name = self.word(&rules.chain(chain)?.label);
                work("event.chain", &[("chain", &name)])
            }
            Event::ChainDecided { approved, opinion, .. } => work(
                if *approved { "event.approved" } else { "event.rejected" },
                &[("opinion", &self.opt(opinion.as_ref()))],
            ),
            Event::Commented { text } => work("event.comment", &[("text", &self.text(text))]),
            _ => None,
        }
    }

    /// Tasks, changes, other cases.
    fn side(&self, event: &Event) -> Option<Happened> {
        let work = |key: &str, values: &[(&str, &str)]| self.say(Sort::Work, key, values);
        let number = |id: &Key| (self.number_of)(id);
        match event {
            Event::TaskAdded { title, owner, due, .. } => {
                let owner = owner.as_ref().map(|id| self.person(id)).unwrap_or_default();
                let due = due.map(|due| show::time(&self.seen.calendar, due)).unwrap_or_default();
                let title = self.text(title);
                work("event.task", &[("title", &title), ("owner", &owner), ("due", &due)])
            }
            Event::TaskSettled { id, outcome, .. } => {
                let task = self.seen.case.tasks.iter().find(|task| task.id == *id)?;
                let outcome = self.opt(outcome.as_ref());
                work(
                    "event.task_done",
                    &[("title", &self.text(&task.title)), ("outcome", &outcome)],
                )
            }
            Event::ExtensionAsked { new_due, reason, .. } => {
                let due = show::time(&self.seen.calendar, *new_due);
                let reason = self.text(reason);
                work("event.extension", &[("due", &due), ("reason", &reason)])
            }
            Event::ExtensionDecided { approved, .. } => {
                work(if *approved { "event.extended" } else { "event.not_extended" }, &[])
            }
            Event::ChangeAsked { number, content, .. } => {
                work("event.change", &[("number", number), ("content", &self.text(content))])
            }
            Event::ChangeSigned { method, hash, .. } => work(
                "event.signed",
                &[("method", method), ("hash", &hash.chars().take(12).collect::<String>())],
            ),
            Event::ChangeDecided { approved, .. } => {
                work(if *approved { "event.change_granted" } else { "event.change_refused" }, &[])
            }
            Event::MergedInto { main } => work("event.merged", &[("main", &number(main))]),
            Event::Unmerged { main, reason } => {
                let reason = self.text(reason);
                work("event.unmerged", &[("main", &number(main)), ("reason", &reason)])
            }
            Event::MemberJoined { member } => work("event.joined", &[("member", &number(member))]),
            Event::MemberLeft { member } => work("event.left", &[("member", &number(member))]),
            Event::Linked(link) => work("event.linked", &[("other", &number(&link.other))]),
            Event::Unlinked { other, .. } => work("event.unlinked", &[("other", &number(other))]),
            _ => None,
        }
    }

    fn contact(&self, event: &Event) -> Option<Happened> {
        match event {
            Event::ContactLogged { reached, text, .. } => self.say(
                Sort::Contact,
                if *reached { "event.contact" } else { "event.attempt" },
                &[("text", &self.opt(text.as_ref()))],
            ),
            Event::Urged { .. } => self.say(Sort::Contact, "event.urged", &[]),
            Event::ProgressNoted { node, note } => {
                let node = node.as_ref().and_then(|key| {
                    let nodes = self.seen.procedure.stages.iter().flat_map(|stage| &stage.nodes);
                    nodes.into_iter().find(|node| node.key == *key)
                });
                let node = node.map(|node| self.word(&node.label)).unwrap_or_default();
                let note = self.text(note);
                self.say(Sort::Progress, "event.progress", &[("node", &node), ("note", &note)])
            }
            _ => None,
        }
    }

    fn time(&self, recorded: &Recorded) -> Option<Happened> {
        let rules = &self.seen.procedure;
        let at = |at| show::time(&self.seen.calendar, at);
        let name =
            |key: &str| rules.clock(key).map(|clock| self.word(&clock.label)).unwrap_or_default();
        let req = |key: &str| {
            rules.clock(key).map(|clock| clock.origin.req.join(" ")).unwrap_or_default()
        };
        let because = |why: String, key: &str, values: &[(&str, &str)]| {
            Some(Happened { why, ..self.say(Sort::Time, key, values)? })
        };
        // What time itself does at a due where that is meant is no miss.
        let expires = |key: &str| rules.clock(key).is_some_and(|clock| clock.expires);
        match &recorded.event {
            Event::ClockStopped { clock, .. } if recorded.who == Who::System && expires(clock) => {
                None
            }
            Event::DueSet {
                clock, due: Some(due), cause: DueCause::Counted, provisional, ..
            } => {
                let mark =
                    if *provisional { self.words("clock.provisional") } else { String::new() };
                because(
                    req(clock),
                    "event.due",
                    &[("clock", &name(clock)), ("due", &at(*due)), ("mark", &mark)],
                )
            }
            Event::DueSet { clock, due: Some(due), cause, .. } => because(
                String::new(),
                "event.due_moved",
                &[
                    ("clock", &name(clock)),
                    ("due", &at(*due)),
                    ("why", &told::cause(cause, self.english)),
                ],
            ),
            Event::ClockStopped { clock, generation, stopped } => {
                let instance = self.seen.case.instance(clock, *generation);
                let late = instance.is_some_and(|instance| instance.is_breached());
                because(
                    String::new(),
                    if late { "event.late" } else { "event.met" },
                    &[("clock", &name(clock)), ("at", &at(*stopped))],
                )
            }
            Event::StepFired { clock, step: TimerStep::Breach, due, .. } => {
                because(req(clock), "event.breach", &[("clock", &name(clock)), ("due", &at(*due))])
            }
            Event::Notified(message) => match &message.topic {
                Topic::Clock { step: TimerStep::Step(_) | TimerStep::Again(_), .. }
                    if !message.people.is_empty() =>
                {
                    because(
                        String::new(),
                        "event.told",
                        &[("people", &self.people(&message.people))],
                    )
                }
                _ => None,
            },
            Event::Paused { reason } => {
                let said = self.say(Sort::Time, "event.paused", &[])?;
                Some(self.with_reason(said, reason.as_ref()))
            }
            Event::Resumed => self.say(Sort::Time, "event.resumed", &[]),
            _ => None,
        }
    }

    fn values(&self, event: &Event) -> Option<Happened> {
        let rules = &self.seen.procedure;
        match event {
            Event::Overridden { field, value, reason } => {
                let shown = self.value(field, value)?;
                let values = [("field", shown.0.as_str()), ("value", &shown.1)];
                let said = self.say(Sort::Values, "event.raised", &values)?;
                Some(self.with_reason(said, reason.as_ref()))
            }
            Event::FieldsSet { values, cause, reason } => {
                let rating = rules.field_meaning(Means::Rating);
                let rated =
                    rating.and_then(|field| values.get(&field.key)).and_then(Option::as_ref);
                if let (Some(field), Some(value)) = (rating, rated) {
                    let (name, value) = self.value(&field.key, value)?;
                    let values = [("field", name.as_str()), ("value", &value)];
                    return self.say(Sort::Contact, "event.rated", &values);
                }
                let said = self.set(values, *cause)?;
                Some(self.with_reason(said, reason.as_ref()))
            }
            _ => None,
        }
    }

    /// Fields that took values, in the procedure's order.
    fn set(&self, values: &BTreeMap<Key, Option<Value>>, cause: SetCause) -> Option<Happened> {
        let fields = self.seen.procedure.fields.iter();
        let (mut files, mut pairs) = (0_usize, Vec::new());
        for (field, value) in fields.filter_map(|field| Some((field, values.get(&field.key)?))) {
            match value {
                Some(Value::List(items)) if matches!(field.kind, FieldKind::Files) => {
                    files += items.len();
                }
                Some(value) => pairs.extend(self.value(&field.key, value)),
                None => pairs.push((self.word(&field.label), "—".to_owned())),
            }
        }
        if pairs.is_empty() && files > 0 {
            return self.say(Sort::File, "event.files", &[("count", &files.to_string())]);
        }
        let told: Vec<String> =
            pairs.iter().map(|(name, value)| format!("{name} {}", short(value))).collect();
        let key = match cause {
            SetCause::Derived => "event.derived",
            _ => "event.set",
        };
        let values = told.join(if self.english { "; " } else { "；" });
        if told.is_empty() { None } else { self.say(Sort::Values, key, &[("values", &values)]) }
    }

    /// A field's name and the text of a value, masked.
    fn value(&self, key: &str, value: &Value) -> Option<(String, String)> {
        let (rules, calendar) = (&self.seen.procedure, &self.seen.calendar);
        let field = rules.field(key)?;
        let masked = if self.seen.reveal { value.clone() } else { mask::value(field, value) };
        let text = show::value(rules, calendar, self.people, &field.kind, &masked, self.english);
        Some((self.word(&field.label), text))
    }

    fn with_reason(&self, said: Happened, reason: Option<&Private>) -> Happened {
        let reason = self.opt(reason);
        if reason.is_empty() {
            return said;
        }
        let text = text("event.because", self.english, &[("what", &said.text), ("why", &reason)]);
        Happened { text, ..said }
    }

    fn say(&self, sort: Sort, key: &str, values: &[(&str, &str)]) -> Option<Happened> {
        let text = text(key, self.english, values).trim().to_owned();
        Some(Happened { sort, text, why: String::new() })
    }

    fn words(&self, key: &str) -> String {
        text(key, self.english, &[])
    }

    fn word(&self, label: &Label) -> String {
        show::word(label, self.english).to_owned()
    }

    fn text(&self, private: &Private) -> String {
        if self.seen.reveal {
            private.as_str().to_owned()
        } else {
            mask::without_phones(private.as_str())
        }
    }

    fn opt(&self, private: Option<&Private>) -> String {
        private.map(|private| self.text(private)).unwrap_or_default()
    }

    fn person(&self, id: &str) -> String {
        self.people.person(id).map_or_else(|| id.to_owned(), |person| person.name.clone())
    }

    fn people(&self, ids: &[Key]) -> String {
        let names: Vec<String> = ids.iter().map(|id| self.person(id)).collect();
        engine::show::listed(&names, self.english)
    }
}

/// The beginning of a long text.
fn short(text: &str) -> String {
    const MOST: usize = 60;
    let mut characters = text.chars();
    let begin: String = characters.by_ref().take(MOST).collect();
    if characters.next().is_some() { format!("{begin}…") } else { begin }
}
