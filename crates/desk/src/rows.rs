//! A decided case as rows of the store.

use crate::mask;
use crate::texts::search_texts;
use engine::calendar::Calendar;
use engine::case::{Case, Facts, Holder, Life, holder, undecided};
use engine::clocks;
use engine::decide::{Rules, accused, render};
use engine::event::{Event, Message, Recorded, Topic};
use engine::key::Key;
use engine::people::{Directory, Who};
use engine::procedure::{FieldKind, Meaning, Means, Moment, Procedure};
use engine::value::Value;
use serde_json::{Value as Json, json};
use std::sync::Arc;
use store::{
    Attachment, CALLS, CaseColumns, CaseRows, EventRow, OutboxRow, Rederived, Rollup, Tie, TimerRow,
};
use uuid::Uuid;

/// Version of the fold that makes snapshots. It is raised when `apply` or [`Case`] changes; older snapshots are folded again.
pub const FOLD_VERSION: u32 = 3;

/// What a rating can say.
pub const RATINGS: [Meaning; 3] = [Meaning::Satisfied, Meaning::Neutral, Meaning::Dissatisfied];

/// Version of the rules by which measures, the people who have to do with a case, and its texts are derived. It is raised when
/// [`rederived`] says something else of a case than before, or the store makes more of it (5: `workers`); then what older rules
/// derived is derived anew, in the background.
pub const DERIVED_VERSION: u32 = 5;

/// Everything a case's rows are made of.
pub(crate) struct Draft {
    pub(crate) procedure: Arc<Procedure>,
    pub(crate) calendar: Arc<Calendar>,
    pub(crate) directory: Directory,
    pub(crate) case: Case,
    pub(crate) events: Vec<Recorded>,
    pub(crate) message_ids: Vec<Uuid>,
    /// The files that the case names.
    pub(crate) files: Vec<Attachment>,
}

impl Draft {
    /// A case after some events, under the rules that it is pinned to. `fresh` names the messages among them.
    pub(crate) fn new(
        (procedure, calendar): Rules,
        directory: &Directory,
        case: Case,
        events: Vec<Recorded>,
        fresh: &mut dyn FnMut() -> Uuid,
    ) -> Self {
        let messages: usize = events.iter().map(messages).sum();
        let message_ids = (0..messages).map(|_| fresh()).collect();
        let (directory, files) = (directory.clone(), Vec::new());
        Self { procedure, calendar, directory, case, events, message_ids, files }
    }

    /// The number is known now: it goes into the registration and the case.
    pub(crate) fn numbered(mut self, number: String) -> Self {
        for recorded in &mut self.events {
            if let Event::Registered { number: empty, .. } = &mut recorded.event {
                empty.clone_from(&number);
            }
        }
        self.case.number = number;
        self
    }

    /// The rows.
    pub(crate) fn rows(self) -> CaseRows {
        let added = u64::try_from(self.events.len()).unwrap_or(0);
        let before = self.case.version.saturating_sub(added);
        let columns = self.columns();
        CaseRows {
            id: self.case.id.parse().unwrap_or_default(),
            expected: before,
            version: self.case.version,
            number: self.case.number.clone(),
            events: (before + 1..)
                .zip(&self.events)
                .map(|(seq, recorded)| encode_event(seq, recorded))
                .collect(),
            snapshot: serde_json::to_string(&self.case).unwrap_or_default(),
            fold_version: FOLD_VERSION,
            derived: DERIVED_VERSION,
            timers: self.timers(),
            outbox: self.outbox(),
            search: search_texts(&self.procedure, &self.case, &self.files),
            phones: self.phones(),
            accounts: self.accounts(),
            rollups: self.rollups(&columns),
            links: self.links(),
            people: self.people(&columns),
            attachments: self.attachments(),
            columns,
            ..CaseRows::default()
        }
    }

    fn meaning(&self, means: Means) -> Option<&Value> {
        self.procedure.field_meaning(means).and_then(|field| self.case.value(&field.key))
    }

