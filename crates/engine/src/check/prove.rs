//! Following a skeleton up whole: every action by everybody with every input that makes a difference, every clock as the
//! next one to act, in every state, until no new state comes up.
//!
//! Of each abstract state one case stands for all. What they may differ in is left to chance here as well: which clock
//! runs out first, on which half-day somebody calls, whether anybody is present to be dispatched to, which case joins.

#[cfg(test)]
mod tests;

use super::explore::{BEGIN, Problem, Trouble, openers};
use super::graph::End;
use super::inputs::Variant;
use super::judge;
use super::momentary::momentary;
use super::moves::{CASE, Kit, OTHER, is_filed};
use super::passing::told;
use super::people::{Desk, directory, vacated};
use super::realise::{Kind, Move};
use super::shape::{Mould, Names, Shape};
use super::skeleton::{is_plain, is_timed};
use crate::calendar::Calendar;
use crate::case::{Case, Life};
use crate::clocks::{TimerStep, timers};
use crate::command::{Command, Extra};
use crate::decide::{Context, Decision, Library, World, decide};
use crate::key::Key;
use crate::people::{Directory, Who};
use crate::procedure::{Action, Fact, Procedure, Verb};
use crate::refusal::Refusal;
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

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
    walking(skeleton, calendar, all, most, |walk| {
        walk.all();
        walk.finish()
    })
}

