//! What can be tried with a case in a state: every action by suitable people, with input that makes a difference.

use super::inputs::Variant;
use super::people::Desk;
use super::samples::{Tested, sample};
use super::stages::filed;
use super::wish::wish;
use crate::case::{Case, Facts, Life};
use crate::command::{Command, Entered, Extra};
use crate::decide::{Context, Decision, Library, World, decide};
use crate::key::Key;
use crate::people::Who;
use crate::procedure::{Action, Fact, Moment, MomentFilter, Procedure, Purpose, StageKind, Verb};
use crate::refusal::Refusal;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// Id of the case that is followed.
pub(super) const CASE: &str = "case";
/// Id of another case beside it, for relations.
pub(super) const OTHER: &str = "other";
/// Id of a case opened by hand-over.
const FRESH: &str = "fresh";

/// What stays the same during an exploration.
pub(super) struct Kit<'p> {
    pub(super) desk: Desk<'p>,
    pub(super) library: &'p Library,
    pub(super) all: Vec<&'p Procedure>,
    pub(super) tested: Tested<'p>,
    /// Purposes that something counts.
    pub(super) purposes: Vec<Purpose>,
    /// Moments whose author matters to something.
    authored: BTreeSet<Moment>,
    /// By action that hands over: what the guards of the registration there need.
    handed: BTreeMap<Key, Entered>,
}

/// The procedure that an action hands a case over to.
fn receiver<'p>(own: &Procedure, all: &[&'p Procedure], action: &Action) -> Option<&'p Procedure> {
    let rule = own.transfer(action.transfer.as_ref()?)?;
    all.iter().find(|other| other.key == rule.to).copied()
}

impl<'p> Kit<'p> {
    pub(super) fn new(desk: Desk<'p>, library: &'p Library, all: Vec<&'p Procedure>) -> Self {
        let tested = Tested::of(desk.procedure);
        let filters: Vec<&MomentFilter> = filters(desk.procedure).collect();
        let mut purposes: BTreeSet<Purpose> =
            filters.iter().filter_map(|filter| filter.purpose).collect();
        for fact in tested.facts.keys() {
            if let Fact::Contacts(purpose) = fact {
                purposes.extend(Purpose::parse(purpose));
            }
        }
        purposes.insert(Purpose::Other);
        let authored = filters
            .iter()
            .filter(|filter| filter.by.is_some())
            .map(|filter| filter.moment)
            .collect();
        let handed = desk.procedure.actions.iter().filter_map(|action| {
            let other = receiver(desk.procedure, &all, action)?;
            let opening = other.register_action()?;
            Some((action.key.clone(), wish(other, &Tested::of(other), None, opening)))
        });
        let handed = handed.collect();
        let purposes = purposes.into_iter().collect();
        Kit { desk, library, all, tested, purposes, authored, handed }
    }

    /// Whether it makes a difference who does an action.
    pub(super) fn is_authored(&self, action: &Action) -> bool {
        action.has(Verb::Contact)
            || self.tested.facts.contains_key(&Fact::SelfAssigned)
            || action.emits.iter().any(|moment| self.authored.contains(moment))
            || action.does.iter().any(|verb| {
                super::moments::of_verb(*verb).iter().any(|moment| self.authored.contains(moment))
            })
    }

    /// Whether an action starts from where a case is, and its condition holds.
    pub(super) fn is_available(&self, case: &Case, action: &Action, who: &Who) -> bool {
        let procedure = self.desk.procedure;
        let does = |verbs: &[Verb]| verbs.iter().any(|verb| action.has(*verb));
        let starts = match &case.life {
            Life::Voided { .. } => false,
            Life::Merged { .. } => return does(&[Verb::Unmerge]),
            _ => procedure.stage(&case.stage).is_some_and(|stage| action.starts_from(stage)),
        };
        let holds = |who: &Who| Facts::new(procedure, case, who).holds(&action.when);
        // Some conditions ask whether it is the assignee who acts.
        let own = || case.assignee.clone().is_some_and(|person| holds(&Who::Person(person)));
        starts && (holds(who) || own())
    }

    /// Who may try an action; the program only where the nightly filing does it.
    pub(super) fn authors(&self, action: &Action, case: &Case, now: Timestamp) -> Vec<Who> {
        let mut authors = self.desk.authors(action, case, now);
        if filed(self.desk.procedure, action) {
            authors.push(Who::System);
        }
        authors
    }