    fn columns(&self) -> CaseColumns {
        let case = &self.case;
        let system = Who::System;
        let text = |means| {
            self.meaning(means).map(|value| value.text().to_owned()).filter(|text| !text.is_empty())
        };
        let holder = holder(&self.procedure, case);
        let (closed_at, archived_at, keep_until) = match &case.life {
            Life::Closed { at } => (Some(*at), None, None),
            Life::Archived { at, keep_until } => (
                case.last(engine::procedure::Moment::Closed).map(|one| one.at),
                Some(*at),
                Some(*keep_until),
            ),
            _ => (None, None, None),
        };
        let queue = match (&holder, &case.role) {
            (Holder::Role(role), _) | (_, Some(role)) => role.to_string(),
            _ => String::new(),
        };
        CaseColumns {
            procedure: case.procedure.to_string(),
            procedure_version: case.procedure_version,
            life: case.life.name().to_owned(),
            stage: case.stage.to_string(),
            holder: match holder {
                Holder::Person(key) | Holder::Role(key) => key.to_string(),
                Holder::Nobody => String::new(),
            },
            assignee: case.assignee.as_ref().map(ToString::to_string),
            department: case.department.as_ref().map(ToString::to_string),
            queue,
            severity: Facts::new(&self.procedure, case, &system).severity(),
            category: text(Means::Category),
            channel: text(Means::Channel).unwrap_or_default(),
            customer: None,
            // Masked before it is cut: half a number is not known for one.
            title: text(Means::Description)
                .map(|text| mask::without_phones(&text).chars().take(60).collect()),
            received_at: case.received_at,
            registered_at: case.registered_at,
            next_due: case.next_due(),
            closed_at,
            archived_at,
            keep_until,
            // A case about somebody of the organisation.
            confidential: !accused(&self.procedure, case).is_empty(),
            open: case.life.promised(),
        }
    }

    fn timers(&self) -> Vec<TimerRow> {
        let timers = clocks::timers(&self.procedure, &self.calendar, &self.case);
        timers
            .into_iter()
            .map(|timer| TimerRow {
                clock: timer.clock.to_string(),
                generation: timer.generation,
                step: timer.step.code(),
                due: timer.due,
            })
            .collect()
    }

    /// One message per person told; what nobody present can get goes to the role, for the administrator to see.
    fn outbox(&self) -> Vec<OutboxRow> {
        let mut ids = self.message_ids.iter().copied();
        let mut rows = Vec::new();
        for recorded in &self.events {
            let Event::Notified(message) = &recorded.event else { continue };
            let body = self.body(message);
            let kind = match &message.topic {
                Topic::Rule(key) => key.to_string(),
                Topic::Clock { clock, .. } => clock.to_string(),
                Topic::Task(_) => "task".to_owned(),
                Topic::Approval => "approval".to_owned(),
                Topic::HandedOver => "handed_over".to_owned(),
                Topic::Mention => "mention".to_owned(),
                Topic::Followed { .. } => "followed".to_owned(),
            };
            let not_before = message.not_before.unwrap_or(recorded.at);
            let customer = message.customer.then(|| ("customer", self.case.id.to_string()));
            let people = message
                .people
                .iter()
                .chain(&message.vacant)
                .map(|person| ("inbox", person.to_string()));
            for ((channel, to), id) in people.chain(customer).zip(ids.by_ref()) {
                rows.push(OutboxRow {
                    id,
                    channel: channel.to_owned(),
                    to,
                    kind: kind.clone(),
                    body: body.clone(),
                    not_before,
                });
            }
        }
        rows
    }

    fn body(&self, message: &Message) -> Json {
        let topic = serde_json::to_value(&message.topic).unwrap_or(Json::Null);
        let text = match &message.topic {
            Topic::Rule(key) => {
                let case = mask::case(&self.procedure, &self.case);
                render(&self.procedure, &self.calendar, &self.directory, &case, key)
            }
            _ => None,
        };
        match text {
            Some((zh, en)) => json!({ "topic": topic, "zh": { "$p": zh }, "en": { "$p": en } }),
            None => json!({ "topic": topic }),
        }
    }

