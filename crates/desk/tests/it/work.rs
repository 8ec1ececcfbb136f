//! What is to be done, how much of it there is, the numbers about it, and who is there.

use crate::world::{World, who, world};
use desk::{Caller, Done, Options, Origin, Present};
use engine::command::{Extra, NewTask};
use engine::key::Key;
use engine::procedure::{Means, Verb};
use jiff::SignedDuration;
use serde_json::json;

fn caller(id: &str) -> Caller {
    Caller { person: id.into(), scopes: Vec::new() }
}

/// An order of another customer each time: those of one customer are joined.
fn order_of(world: &World, n: u32) -> Done {
    let mut order = world.order();
    let rules = world.desk.library().newest("as").unwrap().0;
    let phone = rules.field_meaning(Means::Phone).unwrap().key.clone();
    order.insert(phone, json!(format!("1391234{n:04}")));
    world.desk.register(&who("lin"), "as", order, Options::default()).unwrap()
}

fn later(world: &World, span: SignedDuration) {
    world.clock.set(world.desk.now().checked_add(span).unwrap());
    world.desk.run_due("test").unwrap();
}

/// Number of each case that somebody must act on, the next step if it is his, and whether he holds it himself.
fn work(world: &World, id: &str) -> Vec<(String, Option<String>, bool)> {
    let todos = world.desk.my_work(&caller(id), 50).unwrap();
    let told = todos.into_iter().map(|todo| {
        let next = todo.next.map(|key| key.to_string());
        (todo.seen.case.number.clone(), next, todo.own)
    });
    told.collect()
}

#[test]
fn work_is_listed_and_counted_for_whoever_must_do_it() {
    let world = world();
    let first = order_of(&world, 1);
    later(&world, SignedDuration::from_mins(5));
    let second = order_of(&world, 2);
    let next = |name: &str| Some(name.to_owned());
    // Both wait for whoever is an agent, what is due first at the beginning.
    assert_eq!(
        work(&world, "lin"),
        [
            (first.number.clone(), next("dispatch"), false),
            (second.number.clone(), next("dispatch"), false)
        ]
    );
    let counted = |id: &str| {
        let tally = world.desk.tally(&caller(id)).unwrap();
        let queues: Vec<u64> = tally.queues.iter().map(|queue| queue.cases).collect();
        (tally.own, queues, tally.overdue, tally.work())
    };
    assert_eq!(counted("lin"), (0, vec![2], 0, 2));
    assert_eq!(counted("wang"), (0, vec![0], 0, 0));
    assert_eq!(work(&world, "wang"), []);
    // One is somebody's own from then on.
    world.act("lin", &first, "dispatch").unwrap();
    assert_eq!(counted("lin"), (0, vec![1], 0, 1));
    assert_eq!(work(&world, "wang"), [(first.number.clone(), next("acknowledge"), true)]);
    assert_eq!(counted("wang"), (1, vec![0], 0, 1));
    // No more than was asked for, and nothing for whoever is nobody.
    assert_eq!(world.desk.my_work(&caller("lin"), 0).unwrap().len(), 0);
    assert_eq!(world.desk.tally(&caller("nobody")).unwrap(), desk::Tally::default());
    assert_eq!(work(&world, "nobody"), []);
    // What is late counts for all that somebody sees, whoever holds it.
    later(&world, SignedDuration::from_hours(30));
    assert_eq!((counted("wang").2, counted("zhou").2), (1, 2));
}

