//! A calendar that changes: it is in force at once, every deadline moves that it touches, and none is forgotten in between.

use crate::world::{World, who, world};
use desk::{Counting, Desk, DeskError, Done, Moving, Options, decode_event};
use engine::calendar::Calendar;
use engine::clocks::DueCause;
use engine::event::Event;
use jiff::Timestamp;
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The calendar of the built-in procedures, with two days of the present week taken off.
fn with_days_off(desk: &Desk) -> Calendar {
    let (mut calendar, _) = desk.calendar("cn").unwrap();
    calendar.import_table("2026-11-16,off,停电\n2026-11-17,off,停电\n").unwrap();
    calendar
}

/// Registers an order that is to be settled within some working days.
fn registered(world: &World) -> Done {
    let mut order = world.order();
    for (field, value) in [("level", "normal"), ("urgency", "low"), ("service_type", "suggestion")]
    {
        order.insert(field.into(), json!(value));
    }
    world.desk.register(&who("lin"), "as", order, Options::default()).unwrap()
}

/// When the last of its deadlines comes.
fn last_due(world: &World, case: &Done) -> Timestamp {
    world.desk.store().timers(case.case).unwrap().iter().map(|timer| timer.due).max().unwrap()
}

#[test]
fn deadlines_move_with_the_calendar_once_and_say_why() {
    let world = world();
    let desk = &world.desk;
    let case = registered(&world);
    let before = last_due(&world, &case);
    assert_eq!(desk.count_anew(&|| true).unwrap(), Counting::default(), "nothing has changed");

    let version = desk.put_calendar("test", &with_days_off(desk), Some(0)).unwrap();
    assert_eq!(desk.calendar("cn").unwrap().1, version);
    let done = desk.count_anew(&|| true).unwrap();
    assert_eq!(done, Counting { cases: 1, moved: 1, failed: 0 });
    let after = last_due(&world, &case);
    assert!(after > before, "{before} → {after}");
    assert_eq!(desk.count_anew(&|| true).unwrap(), Counting::default(), "once is enough");

    let events = desk.store().events(case.case, 0, 1_000).unwrap();
    let by_calendar = events.iter().filter(|row| {
        let event = decode_event(row).unwrap().event;
        matches!(event, Event::DueSet { cause: DueCause::Calendar, .. })
    });
    assert!(by_calendar.count() > 0);
    let sweep = desk.sweep().unwrap();
    assert_eq!((sweep.timers, sweep.snapshots, sweep.broken), (vec![], vec![], vec![]));
}

#[test]
fn counting_that_was_broken_off_is_taken_up_again() {
    let world = world();
    let desk = &world.desk;
    let cases: Vec<_> = (0..3).map(|_| registered(&world)).collect();
    let before: Vec<_> = cases.iter().map(|case| last_due(&world, case)).collect();
    desk.put_calendar("test", &with_days_off(desk), None).unwrap();
    // The program is stopped before it has counted anything; another one begins.
    assert_eq!(desk.count_anew(&|| false).unwrap(), Counting::default());
    let next = world.node(true);
    assert_eq!(next.count_anew(&|| true).unwrap().moved, 3);
    let after: Vec<_> = cases.iter().map(|case| last_due(&world, case)).collect();
    assert!(before.iter().zip(&after).all(|(before, after)| before < after));
}

#[test]
fn a_change_while_counting_is_counted_as_well() {
    let world = world();
    let desk = &world.desk;
    registered(&world);
    desk.put_calendar("test", &with_days_off(desk), None).unwrap();
    let asked = AtomicUsize::new(0);
    let go_on = || {
        if asked.fetch_add(1, Ordering::Relaxed) == 1 {
            let (mut calendar, seen) = desk.calendar("cn").unwrap();
            calendar.import_table("2026-11-18,off,停电\n").unwrap();
            desk.put_calendar("test", &calendar, Some(seen)).unwrap();
        }
        true
    };
    assert_eq!(desk.count_anew(&go_on).unwrap().cases, 1);
    assert_eq!(desk.count_anew(&|| true).unwrap().moved, 1, "the later change is still to be done");
}

#[test]
fn whoever_has_not_seen_the_calendar_in_force_does_not_write_over_it() {
    let world = world();
    let desk = &world.desk;
    let calendar = with_days_off(desk);
    desk.put_calendar("test", &calendar, Some(0)).unwrap();
    let refused = desk.put_calendar("test", &calendar, Some(0));
    assert!(matches!(refused, Err(DeskError::Stale { found: 1 })), "{refused:?}");
}

#[test]
fn what_would_move_is_foreseen_and_nothing_has_moved() {
    let world = world();
    let desk = &world.desk;
    let case = registered(&world);
    let before = (last_due(&world, &case), desk.store().changes().borrow().to_owned());
    let (calendar, _) = desk.calendar("cn").unwrap();
    let still = desk.foresee_calendar(&calendar).unwrap();
    assert_eq!(still["as"], Moving { cases: 1, ..Moving::default() });
    let foreseen = desk.foresee_calendar(&with_days_off(desk)).unwrap()["as"];
    assert_eq!((foreseen.cases, foreseen.moved, foreseen.sooner), (1, 1, 0), "{foreseen:?}");
    assert!(foreseen.later > 0 && foreseen.failed == 0 && foreseen.late == 0);
    let after = (last_due(&world, &case), desk.store().changes().borrow().to_owned());
    assert_eq!(before, after);
    // Exactly that comes to pass.
    desk.put_calendar("test", &with_days_off(desk), None).unwrap();
    assert_eq!(desk.count_anew(&|| true).unwrap().moved, foreseen.moved);
    let events = desk.store().events(case.case, 0, 1_000).unwrap();
    let moved = events.iter().filter(|row| {
        let event = decode_event(row).unwrap().event;
        matches!(event, Event::DueSet { cause: DueCause::Calendar, due: Some(_), .. })
    });
    assert_eq!(moved.count(), foreseen.later);
}
