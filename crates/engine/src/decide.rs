//! `decide`: what follows from a command. Pure: the world and the context hold every fact it needs.

mod act;
mod approval;
mod assign;
mod change;
mod desk;
mod effects;
mod entered;
mod follow;
mod happen;
mod merge;
mod offer;
mod proposed;
mod register;
mod survey;
mod tick;
mod verbs;
mod version;

pub(crate) use act::allowed;
pub use act::missing;
pub use assign::{ByRule, by_rule};
pub(crate) use desk::recipients;
pub use desk::{accused, approvers, people_for};
pub(crate) use entered::is_phone;
pub use entered::parse;
pub use happen::render;
pub(crate) use offer::is_fixed;
pub use offer::{Offer, is_offered, offers, takes_nothing};
pub use proposed::proposed;

use crate::calendar::Calendar;
use crate::case::{Case, apply, apply_to};
use crate::command::Command;
use crate::event::{Event, Recorded};
use crate::key::Key;
use crate::people::{Directory, Who};
use crate::procedure::Procedure;
use crate::refusal::Refusal;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A version of a procedure, and the calendar that it counts by.
pub type Rules = (Arc<Procedure>, Arc<Calendar>);

/// Published procedures in all their versions, with their calendars.
#[derive(Debug, Clone, Default)]
pub struct Library {
    procedures: BTreeMap<Key, BTreeMap<u32, Rules>>,
    /// Cases go on under these, but none begins.
    retired: BTreeSet<Key>,
}

impl Library {
    /// Adds a version of a procedure with the calendar that it counts by.
    pub fn add(&mut self, procedure: Arc<Procedure>, calendar: Arc<Calendar>) {
        self.procedures
            .entry(procedure.key.clone())
            .or_default()
            .insert(procedure.version, (procedure, calendar));
    }

    /// Lets no case begin under a procedure any more; those that it has go on.
    pub fn retire(&mut self, key: Key) {
        self.retired.insert(key);
    }

    /// The newest version of a procedure under which cases may begin.
    pub fn in_force(&self, key: &str) -> Option<Rules> {
        self.newest(key).filter(|_| !self.retired.contains(key))
    }

    /// The newest version of a procedure, also of a retired one.
    pub fn newest(&self, key: &str) -> Option<Rules> {
        self.procedures.get(key)?.values().next_back().cloned()
    }

    /// A version of a procedure.
    pub fn version(&self, key: &str, version: u32) -> Option<Rules> {
        self.procedures.get(key)?.get(&version).cloned()
    }

    /// All versions of all procedures, each with its calendar.
    pub fn versions(&self) -> impl Iterator<Item = &Rules> {
        self.procedures.values().flat_map(BTreeMap::values)
    }

    /// The newest version of every procedure, in the order of their keys; also of retired ones, whose cases go on.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Procedure>> {
        self.procedures
            .values()
            .filter_map(|versions| versions.values().next_back().map(|(procedure, _)| procedure))
    }
}

/// The facts a decision is taken on: the touched cases, procedures and people.
#[derive(Clone)]
pub struct World<'a> {
    /// Touched cases, by id.
    pub cases: BTreeMap<Key, Case>,
    /// Procedures.
    pub library: &'a Library,
    /// People.
    pub directory: &'a Directory,
}

/// When and on whose behalf.
#[derive(Debug, Clone)]
pub struct Context {
    /// The instant of the decision, UTC.
    pub now: Timestamp,
    /// Who asks.
    pub who: Who,
    /// Fresh ids for cases that the decision opens (hand-over).
    pub ids: Vec<Key>,
    /// Who follows touched cases and may see them, as pairs of case and person.
    pub followers: Vec<(Key, Key)>,
}

/// What follows: facts to record, and the cases after them.
#[derive(Debug, Clone)]
pub struct Decision {
    /// Facts in order, each with its case.
    pub events: Vec<(Key, Recorded)>,
    /// All touched cases after the facts.
    pub cases: BTreeMap<Key, Case>,
    /// Cases that the decision opens; their numbers are drawn by the writer.
    pub opened: Vec<Key>,
}

