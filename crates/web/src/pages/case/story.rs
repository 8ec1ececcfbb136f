//! What happened to a case, newest first: what one person did at one moment stands together.

use super::{Day, Entry};
use crate::pages::words::Lang;
use crate::problem::Problem;
use desk::words::{Sort, Teller};
use desk::{Desk, Seen, decode_event};
use engine::event::Recorded;
use engine::people::{Directory, Who};
use jiff::Timestamp;
use store::{LogEntry, Scope, StoreError};

/// Facts that are read for a page; older ones are one step away.
const MOST: usize = 600;

/// The parts of the story, and which facts belong to them.
pub(super) const PARTS: &[(&str, &str)] = &[
    ("all", "story.all"),
    ("contact", "story.contact"),
    ("progress", "story.progress"),
    ("work", "story.work"),
    ("time", "story.time"),
    ("audit", "story.audit"),
];

fn belongs(part: &str, sort: Sort) -> bool {
    match part {
        "contact" => sort == Sort::Contact,
        "progress" => matches!(sort, Sort::Progress | Sort::File),
        "work" => sort == Sort::Work,
        "time" => sort == Sort::Time,
        "audit" => true,
        _ => !matches!(sort, Sort::Values),
    }
}

/// Something that happened.
struct Line {
    at: Timestamp,
    who: String,
    sort: Sort,
    text: String,
}

/// Tells a case.
pub(super) struct Storyteller<'a> {
    pub(super) desk: &'a Desk,
    pub(super) lang: Lang,
    pub(super) seen: &'a Seen,
    pub(super) people: &'a Directory,
    pub(super) scope: &'a Scope,
}

impl Storyteller<'_> {
    /// The number of another case, where the viewer may see it.
    fn number_of(&self, id: &str) -> String {
        let other =
            id.parse().ok().and_then(|id| self.desk.store().case(self.scope, id).ok().flatten());
        other
            .map_or_else(|| self.lang.say("story.other").to_owned(), |stored| stored.summary.number)
    }

    fn facts(&self, after: u64) -> Result<Vec<Recorded>, Problem> {
        let rows = self.desk.store().events(self.seen.summary.id, after, MOST)?;
        let decoded =
            rows.iter().map(|row| decode_event(row).map_err(|what| StoreError::Corrupt { what }));
        Ok(decoded.collect::<Result<_, _>>()?)
    }

    /// A part of the story by days.
    pub(super) fn days(&self, part: &str) -> Result<Vec<Day>, Problem> {
        let newest = u64::try_from(MOST).unwrap_or(u64::MAX);
        let facts = self.facts(self.seen.case.version.saturating_sub(newest))?;
        let number_of = |id: &str| self.number_of(id);
        let teller = Teller {
            seen: self.seen,
            people: self.people,
            number_of: &number_of,
            english: self.lang.english,
        };
        let mut told: Vec<Line> = Vec::new();
        for fact in facts.iter().rev() {
            let said = teller.tell(fact).filter(|told| belongs(part, told.sort));
            told.extend(said.map(|said| Line {
                at: fact.at,
                who: self.who(&fact.who),
                sort: said.sort,
                text: said.text,
            }));
        }
        if part == "audit" {
            told.extend(self.reveals()?);
            told.sort_by_key(|line| std::cmp::Reverse(line.at));
        }
        Ok(self.by_days(told))
    }

    /// Lines, newest first, by days; what one person did at one moment stands together.
    fn by_days(&self, told: Vec<Line>) -> Vec<Day> {
        let mut days: Vec<Day> = Vec::new();
        let mut last = None;
        for line in told {
            let local = self.seen.calendar.local(line.at);
            let date = local.strftime("%Y-%m-%d").to_string();
            if days.last().is_none_or(|day| day.date != date) {
                days.push(Day { date, entries: Vec::new() });
                last = None;
            }
            let Some(day) = days.last_mut() else { continue };
            let moment = Some((line.at, line.who.clone()));
            if last != moment {
                last = moment;
                let at = local.strftime("%H:%M").to_string();
                day.entries.push(Entry { at, who: line.who, lines: Vec::new() });
            }
            if let Some(entry) = day.entries.last_mut() {
                // Facts are read backwards; within a moment they are told forwards, and what reads alike once.
                let line = (line.sort, line.text);
                entry.lines.retain(|known| *known != line);
                entry.lines.insert(0, line);
            }
        }
        days
    }

    /// Who had which value of the case shown in full.
    fn reveals(&self) -> Result<Vec<Line>, Problem> {
        let id = self.seen.summary.id.to_string();
        let entries = self.desk.store().log_about("reveal", &id, MOST)?;
        let line = |entry: &LogEntry| {
            let field = entry.key.split_once('/').map(|(_, field)| field).unwrap_or_default();
            let known = self.seen.procedure.field(field);
            let name = known.map_or(field, |field| self.lang.word(&field.label));
            Line {
                at: entry.at,
                who: self.who(&Who::Person(entry.actor.as_str().into())),
                sort: Sort::Values,
                text: self.lang.fill("story.revealed", &[("field", name)]),
            }
        };
        Ok(entries.iter().map(line).collect())
    }

    /// What happened after a version, in one line each.
    pub(super) fn since(&self, version: u64) -> Result<Vec<String>, Problem> {
        Ok(self.told(&self.facts(version)?))
    }

    /// The same where a customer or a colleague did something; what the program or somebody himself did is no news to him.
    pub(super) fn news(&self, version: u64, to: &Who) -> Result<Option<Vec<String>>, Problem> {
        let facts = self.facts(version)?;
        let theirs = |fact: &Recorded| fact.who != Who::System && fact.who != *to;
        Ok(facts.iter().any(theirs).then(|| self.told(&facts)))
    }

    fn told(&self, facts: &[Recorded]) -> Vec<String> {
        let number_of = |id: &str| self.number_of(id);
        let teller = Teller {
            seen: self.seen,
            people: self.people,
            number_of: &number_of,
            english: self.lang.english,
        };
        let told = facts.iter().filter_map(|fact| Some((fact, teller.tell(fact)?)));
        told.map(|(fact, told)| format!("{} {}", self.who(&fact.who), told.text)).collect()
    }

    fn who(&self, who: &Who) -> String {
        match who {
            Who::Person(id) => {
                self.people.person(id).map_or_else(|| id.to_string(), |one| one.name.clone())
            }
            Who::System => self.lang.say("story.system").to_owned(),
            Who::Customer => self.lang.say("story.customer").to_owned(),
        }
    }
}
