//! Several nodes on one database: what one of them writes is in force on the others, and nothing is done twice.

use crate::world::{act, on_a_server, opened, person, register, told_or_asking};
use desk::{Desk, Done, VirtualClock, decode_event};
use engine::clocks::TimerStep;
use engine::event::Event;
use jiff::SignedDuration;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::Scope;

/// A second, as promised, and as much again for a machine that is busy.
const SOON: Duration = Duration::from_secs(2);

/// Waits until it holds.
fn soon(what: &str, holds: impl Fn() -> bool) {
    let since = Instant::now();
    while !holds() {
        assert!(since.elapsed() < SOON, "{what} after {:?}", since.elapsed());
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn what_one_node_publishes_or_administers_is_in_force_on_the_other_within_a_second() {
    told_or_asking(|world, listen| {
        let (here, there) = (&world.desk, world.node(listen));
        let (now, day) = (here.now(), SignedDuration::from_hours(24));
        let mut wang = person("wang", "as_eng");
        wang.absent.push((now, now.checked_add(day).unwrap()));
        here.put_people("test", &[wang, person("sun", "as_eng")]).unwrap();
        publish_again(here);
        soon("the absence", || !there.people().person("wang").unwrap().absent.is_empty());
        soon("the version", || there.library().newest("as").unwrap().0.version == 2);
        let case = register(&there);
        act(&there, "lin", &case, "dispatch").unwrap();
        let seen = here.case_for_operator(&case.number).unwrap();
        assert_eq!(seen.case.procedure_version, 2);
        assert_eq!(seen.case.assignee.as_deref(), Some("sun"), "nobody absent is dispatched to");
    });
}

fn publish_again(desk: &Desk) {
    let text = desk::builtin().into_iter().find(|one| one.name == "as").unwrap().text;
    desk.publish("test", "as", text).unwrap();
}

#[test]
fn a_case_under_a_version_that_there_was_no_word_of_yet_can_be_worked_on() {
    let world = on_a_server(false);
    let there = world.node(false);
    for _ in 0..3 {
        publish_again(&world.desk);
        let case = world.register();
        // At once: the other node asks four times a second.
        act(&there, "lin", &case, "dispatch").unwrap();
        let seen = there.case_for_operator(&case.number).unwrap();
        assert_eq!(
            seen.case.version,
            world.desk.case_for_operator(&case.number).unwrap().case.version
        );
    }
}

#[test]
fn nodes_that_begin_at_once_on_an_empty_database_publish_each_procedure_once() {
    let (database, folder) = (cluster::Database::new().unwrap(), tempfile::tempdir().unwrap());
    let place = store::Place::postgres(&database.address, folder.path()).unwrap();
    let clock = Arc::new(VirtualClock::at("2026-11-16T01:00:00Z".parse().unwrap()));
    let begin = || {
        let desk = opened(&place, &clock, true);
        desk.install_builtin("test").unwrap();
        desk
    };
    let desks: Vec<Desk> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..4).map(|_| scope.spawn(begin)).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    for desk in desks {
        let versions: Vec<u32> =
            desk.published().unwrap().iter().map(|one| one.procedure.version).collect();
        assert_eq!(versions, vec![1; desk::builtin().len()]);
    }
}

#[test]
fn who_holds_how_much_is_known_on_every_node() {
    told_or_asking(|world, listen| {
        let (here, there) = (&world.desk, world.node(listen));
        here.put_people("test", &[person("sun", "as_eng")]).unwrap();
        let held = |desk: &Desk| {
            let load = desk.directory().load;
            ["wang", "sun"].map(|id| load.get(id).copied().unwrap_or(0))
        };
        for n in 0..6 {
            let desk = if n % 3 == 0 { &there } else { here };
            let case = register(desk);
            act(desk, "lin", &case, "dispatch").unwrap();
        }
        let last = *here.store().changes().borrow();
        soon("the events", || *there.store().changes().borrow() >= last);
        soon("the events", || *here.store().changes().borrow() >= last);
        world.clock.set(here.now().checked_add(SignedDuration::from_secs(6)).unwrap());
        let (mine, theirs) = (held(here), held(&there));
        assert_eq!((mine, mine.iter().sum::<u32>()), (theirs, 6));
    });
}

#[test]
fn numbers_are_unique_and_the_feed_has_no_gap_on_any_node() {
    told_or_asking(|world, listen| {
        let nodes = [world.desk.clone(), world.node(listen), world.node(listen)];
        let watcher = world.node(listen);
        let numbers: Vec<String> = std::thread::scope(|scope| {
            let work = |desk: &Desk| (0..8).map(|_| register(desk).number).collect::<Vec<_>>();
            let following = scope.spawn(|| followed(&watcher, 24));
            let threads: Vec<_> =
                nodes.iter().map(|desk| scope.spawn(move || work(desk))).collect();
            let numbers = threads.into_iter().flat_map(|one| one.join().unwrap()).collect();
            let (sequences, registered) = following.join().unwrap();
            assert_eq!(sequences, (1..).take(sequences.len()).collect::<Vec<u64>>());
            assert_eq!(registered.len(), 24);
            numbers
        });
        assert_eq!(numbers.iter().collect::<BTreeSet<_>>().len(), 24);
    });
}

/// What somebody sees who asks for more whenever there is word of more, until so many cases are registered.
fn followed(desk: &Desk, cases: usize) -> (Vec<u64>, Vec<String>) {
    let (mut sequences, mut registered, mut after) = (Vec::new(), Vec::new(), 0);
    let changes = desk.store().changes();
    let since = Instant::now();
    while registered.len() < cases {
        assert!(since.elapsed() < Duration::from_secs(30), "{} of {cases}", registered.len());
        if *changes.borrow() <= after {
            std::thread::sleep(Duration::from_millis(5));
            continue;
        }
        let part = desk.store().feed(&Scope::all(), after, 7).unwrap();
        after = part.upto;
        for found in part.events {
            sequences.push(found.sequence);
            let event = decode_event(&found.event).unwrap().event;
            if matches!(event, Event::Registered { .. }) {
                registered.push(found.number);
            }
        }
    }
    (sequences, registered)
}

/// Cases that wait for time to act on them.
fn dispatched(desk: &Desk, cases: usize) -> Vec<Done> {
    let some = |_| {
        let one = || {
            let case = register(desk);
            act(desk, "lin", &case, "dispatch").unwrap();
            case
        };
        (0..cases / 8).map(|_| one()).collect::<Vec<_>>()
    };
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..8).map(|n| scope.spawn(move || some(n))).collect();
        all.into_iter().flat_map(|one| one.join().unwrap()).collect()
    })
}

