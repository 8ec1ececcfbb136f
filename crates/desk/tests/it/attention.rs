//! Following, being named, and putting off: what is told to whom, and that nothing is forgotten by it.

use crate::world::{World, who, world};
use desk::{Caller, DeskError, Done, KeyScope, Options, Seen};
use engine::command::{Command, Entered, Extra};
use engine::event::Topic;
use engine::people::Person;
use jiff::{SignedDuration, Timestamp};

fn caller(person: &str) -> Caller {
    Caller { person: person.into(), scopes: vec![KeyScope::CasesRead, KeyScope::CasesWrite] }
}

fn seen(world: &World, case: &Done) -> Seen {
    world.desk.case_for_operator(&case.number).unwrap()
}

/// What somebody was told about, newest first.
fn told(world: &World, person: &str) -> Vec<Topic> {
    let messages = world.desk.store().inbox_newest(person, None, 50).unwrap();
    let topic = |message: &store::InboxMessage| {
        serde_json::from_value(message.body.get("topic").unwrap().clone()).unwrap()
    };
    messages.iter().map(topic).collect()
}

fn followed(world: &World, person: &str) -> usize {
    let all = told(world, person);
    all.iter().filter(|topic| matches!(topic, Topic::Followed { .. })).count()
}

fn note(world: &World, person: &str, case: &Done, mentions: &[&str]) {
    let command = Command::Act {
        case: case.case.to_string().as_str().into(),
        action: "comment".into(),
        fields: Entered::new(),
        extra: Box::new(Extra {
            text: Some("请看".to_owned()),
            mentions: mentions.iter().map(|one| (*one).into()).collect(),
            ..Extra::default()
        }),
    };
    world.desk.submit(&who(person), command, Options::default()).unwrap();
}

/// A case that somebody holds, and who.
fn held(world: &World) -> (Done, String) {
    let case = world.register();
    world.act("lin", &case, "dispatch").unwrap();
    let holder = seen(world, &case).case.assignee.clone().unwrap().to_string();
    (case, holder)
}

#[test]
fn whoever_follows_hears_what_others_do_once_and_not_what_he_does() {
    let world = world();
    let case = world.register();
    let zhou = caller("zhou");
    world.desk.follow_case(&zhou, &seen(&world, &case), true).unwrap();
    assert!(world.desk.follows(&zhou, &seen(&world, &case)).unwrap());
    note(&world, "zhou", &case, &[]);
    assert_eq!(followed(&world, "zhou"), 0);
    note(&world, "lin", &case, &[]);
    assert_eq!(followed(&world, "zhou"), 1);
    assert_eq!(followed(&world, "lin"), 0);
    let newest = told(&world, "zhou").remove(0);
    assert_eq!(newest, Topic::Followed { action: Some("comment".into()) });
    world.desk.follow_case(&zhou, &seen(&world, &case), false).unwrap();
    note(&world, "lin", &case, &[]);
    assert_eq!(followed(&world, "zhou"), 1);
}

#[test]
fn whoever_may_not_see_a_case_any_more_hears_nothing_of_it() {
    let world = world();
    let case = world.register();
    let zheng = caller("zheng");
    world.desk.follow_case(&zheng, &seen(&world, &case), true).unwrap();
    let (person, _) = world.desk.person("zheng").unwrap();
    let roles = vec!["as_eng".into()];
    world.desk.put_people("test", &[Person { roles, ..person }]).unwrap();
    note(&world, "lin", &case, &[]);
    assert_eq!(followed(&world, "zheng"), 0);
}

#[test]
fn whoever_is_named_in_a_note_is_told_and_its_author_is_not() {
    let world = world();
    let case = world.register();
    note(&world, "lin", &case, &["zhou", "lin", "zhou"]);
    assert_eq!(told(&world, "zhou").iter().filter(|topic| **topic == Topic::Mention).count(), 1);
    assert!(!told(&world, "lin").contains(&Topic::Mention));
    let named = |text: &str| -> Vec<String> {
        world.desk.mentioned(text).iter().map(ToString::to_string).collect()
    };
    assert_eq!(named("@zhou某 请看，抄送 ＠lin"), ["zhou", "lin"]);
    assert!(named("lin@example.cn 与 zhou").is_empty() && named("@nobody @").is_empty());
    // `zhou` is the beginning of another word.
    assert!(named("@zhouyi").is_empty());
    assert!(world.desk.may_see(&"zhou".into(), &seen(&world, &case).case.id).unwrap());
    assert!(!world.desk.may_see(&"wang".into(), &seen(&world, &case).case.id).unwrap());
}

#[test]
fn what_is_put_off_leaves_the_work_and_comes_back_when_its_time_comes() {
    let world = world();
    let (case, holder) = held(&world);
    let me = caller(&holder);
    let mine = |world: &World| {
        let todo = world.desk.my_work(&me, 10).unwrap();
        assert_eq!(
            world.desk.tally(&me).unwrap().own,
            u64::try_from(todo.iter().filter(|one| one.own).count()).unwrap(),
            "the number is that of the lines"
        );
        todo.iter().any(|one| one.own && one.seen.case.number == case.number)
    };
    assert!(mine(&world));
    let soon = world.clock_after(SignedDuration::from_mins(10));
    world.desk.snooze(&me, &seen(&world, &case), soon).unwrap();
    assert!(!mine(&world));
    assert_eq!(world.desk.snoozed(&me).unwrap().len(), 1);
    // It is asleep for whoever put it off, and for nobody else.
    assert!(world.desk.snoozed(&caller("zhou")).unwrap().is_empty());
    world.desk.run_until(&world.clock, soon).unwrap();
    assert!(mine(&world) && world.desk.snoozed(&me).unwrap().is_empty());
}

#[test]
fn whatever_happens_and_whatever_falls_due_brings_back_what_was_put_off() {
    let world = world();
    let (case, holder) = held(&world);
    let me = caller(&holder);
    let asleep = |world: &World| !world.desk.snoozed(&me).unwrap().is_empty();
    let later = world.clock_after(SignedDuration::from_hours(20 * 24));
    world.desk.snooze(&me, &seen(&world, &case), later).unwrap();
    assert!(asleep(&world));
    note(&world, "lin", &case, &[]);
    assert!(!asleep(&world), "somebody did something");
    world.desk.snooze(&me, &seen(&world, &case), later).unwrap();
    let due = seen(&world, &case).case.next_due().unwrap();
    assert!(asleep(&world) && due < later);
    // Not even the worker has come yet.
    world.clock.set(due);
    assert!(!asleep(&world), "a deadline has come");
    world.desk.snooze(&me, &seen(&world, &case), later).unwrap();
    world.desk.wake(&me, &seen(&world, &case)).unwrap();
    assert!(!asleep(&world));
    // The clocks have gone on all the time.
    let sweep = world.desk.sweep().unwrap();
    assert!(sweep.broken.is_empty() && sweep.timers.is_empty(), "{sweep:?}");
}

#[test]
fn only_what_one_holds_is_put_off_and_not_for_ever() {
    let world = world();
    let (case, holder) = held(&world);
    let refused = |person: &str, until: Timestamp| {
        let done = world.desk.snooze(&caller(person), &seen(&world, &case), until);
        matches!(done, Err(DeskError::Refused(_)))
    };
    let in_days = |days: i64| world.clock_after(SignedDuration::from_hours(days * 24));
    assert!(refused("lin", in_days(1)) && refused(&holder, in_days(31)));
    assert!(refused(&holder, world.desk.now()));
    assert!(!refused(&holder, in_days(30)));
}
