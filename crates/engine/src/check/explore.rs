//! The search: breadth first through abstract states, driving the engine. States that show a pair of properties never
//! seen together are followed up first, so that a budget is spent on what is new; the others follow while it lasts.

use super::Budget;
use super::graph::{End, Node, Step, replay, way};
use super::inputs::Variant;
use super::judge::{self, Seen};
use super::moves::{CASE, Kit, OTHER, is_filed};
use super::place::Place;
use super::shape::{Mould, Names, Shape};
use crate::calendar::Calendar;
use crate::case::{Case, Life};
use crate::command::Extra;
use crate::decide::{Decision, World};
use crate::event::Recorded;
use crate::key::Key;
use crate::people::Who;
use crate::procedure::{Action, Origin, Procedure, StageKind, Verb};
use crate::refusal::Refusal;
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

/// Registration: a Monday morning.
pub(super) const BEGIN: Timestamp = Timestamp::constant(1_772_416_800, 0);

/// Moves that led from equal clocks and tasks to the same state so often are not tried there again.
const ENOUGH: u8 = 3;

/// Degrees of novelty.
const TIERS: usize = 5;

/// How much longer the search goes on for what has not been seen to be possible.
const LONGER: usize = 3;

/// States without anything new that are kept to be followed up.
const REST: usize = 4_000;

/// What the search brought to light.
pub(super) struct Explored {
    pub(super) states: usize,
    pub(super) transitions: usize,
    pub(super) capped: bool,
    pub(super) problems: Vec<Problem>,
}

/// A violation with the way to it.
pub(super) struct Problem {
    pub(super) code: &'static str,
    pub(super) origin: Origin,
    pub(super) item: String,
    pub(super) detail: String,
    pub(super) path: Vec<String>,
}

/// A violation at a state.
pub(super) struct Trouble {
    pub(super) code: &'static str,
    pub(super) origin: Origin,
    pub(super) item: String,
    pub(super) detail: String,
    /// The step of time at which it shows, after the state.
    pub(super) then: Option<Step>,
}

pub(super) fn explore(
    procedure: &Procedure,
    calendar: &Calendar,
    all: &[&Procedure],
    budget: Budget,
) -> Explored {
    let place = Place::new(procedure, calendar, all);
    let kit = place.kit();
    let mut search = Search::new(&kit, &place.calendar, budget);
    search.run();
    search.finish()
}

pub(super) struct Search<'k> {
    pub(super) kit: &'k Kit<'k>,
    pub(super) calendar: &'k Calendar,
    budget: Budget,
    pub(super) mould: Mould<'k>,
    pub(super) names: Names,
    nodes: Vec<Node>,
    known: HashMap<Shape, usize>,
    pairs: HashSet<(u32, u32)>,
    /// To be followed up, by how new they are.
    waiting: [VecDeque<usize>; TIERS],
    /// What an action was found to need in a stage.
    fills: BTreeMap<(usize, Key), BTreeSet<Key>>,
    /// Moves that stayed in a stage: how often they changed nothing, and how often they led to a known state.
    idle: HashMap<(usize, usize, Vec<u32>), (u8, u8)>,
    /// Another case, as it stands after its registration.
    pub(super) beside: Option<Box<Case>>,
    pub(super) seen: Seen,
    troubles: BTreeMap<(&'static str, u32, String), (usize, Trouble)>,
    pub(super) tries: usize,
    followed: usize,
    transitions: usize,
}

impl<'k> Search<'k> {
    fn new(kit: &'k Kit<'k>, calendar: &'k Calendar, budget: Budget) -> Self {
        Search {
            kit,
            calendar,
            budget,
            mould: Mould::new(kit.desk.procedure, &kit.tested),
            names: Names::default(),
            nodes: Vec::new(),
            known: HashMap::new(),
            pairs: HashSet::new(),
            waiting: Default::default(),
            fills: BTreeMap::new(),
            idle: HashMap::new(),
            beside: None,
            seen: Seen::default(),
            troubles: BTreeMap::new(),
            tries: 0,
            followed: 0,
            transitions: 0,
        }
    }

    fn run(&mut self) {
        self.register();
        while self.within_budget() {
            let next = self.waiting.iter_mut().find_map(VecDeque::pop_front);
            let Some(number) = next else { return };
            self.follow(number);
        }
    }

