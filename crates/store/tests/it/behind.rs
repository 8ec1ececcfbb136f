//! A standby takes over that lacks the last of what was committed. What a running store has told, kept and counted from is from a history
//! that is no more: numbers that were given are given again, to something else.

use crate::world::{KEY, after, at, fresh, numbers, put, try_put};
use cluster::{Cluster, Durable};
use serde_json::json;
use std::time::{Duration, Instant};
use store::{Administer, Change, Options, Place, Scope, Store, StoreError};

const PATIENCE: Duration = Duration::from_secs(20);

fn soon(what: &str, holds: impl Fn() -> bool) {
    let since = Instant::now();
    while !holds() {
        assert!(since.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn set(store: &Store, key: &str) {
    let (kind, key) = ("person".to_owned(), key.to_owned());
    let change = Change::Put { kind, key, expected: None, body: json!({}), history: false };
    store
        .administer(Administer { at: at(0), actor: "wang".into(), changes: vec![change] })
        .unwrap();
}

#[test]
fn what_was_told_and_kept_before_a_loss_is_told_and_read_anew() {
    let (mut primary, folder) =
        (Cluster::start(Durable::Yes).unwrap(), tempfile::tempdir().unwrap());
    let direct = primary.database().unwrap();
    let database = direct.split(['/', '?']).find(|part| part.starts_with("t_")).unwrap();
    let standby = primary.standby().unwrap();
    let place = Place::postgres(&primary.address_with(&standby, database), folder.path()).unwrap();
    let open = || Store::open(place.clone(), Options::new(KEY)).unwrap();
    let store = open();
    let case = fresh("A-1");
    put(&store, &case);
    set(&store, "lin");
    primary.leave_behind(&standby).unwrap();

    // All of this will be lost: a version of a case, other cases, settings, and a place up to which they were taken in.
    put(&store, &after(&case));
    for n in 2..=5 {
        put(&store, &fresh(&format!("A-{n}")));
    }
    ["sun", "zhou"].iter().for_each(|key| set(&store, key));
    let of = |number: &str| store.standing(&Scope::all(), number).unwrap();
    let count =
        || store.counts(&Scope::all(), at(0)).unwrap().iter().map(|at| at.cases).sum::<u64>();
    let before = (store.position().unwrap(), of("A-1").unwrap());
    assert_eq!((before.0.losses, before.0.event, before.1.version, count()), (0, 6, 2, 5));
    assert_eq!((*store.changes().borrow(), *store.settings_changes().borrow()), (6, 3));

    primary.kill().unwrap();
    standby.promote().unwrap();
    // Whoever asks first finds the loss, and what he is answered says that it is from after it.
    let found = of("A-1").unwrap();
    assert!(found.version == 1 && found.losses > 0, "{found:?}");
    let position = store.position().unwrap();
    assert!(position.event == 1 && position.losses >= found.losses, "{position:?}");
    assert_eq!((numbers(&store), count()), (vec!["A-1".to_owned()], 1));
    assert_eq!(of("A-2"), None);
    // Who has followed further than there is goes back, and misses nothing that comes.
    assert_eq!(store.feed(&Scope::all(), 6, 9).unwrap().upto, 1);
    soon("word that there is less", || {
        (*store.changes().borrow(), *store.settings_changes().borrow()) == (1, 1)
    });
    // What looked at lost events does not count for those that get their numbers.
    let changes = vec![Change::TakenIn { from: 0, to: 6 }];
    let taken = store.administer(Administer { at: at(0), actor: "wang".into(), changes });
    assert!(matches!(taken, Err(StoreError::SettingConflict { found: 1, .. })), "{taken:?}");
    assert!(!store.move_webhook("h", (0, 6), vec![], at(0)).unwrap());

    // Another node gives the same numbers to other states.
    let other = open();
    let mut changed = after(&case);
    changed.columns.title = Some("改过的标题".into());
    put(&other, &changed);
    (2..=7).for_each(|n| drop(put(&other, &fresh(&format!("B-{n}")))));
    ["he", "ma", "xu"].iter().for_each(|key| set(&other, key));
    let again = of("A-1").unwrap();
    assert_eq!(again.version, 2);
    assert_ne!(again, before.1, "version 2 is another state than it was");
    let page = store.list(&Scope::all(), &store::Filter::default(), store::Sort::Newest, None, 20);
    let rows = page.unwrap().rows;
    let row = rows.iter().find(|row| row.number == "A-1").unwrap();
    assert_eq!(row.columns.title.as_deref(), Some("改过的标题"));
    assert_eq!((numbers(&store).len(), count()), (7, 7));
    soon("word of the other node's", || {
        (*store.changes().borrow(), *store.settings_changes().borrow()) == (8, 4)
    });
    assert!(try_put(&store, &fresh("C-1")).is_ok());
}
