//! The machine's clock is set forward and back while cases are worked on.

use crate::world::{World, act, register, who, world};
use desk::{Desk, Done, Options, Tidied, decode_event};
use engine::event::Event;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use std::collections::BTreeSet;
use store::IdempotencyKey;

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

/// Forgetting is not undone by setting the clock back.
#[test]
fn a_clock_that_is_set_forward_forgets_nothing_that_was_acknowledged() {
    let world = world();
    let (desk, start) = (&world.desk, world.desk.now());
    let minutes = |minutes| start.checked_add(SignedDuration::from_mins(minutes)).unwrap();
    let key = IdempotencyKey { scope: "lin".into(), key: "call".into(), body_hash: [1; 32] };
    let options = || Options { key: Some(key.clone()), ..Options::default() };
    let register =
        |desk: &Desk| desk.register(&who("lin"), "as", world.order(), options()).unwrap();
    let first = register(desk);
    let upload = desk.upload(&who("lin"), "a.txt", b"named in a moment".to_vec()).unwrap();
    let draft = json!({ "text": "…" });
    desk.store().put_ephemeral("draft", "lin", &draft, minutes(48 * 60)).unwrap();
    let all_is_there = |desk: &Desk| {
        assert_eq!(desk.tidy().unwrap(), Tidied::default());
        assert!(register(desk).repeated && register(desk).number == first.number);
        assert!(desk.store().attachment(upload.id).unwrap().is_some());
        assert_eq!(desk.store().ephemeral("draft", "lin", start).unwrap().as_ref(), Some(&draft));
    };
    let month = SignedDuration::from_hours(30 * 24);
    let ahead = |at: Timestamp| at.checked_add(month).unwrap();

    // Ahead when a node starts, as a machine whose clock was not set yet; put right, and time passes.
    world.clock.turn(ahead(start));
    all_is_there(&world.node(true));
    let node = world.node(true);
    all_is_there(&node);
    world.clock.turn(start);
    for hour in 1..4 {
        world.clock.set(minutes(hour * 60));
        all_is_there(&node);
    }
    // Ahead between two rounds, at one of them, and from one to the next.
    world.clock.set(minutes(200));
    world.clock.turn(ahead(minutes(200)));
    world.clock.turn(minutes(200));
    world.clock.set(minutes(240));
    all_is_there(&node);
    world.clock.turn(ahead(minutes(240)));
    world.clock.set(ahead(minutes(300)));
    all_is_there(&node);
    world.clock.set(ahead(minutes(360)));
    all_is_there(&node);
    world.clock.turn(minutes(360));
    for hour in 7..10 {
        world.clock.set(minutes(hour * 60));
        all_is_there(&node);
    }
    // Time that truly passes is believed.
    world.clock.set(ahead(start));
    node.tidy().unwrap();
    world.clock.set(ahead(minutes(60)));
    assert_eq!((node.tidy().unwrap().submissions, register(&node).repeated), (1, false));
}
