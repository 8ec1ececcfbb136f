//! A standby takes over that lacks the last of what was committed, while a node goes on running.

use crate::world::{act, opened, person, register};
use cluster::{Cluster, Durable};
use desk::{ApiKey, Desk, KeyScope, VirtualClock};
use engine::case::Case;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::Place;

fn soon(what: &str, holds: impl Fn() -> bool) {
    let since = Instant::now();
    while !holds() {
        assert!(since.elapsed() < Duration::from_secs(20), "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// How a case stands on a node.
fn state(desk: &Desk, number: &str) -> Arc<Case> {
    desk.case_for_operator(number).unwrap().case
}

#[test]
fn a_running_node_believes_nothing_that_a_standby_which_took_over_does_not_have() {
    let (mut primary, folder) =
        (Cluster::start(Durable::Yes).unwrap(), tempfile::tempdir().unwrap());
    let direct = primary.database().unwrap();
    let database = direct.split(['/', '?']).find(|part| part.starts_with("t_")).unwrap();
    let standby = primary.standby().unwrap();
    let place = Place::postgres(&primary.address_with(&standby, database), folder.path()).unwrap();
    let clock = Arc::new(VirtualClock::at("2026-11-16T01:00:00Z".parse().unwrap()));
    let here = opened(&place, &clock, true);
    here.install_builtin("test").unwrap();
    here.put_people("test", &[person("lin", "agent"), person("wang", "as_eng")]).unwrap();
    let key = ApiKey { name: "k".into(), person: "lin".into(), scopes: vec![KeyScope::CasesRead] };
    let secret = here.make_api_key("test", &key).unwrap();
    let case = register(&here);
    assert!(here.caller(&secret).is_ok());
    primary.leave_behind(&standby).unwrap();

    // What will be lost: a step of a case, other cases, and more settings than there will be after it.
    act(&here, "lin", &case, "dispatch").unwrap();
    let lost = state(&here, &case.number);
    let gone = register(&here);
    for n in 0..6 {
        here.put_people("test", &[person(&format!("new{n}"), "cs_lead")]).unwrap();
    }
    assert!(here.people().person("new0").is_some());
    assert_eq!(here.people().person("wang").unwrap().roles, ["as_eng"]);
    primary.kill().unwrap();
    standby.promote().unwrap();

    // Another node takes a right and the key away, and the case another way; its entries have numbers that this one has seen.
    let there = opened(&place, &clock, true);
    assert!(there.people().person("new0").is_none());
    there.put_people("test", &[person("wang", "agent"), person("sun", "as_eng")]).unwrap();
    let id = there.api_keys().unwrap().remove(0).id;
    there.revoke_api_key("test", &id).unwrap();
    act(&there, "lin", &case, "dispatch").unwrap();
    let taken = state(&there, &case.number);
    assert_eq!(taken.version, lost.version);
    assert_ne!(taken.assignee, lost.assignee, "the same version is another state");

    soon("the key", || here.caller(&secret).is_err());
    soon("the right", || here.people().person("wang").unwrap().roles == ["agent"]);
    assert!(here.people().person("new0").is_none());
    assert_eq!(state(&here, &case.number), taken);
    assert!(here.case_for_operator(&gone.number).is_err());
    // What the other publishes and administers from now on is heard as ever.
    there.put_people("test", &[person("late", "agent")]).unwrap();
    soon("a person", || here.people().person("late").is_some());
    // Whoever is behind a new case becomes a customer, also where an event of its number was looked at before.
    let new = register(&here);
    while here.take_some_customers_in().unwrap().is_some() {}
    let seen = here.case_for_operator(&new.number).unwrap();
    assert!(!here.customers_of_case(&seen.procedure, &seen.case).unwrap().is_empty());
}
