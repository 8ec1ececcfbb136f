//! The abstract state of a case: what decides about its further way, and nothing else. Instants are left out; how far
//! each clock has come stays in.

use super::momentary::momentary;
use super::people::Desk;
use super::samples::Tested;
use super::space::{self, whole};
use crate::case::{Case, Facts, Task};
use crate::clocks::{ClockState, Instance, TimerStep};
use crate::key::Key;
use crate::people::Who;
use crate::procedure::{
    Action, Actor, Again, Clock, Fact, Procedure, Relation, Step, StepKind, Test, Verb,
};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::{self, Write};

/// The properties of a state, each with the number of its value; equal shapes are the same abstract state.
pub(super) type Shape = Vec<u32>;

/// Gives every property's value a number of its own.
#[derive(Default)]
pub(super) struct Names {
    /// By what is said of them.
    said: HashMap<String, u32>,
    /// By the number of a property and the value, where that is a number itself.
    plain: HashMap<(u32, u64), u32>,
}

impl Names {
    fn next(&self) -> u32 {
        u32::try_from(self.said.len() + self.plain.len()).unwrap_or(u32::MAX)
    }

    fn said(&mut self, text: &str) -> u32 {
        if let Some(number) = self.said.get(text) {
            return *number;
        }
        let number = self.next();
        self.said.insert(text.to_owned(), number);
        number
    }

    fn plain(&mut self, property: u32, value: u64) -> u32 {
        let number = self.next();
        *self.plain.entry((property, value)).or_insert(number)
    }
}

/// A shape that is being made: properties come in an order that is the same for every case.
struct Making<'n> {
    names: &'n mut Names,
    shape: Shape,
    text: String,
    /// Plain properties so far.
    plain: u32,
}

impl Making<'_> {
    /// A property that is written out.
    fn say(&mut self, write: impl FnOnce(&mut String) -> fmt::Result) {
        self.text.clear();
        // Writing into memory does not fail.
        let _ = write(&mut self.text);
        self.shape.push(self.names.said(&self.text));
    }

    /// A property that is a number, or whether something is so.
    fn plain(&mut self, value: impl Into<u64>) {
        self.shape.push(self.names.plain(self.plain, value.into()));
        self.plain += 1;
    }
}

fn listed<K: fmt::Display>(
    text: &mut String,
    name: &str,
    keys: impl IntoIterator<Item = K>,
) -> fmt::Result {
    text.push_str(name);
    keys.into_iter().try_for_each(|key| write!(text, " {key}"))
}

/// What the shape of a case of this procedure consists of.
pub(super) struct Mould<'p> {
    procedure: &'p Procedure,
    /// Fields with the tests that tell their values apart.
    fields: Vec<(&'p Key, Vec<&'p Test>)>,
    /// Facts with the largest number that matters.
    facts: Vec<(&'p Fact, u32)>,
    instants: BTreeSet<&'p Key>,
    co_owners: bool,
    overrides: bool,
    /// Also what only a complete search must tell apart: how clocks may start again.
    exact: bool,
}

impl<'p> Mould<'p> {
    pub(super) fn new(procedure: &'p Procedure, tested: &Tested<'p>) -> Self {
        let only = |action: &Action| action.by == [Actor::Relation(Relation::CoOwner)];
        Mould {
            procedure,
            fields: tested.fields.iter().map(|(key, tests)| (*key, tests.clone())).collect(),
            facts: tested
                .facts
                .iter()
                .filter_map(|(fact, tests)| Some((*fact, most(fact, tests)?)))
                .collect(),
            instants: tested.instants.clone(),
            co_owners: procedure.actions.iter().any(only),
            overrides: procedure.actions.iter().any(|action| action.has(Verb::ClearOverride)),
            exact: false,
        }
    }

    /// A mould under which cases of the same shape have the same future.
    pub(super) fn exact(procedure: &'p Procedure, tested: &Tested<'p>) -> Self {
        let passing = momentary(procedure);
        let mut mould = Mould { exact: true, ..Mould::new(procedure, tested) };
        mould.fields.retain(|(key, _)| !passing.contains_key(*key));
        mould.overrides &= tested
            .fields
            .keys()
            .any(|key| procedure.field(key).is_some_and(|field| field.derive.is_some()));
        mould
    }