/// Decides a command.
///
/// # Errors
/// A [`Refusal`] when it is not accepted; nothing has changed then.
pub fn decide(
    world: &World<'_>,
    command: &Command,
    context: &Context,
) -> Result<Decision, Refusal> {
    let mut work = Work {
        library: world.library,
        directory: world.directory,
        cases: world.cases.clone(),
        events: Vec::new(),
        opened: Vec::new(),
        ids: context.ids.clone(),
        now: context.now,
        who: context.who.clone(),
        depth: 0,
    };
    match command {
        Command::Register { case, procedure, fields, candidates } => {
            work.register(case, procedure, fields, candidates)?
        }
        Command::Act { case, action, fields, extra } => {
            work.known(case)?;
            work.tick(case, false);
            work.act(case, action, fields, extra)?;
        }
        Command::Tick { case } => {
            work.known(case)?;
            work.tick(case, true);
        }
        Command::HandOver { case, from } => {
            work.known(case)?;
            work.hand_over(case, from);
        }
        Command::Recount { case } => {
            work.known(case)?;
            crate::clocks::reprice(&mut work, case, Some(crate::clocks::DueCause::Calendar));
        }
        Command::Move { case, version } => {
            work.known(case)?;
            work.tick(case, false);
            work.move_to(case, *version)?;
        }
    }
    for id in work.cases.keys().cloned().collect::<Vec<_>>() {
        if work.events.iter().any(|(case, _)| *case == id) {
            work.tick(&id, false);
        }
    }
    let action = match command {
        Command::Act { case, action, .. } => Some((case, action)),
        _ => None,
    };
    work.tell_followers(&context.followers, action);
    Ok(Decision { events: work.events, cases: work.cases, opened: work.opened })
}

/// The scratch on which a decision is worked out. A refusal throws it away.
pub(crate) struct Work<'a> {
    pub(crate) library: &'a Library,
    pub(crate) directory: &'a Directory,
    pub(crate) cases: BTreeMap<Key, Case>,
    pub(crate) events: Vec<(Key, Recorded)>,
    pub(crate) opened: Vec<Key>,
    pub(crate) ids: Vec<Key>,
    pub(crate) now: Timestamp,
    pub(crate) who: Who,
    /// How deep rules and system actions are nested; bounded, so that no procedure can loop.
    pub(crate) depth: u8,
}

impl Work<'_> {
    /// Records a fact about a case and applies it.
    pub(crate) fn record(&mut self, id: &Key, event: Event) {
        let recorded = Recorded { at: self.now, who: self.who.clone(), event };
        match self.cases.get_mut(id) {
            Some(case) => apply_to(case, &recorded),
            None => self.cases.extend(apply(None, id, &recorded).map(|case| (id.clone(), case))),
        }
        self.events.push((id.clone(), recorded));
    }

    /// The case; it is known to be there ([`Work::known`]).
    pub(crate) fn case(&self, id: &Key) -> &Case {
        #[expect(
            clippy::expect_used,
            reason = "every entry point checks `known` first, and no event removes a case"
        )]
        self.cases.get(id).expect("case is loaded")
    }

    /// The procedure of a case, in the version that it is pinned to, and its calendar.
    pub(crate) fn rules(&self, id: &Key) -> Rules {
        let case = self.case(id);
        #[expect(
            clippy::expect_used,
            reason = "`known` checks it, and published versions are never removed"
        )]
        self.library
            .version(&case.procedure, case.procedure_version)
            .expect("pinned version is loaded")
    }

    /// Checks that the case and its procedure are loaded.
    pub(crate) fn known(&self, id: &Key) -> Result<(), Refusal> {
        let Some(case) = self.cases.get(id) else {
            return Err(Refusal::NeedCases { ids: vec![id.clone()] });
        };
        match self.library.version(&case.procedure, case.procedure_version) {
            Some(_) => Ok(()),
            None => Err(Refusal::Unknown {
                what: "procedure".to_owned(),
                key: case.procedure.to_string(),
            }),
        }
    }

    /// Does something as the program itself.
    pub(crate) fn as_system<T>(&mut self, f: impl FnOnce(&mut Self) -> T) -> T {
        let who = std::mem::replace(&mut self.who, Who::System);
        let result = f(self);
        self.who = who;
        result
    }
}