#[test]
fn a_task_in_somebody_elses_case_is_work_of_whoever_it_waits_for() {
    let world = world();
    let case = world.register();
    world.act("lin", &case, "dispatch").unwrap();
    world.act("wang", &case, "acknowledge").unwrap();
    let rules = world.desk.library().newest("as").unwrap().0;
    let of = |verb| rules.actions.iter().find(move |action| action.has(verb)).unwrap();
    let due = world.desk.now().checked_add(SignedDuration::from_mins(10)).unwrap();
    let task = NewTask {
        title: Some("准备备件".to_owned()),
        owner: Some("zheng".into()),
        due: Some(due),
        ..NewTask::default()
    };
    let act = |id: &str, verb, extra| {
        world.act_with(id, &case, &of(verb).key, extra).unwrap();
    };
    assert_eq!(work(&world, "zheng"), []);
    act("wang", Verb::Task, Extra { tasks: vec![task], ..Extra::default() });
    let settle = of(Verb::TaskDone).key.to_string();
    assert_eq!(work(&world, "zheng"), [(case.number.clone(), Some(settle), true)]);
    let todos = world.desk.my_work(&caller("zheng"), 9).unwrap();
    assert_eq!(todos[0].due(), Some(due), "the task's due, not that of the case");
    let tally = |id: &str| world.desk.tally(&caller(id)).unwrap();
    assert_eq!((tally("zheng").tasks, tally("zheng").work()), (1, 1));
    assert_eq!((tally("wang").tasks, tally("wang").own), (0, 1), "he holds the case anyway");
    act("zheng", Verb::TaskDone, Extra { outcome: Some("已备好".to_owned()), ..Extra::default() });
    assert_eq!((tally("zheng").tasks, work(&world, "zheng")), (0, vec![]));
}

#[test]
fn figures_are_of_what_their_viewer_sees() {
    let world = world();
    let first = order_of(&world, 1);
    order_of(&world, 2);
    world.act("lin", &first, "dispatch").unwrap();
    let figures = |id: &str| world.desk.figures(&caller(id), 7).unwrap();
    let lead = figures("zhou");
    let today = |figures: &desk::Figures| {
        let (registered, closed) = (figures.registered_today(), figures.closed_today());
        (figures.open.cases, registered.cases, closed.cases)
    };
    let held = |figures: &desk::Figures| -> Vec<(Key, u64)> {
        figures.people.iter().map(|(person, figure)| (person.clone(), figure.cases)).collect()
    };
    let channels = |figures: &desk::Figures| {
        let cases = figures.channels.values().map(|figure| figure.cases);
        (figures.channels.len(), cases.sum::<u64>())
    };
    assert_eq!(today(&lead), (2, 2, 0));
    assert_eq!(lead.days.len(), 7);
    assert_eq!(held(&lead), [("wang".into(), 1)]);
    assert_eq!(channels(&lead), (1, 2));
    assert_eq!(lead.kept(), Some(100), "dispatched in time");
    // Who does not see every case is told of those that he sees, as his lists show them.
    let engineer = figures("wang");
    assert_eq!((today(&engineer), held(&engineer)), ((1, 1, 0), vec![("wang".into(), 1)]));
    assert_eq!(channels(&engineer), (1, 1));
    assert_eq!(engineer.kept(), Some(100));
    // Past its due, due within the hour, within the day: each case once.
    later(&world, SignedDuration::from_hours(2));
    let lead = figures("zhou");
    assert_eq!((lead.late.cases, lead.hour.cases + lead.day.cases), (2, 0));
    assert!(lead.kept().unwrap() < 100);
}