    /// The shape of a case. The first number stands for life and stage, the second for the clocks that insist, the
    /// third for the other clocks.
    pub(super) fn shape(
        &self,
        names: &mut Names,
        desk: Desk<'_>,
        case: &Case,
        now: Timestamp,
    ) -> Shape {
        let shape = Shape::with_capacity(self.fields.len() + self.facts.len() + 20);
        let mut making = Making { names, shape, text: String::new(), plain: 0 };
        making.say(|text| write!(text, "stage {} {}", case.life.name(), case.stage));
        let (insisting, others, phases) = self.clocks(desk, case, now);
        making.say(|text| listed(text, "insisting", insisting));
        making.say(|text| listed(text, "clocks", others));
        // Whoever asks for the round or the members tests them as facts.
        if !self.exact {
            making.plain(case.round.min(2));
            making.plain(!case.members.is_empty());
        }
        making.say(|text| assigned(text, case));
        making.say(|text| match &case.chain {
            Some(run) => write!(text, "chain {} {} {}", run.chain, run.passed, run.steps.len()),
            None => text.write_str("chain"),
        });
        let open: BTreeSet<&Key> =
            case.tasks.iter().filter(|task| task.done.is_none()).map(|task| &task.kind).collect();
        making.say(|text| listed(text, "tasks", open));
        let bound = |task: &&Task| task.done.is_none() && !task.let_go;
        making.plain(self.exact && case.tasks.iter().any(|task| bound(&task)));
        making.say(|text| listed(text, "escalated", case.escalations.keys()));
        making.say(|text| self.pending(text, case));
        making.plain(case.pauses.last().is_some_and(|pause| pause.to.is_none()));
        if self.co_owners {
            making.plain(!case.co_owners.is_empty());
        }
        if self.overrides {
            making.plain(!case.overrides.is_empty());
        }
        for (key, tests) in &self.fields {
            let Some(field) = self.procedure.field(key) else { continue };
            let value = case.value(key);
            let passed = |test: &&Test| u64::from(space::passes(field, test, value));
            for some in tests.chunks(64) {
                making.plain(some.iter().fold(0, |bits, test| bits << 1 | passed(test)));
            }
        }
        for key in &self.instants {
            making.plain(case.value(key).is_some());
        }
        let facts = Facts::new(self.procedure, case, &Who::System);
        for (fact, most) in &self.facts {
            making.plain(facts.number(fact).min(*most));
        }
        if self.exact {
            self.begun(case).for_each(|begun| making.plain(begun));
            making.say(|text| listed(text, "carried", self.carried(case)));
        }
        for (clock, phases) in phases {
            making.say(|text| listed(text, clock, phases));
        }
        making.shape
    }

    /// Clocks that come back when a merged case is parted again, and how far each has come.
    fn carried(&self, case: &Case) -> BTreeSet<String> {
        if case.clocks.iter().all(|instance| instance.carried.is_none()) {
            return BTreeSet::new();
        }
        let mut parted = case.clone();
        for instance in &mut parted.clocks {
            if let Some(state) = instance.carried.take() {
                instance.state = *state;
            }
        }
        let pairs = case.clocks.iter().zip(&parted.clocks);
        pairs
            .filter(|(merged, _)| merged.carried.is_some())
            .filter_map(|(_, back)| {
                let clock = self.procedure.clock(&back.clock)?;
                Some(format!("{} {}", back.clock, phase(&parted, clock, back)))
            })
            .collect()
    }

    /// Which clocks have run already and will not start again in this case or round.
    fn begun(&self, case: &Case) -> impl Iterator<Item = bool> {
        let clocks = self.procedure.clocks.iter().filter(|clock| clock.tasks.is_empty());
        clocks.filter(|clock| clock.again != Again::Start).map(|clock| {
            let within = |one: &&Instance| clock.again == Again::Never || one.round == case.round;
            case.clocks.iter().filter(|one| one.clock == clock.key).any(|one| within(&one))
        })
    }

    fn pending(&self, text: &mut String, case: &Case) -> fmt::Result {
        text.push_str("pending");
        if let Some(rule) = &self.procedure.extension {
            let open = case.extensions.iter().any(|log| log.decided.is_none());
            let asked = case.extensions.iter().filter(|log| log.round == case.round).count();
            let used = asked >= usize::try_from(rule.max).unwrap_or(usize::MAX);
            // Whether the customer was told first.
            let told = case.contacts.iter().any(|log| log.reached && log.round == case.round);
            write!(text, " extension {open} {used} {}", told || !rule.told_first)?;
        }
        if let Some(log) = case.changes.last() {
            let decided = log.decided.as_ref().map(|(approved, ..)| *approved);
            write!(text, " change {} {decided:?}", log.signed.is_some())?;
        }
        Ok(())
    }

    /// The live clocks: those that insist, the others, and how far each has come.
    fn clocks<'c>(
        &self,
        desk: Desk<'_>,
        case: &'c Case,
        now: Timestamp,
    ) -> (BTreeSet<&'c Key>, BTreeSet<&'c Key>, BTreeMap<&'c Key, BTreeSet<String>>) {
        let (mut insisting, mut others) = (BTreeSet::new(), BTreeSet::new());
        let mut phases: BTreeMap<&Key, BTreeSet<String>> = BTreeMap::new();
        for instance in case.clocks.iter().filter(|instance| instance.is_live()) {
            let Some(clock) = self.procedure.clock(&instance.clock) else { continue };
            if insists(desk, case, instance, now).is_ok() {
                insisting.insert(&instance.clock);
            } else {
                others.insert(&instance.clock);
            }
            phases.entry(&instance.clock).or_default().insert(phase(case, clock, instance));
        }
        (insisting, others, phases)
    }
}

