//! A desk in memory with a virtual clock: what-if, forecasts, demonstrations and tests drive the same
//! `decide`, `apply` and `plan` as the real one. There is no second model.

use crate::case::{Case, Life};
use crate::clocks;
use crate::command::{Command, Entered, Extra};
use crate::decide::{Context, Decision, Library, World, decide};
use crate::event::{Event, Recorded};
use crate::key::Key;
use crate::numbering;
use crate::people::{Directory, Who};
use crate::procedure::Means;
use crate::refusal::Refusal;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// A desk in memory.
#[derive(Debug, Clone)]
pub struct Sim {
    /// Published procedures.
    pub library: Library,
    /// People.
    pub directory: Directory,
    /// The virtual clock.
    pub now: Timestamp,
    /// All cases.
    pub cases: BTreeMap<Key, Case>,
    /// Cases in the order of their registration.
    pub order: Vec<Key>,
    /// Everything that happened, in order.
    pub events: Vec<(Key, Recorded)>,
    /// Last serial by counter.
    pub serials: BTreeMap<String, i64>,
    ids: u64,
}

impl Sim {
    /// An empty desk at an instant.
    pub fn new(library: Library, directory: Directory, now: Timestamp) -> Self {
        Self {
            library,
            directory,
            now,
            cases: BTreeMap::new(),
            order: Vec::new(),
            events: Vec::new(),
            serials: BTreeMap::new(),
            ids: 0,
        }
    }

    /// Registers a case and returns its id.
    ///
    /// # Errors
    /// The refusal of the core.
    pub fn register(&mut self, who: Who, procedure: &str, fields: Entered) -> Result<Key, Refusal> {
        let case = self.fresh_id();
        let candidates = self.candidates(procedure, &fields);
        self.submit(
            who,
            &Command::Register {
                case: case.clone(),
                procedure: procedure.into(),
                fields,
                candidates,
            },
        )?;
        Ok(case)
    }

    /// Does an action on a case.
    ///
    /// # Errors
    /// The refusal of the core.
    pub fn act(
        &mut self,
        who: Who,
        case: &Key,
        action: &str,
        fields: Entered,
        extra: Extra,
    ) -> Result<(), Refusal> {
        self.submit(
            who,
            &Command::Act {
                case: case.clone(),
                action: action.into(),
                fields,
                extra: Box::new(extra),
            },
        )
    }

    /// Submits a command at the current instant.
    ///
    /// # Errors
    /// The refusal of the core; nothing has changed then.
    pub fn submit(&mut self, who: Who, command: &Command) -> Result<(), Refusal> {
        self.directory.load = load(self.cases.values()).into();
        let ids = vec![self.fresh_id()];
        let world =
            World { cases: self.cases.clone(), library: &self.library, directory: &self.directory };
        let decision =
            decide(&world, command, &Context { now: self.now, who, ids, followers: Vec::new() })?;
        self.commit(decision);
        Ok(())
    }

    /// Lets time pass up to an instant: every timer strictly before it fires at its own instant; with `inclusive` also
    /// those at the instant itself (G-07).
    pub fn advance(&mut self, to: Timestamp, inclusive: bool) {
        while let Some((due, case)) = self.next_timer() {
            if due > to || (due == to && !inclusive) {
                break;
            }
            self.now = due.max(self.now);
            // A tick is never refused for a case that is loaded.
            let _ = self.submit(Who::System, &Command::Tick { case });
            if self.next_timer().is_some_and(|(next, _)| next < self.now) {
                break;
            }
        }
        self.now = to.max(self.now);
    }

    /// The next timer of all cases.
    pub fn next_timer(&self) -> Option<(Timestamp, Key)> {
        self.cases
            .values()
            .filter_map(|case| {
                let (procedure, calendar) =
                    self.library.version(&case.procedure, case.procedure_version)?;
                let timer = clocks::timers(&procedure, &calendar, case).into_iter().next()?;
                Some((timer.due, case.id.clone()))
            })
            .min()
    }

    fn commit(&mut self, decision: Decision) {
        self.cases.extend(decision.cases);
        let first = self.events.len();
        self.events.extend(decision.events);
        for id in decision.opened {
            let Some(case) = self.cases.get_mut(&id) else { continue };
            let Some((procedure, calendar)) =
                self.library.version(&case.procedure, case.procedure_version)
            else {
                continue;
            };
            let draft = numbering::draft(&procedure, &calendar, case);
            let serial = self.serials.entry(draft.scope.clone()).or_insert(0);
            *serial += 1;
            case.number = draft.with(*serial);
            for (_, recorded) in self.events.iter_mut().skip(first).filter(|(of, _)| *of == id) {
                if let Event::Registered { number, .. } = &mut recorded.event {
                    number.clone_from(&case.number);
                }
            }
            self.order.push(id);
        }
    }

    fn fresh_id(&mut self) -> Key {
        self.ids += 1;
        format!("case-{:04}", self.ids).into()
    }

    /// Open cases of the same procedure whose telephone number or account is that of a new one.
    fn candidates(&self, procedure: &str, fields: &Entered) -> Vec<Key> {
        let Some((rules, _)) = self.library.newest(procedure) else { return Vec::new() };
        let identities = [Means::Phone, Means::Account]
            .into_iter()
            .filter_map(|means| rules.field_meaning(means))
            .map(|field| &field.key);
        let given: Vec<(&Key, &str)> = identities
            .filter_map(|key| Some((key, fields.get(key)?.as_str()?)))
            .filter(|(_, text)| !text.is_empty())
            .collect();
        let same = |case: &&Case| {
            given
                .iter()
                .any(|(key, text)| case.value(key).is_some_and(|value| value.text() == *text))
        };
        let open = |case: &&Case| {
            matches!(case.life, Life::Open | Life::Merged { .. }) && case.procedure == *procedure
        };
        self.cases.values().filter(open).filter(same).map(|case| case.id.clone()).collect()
    }
}

/// How many open cases each person holds.
fn load<'c>(cases: impl Iterator<Item = &'c Case>) -> BTreeMap<Key, u32> {
    let mut load = BTreeMap::new();
    for person in
        cases.filter(|case| case.life == Life::Open).filter_map(|case| case.assignee.clone())
    {
        *load.entry(person).or_insert(0) += 1;
    }
    load
}
