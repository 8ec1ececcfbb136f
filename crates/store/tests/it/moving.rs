//! Moving everything from one database to another, and who may do it when.

use crate::world::{KEY, after, at, fresh, new_id, numbered, numbers, on_each, put};
use serde_json::json;
use store::{
    Administer, Change, Filter, NewAttachment, NewDelivery, Options, Place, Rederived, Scope, Sort,
    Store, StoreError,
};

/// An empty place of each kind, with what keeps it.
fn targets() -> Vec<(Place, tempfile::TempDir, Option<cluster::Database>)> {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let database = cluster::Database::new().unwrap();
    let server = Place::postgres(&database.address, other.path()).unwrap();
    vec![(Place::at(one.path()), one, None), (server, other, Some(database))]
}

fn copy(from: &Place, to: &Place) -> store::Result<store::Verification> {
    Store::copy(from, to, KEY, &mut |_, _| {})
}

#[test]
fn what_arrives_is_what_was_there_and_goes_on_from_it() {
    on_each(|store| {
        let id = new_id();
        let file = NewAttachment {
            id,
            name: "a.png".into(),
            content_type: "image/png".into(),
            by: "wang".into(),
            at: at(0),
            bytes: b"picture".to_vec(),
        };
        store.attach(file).unwrap();
        let mut rows = fresh("A-1");
        rows.snapshot = json!({"name": {"$p": "王小明"}}).to_string();
        rows.search = vec!["退货".into()];
        rows.attachments = vec![id];
        put(&store, &rows);
        let mut erased = fresh("A-2");
        erased.snapshot = json!({"name": {"$p": "李雷"}}).to_string();
        erased.search = vec!["退款".into()];
        put(&store, &erased);
        store.erase(erased.id).unwrap();
        // More than are read at a time.
        for _ in 1..2_500 {
            store.commit_later(numbered("AS", |_| {})).unwrap();
        }
        store.commit(numbered("AS", |_| {})).unwrap();
        let put_one = Change::Put {
            kind: "a".into(),
            key: "b".into(),
            expected: Some(0),
            body: json!({"x": 1}),
            history: true,
        };
        store
            .administer(Administer { actor: "wang".into(), at: at(0), changes: vec![put_one] })
            .unwrap();
        let sequence = *store.changes().borrow();
        let told = |n: u64| NewDelivery {
            id: new_id(),
            sequence: Some(n),
            number: Some("A-1".into()),
            kind: "registered".into(),
            body: "{}".into(),
        };
        store.move_webhook("h", (0, 2), vec![told(1), told(2)], at(0)).unwrap();
        for (place, _folder, _database) in targets() {
            let found = copy(&store.place, &place).unwrap();
            assert_eq!(found.problems, [""; 0]);
            assert_eq!(
                (found.cases, found.events, found.files, found.settings_log),
                (2_502, 2_502, 1, 1)
            );
            assert_eq!(copy(&store.place, &place), Err(StoreError::NotEmpty));
            let moved = Store::open(place, Options::new(KEY)).unwrap();
            assert_eq!(numbers(&moved), numbers(&store));
            let all = |store: &Store| {
                store
                    .list(&Scope::all(), &Filter::default(), Sort::NewestEntry, None, 9_999)
                    .unwrap()
                    .rows
            };
            assert_eq!(all(&moved), all(&store));
            for case in [rows.id, erased.id] {
                assert_eq!(
                    moved.case(&Scope::all(), case).unwrap(),
                    store.case(&Scope::all(), case).unwrap()
                );
                assert_eq!(moved.events(case, 0, 9).unwrap(), store.events(case, 0, 9).unwrap());
            }
            assert_eq!(moved.settings("a").unwrap(), store.settings("a").unwrap());
            assert_eq!(moved.attachment_content(id).unwrap().as_deref(), Some(&b"picture"[..]));
            assert_eq!(
                moved.cases_to_rederive(0, 9_999).unwrap().len(),
                2_501,
                "but not the erased one"
            );
            let one = Rederived {
                case: rows.id,
                version: 1,
                rules: 0,
                texts: rows.search.clone(),
                rollups: vec![],
                people: vec![],
            };
            assert_eq!(moved.rederive(vec![one]).unwrap(), 1);
            let found = moved.search(&Scope::all(), "退货", None, 9).unwrap().rows;
            assert_eq!(found.len(), 1);
            // Serials, the feed and generated keys go on.
            let receipt = moved.commit(numbered("AS", |_| {})).unwrap();
            assert_eq!(
                (receipt.sequence, &receipt.body["number"]),
                (sequence + 1, &json!("AS-2501"))
            );
            put(&moved, &after(&rows));
            let sent = |store: &Store| store.webhook_deliveries("h", None, None, 9).unwrap().rows;
            assert_eq!(sent(&moved), sent(&store));
            assert_eq!(moved.webhook_places().unwrap(), store.webhook_places().unwrap());
            assert!(moved.move_webhook("h", (2, 3), vec![told(3)], at(1)).unwrap());
            moved.deliver_to_webhook("new", 3, told(4), at(1)).unwrap();
        }
    });
}

#[test]
fn a_copy_that_was_broken_off_is_never_taken_for_a_whole_one() {
    on_each(|store| {
        put(&store, &fresh("A-1"));
        for (place, _folder, _database) in targets() {
            let broken = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                Store::copy(&store.place, &place, KEY, &mut |table, _| {
                    assert_ne!(table, "events", "the power goes");
                })
            }));
            assert!(broken.is_err());
            assert!(!place.is_vacant().unwrap());
            assert!(Store::open(place.clone(), Options::new(KEY)).is_err());
            assert_eq!(copy(&store.place, &place), Err(StoreError::NotEmpty));
        }
    });
}

#[test]
fn a_database_in_use_is_not_at_rest() {
    on_each(|store| {
        assert_eq!(store.place.at_rest().map(drop), Err(StoreError::InUse));
        assert!(!store.place.is_vacant().unwrap());
        let place = store.place.clone();
        let (folder, database) = store.close();
        let held = place.at_rest().unwrap();
        if !place.is_shared() {
            let refused = Store::open(place.clone(), Options::new(KEY)).map(drop);
            assert_eq!(refused, Err(StoreError::InUse));
        }
        drop(held);
        assert!(Store::open(place, Options::new(KEY)).is_ok());
        drop((folder, database));
    });
    for (place, _folder, _database) in targets() {
        assert!(place.is_vacant().unwrap() && place.at_rest().is_ok());
    }
}
