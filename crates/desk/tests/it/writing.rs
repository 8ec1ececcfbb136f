//! One write: durable, once, against the version that was seen.

use crate::world::{who, world};
use desk::{DeskError, Options};
use engine::command::{Command, Entered, Extra};
use engine::refusal::Refusal;
use jiff::SignedDuration;
use std::collections::BTreeSet;
use store::IdempotencyKey;

#[test]
fn numbers_of_concurrent_registrations_never_repeat() {
    let world = world();
    let numbers: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..16)
            .map(|_| scope.spawn(|| (0..4).map(|_| world.register().number).collect::<Vec<_>>()))
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(numbers.iter().collect::<BTreeSet<_>>().len(), 64);
    assert!(numbers.iter().all(|number| number.starts_with("202611-")), "S2-N01: {numbers:?}");
}

#[test]
fn the_same_key_sixteen_times_at_once_is_one_case() {
    let world = world();
    let options = || Options {
        key: Some(IdempotencyKey {
            scope: "test".to_owned(),
            key: "k1".to_owned(),
            body_hash: [1; 32],
        }),
        ..Options::default()
    };
    let done: Vec<desk::Done> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..16)
            .map(|_| {
                scope.spawn(|| {
                    world.desk.register(&who("lin"), "as", world.order(), options()).unwrap()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(done.iter().map(|one| &one.number).collect::<BTreeSet<_>>().len(), 1);
    assert_eq!(done.iter().filter(|one| !one.repeated).count(), 1);
}

#[test]
fn a_repetition_is_answered_as_the_first_even_when_it_would_be_refused_now() {
    let world = world();
    let case = world.register();
    let options = |hash| Options {
        key: Some(IdempotencyKey {
            scope: "test".to_owned(),
            key: "k2".to_owned(),
            body_hash: [hash; 32],
        }),
        seen: Some(case.version),
        ..Options::default()
    };
    let comment = || Command::Act {
        case: case.case.to_string().as_str().into(),
        action: "comment".into(),
        fields: Entered::new(),
        extra: Box::new(Extra { text: Some("一".to_owned()), ..Extra::default() }),
    };
    let first = world.desk.submit(&who("lin"), comment(), options(1)).unwrap();
    // The version that was seen is no longer the case's: decided anew it would be stale.
    let again = world.desk.submit(&who("lin"), comment(), options(1)).unwrap();
    assert_eq!(again, desk::Done { repeated: true, ..first.clone() });
    // It need not even be possible to make the command any more.
    let unmade = || -> Result<Command, DeskError> { Err(DeskError::Forbidden) };
    assert_eq!(world.desk.submit_made(&who("lin"), options(1), unmade).unwrap(), again);
    let other = world.desk.submit(&who("lin"), comment(), options(2));
    assert!(matches!(other, Err(DeskError::Store(store::StoreError::KeyReused))), "{other:?}");
    assert!(matches!(
        world.desk.submit(&who("lin"), comment(), Options { key: None, ..options(1) }),
        Err(DeskError::Stale { .. })
    ));
}

#[test]
fn two_people_on_the_same_version_one_wins_and_the_other_is_told() {
    let world = world();
    let case = world.register();
    let command = |text: &str| Command::Act {
        case: case.case.to_string().as_str().into(),
        action: "comment".into(),
        fields: Entered::new(),
        extra: Box::new(Extra { text: Some(text.to_owned()), ..Extra::default() }),
    };
    let seen = |version| Options { seen: Some(version), ..Options::default() };
    world.desk.submit(&who("lin"), command("一"), seen(case.version)).unwrap();
    let second = world.desk.submit(&who("zhou"), command("二"), seen(case.version));
    assert!(
        matches!(second, Err(DeskError::Stale { found }) if found == case.version + 1),
        "{second:?}"
    );
}

#[test]
fn eight_people_at_once_on_the_same_version_one_wins_and_seven_are_told_the_present_one() {
    let world = world();
    let case = world.register();
    let comment = || Command::Act {
        case: case.case.to_string().as_str().into(),
        action: "comment".into(),
        fields: Entered::new(),
        extra: Box::new(Extra { text: Some("一".to_owned()), ..Extra::default() }),
    };
    let seen = || Options { seen: Some(case.version), ..Options::default() };
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| world.desk.submit(&who("lin"), comment(), seen())))
            .collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let now = case.version + 1;
    let told = |one: &Result<desk::Done, DeskError>| matches!(one, Err(DeskError::Stale { found }) if *found == now);
    assert_eq!(outcomes.iter().filter(|one| one.is_ok()).count(), 1, "{outcomes:?}");
    assert_eq!(outcomes.iter().filter(|one| told(one)).count(), 7, "{outcomes:?}");
}

#[test]
fn a_refusal_changes_nothing() {
    let world = world();
    let case = world.register();
    let refused = world.act("wang", &case, "dispatch");
    assert!(matches!(refused, Err(DeskError::Refused(Refusal::Forbidden { .. }))), "{refused:?}");
    assert_eq!(world.desk.case_for_operator(&case.number).unwrap().case.version, case.version);
}

#[test]
fn time_acts_by_the_worker_once_however_often_it_is_woken() {
    let world = world();
    let case = world.register();
    world.act("lin", &case, "dispatch").unwrap();
    let late = world.clock_after(SignedDuration::from_mins(61));
    world.desk.run_until(&world.clock, late).unwrap();
    let version = world.desk.case_for_operator(&case.number).unwrap().case.version;
    world.desk.run_due("again").unwrap();
    world.desk.run_due("and again").unwrap();
    let seen = world.desk.case_for_operator(&case.number).unwrap();
    assert_eq!(seen.case.version, version);
    assert!(seen.case.clock("acknowledge").unwrap().is_breached(), "S2-K01");
    let told = world.desk.store().inbox("zhou", 0, 50).unwrap();
    assert!(
        told.iter().any(|message| message.kind == "acknowledge"),
        "S2-K01 escalates to the supervisor: {told:?}"
    );
}

#[test]
fn the_sweep_finds_stored_timers_and_snapshots_as_planned_and_folded() {
    let world = world();
    let case = world.register();
    world.act("lin", &case, "dispatch").unwrap();
    world.act("wang", &case, "acknowledge").unwrap();
    let late = world.clock_after(SignedDuration::from_hours(80));
    world.desk.run_until(&world.clock, late).unwrap();
    let sweep = world.desk.sweep().unwrap();
    assert_eq!(
        (sweep.cases, sweep.timers.len(), sweep.snapshots.len(), sweep.broken.len()),
        (1, 0, 0, 0)
    );
}

#[test]
fn a_case_stays_on_its_version_when_another_is_published() {
    let world = world();
    let case = world.register();
    let text = desk::builtin().into_iter().find(|one| one.name == "as").unwrap().text;
    world.desk.publish("test", "as", text).unwrap();
    let later = world.register();
    let version =
        |number: &str| world.desk.case_for_operator(number).unwrap().case.procedure_version;
    assert_eq!((version(&case.number), version(&later.number)), (1, 2));
}

#[test]
fn procedures_deleted_and_imported_again_behave_as_before() {
    let world = world();
    let exported: Vec<(String, String)> = world
        .desk
        .published()
        .unwrap()
        .into_iter()
        .map(|one| (one.procedure.key.to_string(), one.source))
        .collect();
    assert_eq!(exported.len(), 5);
    for (key, _) in &exported {
        world.desk.retire("test", key).unwrap();
    }
    assert!(world.desk.published().unwrap().is_empty());
    let library = world.desk.library();
    assert!(exported.iter().all(|(key, _)| library.in_force(key).is_none()));
    let begun = world.desk.people().people[0].id.clone();
    let refused = world.desk.register(
        &engine::people::Who::Person(begun),
        &exported[0].0,
        Default::default(),
        Default::default(),
    );
    assert!(refused.is_err(), "no case begins under a retired procedure");
    for (key, text) in &exported {
        world.desk.publish("test", key, text).unwrap();
    }
    let case = world.register();
    world.act("lin", &case, "dispatch").unwrap();
    let seen = world.desk.case_for_operator(&case.number).unwrap();
    assert_eq!(seen.case.assignee.as_deref(), Some("wang"), "S2-A03");
}

impl crate::world::World {
    pub(crate) fn clock_after(&self, passed: SignedDuration) -> jiff::Timestamp {
        self.desk.now().checked_add(passed).unwrap()
    }
}