    /// Uploads that the case names and that belong to none yet.
    fn attachments(&self) -> Vec<Uuid> {
        self.files.iter().filter(|file| file.case.is_none()).map(|file| file.id).collect()
    }

    fn phones(&self) -> Vec<String> {
        let tel = |key: &Key| {
            self.procedure.field(key).is_some_and(|field| {
                matches!(field.kind, FieldKind::Tel) || field.means == Some(Means::Phone)
            })
        };
        self.case
            .fields
            .iter()
            .filter(|(key, _)| tel(key))
            .map(|(_, value)| value.text().to_owned())
            .filter(|text| !text.is_empty())
            .collect()
    }

    /// The accounts that are known in full.
    fn accounts(&self) -> Vec<String> {
        let account = self.meaning(Means::Account).map(|value| value.text().trim().to_owned());
        account.filter(|text| !text.is_empty() && !text.contains('*')).into_iter().collect()
    }

    /// What the case adds to the measures; a corrected case takes back what it added before.
    fn rollups(&self, columns: &CaseColumns) -> Vec<Rollup> {
        let case = &self.case;
        if matches!(case.life, Life::Voided { .. }) {
            return Vec::new();
        }
        let cell = |metric: &str, at: jiff::Timestamp, dims: String| Rollup {
            metric: measure(metric, columns.confidential),
            day: self.calendar.local(at).date(),
            dims,
            add: 1,
        };
        let dims = format!(
            "{}|{}|{}",
            columns.procedure,
            columns.channel,
            columns.category.clone().unwrap_or_default()
        );
        let mut cells = vec![cell("registered", case.registered_at, dims.clone())];
        cells.extend(columns.closed_at.map(|at| cell("closed", at, dims)));
        let calls = clocks::contacts_due(&self.procedure, case).into_iter();
        let call = calls.map(|call| call.due).min();
        cells.extend(call.map(|due| cell(CALLS[0], due, columns.procedure.clone())));
        cells
            .extend(self.rated().map(|(at, meaning)| {
                cell("rated", at, format!("{}|{meaning}", columns.procedure))
            }));
        for instance in &case.clocks {
            let result = match &instance.state {
                clocks::ClockState::Met { .. } => "met",
                clocks::ClockState::Breached { .. } => "breached",
                _ => continue,
            };
            if let Some(due) = instance.due {
                cells.push(cell(result, due, format!("{}|{}", columns.procedure, instance.clock)));
            }
        }
        cells
    }

    /// When the customer last said how content he is, and what he said.
    fn rated(&self) -> Option<(jiff::Timestamp, &'static str)> {
        let at = self.case.last(Moment::Rated)?.at;
        let field = self.procedure.field_meaning(Means::Rating)?;
        let rating = self.case.value(&field.key)?;
        let meaning = self.procedure.axis_of(&field.key)?.value(rating.text())?.meaning?;
        Some((at, meaning.name())).filter(|_| RATINGS.contains(&meaning))
    }

    /// Who has to do with it beside holder and assignee, and whom it is about.
    fn people(&self, columns: &CaseColumns) -> Vec<(Tie, String)> {
        let case = &self.case;
        let decided = case.approvals.iter().filter_map(|approval| approval.by.person());
        let before = case.dispatches.iter().filter_map(|dispatch| dispatch.assignee.as_ref());
        let tasks = case.tasks.iter().filter_map(|task| task.owner.as_ref());
        let works = case.registrar.iter().chain(&case.co_owners).chain(before).chain(tasks);
        let barred = accused(&self.procedure, case);
        // What waits for whoever holds the case is his work anyway.
        let open = case.tasks.iter().filter(|task| task.done.is_none() && columns.open);
        let awaited = open.filter_map(|task| task.owner.as_ref().or(task.role.as_ref()));
        let undecided = undecided(&self.procedure, case).into_iter().filter(|_| columns.open);
        let awaited =
            awaited.chain(undecided.map(|(role, _)| role)).filter(|key| ***key != *columns.holder);
        works
            .chain(decided)
            .filter(|person| Some(*person) != case.assignee.as_ref() && !barred.contains(person))
            .map(|person| (Tie::Works, person.to_string()))
            .chain(barred.iter().map(|person| (Tie::Barred, person.to_string())))
            .chain(awaited.map(|key| (Tie::Awaited, key.to_string())))
            .collect()
    }