    /// What has not been seen to be possible is looked for longer.
    fn within_budget(&self) -> bool {
        let procedure = self.kit.desk.procedure;
        let more = if self.seen.is_everything(procedure) { 1 } else { LONGER };
        self.followed < self.budget.states && self.tries < self.budget.moves.saturating_mul(more)
    }

    fn finish(mut self) -> Explored {
        let capped = self.waiting.iter().any(|waiting| !waiting.is_empty());
        for (number, trouble) in judge::graph(self.kit.desk.procedure, &self.nodes) {
            self.trouble(number, trouble);
        }
        let mut problems: Vec<Problem> =
            judge::unseen(self.kit.desk.procedure, &self.seen, &self.nodes, capped);
        for (number, trouble) in std::mem::take(&mut self.troubles).into_values() {
            let steps = self.shortened(number, &trouble);
            let Trouble { code, origin, item, detail, .. } = trouble;
            problems.push(Problem { code, origin, item, detail, path: steps });
        }
        Explored { states: self.nodes.len(), transitions: self.transitions, capped, problems }
    }

    /// The way to a trouble without the steps that it does not need; every step left was accepted by the engine, and the
    /// trouble is at its end.
    fn shortened(&mut self, number: usize, trouble: &Trouble) -> Vec<String> {
        let steps: Vec<Step> =
            way(&self.nodes, number).into_iter().chain(&trouble.then).cloned().collect();
        let shape = self.nodes.get(number).map(|node| node.shape.clone()).unwrap_or_default();
        let mut kept: Vec<&Step> = steps.iter().collect();
        debug_assert!(self.is_there(&kept, trouble, &shape), "a path must lead where it says");
        let mut at = kept.len().saturating_sub(1);
        while at > 1 {
            at -= 1;
            let mut fewer = kept.clone();
            fewer.remove(at);
            if self.is_there(&fewer, trouble, &shape) {
                kept = fewer;
                at = at.min(kept.len());
            }
        }
        kept.iter().map(|step| step.name.clone()).collect()
    }

    /// Goes a way again from nothing and looks for the trouble at its end.
    fn is_there(&mut self, steps: &[&Step], trouble: &Trouble, shape: &Shape) -> bool {
        let Some((case, events, now)) = replay(self.kit, self.beside.as_deref(), steps) else {
            return false;
        };
        let same = |other: &Trouble| other.code == trouble.code && other.item == trouble.item;
        if trouble.then.is_some() {
            return judge::told(self.kit, &events).iter().any(same);
        }
        judge::state(self.kit, &case, now).iter().any(same)
            || self.mould.shape(&mut self.names, self.kit.desk, &case, now) == *shape
    }

    pub(super) fn trouble(&mut self, number: usize, trouble: Trouble) {
        let depth = |number: usize| self.nodes.get(number).map_or(usize::MAX, |node| node.depth);
        let key = (trouble.code, trouble.origin.line, trouble.item.clone());
        let shorter =
            self.troubles.get(&key).is_none_or(|(known, _)| depth(number) < depth(*known));
        if shorter {
            self.troubles.insert(key, (number, trouble));
        }
    }

    fn register(&mut self) {
        let kit = self.kit;
        let Some(action) = kit.desk.procedure.register_action() else { return };
        let empty = World { cases: [].into(), library: kit.library, directory: kit.desk.directory };
        let authors = openers(kit, action);
        let plain =
            Variant { name: String::new(), fields: Default::default(), extra: Extra::default() };
        let mut fill = BTreeSet::new();
        for who in &authors {
            if let Ok((_, _, filled)) =
                kit.attempt(&empty, action, &plain, who, BEGIN, &mut self.tries)
            {
                fill.extend(filled);
            }
        }
        for variant in kit.openings(action, &fill, BEGIN) {
            for who in &authors {
                let result = kit.attempt(&empty, action, &variant, who, BEGIN, &mut self.tries);
                let Ok((decision, command, _)) = result else { continue };
                self.seen.actions.insert(action.key.clone());
                let step = Step {
                    name: named(action, &variant.name, who, &[]),
                    commands: vec![(BEGIN, who.clone(), command)],
                    related: false,
                };
                let beside = decision.cases.get(CASE).cloned();
                self.reach(None, step, decision, BEGIN);
                if self.beside.is_none() {
                    self.beside = beside.map(|case| Box::new(Case { id: OTHER.into(), ..case }));
                }
            }
        }
    }