#[test]
fn two_nodes_share_a_thousand_timers_and_one_that_dies_is_succeeded() {
    told_or_asking(|world, listen| {
        // Each case has several timers.
        let timed = if listen { 240 } else { 40 };
        let cases = dispatched(&world.desk, timed);
        let (here, there) = (world.desk.clone(), world.node(listen));
        let late = here.now().checked_add(SignedDuration::from_hours(30)).unwrap();
        world.clock.set(late);
        // One node takes its share and is never heard of again.
        let lease = late.checked_add(SignedDuration::from_secs(20)).unwrap();
        let lost = world.node(listen).store().claim_due(late, lease, 300, "dead").unwrap();
        assert!(lost.len() >= timed, "{}", lost.len());
        let run = |desk: &Desk, name: &str| while desk.run_due(name).unwrap() > 0 {};
        std::thread::scope(|scope| {
            scope.spawn(|| run(&here, "here"));
            scope.spawn(|| run(&there, "there"));
        });
        world.clock.set(lease.checked_add(SignedDuration::from_secs(1)).unwrap());
        std::thread::scope(|scope| {
            scope.spawn(|| run(&here, "here"));
            scope.spawn(|| run(&there, "there"));
        });
        let (mut steps, mut breached) = (BTreeSet::new(), 0);
        for case in &cases {
            for row in here.store().events(case.case, 0, 1_000).unwrap() {
                if let Event::StepFired { clock, generation, step, due, .. } =
                    decode_event(&row).unwrap().event
                {
                    breached += usize::from(step == TimerStep::Breach);
                    let step = format!("{} {clock} {generation} {step:?} {due}", case.number);
                    assert!(steps.insert(step.clone()), "twice: {step}");
                }
            }
        }
        assert!(breached >= timed, "{breached} of {timed}");
        assert!(here.store().next_due_timer().unwrap().is_none_or(|next| next > here.now()));
        let sweep = here.sweep().unwrap();
        assert_eq!((sweep.cases, sweep.timers.len(), sweep.snapshots.len()), (timed, 0, 0));
    });
}