    fn links(&self) -> Vec<(String, Uuid)> {
        let related = self.case.links.iter().map(|link| {
            (
                serde_json::to_value(link.kind)
                    .ok()
                    .and_then(|kind| kind.as_str().map(str::to_owned))
                    .unwrap_or_default(),
                &link.other,
            )
        });
        let members = self.case.members.iter().map(|member| ("member".to_owned(), member));
        let main = match &self.case.life {
            Life::Merged { into, .. } => Some(("merged_into".to_owned(), into)),
            _ => None,
        };
        related
            .chain(members)
            .chain(main)
            .filter_map(|(kind, other)| Some((kind, other.parse().ok()?)))
            .collect()
    }
}

/// The name of a measure. What confidential cases add to it stands apart: not everybody may learn that there are any.
pub(crate) fn measure(name: &str, confidential: bool) -> String {
    if confidential { format!("{name}, confidential") } else { name.to_owned() }
}

/// The rows of a case that lived elsewhere, in memory, all that happened to it at once: those that its submissions would have
/// left. It gets the number that its own serial makes. `fresh` names its messages.
pub fn rows_of_life(
    rules: Rules,
    directory: &Directory,
    case: Case,
    events: Vec<Recorded>,
    number: String,
    fresh: &mut dyn FnMut() -> Uuid,
) -> CaseRows {
    Draft::new(rules, directory, case, events, fresh).numbered(number).rows()
}

/// What the present rules derive of a case as it stands at a version of its rows.
pub(crate) fn rederived(
    (procedure, calendar): Rules,
    case: Case,
    version: u64,
    files: Vec<Attachment>,
) -> Rederived {
    // Only messages speak of people by their names.
    let directory = Directory::default();
    let (events, message_ids) = (Vec::new(), Vec::new());
    let draft = Draft { procedure, calendar, directory, case, events, message_ids, files };
    let columns = draft.columns();
    Rederived {
        case: draft.case.id.parse().unwrap_or_default(),
        version,
        rules: DERIVED_VERSION,
        texts: search_texts(&draft.procedure, &draft.case, &draft.files),
        rollups: draft.rollups(&columns),
        people: draft.people(&columns),
    }
}

fn messages(recorded: &Recorded) -> usize {
    match &recorded.event {
        Event::Notified(message) => {
            message.people.len() + message.vacant.len() + usize::from(message.customer)
        }
        _ => 0,
    }
}

fn encode_event(seq: u64, recorded: &Recorded) -> EventRow {
    let body = serde_json::to_string(&recorded.event).unwrap_or_default();
    // Its type is what an event says of itself first.
    let kind = body.strip_prefix(r#"{"type":""#).and_then(|rest| rest.split_once('"'));
    let kind = kind.map_or_else(String::new, |(kind, _)| kind.to_owned());
    EventRow { seq, kind, v: 1, at: recorded.at, actor: actor(&recorded.who), body }
}

/// Whoever acts, as rows name him.
pub(crate) fn actor(who: &Who) -> String {
    match who {
        Who::Person(id) => id.to_string(),
        Who::System => "@system".to_owned(),
        Who::Customer => "@customer".to_owned(),
    }
}

/// The fact behind a stored row.
///
/// # Errors
/// A type or version that this program does not know: the case must not be touched by it.
pub fn decode_event(row: &EventRow) -> Result<Recorded, String> {
    if row.v != 1 {
        return Err(format!("{} has version {}", row.kind, row.v));
    }
    let event = serde_json::from_str(&row.body).map_err(|error| error.to_string())?;
    let who = match row.actor.as_str() {
        "@system" => Who::System,
        "@customer" => Who::Customer,
        person => Who::Person(person.into()),
    };
    Ok(Recorded { at: row.at, who, event })
}