    /// Notes where a decision leads.
    pub(super) fn reach(
        &mut self,
        from: Option<usize>,
        step: Step,
        mut decision: Decision,
        now: Timestamp,
    ) -> Option<usize> {
        self.transitions += 1;
        let case = decision.cases.remove(CASE)?;
        let events: Vec<&Recorded> =
            decision.events.iter().filter(|(id, _)| *id == *CASE).map(|(_, event)| event).collect();
        self.seen.note(&events, &case);
        let shape = self.mould.shape(&mut self.names, self.kit.desk, &case, now);
        let known = self.known.get(&shape).copied();
        let number = known.unwrap_or(self.nodes.len());
        if let Some(node) = from.and_then(|from| self.nodes.get_mut(from))
            && !node.next.contains(&number)
        {
            node.next.push(number);
        }
        if known.is_some() {
            return known;
        }
        let troubles = judge::state(self.kit, &case, now);
        let other = decision
            .cases
            .remove(OTHER)
            .filter(|_| step.related)
            .filter(|_| matches!(case.life, Life::Merged { .. }) || !case.members.is_empty());
        let depth = from.and_then(|from| self.nodes.get(from)).map_or(0, |node| node.depth + 1);
        let end = match case.life {
            _ if is_filed(self.kit.desk.procedure, &case) && followed_up(self.kit, &case) => {
                End::Open
            }
            Life::Archived { .. } => End::Filed,
            Life::Voided { .. } | Life::Merged { .. } => End::Gone,
            Life::Open | Life::Closed { .. } => End::Open,
        };
        let tier = self.tier(&shape);
        self.nodes.push(Node {
            shape: shape.clone(),
            from,
            step,
            depth,
            next: Vec::new(),
            followed: false,
            stage: case.stage.clone(),
            end,
            // What is not new waits for its turn only where that can come.
            case: (tier + 1 < TIERS || self.waiting.last().is_some_and(|rest| rest.len() < REST))
                .then(|| Box::new(case)),
            other: other.map(Box::new),
            now,
        });
        self.known.insert(shape, number);
        if let Some(waiting) = self.waiting.get_mut(tier) {
            waiting.push_back(number);
        }
        for trouble in troubles {
            self.trouble(number, trouble);
        }
        Some(number)
    }

    /// A move was not tried from a state because it is known to bring little: the state counts as not followed up.
    fn skipped(&mut self, number: usize, matters: bool) {
        if let Some(node) = self.nodes.get_mut(number).filter(|_| matters) {
            node.followed = false;
        }
    }

    /// How new a state is: 0 a property never seen, 1 one never seen in this stage, 2 one never seen with these insisting
    /// clocks, 3 two never seen together, 4 nothing.
    fn tier(&mut self, shape: &[u32]) -> usize {
        let mut tier = TIERS - 1;
        for (number, one) in shape.iter().enumerate() {
            if self.pairs.insert((*one, *one)) {
                tier = 0;
            }
            for other in shape.iter().skip(number + 1) {
                if self.pairs.insert((*one, *other)) {
                    tier = tier.min(number.min(2) + 1);
                }
            }
        }
        tier
    }

    /// Tries everything from a state.
    fn follow(&mut self, number: usize) {
        let Some(node) = self.nodes.get_mut(number) else { return };
        let (Some(case), other) = (node.case.take(), node.other.take()) else { return };
        node.followed = true;
        let (now, shape) = (node.now, node.shape.clone());
        self.followed += 1;
        let at = now.checked_add(SignedDuration::from_mins(1)).unwrap_or(now);
        let kit = self.kit;
        let alone = kit.world(&case, other.as_deref());
        for (index, action) in kit.desk.procedure.actions.iter().enumerate() {
            if !action.has(Verb::Register) && kit.is_available(&case, action, &Who::System) {
                let relates = [Verb::Link, Verb::Unlink, Verb::Merge, Verb::Unmerge];
                if action.does.iter().any(|verb| relates.contains(verb)) {
                    let beside = other.as_deref().or(self.beside.as_deref()).cloned();
                    let world = kit.world(&case, beside.as_ref());
                    self.act((number, &shape), &world, (index, action), at, true);
                } else {
                    self.act((number, &shape), &alone, (index, action), at, false);
                }
            }
        }
        match case.life {
            Life::Open | Life::Closed { .. } => {
                self.join(number, &case, at);
                self.time((number, &shape), alone, now);
                self.wait(number, &case, now);
            }
            Life::Archived { .. } if followed_up(kit, &case) => {
                self.time((number, &shape), alone, now)
            }
            _ => {}
        }
    }