/// The largest number that makes a difference to the tests of a fact; none for facts that are no number of the case.
fn most(fact: &Fact, tests: &[&Test]) -> Option<u32> {
    if matches!(fact, Fact::Stage | Fact::SelfAssigned | Fact::Assigned) {
        return None;
    }
    let bound = |test: &&&Test| match test {
        Test::Ge(bound) => whole(bound.ceil()),
        Test::Le(bound) => whole(bound.floor()).map(|bound| bound + 1),
        other => {
            other.values().iter().filter_map(|text| text.parse::<u32>().ok()).max().map(|n| n + 1)
        }
    };
    Some(tests.iter().filter_map(|test| bound(&test)).max().unwrap_or(1).max(1))
}

fn assigned(text: &mut String, case: &Case) -> fmt::Result {
    let role = case.role.as_deref().unwrap_or("");
    write!(text, "assigned {} {role}", case.assignee.is_some())
}

/// How far an instance has come, without its instants.
fn phase(case: &Case, clock: &Clock, instance: &Instance) -> String {
    let telling = |step: &Step| step.does == StepKind::Notify;
    let mut text = String::new();
    match instance.state {
        ClockState::Waiting => text.push_str("waits"),
        ClockState::Running | ClockState::Paused => {
            text.push_str(if instance.due.is_some() { "runs" } else { "stands" });
            let done = |number: usize| {
                instance.has_fired(TimerStep::Remind(u32::try_from(number).unwrap_or(u32::MAX)))
            };
            let steps = clock.remind.iter().enumerate().filter(|(_, step)| !telling(step));
            let done = steps.filter(|(number, _)| done(*number)).count();
            let _ = write!(text, "{done}");
        }
        _ => {
            let done = |number: usize| {
                instance.has_fired(TimerStep::Step(u32::try_from(number).unwrap_or(u32::MAX)))
            };
            let steps = clock.breach.iter().enumerate().filter(|(_, step)| !telling(step));
            let done = steps.filter(|(number, _)| done(*number)).count();
            let _ = write!(text, "missed{done}");
        }
    }
    if instance.leg {
        text.push_str(" leg");
    }
    let misses = clock.breach.iter().map(|step| step.from_miss).max().filter(|misses| *misses > 1);
    if let Some(misses) = misses {
        let so_far = case
            .clocks
            .iter()
            .filter(|one| one.clock == clock.key && one.round == case.round && one.is_breached());
        let so_far = so_far.count().min(usize::try_from(misses).unwrap_or(usize::MAX));
        let _ = write!(text, " {so_far}");
    }
    // Of several moments that stop it together, or by another row than today's, those that have happened.
    let differ =
        clock.by.windows(2).any(|pair| matches!(pair, [one, other] if one.stop != other.stop));
    for row in clock.by.iter().filter(|row| row.stop.len() > 1 || differ) {
        text.push(' ');
        for filter in &row.stop {
            let since = case.moments.iter().skip(instance.index);
            let happened = since.into_iter().any(|occurrence| occurrence.matches(filter));
            text.push(if happened { '1' } else { '0' });
        }
    }
    text
}

/// Whether an instance bears the promise: it goes on until something is done, and tells somebody who exists. Else why
/// not.
pub(super) fn insists(
    desk: Desk<'_>,
    case: &Case,
    instance: &Instance,
    now: Timestamp,
) -> Result<(), String> {
    let Some(clock) = desk.procedure.clock(&instance.clock) else {
        return Err("is unknown".to_owned());
    };
    if !instance.is_ticking() || instance.due.is_none() {
        return Err("stands still".to_owned());
    }
    let ahead = |number: usize| {
        !instance.has_fired(TimerStep::Step(u32::try_from(number).unwrap_or(u32::MAX)))
    };
    let mut steps = clock.breach.iter().enumerate();
    if steps.any(|(number, step)| matches!(step.does, StepKind::Act(_)) && ahead(number)) {
        return Ok(());
    }
    let reaches = |step: &Step| !desk.told(&step.to, case, instance.task, now).is_empty();
    if !clock.repeat.is_empty() {
        let told = clock.breach.iter().any(|step| step.unless.is_empty() && reaches(step));
        if told {
            return Ok(());
        }
    }
    if clock.every.is_some_and(|every| every > 0)
        && let Some(last) = clock.breach.last()
    {
        // A task tells its owner; an action that is refused again and again tells nobody.
        let acts = matches!(last.does, StepKind::Task(_));
        if !last.unless.is_empty() {
            return Err("can be silenced for good".to_owned());
        }
        return if acts || reaches(last) { Ok(()) } else { Err("tells nobody".to_owned()) };
    }
    if !clock.repeat.is_empty() {
        return Err("tells nobody".to_owned());
    }
    Err("ends after its last step".to_owned())
}
