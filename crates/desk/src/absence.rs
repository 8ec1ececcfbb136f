//! Absence: whoever is away gets nothing new, and what he holds is handed over.

use crate::desk::Desk;
use crate::error::DeskError;
use crate::handover::HandedOver;
use crate::organisation::Caller;
use crate::submit::Options;
use engine::command::Command;
use engine::key::Key;
use engine::people::{Person, Who};
use jiff::Timestamp;
use std::sync::PoisonError;
use store::{Filter, Scope, Sort};

/// Cases that are looked at together.
const PAGE: usize = 200;

/// A time during which somebody is away, and who stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absence {
    /// From this instant, UTC.
    pub from: Timestamp,
    /// Until before this one, UTC.
    pub to: Timestamp,
    /// Who takes over what is held; without one, the rules of dispatching choose.
    pub substitute: Option<Key>,
}

impl Desk {
    /// Says when a person is away, in place of all that was said before; `None`: he is there. People say it of themselves, leads of
    /// their teams, administrators of everybody. What he holds is handed over when the absence begins, at once if it has. Returns what
    /// was handed over at once, and to whom.
    ///
    /// # Errors
    /// `NotFound` for an unknown person or substitute, `Forbidden`, `Invalid` for a time that ends before it begins, `Stale`, a failure
    /// of the store.
    pub fn set_absence(
        &self,
        caller: &Caller,
        person: &Key,
        absence: Option<&Absence>,
        seen: Option<u64>,
    ) -> Result<HandedOver, DeskError> {
        let (known, _) = self.person(person)?;
        if !self.may_say_absence(caller, person) {
            return Err(DeskError::Forbidden);
        }
        if absence.is_some_and(|absence| absence.to <= absence.from) {
            return Err(DeskError::Invalid("to".to_owned()));
        }
        let substitute = absence.and_then(|absence| absence.substitute.clone());
        let people = self.people();
        let fits = |other: &Key| other != person && people.person(other).is_some();
        if substitute.as_ref().is_some_and(|other| !fits(other)) {
            return Err(DeskError::NotFound { what: "substitute" });
        }
        let absent = absence.map(|absence| (absence.from, absence.to)).into_iter().collect();
        let changed = Person { absent, substitute, ..known };
        self.change_person(&caller.person, &changed, seen)?;
        if changed.present(self.now()) {
            return Ok(HandedOver::default());
        }
        self.hand_over_from(&changed)
    }

    /// Hands over what people hold who are away now; returns in how many cases. It reads what is to be done, so that doing it often is
    /// harmless.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn hand_over_absent(&self) -> Result<usize, DeskError> {
        let (people, now) = (self.people(), self.now());
        let mut handed = 0;
        for person in people.people.iter().filter(|person| !person.present(now)) {
            handed += self.hand_over_from(person)?.cases;
        }
        Ok(handed)
    }

    /// Hands over what somebody holds who is away now. When it begins, everything that he has to do with is looked at; later on only
    /// what came to him in spite of it.
    fn hand_over_from(&self, person: &Person) -> Result<HandedOver, DeskError> {
        let now = self.now();
        let begun = person.absent.iter().find(|(from, to)| *from <= now && now < *to);
        let mark = (person.id.clone(), begun.map_or(now, |(from, _)| *from));
        let first = !self.handed().contains(&mark);
        let handed = self.hand_over(&person.id, first)?;
        self.handed().insert(mark);
        Ok(handed)
    }

    /// Hands over what somebody holds: the cases that he answers for; if asked for, his tasks and his part in other cases as well.
    fn hand_over(&self, person: &Key, all: bool) -> Result<HandedOver, DeskError> {
        let assignee = Some(person.to_string()).filter(|_| !all);
        let filter = Filter { open: Some(true), assignee, ..Filter::default() };
        let scope = if all { Scope::own(&**person) } else { Scope::all() };
        let (mut cursor, mut handed) = (None, HandedOver::default());
        loop {
            let page =
                self.inner.store.list(&scope, &filter, Sort::NextDue, cursor.as_deref(), PAGE)?;
            for row in page.rows {
                let case: Key = row.id.to_string().into();
                let Some(before) = self.load_case(&case)? else { continue };
                let command = Command::HandOver { case, from: person.clone() };
                let done = self.submit(&Who::System, command, Options::default())?;
                if done.version > before.version {
                    self.tell_handed(&before, &mut handed)?;
                }
            }
            match page.next {
                Some(next) => cursor = Some(next),
                None => return Ok(handed),
            }
        }
    }

    pub(crate) fn handed(
        &self,
    ) -> std::sync::MutexGuard<'_, std::collections::BTreeSet<(Key, Timestamp)>> {
        self.inner.handed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether somebody may say of a person that he is away.
    pub fn may_say_absence(&self, caller: &Caller, person: &Key) -> bool {
        let teams = self.teams();
        let leads = || {
            teams.iter().any(|team| {
                team.lead.as_ref() == Some(&caller.person) && team.members.contains(person)
            })
        };
        let people = self.people();
        let administers =
            || people.person(&caller.person).is_some_and(|known| self.is_administrator(known));
        caller.person == *person || administers() || leads()
    }
}
