//! `procedure check`: proves the promise for a procedure before it may be published.
//!
//! Three parts. The static one looks at the text alone and names precise lines: tables and rows that are total and
//! alive, moments that somebody can cause, actions that somebody can do, fields that somebody can fill in, numbers
//! that cannot collide. The exploring one drives the engine itself through the reachable abstract states of a case with
//! everything in it, within a budget, with people made up for the purpose: what it sees happen is possible, so that
//! nothing is dead, and each violation comes with a way to it. The proving one takes the procedure apart and lets the
//! engine follow up each part whole: in every state somebody holds the case, an action is due, a clock will reach
//! somebody, filing stays possible, and nothing is left over when a case is filed.
//!
//! - `findings`: what was found; `space`: the finite values that conditions can tell apart
//! - `stages`, `moments`, `clocks`, `forms`, `rows`, `numbers`: the static half
//! - `claims`: what is proved, each claim over its own `skeleton` (made from a `coarse` procedure; `momentary` fields are not
//!   kept in mind), which `prove` follows up whole and `realise` goes back
//!   from to the whole procedure
//! - `people`, `samples`, `wish`, `inputs`, `moves`: who may do what with which input; `shape`: the abstract state of a case; `graph`: the
//!   states reached; `explore`, `passing`: the search; `judge`: what is required of a state and of all of them

mod claims;
mod clocks;
mod coarse;
mod explore;
mod findings;
mod forms;
mod graph;
mod inputs;
mod judge;
mod momentary;
mod moments;
mod moves;
mod numbers;
mod passing;
mod people;
mod place;
mod prove;
mod realise;
mod rows;
mod samples;
mod shape;
mod skeleton;
mod space;
mod stages;
mod wish;

use crate::calendar::Calendar;
use crate::procedure::Procedure;
use findings::Findings;
use serde::Serialize;

/// Something that keeps a procedure from being published.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Violation {
    /// One-based line of the item that suffers.
    pub line: u32,
    /// What is wrong: a stable id such as `no_clock`, `dead_action`, `stop_by_nobody`.
    pub code: &'static str,
    /// Which item: `stages.work`, `clocks.resolve.by`.
    pub item: String,
    /// Facts, in English.
    pub detail: String,
    /// How a case gets there: actions and steps of time from its registration; empty where the text alone shows it.
    pub path: Vec<String>,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Report {
    /// Abstract states that were reached.
    pub states: usize,
    /// Moves that were tried from them and accepted.
    pub transitions: usize,
    /// What was found, in the order of the file.
    pub violations: Vec<Violation>,
    /// Abstract states of the skeletons over which the promise was proved, all of them together.
    pub proof_states: usize,
    /// Moves tried and accepted there.
    pub proof_transitions: usize,
    /// Every skeleton was followed up whole and nothing was found, so that there is nothing. False as well when no proof
    /// was asked for, or something was found before.
    pub proved: bool,
    /// The budget ended before every reached state of the whole procedure had been followed up: which actions and clocks
    /// are alive was seen, but not every state with everything in it at once.
    pub capped: bool,
}

/// How far the exploration goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// States that are followed up at most. Those that show a pair of properties never seen together come first.
    pub states: usize,
    /// Moves that are tried at most.
    pub moves: usize,
    /// States of one skeleton at most; 0: nothing is proved, only explored.
    pub proof: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Budget { states: 20_000, moves: 60_000, proof: 250_000 }
    }
}

/// Checks a procedure within the default budget.
///
/// `all` are the procedures that will stand beside it: hand-over needs their fields, and numbers must not collide.
pub fn check(procedure: &Procedure, calendar: &Calendar, all: &[&Procedure]) -> Report {
    check_within(procedure, calendar, all, Budget::default())
}

/// Checks a procedure within a budget.
pub fn check_within(
    procedure: &Procedure,
    calendar: &Calendar,
    all: &[&Procedure],
    budget: Budget,
) -> Report {
    let mut findings = Findings::default();
    look(procedure, all, &mut findings);
    let explored = explore::explore(procedure, calendar, all, budget);
    for problem in explored.problems {
        let (origin, item, detail) = (&problem.origin, problem.item, problem.detail);
        findings.on_path(problem.code, origin, item, detail, problem.path);
    }
    let mut proved = claims::Proved::default();
    if budget.proof > 0 && findings.is_empty() {
        proved = claims::claims(procedure, calendar, all, budget.proof);
        for problem in proved.problems.drain(..) {
            let (origin, item, detail) = (&problem.origin, problem.item, problem.detail);
            findings.on_path(problem.code, origin, item, detail, problem.path);
        }
        if !proved.closed {
            let detail = format!(
                "a part of it has more than {} states, or an action more combinations of input than are tried",
                budget.proof
            );
            findings.find("not_proved", &procedure.origin, "procedure", detail);
        }
    }
    Report {
        proof_states: proved.states,
        proof_transitions: proved.transitions,
        proved: proved.closed && findings.is_empty(),
        states: explored.states,
        transitions: explored.transitions,
        violations: findings.finish(),
        capped: explored.capped,
    }
}

/// The static half alone: what the text shows without trying anything.
pub fn check_text(procedure: &Procedure, all: &[&Procedure]) -> Vec<Violation> {
    let mut findings = Findings::default();
    look(procedure, all, &mut findings);
    findings.finish()
}

fn look(procedure: &Procedure, all: &[&Procedure], findings: &mut Findings) {
    stages::look(procedure, findings);
    moments::look(procedure, findings);
    clocks::look(procedure, findings);
    rows::look(procedure, findings);
    forms::look(procedure, all, findings);
    numbers::look(procedure, all, findings);
}
