//! What a procedure must keep, claim by claim, each proved over a skeleton of its own.
//!
//! - **Somebody holds a case, and what is due next is offered**, whatever its clocks and tasks do.
//! - **A clock insists in every stage.** Most stages have one that always does; else a few are followed up together.
//! - **Nothing is left when a case is filed**: no clock, no task of a kind, no approval.
//! - **Filing stays possible**: with everything that stands in its way, one kind of obstacle at a time - open tasks of a
//!   kind, attempts to be made, something that must have happened. Fields that people can fill in are no obstacle.
//!
//! A way to a violation is gone again with the whole procedure: what the engine accepts there is a violation; what it
//! refuses could not be ruled out either, and is told as such.

use super::explore::Problem;
use super::prove::{Proof, prove};
use super::realise::{Realised, Whole};
use super::skeleton::{Aim, Guards, skeleton};
use super::stages::reached;
use crate::calendar::Calendar;
use crate::key::Key;
use crate::procedure::{Clock, Fact, Procedure, Stage, StageKind, TaskKind};
use std::collections::{BTreeMap, BTreeSet};

/// What proving brought.
#[derive(Default)]
pub(super) struct Proved {
    /// Abstract states of all skeletons.
    pub(super) states: usize,
    pub(super) transitions: usize,
    /// Every skeleton was followed up whole.
    pub(super) closed: bool,
    pub(super) problems: Vec<Problem>,
}

/// Proves all claims; each skeleton may have `most` states.
pub(super) fn claims(
    procedure: &Procedure,
    calendar: &Calendar,
    all: &[&Procedure],
    most: usize,
) -> Proved {
    let mut court = Court {
        procedure,
        calendar,
        all,
        most,
        proved: Proved { closed: true, ..Proved::default() },
    };
    court.base();
    let bearers = court.units();
    court.stages(bearers);
    court.obstacles();
    court.proved
}

/// Clocks and tasks that are looked at together, and how many states of each stage they leave without a clock.
struct Unit {
    aim: Aim,
    /// Stages with a state in which a clock insists, and the number of states in which none does.
    bare: BTreeMap<Key, usize>,
}

struct Court<'p> {
    procedure: &'p Procedure,
    calendar: &'p Calendar,
    all: &'p [&'p Procedure],
    most: usize,
    proved: Proved,
}