/// Sets everything up for a walk through a skeleton.
fn walking<T>(
    skeleton: &Procedure,
    calendar: &Calendar,
    all: &[&Procedure],
    most: usize,
    go: impl FnOnce(&mut Walk<'_>) -> T,
) -> T {
    let targets = all.iter().copied().filter(|other| {
        other.key != skeleton.key
            && skeleton.links.transfers.iter().any(|rule| rule.to == other.key)
    });
    let together: Vec<&Procedure> = std::iter::once(skeleton).chain(targets).collect();
    let calendar = Arc::new(calendar.clone());
    let mut library = Library::default();
    for one in &together {
        library.add(Arc::new((*one).clone()), Arc::clone(&calendar));
    }
    let present = directory(&together);
    let vacant = vacated(&present);
    let desk = Desk { procedure: skeleton, directory: &present };
    let mut kit = Kit::new(desk, &library, together);
    kit.tested.tell_empty_apart(skeleton);
    let mut walk = Walk {
        mould: Mould::exact(skeleton, &kit.tested),
        kit: &kit,
        calendar: &calendar,
        vacant: &vacant,
        most,
        names: Names::default(),
        states: Vec::new(),
        known: HashMap::new(),
        open: VecDeque::new(),
        momentary: momentary(skeleton),
        rows_stop_alike: skeleton.clocks.iter().all(|clock| clock.by.len() == 1),
        beside: Vec::new(),
        fills: BTreeMap::new(),
        problems: BTreeMap::new(),
        borne: BTreeMap::new(),
        tries: 0,
        transitions: 0,
        closed: true,
        #[cfg(test)]
        twins: BTreeMap::new(),
    };
    go(&mut walk)
}

struct Walk<'k> {
    kit: &'k Kit<'k>,
    calendar: &'k Calendar,
    vacant: &'k Directory,
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
    /// What an action was found to need in a stage.
    fills: BTreeMap<(Key, Key), BTreeSet<Key>>,
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

/// Combinations of values that are tried with one action at most.
const MOST_INPUTS: usize = 6_000;

impl Walk<'_> {
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

    /// Tries everything from a state.
    fn follow(&mut self, open: &Open) {
        let kit = self.kit;
        let soon = later(open.now, SignedDuration::from_secs(1));
        for action in &kit.desk.procedure.actions {
            if action.has(Verb::Register) || !kit.is_available(&open.case, action, &Who::System) {
                continue;
            }
            let relates = action.has(Verb::Merge) || action.has(Verb::Unmerge);
            let other = open.other.as_ref().or_else(|| self.beside.first());
            let world = kit.world(&open.case, other.filter(|_| relates));
            self.act(open, &world, action, soon, SignedDuration::ZERO);
            // On another half-day a call counts anew.
            if action.has(Verb::Contact) && kit.tested.facts.contains_key(&Fact::AttemptHalfDays) {
                let half = SignedDuration::from_hours(13);
                let case = postponed(kit.desk.procedure, &open.case, None, half);
                let world = kit.world(&case, None);
                self.act(open, &world, action, later(soon, half), half);
            }
        }
        if matches!(open.case.life, Life::Open | Life::Closed { .. }) {
            self.join(open, soon);
        }
        self.time(open);
    }

    fn act(
        &mut self,
        open: &Open,
        world: &World<'_>,
        action: &Action,
        at: Timestamp,
        late: SignedDuration,
    ) {
        let kit = self.kit;
        let authors = kit.authors(action, &open.case, at);
        let each = kit.is_authored(action);
        for variant in
            self.inputs(Some(&open.case), action, self.extras(&open.case, action, at), at)
        {
            for who in &authors {
                match kit.attempt(world, action, &variant, who, at, &mut self.tries) {
                    Ok((decision, _, filled)) => {
                        let needed = (action.key.clone(), open.case.stage.clone());
                        self.fills.entry(needed).or_default().extend(filled);
                        let step = acted(action, &variant, who, late, false);
                        self.reach(Some(open.number), step, decision, at);
                        if !each {
                            break;
                        }
                    }
                    Err(Refusal::Forbidden { .. } | Refusal::Own { .. }) => {}
                    Err(_) if each || variant.extra.override_guards => {}
                    Err(_) => break,
                }
            }
            if action.has(Verb::Assign) {
                self.dispatch_to_nobody(open, world, action, &variant, &authors, at);
            }
        }
    }

    /// The built-in input, and where guards may be overridden, that as well.
    fn extras(&self, case: &Case, action: &Action, at: Timestamp) -> Vec<(String, Extra)> {
        let mut extras = self.kit.extras(case, action, at);
        if !action.guards.is_empty() && !action.override_by.is_empty() {
            let overriding = |(name, extra): &(String, Extra)| {
                let name = format!("{name} overriding").trim().to_owned();
                (name, Extra { override_guards: true, ..extra.clone() })
            };
            let more: Vec<_> = extras.iter().map(overriding).collect();
            extras.extend(more);
        }
        extras
    }

    /// Nobody of the role is present: the case waits in its queue.
    fn dispatch_to_nobody(
        &mut self,
        open: &Open,
        world: &World<'_>,
        action: &Action,
        variant: &Variant,
        authors: &[Who],
        at: Timestamp,
    ) {
        let world = World { directory: self.vacant, cases: world.cases.clone(), ..*world };
        let extra = Extra { assignee: None, ..variant.extra.clone() };
        let name = format!("{} nobody present", variant.name);
        let variant = Arc::new(Variant { name, fields: variant.fields.clone(), extra });
        for who in authors {
            if let Ok((decision, ..)) =
                self.kit.attempt(&world, action, &variant, who, at, &mut self.tries)
            {
                let step = acted(action, &variant, who, SignedDuration::ZERO, true);
                self.reach(Some(open.number), step, decision, at);
                return;
            }
        }
    }

    /// Every combination of the values that make a difference, for what the action lets people enter.
    fn inputs(
        &mut self,
        case: Option<&Case>,
        action: &Action,
        extras: Vec<(String, Extra)>,
        at: Timestamp,
    ) -> Vec<Arc<Variant>> {
        let mut fields = self.kit.enterable(case, action, at);
        fields.retain(|(field, _)| {
            self.momentary.get(&field.key).is_none_or(|actions| actions.contains(&action.key))
        });
        // Several changes at once lead where one after the other does.
        let one_by_one = is_plain(action) && self.rows_stop_alike;
        let size =
            fields.iter().filter(|_| !one_by_one).try_fold(extras.len(), |size, (_, choices)| {
                size.checked_mul(choices.len() + 1).filter(|size| *size <= MOST_INPUTS)
            });
        if size.is_none() {
            self.closed = false;
        }
        let mut variants: Vec<Variant> = extras
            .into_iter()
            .map(|(name, extra)| Variant { name, fields: Default::default(), extra })
            .collect();
        for (field, choices) in fields {
            if variants.len() * (choices.len() + 1) > MOST_INPUTS {
                break;
            }
            let with = |variant: &Variant, choice: &serde_json::Value| {
                let shown = choice.as_str().map_or_else(|| choice.to_string(), str::to_owned);
                let name = format!("{} {}={shown}", variant.name, field.key);
                let mut fields = variant.fields.clone();
                fields.insert(field.key.clone(), choice.clone());
                Variant { name: name.trim().to_owned(), fields, extra: variant.extra.clone() }
            };
            let many = if one_by_one { 1 } else { variants.len() };
            let more: Vec<Variant> = variants
                .iter()
                .take(many)
                .flat_map(|variant| choices.iter().map(move |choice| with(variant, choice)))
                .collect();
            variants.extend(more);
        }
        variants.into_iter().map(Arc::new).collect()
    }

    /// Another case joins this one.
    fn join(&mut self, open: &Open, at: Timestamp) {
        let kit = self.kit;
        let actions = &kit.desk.procedure.actions;
        let Some(action) = actions.iter().find(|action| action.has(Verb::Merge)) else { return };
        if !open.case.members.is_empty() || kit.desk.procedure.links.merge.is_none() {
            return;
        }
        for beside in self.beside.clone() {
            let world = kit.world(&open.case, Some(&beside));
            let extra = Extra {
                other: Some(CASE.into()),
                reason: Some("同一事项".to_owned()),
                ..Extra::default()
            };
            let command = Command::Act {
                case: OTHER.into(),
                action: action.key.clone(),
                fields: Default::default(),
                extra: Box::new(extra),
            };
            for who in kit.authors(action, &beside, at) {
                let context = Context { now: at, who, ids: Vec::new() };
                self.tries += 1;
                if let Ok(decision) = decide(&world, &command, &context) {
                    let name = format!("{}(another case joins)", action.key);
                    let step = Move { name, kind: Kind::Join { action: action.key.clone() } };
                    self.reach(Some(open.number), step, decision, at);
                    break;
                }
            }
        }
    }

    /// Each clock that does more than telling is the next one to run on.
    fn time(&mut self, open: &Open) {
        let kit = self.kit;
        let procedure = kit.desk.procedure;
        let shape = self.mould.shape(&mut self.names, kit.desk, &open.case, open.now);
        let next: Vec<(Key, u32)> = open
            .case
            .clocks
            .iter()
            .filter(|one| one.is_ticking() && procedure.clock(&one.clock).is_some_and(is_timed))
            .map(|one| (one.clock.clone(), one.generation))
            .collect();
        for (clock, generation) in next {
            let (mut case, mut now) = (open.case.clone(), open.now);
            // Steps that only tell somebody lead to the same state.
            for _ in 0..8 {
                let at = later(now, SignedDuration::from_secs(1));
                let Some((ready, step)) = self.ready(&case, &clock, generation, at) else { break };
                let world = kit.world(&ready, None);
                let context = Context { now: at, who: Who::System, ids: Vec::new() };
                self.tries += 1;
                let command = Command::Tick { case: CASE.into() };
                let Ok(decision) = decide(&world, &command, &context) else { break };
                let Some(after) = decision.cases.get(CASE).cloned() else { break };
                if self.mould.shape(&mut self.names, kit.desk, &after, at) != shape {
                    let name = told(step, &clock);
                    let step = Move { name, kind: Kind::Time { clock: clock.clone() } };
                    self.reach(Some(open.number), step, decision, at);
                    break;
                }
                (case, now) = (after, at);
            }
        }
    }

    /// The case with its instants moved so that the next step of this clock is due at `at`, and no other clock's is.
    fn ready(
        &self,
        case: &Case,
        clock: &Key,
        generation: u32,
        at: Timestamp,
    ) -> Option<(Case, TimerStep)> {
        let procedure = self.kit.desk.procedure;
        let timer = timers(procedure, self.calendar, case)
            .into_iter()
            .find(|timer| timer.clock == *clock && timer.generation == generation)?;
        let day = SignedDuration::from_hours(24);
        let mut case = postponed(procedure, case, Some((clock, generation)), day);
        let early = at.duration_since(timer.due);
        let instance = case
            .clocks
            .iter_mut()
            .find(|one| one.clock == *clock && one.generation == generation)?;
        instance.due = instance.due.map(|due| later(due, early));
        instance.start = later(instance.start, early);
        Some((case, timer.step))
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

fn acted(
    action: &Action,
    variant: &Arc<Variant>,
    who: &Who,
    late: SignedDuration,
    vacant: bool,
) -> Move {
    let name = match variant.name.is_empty() {
        true => action.key.to_string(),
        false => format!("{}({})", action.key, variant.name),
    };
    let (action, variant, who) = (action.key.clone(), Arc::clone(variant), who.clone());
    Move { name, kind: Kind::Act { action, variant, who, late, vacant } }
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(at)
}

/// The case with the dues of all clocks that do something put off, but for one.
fn postponed(
    procedure: &Procedure,
    case: &Case,
    but: Option<(&Key, u32)>,
    by: SignedDuration,
) -> Case {
    let mut case = case.clone();
    for instance in case.clocks.iter_mut().filter(|one| one.is_ticking()) {
        let chosen = but
            .is_some_and(|(key, number)| instance.clock == *key && instance.generation == number);
        if !chosen && procedure.clock(&instance.clock).is_some_and(is_timed) {
            instance.due = instance.due.map(|due| later(due, by));
            instance.start = later(instance.start, by);
        }
    }
    case
}