    /// Does an action, and fills in what it is found to need. Tells what was filled in.
    pub(super) fn attempt(
        &self,
        world: &World<'_>,
        action: &Action,
        variant: &Variant,
        who: &Who,
        now: Timestamp,
        tries: &mut usize,
    ) -> Result<(Decision, Command, BTreeSet<Key>), Refusal> {
        let mut extra = variant.extra.clone();
        extra.set.extend(self.handed.get(&action.key).cloned().unwrap_or_default());
        let mut command = self.command(action, variant.fields.clone(), extra);
        let context =
            Context { now, who: who.clone(), ids: vec![FRESH.into()], followers: Vec::new() };
        let mut filled = BTreeSet::new();
        loop {
            *tries += 1;
            let (missing, unmet) = match decide(world, &command, &context) {
                Ok(decision) => return Ok((decision, command, filled)),
                Err(Refusal::Missing { fields, unmet }) if filled.len() < 60 => (fields, unmet),
                Err(refusal) => return Err(refusal),
            };
            let before = filled.len();
            let mut nothing = Entered::new();
            let (fields, set) = match &mut command {
                Command::Register { fields, .. } => (fields, &mut nothing),
                Command::Act { fields, extra, .. } => (fields, &mut extra.set),
                _ => return Err(Refusal::Missing { fields: missing, unmet }),
            };
            for one in &missing {
                let case = world.cases.get(CASE);
                // Of a hand-over the other procedure's fields are asked; both may have one of this key.
                if let Some((field, value)) = self.theirs(action, &one.field, now)
                    && !set.contains_key(&field)
                {
                    set.insert(field.clone(), value);
                    filled.insert(field);
                } else if let Some(field) = self.desk.procedure.field(&one.field)
                    && !fields.contains_key(&field.key)
                    && let Some(value) = sample(self.desk.procedure, field, case, now)
                {
                    fields.insert(field.key.clone(), value);
                    filled.insert(field.key.clone());
                }
            }
            if filled.len() == before {
                return Err(Refusal::Missing { fields: missing, unmet });
            }
        }
    }

    fn command(&self, action: &Action, fields: Entered, extra: Extra) -> Command {
        if action.has(Verb::Register) {
            let (procedure, candidates) = (self.desk.procedure.key.clone(), Vec::new());
            return Command::Register { case: CASE.into(), procedure, fields, candidates };
        }
        let (action, extra) = (action.key.clone(), Box::new(extra));
        Command::Act { case: CASE.into(), action, fields, extra }
    }

    /// A right value for a field of the procedure that a case is handed over to.
    fn theirs(&self, action: &Action, field: &Key, now: Timestamp) -> Option<(Key, Json)> {
        let other = receiver(self.desk.procedure, &self.all, action)?;
        let field = other.field(field)?;
        Some((field.key.clone(), sample(other, field, None, now)?))
    }

    /// By which action another case may join this one.
    pub(super) fn merging(&self, case: &Case) -> Option<&'p Action> {
        let procedure = self.desk.procedure;
        let merges = case.members.is_empty() && procedure.links.merge.is_some();
        procedure.actions.iter().find(|action| merges && action.has(Verb::Merge))
    }

    /// Merges the case beside into this one. Tells who did it by which command.
    pub(super) fn join(
        &self,
        case: &Case,
        beside: &Case,
        action: &Action,
        now: Timestamp,
        tries: &mut usize,
    ) -> Result<(Decision, Command, Who), Refusal> {
        let world = self.world(case, Some(beside));
        let extra = Extra {
            other: Some(CASE.into()),
            reason: Some("同一事项".to_owned()),
            ..Extra::default()
        };
        let command = Command::Act {
            case: OTHER.into(),
            action: action.key.clone(),
            fields: Entered::default(),
            extra: Box::new(extra),
        };
        let mut refused = Refusal::Forbidden { action: action.key.clone() };
        for who in self.authors(action, beside, now) {
            *tries += 1;
            match decide(
                &world,
                &command,
                &Context { now, who: who.clone(), ids: Vec::new(), followers: Vec::new() },
            ) {
                Ok(decision) => return Ok((decision, command, who)),
                Err(refusal) => refused = refusal,
            }
        }
        Err(refused)
    }

    /// The cases that an action is decided on.
    pub(super) fn world(&self, case: &Case, other: Option<&Case>) -> World<'p> {
        let cases = [(CASE, Some(case)), (OTHER, other)];
        let cases = cases.into_iter().filter_map(|(id, case)| Some((Key::from(id), case?.clone())));
        World {
            cases: cases.collect::<BTreeMap<_, _>>(),
            library: self.library,
            directory: self.desk.directory,
        }
    }
}

/// Every moment filter that steers cases.
pub(super) fn filters(procedure: &Procedure) -> impl Iterator<Item = &MomentFilter> {
    let clocks = procedure.clocks.iter().flat_map(|clock| {
        let rows = clock.by.iter().flat_map(|row| &row.stop);
        let steps = clock.remind.iter().chain(&clock.breach).flat_map(|step| &step.unless);
        let then = clock.then.iter().flat_map(|(_, stop)| stop);
        clock
            .start
            .iter()
            .chain(&clock.repeat)
            .chain(&clock.cancel)
            .chain(rows)
            .chain(steps)
            .chain(then)
    });
    let rules = procedure.rules.iter().map(|rule| &rule.on);
    clocks.chain(rules).chain(procedure.tasks.iter().flat_map(|task| &task.done_on))
}

pub(super) fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(at)
}

/// Whether a stage is the end of the way.
pub(super) fn is_filed(procedure: &Procedure, case: &Case) -> bool {
    procedure.stage(&case.stage).is_some_and(|stage| stage.kind == StageKind::Archived)
        && matches!(case.life, Life::Archived { .. })
}
