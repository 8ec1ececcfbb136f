//! The machine's clock is set forward and back while cases are worked on.

use crate::world::{World, act, register, world};
use desk::{Desk, Done, decode_event};
use engine::event::Event;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

fn hours(world: &World, start: Timestamp, hours: i64) {
    world.clock.turn(start.checked_add(SignedDuration::from_hours(hours)).unwrap());
}

/// Every step that was done, each once; the last event of each case is behind all others.
fn steps(desk: &Desk, cases: &[&Done]) -> usize {
    let mut steps = BTreeSet::new();
    for case in cases {
        for row in desk.store().events(case.case, 0, 1_000).unwrap() {
            let event = decode_event(&row).unwrap().event;
            if let Event::StepFired { clock, generation, step, due, .. } = event {
                let step = format!("{} {clock} {generation} {step:?} {due}", case.number);
                assert!(steps.insert(step.clone()), "twice: {step}");
            }
        }
    }
    steps.len()
}

#[test]
fn a_clock_that_is_set_forward_and_back_doubles_and_loses_no_step() {
    let world = world();
    let (desk, start) = (&world.desk, world.desk.now());
    hours(&world, start, 3);
    let first = world.register();
    world.act("lin", &first, "dispatch").unwrap();

    // A day ahead: what is due then is done. A worker dies with a lease on something.
    hours(&world, start, 27);
    let ahead = desk.now();
    let lease = ahead.checked_add(SignedDuration::from_secs(20)).unwrap();
    let lost = desk.store().claim_due(ahead, lease, 1, "dead").unwrap();
    assert_eq!(lost.len(), 1);
    desk.run_due("test").unwrap();
    let done = steps(desk, &[&first]);
    assert!(done > 3, "{done}");

    // Back, behind the beginning: work goes on, and nothing that is done is done again.
    hours(&world, start, 1);
    let second = register(desk);
    act(desk, "lin", &second, "dispatch").unwrap();
    desk.run_due("test").unwrap();
    assert_eq!(steps(desk, &[&first, &second]), done);
    let registered = |done: &Done| desk.case_for_operator(&done.number).unwrap().case.registered_at;
    assert!(registered(&second) < registered(&first), "an instant is what the clock said");
    assert_ne!(first.number, second.number);
    let feed = desk.store().feed(&store::Scope::all(), 0, 1_000).unwrap().events;
    let places: Vec<u64> = feed.iter().map(|event| event.sequence).collect();
    assert_eq!(places, (1..).take(places.len()).collect::<Vec<u64>>(), "order is the sequence's");
    for case in [&first, &second] {
        let clocks = desk.case_for_operator(&case.number).unwrap().case.clocks.clone();
        assert!(clocks.iter().all(|clock| clock.due.is_none_or(|due| due >= clock.start)));
    }

    // The lease of the dead worker lies a day ahead; it is not waited for.
    hours(&world, start, 4);
    desk.run_due("test").unwrap();
    let due = desk.store().next_due_timer().unwrap().unwrap();
    assert!(due > desk.now() && due < ahead, "{due}");

    // The day comes, this time truly: the second case gets its steps, the first one none twice.
    hours(&world, start, 33);
    desk.run_due("test").unwrap();
    assert!(steps(desk, &[&first, &second]) > done);
    let due = desk.store().next_due_timer().unwrap();
    assert!(due.is_none_or(|due| due > desk.now()), "{due:?}");
    let sweep = desk.sweep().unwrap();
    assert_eq!((sweep.cases, sweep.timers.len(), sweep.snapshots.len()), (2, 0, 0), "{sweep:?}");
    assert_eq!(sweep.broken.len(), 0);
}
