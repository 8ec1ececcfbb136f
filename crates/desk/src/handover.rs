//! What is handed over when somebody is away or leaves: looked at before it is done, and told afterwards.

use crate::desk::Desk;
use crate::error::DeskError;
use crate::organisation::Caller;
use crate::rows::decode_event;
use crate::submit::touched;
use engine::case::Case;
use engine::command::Command;
use engine::decide::{Context, World, decide};
use engine::event::Event;
use engine::key::Key;
use engine::people::{Directory, Person, Who};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;
use store::{Filter, Scope, Sort, StoreError};
use uuid::Uuid;

/// Cases that are looked at together.
const PAGE: usize = 200;
/// Cases that a preview looks at; whoever holds more is told that there are more.
const LOOKED_AT: usize = 1_000;
/// Facts of one handing over that are read back.
const FACTS: usize = 500;

/// Who takes over.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Taker {
    /// Somebody.
    Person(Key),
    /// Whoever holds a role of a procedure: nobody who could is there.
    Role {
        /// The procedure.
        procedure: Key,
        /// The role; none where the case waits for nobody in particular.
        role: Option<Key>,
    },
}

/// How much somebody takes over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Taken {
    /// Cases that he answers for from now on.
    pub cases: usize,
    /// Tasks in cases.
    pub tasks: usize,
    /// Cases in which he works beside whoever answers for them.
    pub parts: usize,
}

/// What was handed over, or would be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HandedOver {
    /// Cases in which something changes hands.
    pub cases: usize,
    /// Who takes over how much.
    pub takers: BTreeMap<Taker, Taken>,
    /// There is more than a preview looks at.
    pub more: bool,
}

impl HandedOver {
    /// Adds what one case's facts give to others.
    fn add<'e>(&mut self, before: &Case, facts: impl Iterator<Item = &'e Event>) {
        let mut any = false;
        let waits = |role: Option<&Key>| Taker::Role {
            procedure: before.procedure.clone(),
            role: role.cloned(),
        };
        let taker = |person: Option<&Key>, role: Option<&Key>| match person {
            Some(person) => Taker::Person(person.clone()),
            None => waits(role),
        };
        for fact in facts {
            match fact {
                Event::Assigned { assignee, role, .. } => {
                    let taker = taker(assignee.as_ref(), role.as_ref());
                    self.takers.entry(taker).or_default().cases += 1;
                }
                Event::TaskGiven { id, owner } => {
                    let task = before.tasks.iter().find(|task| task.id == *id);
                    let role = task.and_then(|task| task.role.as_ref());
                    self.takers.entry(taker(owner.as_ref(), role)).or_default().tasks += 1;
                }
                Event::CoOwnersSet { people } => {
                    let new = people.iter().filter(|one| !before.co_owners.contains(one));
                    for person in new {
                        self.takers.entry(Taker::Person(person.clone())).or_default().parts += 1;
                    }
                }
                _ => continue,
            }
            any = true;
        }
        self.cases += usize::from(any);
    }
}

impl Desk {
    /// What would be handed over to whom if somebody were away now. Nothing is written.
    ///
    /// # Errors
    /// `NotFound` for an unknown person, `Forbidden` for whoever may not say that he is away, a failure of the store.
    pub fn foresee_absence(
        &self,
        caller: &Caller,
        person: &Key,
        substitute: Option<&Key>,
    ) -> Result<HandedOver, DeskError> {
        let mut directory = self.directory();
        let known = directory.person(person).ok_or(DeskError::NotFound { what: "person" })?;
        if !self.may_say_absence(caller, person) {
            return Err(DeskError::Forbidden);
        }
        let away = Person {
            absent: vec![(Timestamp::MIN, Timestamp::MAX)],
            substitute: substitute.cloned(),
            ..known.clone()
        };
        for one in Arc::make_mut(&mut directory.people).iter_mut().filter(|one| one.id == *person) {
            one.clone_from(&away);
        }
        let (mut found, mut looked_at) = (HandedOver::default(), 0);
        let (filter, mut cursor) = (Filter { open: Some(true), ..Filter::default() }, None);
        loop {
            let scope = Scope::own(&**person);
            let store = &self.inner.store;
            let page = store.list(&scope, &filter, Sort::NextDue, cursor.as_deref(), PAGE)?;
            for row in &page.rows {
                self.foresee_one(row.id, person, &mut directory, &mut found)?;
            }
            looked_at += page.rows.len();
            match page.next {
                Some(_) if looked_at >= LOOKED_AT => {
                    found.more = true;
                    return Ok(found);
                }
                Some(next) => cursor = Some(next),
                None => return Ok(found),
            }
        }
    }

    /// Decides one case as if somebody were away. Whoever takes over has more to do for the next one.
    fn foresee_one(
        &self,
        id: Uuid,
        person: &Key,
        directory: &mut Directory,
        found: &mut HandedOver,
    ) -> Result<(), DeskError> {
        let case: Key = id.to_string().into();
        let command = Command::HandOver { case: case.clone(), from: person.clone() };
        let people = directory.clone();
        let decided = self.over_loaded(&mut touched(&command), |cases| {
            let library = self.library_for(cases.values())?;
            let (ids, followers) = (Vec::new(), Vec::new());
            let context = Context { now: self.now(), who: Who::System, ids, followers };
            let before = cases.get(&case).cloned();
            let world = World { cases, library: &library, directory: &people };
            let decision = decide(&world, &command, &context)?;
            Ok((before, decision))
        });
        let (before, decision) = match decided {
            Ok((Some(before), decision)) => (before, decision),
            // What cannot be decided is left where it is, as it is when it is done.
            Ok((None, _)) | Err(DeskError::Refused(_) | DeskError::NotFound { .. }) => {
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let own = decision.events.iter().filter(|(id, _)| *id == case);
        let facts: Vec<&Event> = own.map(|(_, recorded)| &recorded.event).collect();
        found.add(&before, facts.iter().copied());
        for fact in facts {
            if let Event::Assigned { assignee: Some(to), .. } = fact {
                *Arc::make_mut(&mut directory.load).entry(to.clone()).or_insert(0) += 1;
            }
        }
        Ok(())
    }

    /// Reads back what handing a case over gave to whom: the facts after the version that it was at.
    pub(crate) fn tell_handed(
        &self,
        before: &Case,
        found: &mut HandedOver,
    ) -> Result<(), DeskError> {
        let Ok(id) = before.id.parse::<Uuid>() else { return Ok(()) };
        let rows = self.inner.store.events(id, before.version, FACTS)?;
        let facts: Vec<Event> = rows
            .iter()
            .map(|row| decode_event(row).map(|recorded| recorded.event))
            .collect::<Result<_, _>>()
            .map_err(|what| StoreError::Corrupt { what })?;
        found.add(before, facts.iter());
        Ok(())
    }
}
