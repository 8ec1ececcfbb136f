//! A server that is there and does not answer: stopped, frozen with its machine, or behind storage that stalls. Whoever waits is told in
//! time, what hung is never used again, and another server of the address is taken.

use crate::world::{KEY, at, fresh, numbers, put, try_put};
use cluster::{Cluster, Durable};
use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};
use store::{Filter, Options, Place, Result, Scope, Sort, Store, StoreError};

/// Longer than a statement and a connection may take together, and shorter than the patience of people.
const IN_TIME: Duration = Duration::from_secs(25);

fn open(address: &str, folder: &Path) -> Result<Store> {
    Store::open(Place::postgres(address, folder).unwrap(), Options::new(KEY))
}

fn in_time<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let since = Instant::now();
    let done = work();
    assert!(since.elapsed() < IN_TIME, "{what}: {:?}", since.elapsed());
    done
}

/// The name of a database within its address.
fn name(address: &str) -> &str {
    address.split(['/', '?']).find(|part| part.starts_with("t_")).unwrap()
}

fn eventually<T>(work: impl Fn() -> Result<T>) -> T {
    let since = Instant::now();
    loop {
        match work() {
            Ok(done) => return done,
            Err(error) => assert!(since.elapsed() < IN_TIME, "{error}"),
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_server_that_hangs_is_given_up_in_time_by_whoever_waits_for_it() {
    let (server, folder) = (Cluster::start(Durable::No).unwrap(), tempfile::tempdir().unwrap());
    let store = open(&server.database().unwrap(), folder.path()).unwrap();
    put(&store, &fresh("A-1"));
    assert_eq!(numbers(&store), ["A-1"]);
    server.freeze().unwrap();
    // More than there are connections: those under way hang, the others wait for one of them.
    std::thread::scope(|threads| {
        for _ in 0..20 {
            threads.spawn(|| {
                let read = || store.case_by_number(&Scope::all(), "A-1").map(drop);
                let outcome = in_time("a read", read);
                let told =
                    matches!(outcome, Err(StoreError::Unavailable { .. } | StoreError::Busy));
                assert!(told, "{outcome:?}");
            });
        }
        threads.spawn(|| {
            let outcome = in_time("a write", || try_put(&store, &fresh("A-2")).map(drop));
            let told = matches!(outcome, Err(StoreError::Unavailable { .. } | StoreError::Busy));
            assert!(told, "{outcome:?}");
        });
    });
    // From now on it is known at once, but for the attempt to connect.
    let since = Instant::now();
    assert!(store.next_due_timer().is_err());
    assert!(since.elapsed() < Duration::from_secs(8), "{:?}", since.elapsed());
    server.thaw().unwrap();
    eventually(|| try_put(&store, &fresh("A-3")).map(drop));
    eventually(|| store.next_due_timer());
    assert_eq!(numbers(&store), ["A-1", "A-3"]);
}

#[test]
fn who_waits_for_the_work_in_hand_does_not_wait_for_the_others_one_after_the_other() {
    let (server, folder) = (Cluster::start(Durable::No).unwrap(), tempfile::tempdir().unwrap());
    let store = open(&server.database().unwrap(), folder.path()).unwrap();
    put(&store, &fresh("A-1"));
    let filter = Filter { open: Some(true), ..Filter::default() };
    let list = || store.list(&Scope::all(), &filter, Sort::NextDue, None, 9).map(drop);
    let count = || store.counts(&Scope::all(), at(0)).map(drop);
    // As many connections as there may be, so that nobody has to make one.
    std::thread::scope(|threads| (0..20).for_each(|_| drop(threads.spawn(|| list().unwrap()))));
    server.freeze().unwrap();
    std::thread::scope(|threads| {
        for n in 0..20 {
            threads.spawn(move || {
                let outcome = in_time("the work", || if n % 2 == 0 { list() } else { count() });
                let told =
                    matches!(outcome, Err(StoreError::Unavailable { .. } | StoreError::Busy));
                assert!(told, "{outcome:?}");
            });
        }
    });
    server.thaw().unwrap();
    eventually(list);
}

#[test]
fn the_standby_of_a_server_that_hangs_is_taken_once_it_is_promoted() {
    let (primary, folder) = (Cluster::start(Durable::Yes).unwrap(), tempfile::tempdir().unwrap());
    let direct = primary.database().unwrap();
    let standby = primary.standby().unwrap();
    let store = open(&primary.address_with(&standby, name(&direct)), folder.path()).unwrap();
    put(&store, &fresh("A-1"));
    assert_eq!(numbers(&store), ["A-1"]);
    primary.freeze().unwrap();
    standby.promote().unwrap();
    // The first one finds the connection that hangs, and is answered by the other server all the same.
    assert_eq!(in_time("a read", || numbers(&store)), ["A-1"]);
    in_time("a write", || eventually(|| try_put(&store, &fresh("A-2")).map(drop)));
    let since = Instant::now();
    assert_eq!(numbers(&store), ["A-1", "A-2"]);
    assert!(since.elapsed() < Duration::from_secs(4), "the one that hangs is not asked again");
}

#[test]
fn a_server_that_takes_connections_and_says_nothing_is_passed_over() {
    let (server, folder) = (Cluster::start(Durable::No).unwrap(), tempfile::tempdir().unwrap());
    let direct = server.database().unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = silent.local_addr().unwrap();
    let alone = format!("postgres://postgres@{silent}/{}", name(&direct));
    let refused = in_time("alone", || open(&alone, folder.path()).map(drop));
    assert!(matches!(refused, Err(StoreError::Unavailable { .. })), "{refused:?}");
    let host = server.folder().to_string_lossy().replace('/', "%2F");
    let both = format!("postgres://postgres@{silent},{host}/{}", name(&direct));
    let store = in_time("both", || open(&both, folder.path())).unwrap();
    put(&store, &fresh("A-1"));
    let since = Instant::now();
    assert_eq!(numbers(&store), ["A-1"]);
    assert!(since.elapsed() < Duration::from_secs(4), "it costs its time once");
}

#[test]
fn what_takes_long_by_its_nature_is_given_up_with_the_server() {
    let (server, folder) = (Cluster::start(Durable::No).unwrap(), tempfile::tempdir().unwrap());
    let address = server.database().unwrap();
    put(&open(&address, folder.path()).unwrap(), &fresh("A-1"));
    std::thread::scope(|threads| {
        threads.spawn(|| Cluster::sql(&address, "LOCK TABLE events; SELECT pg_sleep(20)").unwrap());
        std::thread::sleep(Duration::from_secs(1));
        let verifying = threads.spawn(|| {
            let place = Place::postgres(&address, folder.path()).unwrap();
            let since = Instant::now();
            let outcome = in_time("a verification", || Store::verify(place, KEY).map(drop));
            (since.elapsed(), outcome)
        });
        // It waits for the table by now.
        std::thread::sleep(Duration::from_secs(2));
        server.freeze().unwrap();
        let (took, outcome) = verifying.join().unwrap();
        server.thaw().unwrap();
        assert!(matches!(outcome, Err(StoreError::Unavailable { .. })), "{outcome:?}");
        assert!(took > Duration::from_secs(15), "the server was asked for it: {took:?}");
    });
    let found = Store::verify(Place::postgres(&address, folder.path()).unwrap(), KEY).unwrap();
    assert_eq!((found.cases, found.problems), (1, vec![]));
}

#[test]
fn what_takes_long_by_its_nature_is_not_given_up_and_all_else_is() {
    let (server, folder) = (Cluster::start(Durable::No).unwrap(), tempfile::tempdir().unwrap());
    let address = server.database().unwrap();
    let store = open(&address, folder.path()).unwrap();
    put(&store, &fresh("A-1"));
    std::thread::scope(|threads| {
        threads.spawn(|| Cluster::sql(&address, "LOCK TABLE outbox; SELECT pg_sleep(16)").unwrap());
        std::thread::sleep(Duration::from_secs(1));
        threads.spawn(|| {
            let outcome = store.outbox_due(at(0), at(1), 1, "test").map(drop);
            assert!(matches!(outcome, Err(StoreError::Unavailable { .. })), "{outcome:?}");
        });
        let since = Instant::now();
        assert_eq!(store.facts().unwrap().cases, 1, "it counts everything");
        assert!(since.elapsed() > Duration::from_secs(12), "{:?}", since.elapsed());
    });
    assert!(store.outbox_due(at(0), at(1), 1, "test").unwrap().is_empty(), "it was only slow");
}
