//! Following a skeleton up whole: every action by everybody with every input that makes a difference, every clock as the
//! next one to act, in every state, until no new state comes up.
//!
//! Of each abstract state one case stands for all. What they may differ in is left to chance here as well: which clock
//! runs out first, on which half-day somebody calls, whether anybody is present to be dispatched to, which case joins.

mod follow;
#[cfg(test)]
mod tests;
mod time;

use super::explore::{BEGIN, Problem, Trouble, openers};
use super::graph::End;
use super::judge;
use super::momentary::momentary;
use super::moves::{CASE, Kit, OTHER, is_filed};
use super::place::Place;
use super::realise::Move;
use super::shape::{Mould, Names, Shape};
use crate::calendar::Calendar;
use crate::case::{Case, Life};
use crate::command::Extra;
use crate::decide::{Decision, World};
use crate::key::Key;
use crate::procedure::Procedure;
use follow::acted;
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

/// What following up a skeleton brought.
pub(super) struct Proof {
    pub(super) states: usize,
    pub(super) transitions: usize,
    /// No state is left that was not followed up, no input that was not tried.
    pub(super) closed: bool,
    pub(super) problems: Vec<Found>,
    /// For each stage with a state in which a clock insists, the number of its states in which none does.
    pub(super) bare: BTreeMap<Key, usize>,
}

/// A violation with the way to it through the skeleton.
pub(super) struct Found {
    pub(super) problem: Problem,
    pub(super) steps: Vec<Move>,
}

/// A reached state.
struct State {
    from: Option<usize>,
    /// What led here.
    step: Move,
    /// States to which a move leads.
    next: BTreeSet<usize>,
    stage: Key,
    end: End,
}

/// A case in a state that is still to be followed up.
struct Open {
    number: usize,
    case: Case,
    other: Option<Case>,
    now: Timestamp,
}

/// Follows a skeleton up until nothing new comes, or `most` states were reached.
pub(super) fn prove(
    skeleton: &Procedure,
    calendar: &Calendar,
    all: &[&Procedure],
    most: usize,
) -> Proof {
    let place = Place::new(skeleton, calendar, all);
    let kit = telling_empty_apart(&place);
    let mut walk = Walk::new(&place, &kit, most);
    walk.all();
    walk.finish()
}

/// What can be tried in a place; a field that was entered and one that was not are never the same here.
fn telling_empty_apart<'p>(place: &'p Place<'p>) -> Kit<'p> {
    let mut kit = place.kit();
    kit.tested.tell_empty_apart(place.procedure);
    kit
}

struct Walk<'k> {
    place: &'k Place<'k>,
    kit: &'k Kit<'k>,
    most: usize,
    mould: Mould<'k>,
    names: Names,
    states: Vec<State>,
    known: HashMap<Shape, usize>,
    open: VecDeque<Open>,
    /// Fields that are read at once, and by which actions they are entered then.
    momentary: BTreeMap<Key, BTreeSet<Key>>,
    rows_stop_alike: bool,
    /// Other cases, as they stand after their registration.
    beside: Vec<Case>,
    problems: BTreeMap<(&'static str, u32, String), (usize, Trouble)>,
    /// For each stage the states in which a clock insists, and all.
    borne: BTreeMap<Key, (usize, usize)>,
    tries: usize,
    transitions: usize,
    closed: bool,
    /// Another case of each shape that was reached again.
    #[cfg(test)]
    twins: BTreeMap<usize, Open>,
}

impl<'k> Walk<'k> {
    fn new(place: &'k Place<'k>, kit: &'k Kit<'k>, most: usize) -> Self {
        let skeleton = place.procedure;
        Walk {
            place,
            kit,
            most,
            mould: Mould::exact(skeleton, &kit.tested),
            names: Names::default(),
            states: Vec::new(),
            known: HashMap::new(),
            open: VecDeque::new(),
            momentary: momentary(skeleton),
            rows_stop_alike: skeleton.clocks.iter().all(|clock| clock.by.len() == 1),
            beside: Vec::new(),
            problems: BTreeMap::new(),
            borne: BTreeMap::new(),
            tries: 0,
            transitions: 0,
            closed: true,
            #[cfg(test)]
            twins: BTreeMap::new(),
        }
    }

    /// Follows everything up.
    fn all(&mut self) {
        self.register();
        while let Some(open) = self.open.pop_front() {
            self.follow(&open);
        }
    }

    fn register(&mut self) {
        let kit = self.kit;
        let Some(action) = kit.desk.procedure.register_action() else { return };
        let empty = World { cases: [].into(), library: kit.library, directory: kit.desk.directory };
        let plain = vec![(String::new(), Extra::default())];
        for who in openers(kit, action) {
            for variant in self.inputs(None, action, plain.clone(), BEGIN) {
                let result = kit.attempt(&empty, action, &variant, &who, BEGIN, &mut self.tries);
                let Ok((decision, ..)) = result else { continue };
                let case = decision.cases.get(CASE).cloned();
                let before = self.states.len();
                let late = SignedDuration::ZERO;
                let step = acted(action, &variant, &who, late, false);
                self.reach(None, step, decision, BEGIN);
                if let Some(case) = case.filter(|_| self.states.len() > before) {
                    self.beside.push(Case { id: OTHER.into(), ..case });
                }
            }
        }
    }