impl Court<'_> {
    fn try_aim(&mut self, aim: &Aim) -> Proof {
        let skeleton = skeleton(self.procedure, aim);
        let proof = prove(&skeleton, self.calendar, self.all, self.most);
        self.proved.states += proof.states;
        self.proved.transitions += proof.transitions;
        self.proved.closed &= proof.closed;
        proof
    }

    /// Notes what a proof found of what it was about.
    fn note(&mut self, proof: Proof, about: impl Fn(&Problem) -> bool) {
        let mut whole = None;
        for found in proof.problems.into_iter().filter(|found| about(&found.problem)) {
            let whole =
                whole.get_or_insert_with(|| Whole::new(self.procedure, self.calendar, self.all));
            let mut problem = found.problem;
            match whole.realise(&found.steps, &problem) {
                Realised::There(path) => problem.path = path,
                Realised::Elsewhere => {
                    problem.detail +=
                        "; not ruled out, though this way ends well with everything in it";
                }
                Realised::Refused { step, why } => {
                    problem.detail +=
                        &format!("; not ruled out, though `{step}` was refused: {why}");
                }
            }
            let same = |other: &Problem| (other.code, &other.item) == (problem.code, &problem.item);
            if !self.proved.problems.iter().any(same) {
                self.proved.problems.push(problem);
            }
        }
    }

    fn base(&mut self) {
        let proof = self.try_aim(&Aim::default());
        self.note(proof, |problem| {
            ["no_holder", "no_next", "cannot_complete"].contains(&problem.code)
                || problem.item.starts_with("chains.")
        });
    }

    /// Each clock, and each kind of task with its clocks, by itself: nothing of it is left at the end.
    fn units(&mut self) -> Vec<Unit> {
        let procedure = self.procedure;
        let mut units = Vec::new();
        for clock in procedure.clocks.iter().filter(|clock| clock.tasks.is_empty()) {
            let item = format!("clocks.{}", clock.key);
            let alone = of_clock(clock);
            let mut proof = self.try_aim(&alone);
            if proof.problems.iter().any(|found| found.problem.item == item) {
                // Perhaps a guard before filing waits for it.
                let guards = Guards::About(guarding(procedure));
                let bare = proof.bare;
                proof = self.try_aim(&Aim { guards, ..alone.clone() });
                proof.bare = bare;
            }
            units.push(Unit { aim: alone, bare: std::mem::take(&mut proof.bare) });
            self.note(proof, |problem| problem.item == item);
        }
        for kind in &procedure.tasks {
            let aim = of_tasks(procedure, kind);
            let mut proof = self.try_aim(&aim);
            let bare = std::mem::take(&mut proof.bare);
            let items: Vec<String> =
                aim.clocks.iter().map(|clock| format!("clocks.{clock}")).collect();
            let item = format!("tasks.{}", kind.key);
            units.push(Unit { aim, bare });
            self.note(proof, |problem| {
                problem.item == item
                    || items.contains(&problem.item)
                    || problem.code == "cannot_complete"
            });
        }
        units
    }

    /// Every stage has a clock that insists: one alone, or a few together.
    fn stages(&mut self, units: Vec<Unit>) {
        let reached = reached(self.procedure);
        let open =
            |stage: &&Stage| stage.kind != StageKind::Archived && reached.contains(&stage.key);
        for stage in self.procedure.stages.iter().filter(open) {
            let mut bearers: Vec<(&Unit, usize)> =
                units.iter().filter_map(|unit| Some((unit, *unit.bare.get(&stage.key)?))).collect();
            bearers.sort_by_key(|(unit, bare)| (*bare, unit.aim.tasks.len()));
            if bearers.first().is_some_and(|(_, bare)| *bare == 0) {
                continue;
            }
            self.together(stage, &bearers);
        }
    }

    /// Adds one unit after the other until the stage is never without a clock.
    fn together(&mut self, stage: &Stage, bearers: &[(&Unit, usize)]) {
        let item = format!("stages.{}", stage.key);
        let mut aim = Aim::default();
        let mut last = None;
        for (number, (unit, _)) in bearers.iter().enumerate() {
            aim.clocks.extend(unit.aim.clocks.iter().cloned());
            aim.tasks.extend(unit.aim.tasks.iter().cloned());
            aim.guards = aim.guards.with(&unit.aim.guards);
            if number == 0 && bearers.len() > 1 {
                continue;
            }
            let proof = self.try_aim(&aim);
            if proof.bare.get(&stage.key) == Some(&0) {
                return;
            }
            last = Some(proof);
        }
        let proof = last.unwrap_or_else(|| self.try_aim(&Aim::default()));
        self.note(proof, |problem| problem.code == "no_clock" && problem.item == item);
    }

    /// Filing stays possible whatever guards wait for.
    fn obstacles(&mut self) {
        let mut groups: Vec<BTreeSet<Fact>> = Vec::new();
        for facts in guards(self.procedure) {
            // Guards that share a fact are one obstacle.
            let (joined, apart): (Vec<_>, Vec<_>) =
                groups.into_iter().partition(|group| !group.is_disjoint(&facts));
            groups = apart;
            groups.push(joined.into_iter().flatten().chain(facts).collect());
        }
        for facts in groups {
            let proof = self.try_aim(&Aim { guards: Guards::About(facts), ..Aim::default() });
            self.note(proof, |problem| problem.code == "cannot_complete");
        }
    }
}

fn of_clock(clock: &Clock) -> Aim {
    Aim { clocks: [clock.key.clone()].into(), ..Aim::default() }
}

/// A kind of task with its clocks, and the guards that wait for it.
fn of_tasks(procedure: &Procedure, kind: &TaskKind) -> Aim {
    let clocks = procedure.clocks.iter().filter(|clock| clock.tasks.contains(&kind.key));
    let facts = [Fact::OpenTasks, Fact::OpenTasksOf(kind.key.clone())];
    Aim {
        clocks: clocks.map(|clock| clock.key.clone()).collect(),
        tasks: [kind.key.clone()].into(),
        guards: Guards::About(facts.into()),
    }
}

/// Every clock and every kind of task by itself.
#[cfg(test)]
pub(super) fn aims(procedure: &Procedure) -> Vec<Aim> {
    let clocks = procedure.clocks.iter().filter(|clock| clock.tasks.is_empty()).map(of_clock);
    clocks.chain(procedure.tasks.iter().map(|kind| of_tasks(procedure, kind))).collect()
}

/// The facts of each guard but for open tasks, which are looked at kind by kind, and the completeness of forms.
fn guards(procedure: &Procedure) -> Vec<BTreeSet<Fact>> {
    let guards = procedure.actions.iter().flat_map(|action| &action.guards);
    let counted = |fact: &&Fact| {
        !matches!(fact, Fact::OpenTasks | Fact::OpenTasksOf(_) | Fact::FormComplete(_))
    };
    let facts =
        guards.map(|guard| guard.need.facts().into_iter().filter(counted).cloned().collect());
    facts.filter(|facts: &BTreeSet<Fact>| !facts.is_empty()).collect()
}

/// The facts that guards of the actions which close or file a case look at.
fn guarding(procedure: &Procedure) -> BTreeSet<Fact> {
    let ends = |to: &Key| procedure.stage(to).is_some_and(|stage| stage.kind != StageKind::Open);
    let actions = procedure.actions.iter().filter(|action| action.to.as_ref().is_some_and(ends));
    let guards = actions.flat_map(|action| &action.guards);
    guards.flat_map(|guard| guard.need.facts()).cloned().collect()
}