#[test]
fn whom_a_clock_wants_called_today_is_told_until_it_is_done() {
    let world = world();
    let case = world.register();
    world.act("lin", &case, "dispatch").unwrap();
    world.act("wang", &case, "acknowledge").unwrap();
    let listed = |id: &str| {
        let today = desk::Criteria { call: "today".to_owned(), ..desk::Criteria::default() };
        let filter = today.filter(&world.desk).unwrap();
        let scope = world.desk.scope(&caller(id));
        world.desk.store().count(&scope, &filter, desk::COUNTED).unwrap()
    };
    let todo = || world.desk.my_work(&caller("wang"), 9).unwrap().remove(0);
    // The response is due within the day, and a contact stops its clock.
    let before = todo();
    let response = before.seen.case.clock("response").unwrap().due;
    assert!(response.is_some() && before.call == response, "{:?}", before.call);
    assert_eq!((listed("wang"), listed("zhou"), listed("nobody")), (1, 1, 0));
    let contact = before.contact.unwrap();
    let rules = world.desk.library().newest("as").unwrap().0;
    assert!(rules.action(&contact).unwrap().has(Verb::Contact));
    // What is still to be done after days is overdue, and to be done today.
    later(&world, SignedDuration::from_hours(48));
    assert_eq!((todo().call, listed("wang")), (response, 1));
    let extra = Extra { text: Some("已联系".to_owned()), ..Extra::default() };
    world.act_with("wang", &case, &contact, extra).unwrap();
    let after = todo();
    assert!(after.call != response, "{:?}", after.call);
    assert_eq!(listed("wang"), u64::from(after.call.is_some()));
}

#[test]
fn whoever_else_has_a_case_open_is_told_and_forgotten_within_a_minute() {
    let world = world();
    let done = world.register();
    let seen = world.desk.case_for_operator(&done.number).unwrap();
    let here = |id: &str, writes| world.desk.is_here(&caller(id), &seen, writes).unwrap();
    assert_eq!(here("lin", false), []);
    let lin = |writes| Present { person: "lin".into(), writes };
    assert_eq!(here("zhou", false), [lin(false)]);
    let zhou = Present { person: "zhou".into(), writes: false };
    assert_eq!(here("lin", true), [zhou]);
    assert_eq!(here("zhou", false), [lin(true)]);
    let other = world.register();
    let other = world.desk.case_for_operator(&other.number).unwrap();
    assert_eq!(world.desk.is_here(&caller("zhou"), &other, false).unwrap(), []);
    later(&world, SignedDuration::from_secs(51));
    assert_eq!(here("zhou", false), []);
}

#[test]
fn a_session_that_was_ended_while_it_was_used_stays_ended() {
    let world = world();
    let desk = &world.desk;
    for round in 0..40 {
        let opener = desk.begin(&"lin".into(), &Origin::default()).unwrap();
        std::thread::scope(|scope| {
            let uses = || (0..20).for_each(|_| desk.note_session(&opener).unwrap());
            scope.spawn(uses);
            scope.spawn(uses);
            let id = desk.session(&opener).unwrap().unwrap().id;
            desk.end_session(&"lin".into(), &id).unwrap();
        });
        assert_eq!(desk.session(&opener).unwrap(), None, "round {round}");
    }
    assert!(desk.sessions(&"lin".into()).unwrap().is_empty());
}

#[test]
fn what_waits_for_a_decision_is_work_of_whoever_decides_until_it_is_decided() {
    let world = world();
    let case = world.register();
    world.act("lin", &case, "dispatch").unwrap();
    world.act("wang", &case, "acknowledge").unwrap();
    let act = |person: &str, action: &str, extra: Extra| {
        world.act_with(person, &case, action, extra).unwrap()
    };
    let waits = |id: &str| {
        let tally = world.desk.tally(&caller(id)).unwrap();
        (tally.tasks, work(&world, id).into_iter().map(|(_, next, _)| next).collect::<Vec<_>>())
    };
    assert_eq!(waits("zhou"), (0, Vec::new()), "wang holds it");
    let due = world.desk.now().checked_add(SignedDuration::from_hours(200)).unwrap();
    let content = Some("追加更换主轴轴承".to_owned());
    act("wang", "change_request", Extra { content, new_due: Some(due), ..Extra::default() });
    assert_eq!(waits("zhou"), (1, vec![Some("decide_change".to_owned())]), "S2-J04");
    assert_eq!(waits("wang").0, 0, "whoever asked does not decide");
    act("zhou", "decide_change", Extra { approve: Some(true), ..Extra::default() });
    assert_eq!(waits("zhou"), (0, Vec::new()));
}