    /// Notes where a decision leads.
    fn reach(&mut self, from: Option<usize>, step: Move, mut decision: Decision, now: Timestamp) {
        self.transitions += 1;
        let Some(case) = decision.cases.remove(CASE) else { return };
        let kit = self.kit;
        let shape = self.mould.shape(&mut self.names, kit.desk, &case, now);
        let known = self.known.get(&shape).copied();
        let number = known.unwrap_or(self.states.len());
        if let Some(state) = from.and_then(|from| self.states.get_mut(from)) {
            state.next.insert(number);
        }
        if known.is_some() {
            #[cfg(test)]
            self.twins
                .insert(number, Open { number, other: other_of(&mut decision, &case), case, now });
            return;
        }
        if self.states.len() >= self.most {
            self.closed = false;
            return;
        }
        let troubles = judge::state(kit, &case, now);
        if case.life.promised() {
            let bare = troubles.iter().any(|trouble| trouble.code == "no_clock");
            let (borne, all) = self.borne.entry(case.stage.clone()).or_default();
            *borne += usize::from(!bare);
            *all += 1;
        }
        for trouble in troubles {
            let key = (trouble.code, trouble.origin.line, trouble.item.clone());
            self.problems.entry(key).or_insert((number, trouble));
        }
        let end = match case.life {
            Life::Archived { .. } if is_filed(kit.desk.procedure, &case) => End::Filed,
            Life::Voided { .. } | Life::Merged { .. } => End::Gone,
            _ => End::Open,
        };
        self.states.push(State {
            from,
            step,
            next: BTreeSet::new(),
            stage: case.stage.clone(),
            end,
        });
        self.known.insert(shape, number);
        let other = other_of(&mut decision, &case);
        self.open.push_back(Open { number, case, other, now });
    }

    /// States from which no way leads to filing, one a stage.
    fn stuck(&self) -> BTreeMap<Key, usize> {
        let mut back: Vec<Vec<usize>> = vec![Vec::new(); self.states.len()];
        for (number, state) in self.states.iter().enumerate() {
            for next in &state.next {
                if let Some(back) = back.get_mut(*next) {
                    back.push(number);
                }
            }
        }
        let filed = self.states.iter().enumerate().filter(|(_, state)| state.end == End::Filed);
        let mut queue: Vec<usize> = filed.map(|(number, _)| number).collect();
        let mut can = vec![false; self.states.len()];
        while let Some(number) = queue.pop() {
            match can.get_mut(number) {
                Some(can) if !*can => *can = true,
                _ => continue,
            }
            queue.extend(back.get(number).into_iter().flatten());
        }
        let mut stuck = BTreeMap::new();
        for (number, state) in self.states.iter().enumerate() {
            if state.end == End::Open && can.get(number) == Some(&false) {
                stuck.entry(state.stage.clone()).or_insert(number);
            }
        }
        stuck
    }

    fn finish(&mut self) -> Proof {
        // Of what was not followed up nothing can be said.
        let stuck = if self.closed { self.stuck() } else { BTreeMap::new() };
        for (stage, number) in stuck {
            if let Some(stage) = self.kit.desk.procedure.stage(&stage) {
                let trouble = judge::stuck(stage);
                let key = (trouble.code, trouble.origin.line, trouble.item.clone());
                self.problems.entry(key).or_insert((number, trouble));
            }
        }
        let problems = std::mem::take(&mut self.problems).into_values();
        let problems = problems
            .map(|(number, trouble)| {
                let steps = way(&self.states, number);
                let path = steps.iter().map(|step| step.name.clone()).collect();
                let Trouble { code, origin, item, detail, .. } = trouble;
                Found { problem: Problem { code, origin, item, detail, path }, steps }
            })
            .collect();
        let borne =
            std::mem::take(&mut self.borne).into_iter().filter(|(_, (borne, _))| *borne > 0);
        Proof {
            states: self.states.len(),
            transitions: self.transitions,
            closed: self.closed,
            problems,
            bare: borne.map(|(stage, (borne, all))| (stage, all - borne)).collect(),
        }
    }
}

/// The other case, where this one has a relation to it.
fn other_of(decision: &mut Decision, case: &Case) -> Option<Case> {
    let related = matches!(case.life, Life::Merged { .. }) || !case.members.is_empty();
    decision.cases.remove(OTHER).filter(|_| related)
}

/// The steps to a state, from registration.
fn way(states: &[State], to: usize) -> Vec<Move> {
    let mut steps = Vec::new();
    let mut at = Some(to);
    while let Some(state) = at.and_then(|number| states.get(number)) {
        steps.push(state.step.clone());
        at = state.from;
    }
    steps.reverse();
    steps
}