    fn act(
        &mut self,
        (number, shape): (usize, &Shape),
        world: &World<'_>,
        (index, action): (usize, &Action),
        at: Timestamp,
        related: bool,
    ) {
        let kit = self.kit;
        let Some(case) = world.cases.get(CASE) else { return };
        let authors = kit.authors(action, case, at);
        if let Some(clock) = judge::acting(kit, case, action) {
            // Whether the program could do it; the way there is found by letting time pass.
            let extra =
                Variant { name: clock, fields: Default::default(), extra: Extra::default() };
            if kit.attempt(world, action, &extra, &Who::System, at, &mut self.tries).is_ok() {
                self.seen.actions.insert(action.key.clone());
            }
        }
        let needed = (index, case.stage.clone());
        let fill = self.fills.get(&needed).cloned().unwrap_or_default();
        let each = kit.is_authored(action);
        let setting: Vec<u32> = shape.iter().take(3).chain(shape.get(6)).copied().collect();
        for (place, variant) in kit.variants(case, action, &fill, at).iter().enumerate() {
            for (rank, who) in authors.iter().enumerate() {
                let idle = (index, place * 16 + rank, setting.clone());
                let (same, known) = self.idle.get(&idle).copied().unwrap_or_default();
                if same >= ENOUGH || known >= 2 * ENOUGH {
                    self.skipped(number, known >= 2 * ENOUGH);
                    break;
                }
                let result = kit.attempt(world, action, variant, who, at, &mut self.tries);
                let (decision, command, filled) = match result {
                    Ok(done) => done,
                    Err(refusal) => {
                        self.seen.refuse(action, &refusal);
                        match refusal {
                            Refusal::Forbidden { .. } | Refusal::Own { .. } => continue,
                            _ if each => continue,
                            _ => break,
                        }
                    }
                };
                self.fills.entry(needed.clone()).or_default().extend(filled);
                self.seen.actions.insert(action.key.clone());
                let step = Step {
                    name: named(action, &variant.name, who, &authors),
                    commands: vec![(at, who.clone(), command)],
                    related,
                };
                let stays = action.to.is_none()
                    && decision.cases.get(CASE).is_some_and(|after| after.stage == case.stage);
                let before = self.nodes.len();
                let after = self.reach(Some(number), step, decision, at);
                if stays && self.nodes.len() == before {
                    let (same, known) = self.idle.entry(idle).or_default();
                    let count = if after == Some(number) { same } else { known };
                    *count = count.saturating_add(1);
                }
                if !each {
                    break;
                }
            }
        }
    }
}

/// Whether a clock still runs that goes on after the filing: the case is not at rest before it ends.
fn followed_up(kit: &Kit<'_>, case: &Case) -> bool {
    let goes_on = |key| kit.desk.procedure.clock(key).is_some_and(|clock| clock.after_filing);
    case.clocks.iter().any(|instance| instance.is_live() && goes_on(&instance.clock))
}

/// Who may open a case: somebody of the first role, somebody without a role, the customer.
pub(super) fn openers(kit: &Kit<'_>, action: &Action) -> Vec<Who> {
    use crate::procedure::{Actor, Relation};
    let mut openers: Vec<Who> = Vec::new();
    for actor in &action.by {
        let who = match actor {
            Actor::Role(role) => {
                let holder = kit.desk.directory.people.iter().find(|person| person.has(role));
                holder.map(|person| Who::Person(person.id.clone()))
            }
            Actor::Relation(Relation::Customer) => Some(Who::Customer),
            Actor::Relation(Relation::System) => Some(Who::System),
            Actor::Relation(_) => Some(Who::Person(super::people::ADMINISTRATOR.into())),
        };
        let kind = |who: &Who| std::mem::discriminant(who);
        openers.extend(who.filter(|who| !openers.iter().any(|known| kind(known) == kind(who))));
    }
    openers
}

/// A step for people: the action, its input, and who does it where several may.
fn named(action: &Action, variant: &str, who: &Who, authors: &[Who]) -> String {
    let mut name = action.key.to_string();
    if !variant.is_empty() {
        name = format!("{name}({variant})");
    }
    match who {
        Who::Person(person) if authors.len() != 1 => format!("{name} by {person}"),
        Who::Customer => format!("{name} by the customer"),
        _ => name,
    }
}

/// Stages that close a case.
pub(super) fn is_open(kind: StageKind) -> bool {
    kind != StageKind::Archived
}
