//! Two servers on one database race for what is due; one of them is killed.

use crate::contents::key;
use crate::serving::{Serving, order};
use crate::world::World;
use desk::{Clock, Desk, Options, SystemClock, VirtualClock, decode_event};
use engine::clocks::TimerStep;
use engine::command::{Command, Entered, Extra};
use engine::event::Event;
use engine::people::{Person, Who};
use jiff::SignedDuration;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::Store;
use uuid::Uuid;

/// Each has several timers, more than a thousand together.
const CASES: usize = 256;

fn desk(world: &World, clock: Arc<dyn Clock>) -> Desk {
    let store = Store::open(world.place(), store::Options::new(key(&world.data()))).unwrap();
    Desk::open_with(store, clock).unwrap()
}

/// Orders that were dispatched three days ago and that nobody has looked at since.
fn neglected(desk: &Desk) -> Vec<Uuid> {
    let person = |id: &str, role: &str| Person {
        id: id.into(),
        name: id.to_owned(),
        roles: vec![role.into()],
        department: None,
        senior: false,
        absent: Vec::new(),
        substitute: None,
    };
    let people = [("lin", "agent"), ("wang", "as_eng"), ("zhou", "cs_lead")];
    desk.put_people("test", &people.map(|(id, role)| person(id, role))).unwrap();
    let fields = order(desk);
    let lin = Who::Person("lin".into());
    let one = || {
        let done = desk.register(&lin, "as", fields.clone(), Options::default()).unwrap();
        let command = Command::Act {
            case: done.case.to_string().as_str().into(),
            action: "dispatch".into(),
            fields: Entered::new(),
            extra: Box::new(Extra::default()),
        };
        desk.submit(&lin, command, Options::default()).unwrap();
        done.case
    };
    std::thread::scope(|scope| {
        let eighth = || (0..CASES / 8).map(|_| one()).collect::<Vec<_>>();
        let all: Vec<_> = (0..8).map(|_| scope.spawn(eighth)).collect();
        all.into_iter().flat_map(|one| one.join().unwrap()).collect()
    })
}

#[test]
fn two_servers_do_each_of_a_thousand_steps_once_though_one_is_killed() {
    let world = World::on_server();
    let made = world.run(&["person", "put", "lin", "林晓", "--roles", "agent"]);
    assert!(made.fine, "{}", made.err);
    let now = SystemClock.now();
    let before = now.checked_sub(SignedDuration::from_hours(72)).unwrap();
    let cases = neglected(&desk(&world, Arc::new(VirtualClock::at(before))));
    let here = desk(&world, Arc::new(SystemClock));
    let timers: usize = cases.iter().map(|case| here.store().timers(*case).unwrap().len()).sum();
    assert!(timers >= 1_000, "{timers}");

    // One of them is told of changes, the other one only asks. The one that is killed has been alone at first: it has done something.
    let acted = || *here.store().changes().borrow();
    let since = Instant::now();
    let until = |most: u64| {
        while acted() < most {
            assert!(since.elapsed() < Duration::from_secs(60), "nobody acts");
            std::thread::sleep(Duration::from_millis(5));
        }
    };
    let begun = acted();
    let first = Serving::quiet(&world);
    until(begun + 1);
    let _second = Serving::new(&world, &["--no-listen"], &["--log", "off"]);
    until(begun + 100);
    drop(first);
    while here.store().next_due_timer().unwrap().is_some_and(|due| due <= now)
        || here.sweep().unwrap().timers != Vec::<Uuid>::new()
    {
        assert!(since.elapsed() < Duration::from_secs(180), "something stays undone");
        std::thread::sleep(Duration::from_millis(200));
    }

    let (mut steps, mut breached) = (BTreeSet::new(), BTreeSet::new());
    for case in &cases {
        for row in here.store().events(*case, 0, 1_000).unwrap() {
            let event = decode_event(&row).unwrap().event;
            if let Event::StepFired { clock, generation, step, due, .. } = event {
                if step == TimerStep::Breach {
                    breached.insert(*case);
                }
                let step = format!("{case} {clock} {generation} {step:?} {due}");
                assert!(steps.insert(step.clone()), "twice: {step}");
            }
        }
    }
    assert!(steps.len() >= 1_000, "{}", steps.len());
    assert_eq!(breached.len(), CASES);
    // The sequence has no gap, whoever wrote.
    let (mut after, mut count) = (0, 0);
    loop {
        let part = here.store().feed(&store::Scope::all(), after, 500).unwrap();
        if part.events.is_empty() {
            break;
        }
        for event in &part.events {
            count += 1;
            assert_eq!(event.sequence, count);
        }
        after = part.upto;
    }
    assert_eq!(here.sweep().unwrap().snapshots, Vec::<Uuid>::new());
}
