//! Random lives: whatever is accepted, in whatever order, the promise is kept and the events give the snapshot.

use super::{builtin, library};
use engine::case::{Life, apply};
use engine::clocks::{ClockState, timers};
use engine::decide::{is_offered, offers, takes_nothing};
use engine::key::Key;
use engine::procedure::Procedure;
use engine::promise;
use engine::sim::Sim;
use jiff::{SignedDuration, Timestamp};
use scenarios::life::{self, Dice, everybody};
use std::collections::{BTreeMap, BTreeSet};

/// One step: time passes, or somebody does something that is offered to him.
pub(super) fn step(dice: &mut Dice, sim: &mut Sim) {
    if sim.order.is_empty() || dice.below(4) == 0 {
        let minutes = [1, 7, 31, 61, 200, 500, 1441, 4000][dice.below(8)];
        let to = sim.now.checked_add(SignedDuration::from_mins(minutes)).unwrap();
        sim.advance(to, dice.below(2) == 0);
        return;
    }
    let id = sim.order[dice.below(sim.order.len())].clone();
    let case = &sim.cases[&id];
    let (procedure, _) = sim.library.version(&case.procedure, case.procedure_version).unwrap();
    let who = life::somebody(dice, &sim.directory, &procedure, case);
    let offered = offers(&procedure, case, &sim.directory, &who, sim.now);
    for action in &procedure.actions {
        let offer = offered.iter().find(|offer| offer.action == action.key);
        let is = is_offered(&procedure, case, &sim.directory, &who, sim.now, action);
        assert_eq!(is, offer.is_some(), "{id} {}", action.key);
        let empty = offer.is_some_and(|one| one.fields.is_empty() && one.missing.is_empty());
        let nothing = is && takes_nothing(&procedure, case, action);
        assert_eq!(nothing, empty, "{id} {}: {offer:?}", action.key);
    }
    let Some(offer) = life::choice(dice, &procedure, &offered) else { return };
    let action = procedure.action(&offer.action).unwrap();
    let fields = life::entries(dice, &procedure, &sim.directory, offer, sim.now);
    let others: Vec<Key> = sim.order.iter().filter(|other| **other != id).cloned().collect();
    let extra = life::extra(dice, &sim.directory, case, &others, action, sim.now);
    // Refusals are part of life; they change nothing, which the checks below would see.
    let _ = sim.act(who, &id, &action.key, fields, extra);
}

pub(super) fn check(sim: &Sim, seed: u64) {
    let mut folded: BTreeMap<Key, Option<engine::case::Case>> = BTreeMap::new();
    for (id, recorded) in &sim.events {
        let before = folded.remove(id).flatten();
        folded.insert(id.clone(), apply(before, id, recorded));
    }
    let mut numbers = BTreeSet::new();
    for (id, case) in &sim.cases {
        assert_eq!(
            folded.get(id).and_then(Option::as_ref),
            Some(case),
            "seed {seed}: the events of {id} do not give its snapshot"
        );
        assert!(
            numbers.insert(case.number.clone()),
            "seed {seed}: the number {} was given twice",
            case.number
        );
        let (procedure, calendar) =
            sim.library.version(&case.procedure, case.procedure_version).unwrap();
        let ticking: Vec<_> = case
            .clocks
            .iter()
            .filter(|one| one.is_ticking())
            .map(|one| (one.clock.to_string(), one.due))
            .collect();
        assert!(
            promise::kept(&procedure, &sim.directory, case),
            "seed {seed}: {} {} in `{}` round {} ({:?}) is forgotten; ticking: {ticking:?}; path {:?}",
            procedure.key,
            case.number,
            case.stage,
            case.round,
            case.life,
            case.path
        );
        for instance in &case.clocks {
            if let (ClockState::Met { at }, Some(due)) = (&instance.state, instance.due) {
                assert!(at <= &due, "seed {seed}: {} was met after its due", instance.clock);
            }
        }
        if matches!(case.life, Life::Voided { .. } | Life::Merged { .. }) {
            assert!(
                timers(&procedure, &calendar, case).is_empty(),
                "seed {seed}: {} still has timers",
                case.number
            );
        }
    }
}

/// Stages seen, as procedure and stage.
type Seen = BTreeSet<(String, String)>;

fn live(seed: u64, steps: usize, seen: &mut Seen) {
    let procedures = builtin();
    let directory = everybody(&procedures);
    let mut dice = Dice::new(seed);
    let start: Timestamp = "2026-09-24T01:00:00Z".parse().unwrap();
    let mut sim = Sim::new(library(&procedures, None), directory, start);
    let procedure = &procedures[usize::try_from(seed).unwrap() % procedures.len()];
    for _ in 0..3 {
        register(&mut dice, &mut sim, procedure);
    }
    check(&sim, seed);
    for _ in 0..steps {
        step(&mut dice, &mut sim);
        check(&sim, seed);
    }
    for case in sim.cases.values() {
        seen.extend(
            case.path.iter().map(|(stage, _)| (case.procedure.to_string(), stage.to_string())),
        );
    }
}

pub(super) fn register(dice: &mut Dice, sim: &mut Sim, procedure: &Procedure) {
    for _ in 0..40 {
        let fields = life::registration(dice, procedure, &sim.directory, sim.now);
        let who = life::registrar(dice, &sim.directory, procedure).unwrap();
        if sim.register(who, &procedure.key, fields).is_ok() {
            return;
        }
    }
}

#[test]
fn no_accepted_sequence_of_commands_breaks_the_promise() {
    let seeds: u64 =
        std::env::var("BIHUAN_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(200);
    let mut seen = Seen::new();
    for seed in 0..seeds {
        live(seed, 150, &mut seen);
    }
    let stages: usize = builtin().iter().map(|procedure| procedure.stages.len()).sum();
    assert!(
        seen.len() * 10 >= stages * 7,
        "random lives saw only {} of {stages} stages: {seen:?}",
        seen.len()
    );
}
