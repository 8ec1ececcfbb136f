//! What a case tells of others that it is tied to.

use crate::matrix::register;
use crate::signing::Browser;
use crate::world::World;
use desk::{Caller, Options, Origin, Seen};
use engine::command::{Command, Entered, Extra};
use engine::people::{Person, Who};
use engine::procedure::{Procedure, Verb};

/// A case that was given to somebody, and another one of the same procedure that he may not see.
fn neighbours(world: &World) -> (Person, Seen, Seen) {
    let (desk, library) = (&world.desk, world.desk.library());
    let people = desk.people();
    let register = |rules: &Procedure, n: u32| {
        register(world, rules, &format!("邻居{n}的问题描述要足够长"), "13711112222")
    };
    for rules in library.all() {
        let by = |verb| rules.actions.iter().find(move |action| action.has(verb));
        let (Some(_), Some(_), Some(give)) = (by(Verb::Link), by(Verb::Merge), by(Verb::Assign))
        else {
            continue;
        };
        for person in people.people.iter().filter(|person| person.id.ends_with("-a")) {
            let caller = Caller { person: person.id.clone(), scopes: Vec::new() };
            let (own, hidden) = (register(rules, 1), register(rules, 2));
            let case = desk.case_for_operator(&own).unwrap().case.id.clone();
            let extra = Extra { assignee: Some(person.id.clone()), ..Extra::default() };
            let given = people.people.iter().any(|giver| {
                let command = Command::Act {
                    case: case.clone(),
                    action: give.key.clone(),
                    fields: Entered::new(),
                    extra: Box::new(extra.clone()),
                };
                let who = Who::Person(giver.id.clone());
                desk.submit(&who, command, Options::default()).is_ok()
            });
            if let (true, Ok(own), Err(_)) =
                (given, desk.case_for(&caller, &own), desk.case_for(&caller, &hidden))
            {
                return (person.clone(), own, desk.case_for_operator(&hidden).unwrap());
            }
        }
    }
    panic!("everybody sees everything");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_names_only_those_cases_that_its_viewer_may_see() {
    let world = World::new();
    let (person, own, hidden) = neighbours(&world);
    for verb in [Verb::Link, Verb::Merge] {
        tie(&world, verb, &own, &hidden);
        let path = format!("/api/v1/cases/{}", own.case.number);
        let (key, trusted) = (&world.keys[&*person.id], world.any());
        let links = world.get(trusted, &format!("{path}/links")).await.json();
        assert!(
            links["items"]
                .as_array()
                .unwrap()
                .iter()
                .any(|link| link["number"] == *hidden.case.number),
            "{links}"
        );
        let mut browser = Browser::new(&world);
        browser.cookie =
            format!("bihuan={}", world.desk.begin(&person.id, &Origin::default()).unwrap());
        let page = format!("/cases/{}", own.case.number);
        let mut answers =
            vec![browser.get(&page).await, browser.get(&format!("{page}?show=audit")).await];
        for part in
            ["", "/links", "/events?limit=500", "/actions", "/tasks", "/clocks", "/contacts"]
        {
            answers.push(world.get(key, &format!("{path}{part}")).await);
        }
        for answer in answers {
            assert_eq!(answer.status, 200, "{}", answer.text);
            let told = answer.text.contains(&*hidden.case.number) || answer.text.contains("邻居2");
            assert!(!told, "{verb:?}: {}", answer.text);
        }
    }
}

/// Ties a case to another one, as whoever may.
fn tie(world: &World, verb: Verb, own: &Seen, other: &Seen) {
    let action = own.procedure.actions.iter().find(|action| action.has(verb)).unwrap();
    // What is merged leaves; the one that is looked at stays.
    let (from, to) = if verb == Verb::Merge { (other, own) } else { (own, other) };
    let done = world.desk.people().people.iter().any(|person| {
        let extra = Extra {
            other: Some(to.case.id.clone()),
            reason: Some("同一件事".to_owned()),
            ..Extra::default()
        };
        let command = Command::Act {
            case: from.case.id.clone(),
            action: action.key.clone(),
            fields: Entered::new(),
            extra: Box::new(extra),
        };
        let who = Who::Person(person.id.clone());
        world.desk.submit(&who, command, Options::default()).is_ok()
    });
    assert!(done, "nobody may do {}", action.key);
}

/// Both cases hold the relation; each tells it once.
#[tokio::test(flavor = "multi_thread")]
async fn a_relation_that_both_cases_hold_is_told_once() {
    let world = World::new();
    let (_, own, other) = neighbours(&world);
    tie(&world, Verb::Link, &own, &other);
    let stored = world.desk.store().links(own.summary.id).unwrap();
    assert_eq!((stored.to.len(), stored.from.len()), (1, 1), "{stored:?}");
    for (one, another) in [(&own, &other), (&other, &own)] {
        let path = format!("/api/v1/cases/{}/links", one.case.number);
        let links = world.get(world.any(), &path).await.json();
        let items = links["items"].as_array().unwrap();
        assert_eq!(items.len(), 1, "{links}");
        assert_eq!(items[0]["number"], *another.case.number);
        assert_eq!((&items[0]["kind"], &items[0]["direction"]), (&"related".into(), &"to".into()));
    }
}
