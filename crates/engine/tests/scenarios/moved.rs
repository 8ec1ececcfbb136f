//! Cases that go on under another version of their procedure, in the middle of random lives.

use super::walk::{check, register, step};
use super::{builtin, library};
use engine::calendar::Limit;
use engine::case::{Case, Life};
use engine::clocks::DueCause;
use engine::command::Command;
use engine::key::Key;
use engine::people::Who;
use engine::procedure::{LimitSpec, Procedure};
use engine::refusal::Refusal;
use engine::sim::Sim;
use scenarios::life::{Dice, everybody};
use std::sync::Arc;

/// A desk on which cases have lived for a while under the first version of a procedure, and the second one, changed by dice.
fn lived(seed: u64, change: impl Fn(&mut Dice, &mut Procedure)) -> (Dice, Sim) {
    let procedures = builtin();
    let mut dice = Dice::new(seed);
    let start = "2026-09-24T01:00:00Z".parse().unwrap();
    let mut sim = Sim::new(library(&procedures, None), everybody(&procedures), start);
    let procedure = &procedures[usize::try_from(seed).unwrap() % procedures.len()];
    for _ in 0..3 {
        register(&mut dice, &mut sim, procedure);
    }
    for _ in 0..20 + dice.below(60) {
        step(&mut dice, &mut sim);
    }
    let (first, calendar) = sim.library.version(&procedure.key, procedure.version).unwrap();
    let mut second = Procedure { version: first.version + 1, ..Procedure::clone(&first) };
    change(&mut dice, &mut second);
    sim.library.add(Arc::new(second), calendar);
    (dice, sim)
}

/// Moves every case to the newest version; says how many went. Those that are refused stay exactly as they are.
fn moved(seed: u64, sim: &mut Sim, mut went: impl FnMut(&Case, &Case)) -> usize {
    let mut count = 0;
    for id in sim.order.clone() {
        let before = sim.cases[&id].clone();
        let (newest, _) = sim.library.newest(&before.procedure).unwrap();
        let command = Command::Move { case: id.clone(), version: newest.version };
        let events = sim.events.len();
        match sim.submit(Who::System, &command) {
            Ok(()) => {
                let after = &sim.cases[&id];
                assert_eq!(after.procedure_version, newest.version, "seed {seed}");
                assert_eq!(after.stage, before.stage, "seed {seed}");
                if before.procedure_version != newest.version {
                    count += 1;
                    went(&before, after);
                }
            }
            Err(refusal) => {
                assert!(matches!(refusal, Refusal::Unmapped { .. }), "seed {seed}: {refusal:?}");
                assert_eq!((&sim.cases[&id], sim.events.len()), (&before, events), "seed {seed}");
            }
        }
    }
    check(sim, seed);
    count
}

/// What was measured stays measured.
fn settled_stay(seed: u64, before: &Case, after: &Case) {
    for instance in before.clocks.iter().filter(|one| !one.is_live()) {
        assert_eq!(
            after.instance(&instance.clock, instance.generation),
            Some(instance),
            "seed {seed}: what was settled moved"
        );
    }
}

#[test]
fn under_the_same_text_nothing_changes_but_the_version() {
    let mut count = 0;
    for seed in 0..60 {
        let (_, mut sim) = lived(seed, |_, _| {});
        count += moved(seed, &mut sim, |before, after| {
            let same = Case {
                procedure_version: after.procedure_version,
                version: after.version,
                ..before.clone()
            };
            assert_eq!(*after, same, "seed {seed}");
            assert_eq!(after.version, before.version + 1, "seed {seed}: one fact");
        });
    }
    assert!(count > 60, "{count}");
}

/// Shorter and longer limits.
fn other_limits(dice: &mut Dice, procedure: &mut Procedure) {
    for row in procedure.clocks.iter_mut().flat_map(|clock| &mut clock.by) {
        let factor = [1, 2, 1, 3][dice.below(4)];
        let divisor = [1, 2, 1][dice.below(3)];
        if let LimitSpec::Length(Limit::Natural { seconds } | Limit::Business { seconds }) =
            &mut row.limit
        {
            *seconds = (*seconds * factor / divisor).max(600);
        }
    }
}

#[test]
fn under_other_limits_the_promise_is_kept_for_the_rest_of_the_life() {
    let (mut count, mut dues) = (0, 0);
    for seed in 0..80 {
        let (mut dice, mut sim) = lived(seed, other_limits);
        count += moved(seed, &mut sim, |before, after| {
            settled_stay(seed, before, after);
            let by_version = after.clocks.iter().flat_map(|one| &one.dues);
            dues += by_version.filter(|fact| fact.cause == DueCause::Version).count();
            for instance in before.clocks.iter().filter(|one| one.is_fixed() && one.is_live()) {
                let now = after.instance(&instance.clock, instance.generation).unwrap();
                assert!(now.due <= instance.due, "seed {seed}: a promised due moved back");
            }
        });
        for _ in 0..60 {
            step(&mut dice, &mut sim);
            check(&sim, seed);
        }
    }
    assert!(count > 80 && dues > 40, "{count} {dues}");
}

/// Some clocks are gone, one is there under another name.
fn other_clocks(dice: &mut Dice, procedure: &mut Procedure) {
    procedure.clocks.retain(|_| !dice.once_in(4));
    let place = dice.below(procedure.clocks.len());
    if let Some(clock) = procedure.clocks.get_mut(place) {
        clock.key = "another".into();
    }
}

#[test]
fn clocks_that_a_version_does_not_know_end_and_new_ones_begin() {
    let (mut count, mut begun) = (0, 0);
    for seed in 0..120 {
        let (_, mut sim) = lived(seed, other_clocks);
        let version = |sim: &Sim, case: &Case| {
            sim.library.version(&case.procedure, case.procedure_version).unwrap().0
        };
        let mut went: Vec<Key> = Vec::new();
        count += moved(seed, &mut sim, |before, after| {
            settled_stay(seed, before, after);
            went.push(after.id.clone());
        });
        for case in went.iter().map(|id| &sim.cases[id]) {
            let rules = version(&sim, case);
            for instance in case.clocks.iter().filter(|one| one.is_live()) {
                assert!(rules.clock(&instance.clock).is_some(), "seed {seed}: {}", instance.clock);
            }
            begun += usize::from(case.clock("another").is_some());
        }
    }
    assert!(count > 60 && begun > 5, "{count} {begun}");
}

#[test]
fn a_case_stays_where_the_other_version_has_no_place_for_it() {
    let mut refused = 0;
    for seed in 0..20 {
        let (_, mut sim) = lived(seed, |_, procedure| {
            for stage in &mut procedure.stages {
                stage.key = format!("{}-2", stage.key).as_str().into();
            }
        });
        assert_eq!(moved(seed, &mut sim, |_, _| {}), 0, "seed {seed}");
        refused += sim.cases.values().filter(|case| case.life == Life::Open).count();
        let id = sim.order[0].clone();
        let unknown = sim.submit(Who::System, &Command::Move { case: id, version: 9 });
        assert!(matches!(unknown, Err(Refusal::Unknown { .. })), "{unknown:?}");
    }
    assert!(refused > 10);
}
