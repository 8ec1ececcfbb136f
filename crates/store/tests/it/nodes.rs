//! Several stores on one database, and databases that go away: PostgreSQL alone.

use crate::world::{KEY, at, fresh, numbered, numbers, put, try_put};
use cluster::{Cluster, Durable};
use serde_json::json;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use store::{Administer, Change, Options, Place, Scope, Store, StoreError};

fn open(address: &str, folder: &std::path::Path, listen: bool) -> Store {
    let options = Options { listen, ..Options::new(KEY) };
    Store::open(Place::postgres(address, folder).unwrap(), options).unwrap()
}

fn within(most: Duration, what: &str, done: impl Fn() -> bool) {
    let since = Instant::now();
    while !done() {
        assert!(since.elapsed() < most, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The same whether the server tells of commits or is only asked.
#[test]
fn a_node_hears_of_another_nodes_commits_and_numbers_are_nobodys_twice() {
    for listen in [true, false] {
        let (folder, database) = (tempfile::tempdir().unwrap(), cluster::Database::new().unwrap());
        let nodes = [true, listen].map(|listen| open(&database.address, folder.path(), listen));
        std::thread::scope(|threads| {
            for store in &nodes {
                for _ in 0..4 {
                    threads.spawn(|| {
                        for _ in 0..25 {
                            store.commit(numbered("AS", |_| {})).unwrap();
                        }
                    });
                }
            }
        });
        let [one, other] = &nodes;
        assert_eq!(numbers(one).into_iter().collect::<BTreeSet<_>>().len(), 200);
        for store in &nodes {
            within(Duration::from_secs(5), "events", || *store.changes().borrow() == 200);
            let feed = store.feed(&Scope::all(), 0, 1_000).unwrap();
            let order: Vec<u64> = feed.events.iter().map(|event| event.sequence).collect();
            assert_eq!(order, (1..=200).collect::<Vec<_>>());
        }
        let change = Change::Put {
            kind: "person".into(),
            key: "wang".into(),
            expected: Some(0),
            body: json!({}),
            history: false,
        };
        let administer = Administer { at: at(0), actor: "li".into(), changes: vec![change] };
        one.administer(administer.clone()).unwrap();
        within(Duration::from_secs(5), "settings", || *other.settings_changes().borrow() == 1);
        let refused = other.administer(administer);
        assert!(
            matches!(refused, Err(StoreError::SettingConflict { found: 1, .. })),
            "{refused:?}"
        );
    }
}

/// An engine that speaks the protocol and knows no NOTIFY would refuse every write.
#[test]
fn a_node_that_only_asks_neither_listens_nor_notifies() {
    for listen in [true, false] {
        let (folder, server) = (tempfile::tempdir().unwrap(), Cluster::start(Durable::No).unwrap());
        let address = server.database().unwrap();
        Cluster::sql(&address, "ALTER ROLE postgres SET log_statement = 'all'").unwrap();
        let store = open(&address, folder.path(), listen);
        put(&store, &fresh("A-1"));
        let log = || std::fs::read_to_string(server.folder().join("log")).unwrap();
        within(Duration::from_secs(5), "to ask", || log().matches("FROM counters").count() > 4);
        drop(store);
        let log = log();
        assert!(log.contains("COMMIT"), "{log}");
        for word in ["LISTEN", "NOTIFY"] {
            assert_eq!(log.contains(&format!("{word} bihuan")), listen, "{word}: {log}");
        }
    }
}

#[test]
fn two_nodes_that_race_for_timers_never_lease_one_twice() {
    let (folder, database) = (tempfile::tempdir().unwrap(), cluster::Database::new().unwrap());
    let nodes = [true, true].map(|listen| open(&database.address, folder.path(), listen));
    for n in 0..1_000_u32 {
        let mut rows = fresh(&format!("A-{n}"));
        let timer = store::TimerRow { clock: "k".into(), generation: 1, step: 0, due: at(1) };
        rows.timers = vec![timer];
        put(&nodes[0], &rows);
    }
    let claimed: Vec<_> = std::thread::scope(|threads| {
        let workers = nodes.iter().enumerate().map(|(n, store)| {
            threads.spawn(move || {
                let mut mine = Vec::new();
                loop {
                    let more = store.claim_due(at(2), at(60), 37, &format!("node {n}")).unwrap();
                    if more.is_empty() {
                        return mine;
                    }
                    mine.extend(more.into_iter().map(|timer| timer.case));
                }
            })
        });
        workers.collect::<Vec<_>>().into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    assert_eq!(claimed.len(), 1_000);
    assert_eq!(claimed.iter().collect::<BTreeSet<_>>().len(), 1_000);
    // What a worker that died had leased comes again when the lease has ended, and not before.
    assert_eq!(nodes[0].claim_due(at(59), at(90), 10, "another").unwrap(), []);
    assert_eq!(nodes[0].claim_due(at(60), at(90), 2_000, "another").unwrap().len(), 1_000);
}

#[test]
fn a_store_heals_when_its_server_comes_back_and_has_lost_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut cluster = Cluster::start(Durable::Yes).unwrap();
    let store = open(&cluster.database().unwrap(), folder.path(), true);
    put(&store, &fresh("A-1"));
    assert_eq!(numbers(&store), ["A-1"]);
    cluster.kill().unwrap();
    let away = [
        store.case_by_number(&Scope::all(), "A-1").map(drop),
        try_put(&store, &fresh("A-2")).map(drop),
    ];
    for outcome in away {
        assert!(matches!(outcome, Err(StoreError::Unavailable { .. })), "{outcome:?}");
    }
    cluster.up().unwrap();
    // The first try of each kind finds the lost connection and takes a new one.
    put(&store, &fresh("A-3"));
    assert_eq!(numbers(&store), ["A-1", "A-3"]);
    let elsewhere = tempfile::tempdir().unwrap();
    drop(open(&cluster.address("postgres"), elsewhere.path(), true));
    within(Duration::from_secs(5), "the follower", || *store.changes().borrow() == 2);
}

#[test]
fn an_address_that_is_wrong_is_refused_without_repeating_it() {
    let folder = tempfile::tempdir().unwrap();
    for address in ["postgres://u:secret@h/d?nonsense=1", "nonsense", "postgres://u:secret@h"] {
        let refused = Place::postgres(address, folder.path()).map(drop).unwrap_err();
        assert!(matches!(refused, StoreError::Invalid { .. }), "{refused:?}");
        assert!(!refused.to_string().contains("secret"), "{refused}");
    }
    let nobody = format!("postgres://u:secret@/d?host={}", folder.path().display());
    let place = Place::postgres(&nobody.replace("/tmp", "%2Ftmp"), folder.path());
    let refused =
        place.and_then(|place| Store::open(place, Options::new(KEY)).map(drop)).unwrap_err();
    assert!(matches!(refused, StoreError::Unavailable { .. }), "{refused:?}");
}
