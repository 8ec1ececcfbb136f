//! Submissions that arrive twice.

use crate::world::{at, fresh, numbered, numbers, on_each, write};
use serde_json::json;
use store::{IdempotencyKey, ImportRow, StoreError};

fn key(body: u8) -> IdempotencyKey {
    IdempotencyKey {
        scope: "api-key-1 POST /cases".into(),
        key: "order-77".into(),
        body_hash: [body; 32],
    }
}

#[test]
fn sixteen_equal_submissions_at_once_are_one_case() {
    on_each(|store| {
        let receipts: Vec<_> = std::thread::scope(|threads| {
            let start = || {
                let store = store.clone();
                threads
                    .spawn(move || store.commit(numbered("AS", |_| {}).with_key(key(1))).unwrap())
            };
            let running: Vec<_> = (0..16).map(|_| start()).collect();
            running.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(receipts.iter().filter(|receipt| !receipt.replayed).count(), 1);
        assert!(receipts.iter().all(|receipt| receipt.body == receipts[0].body));
        assert_eq!(numbers(&store), ["AS-0001"]);
        assert_eq!(store.receipt(&key(1)).unwrap(), Some(receipts[0].body.clone()));
    });
}

#[test]
fn equal_submissions_of_one_batch_are_one_case() {
    on_each(|store| {
        let waiting: Vec<_> = (0..16)
            .map(|_| store.commit_later(numbered("AS", |_| {}).with_key(key(1))).unwrap())
            .collect();
        let bodies: Vec<_> = waiting.into_iter().map(|one| one.wait().unwrap().body).collect();
        assert!(bodies.iter().all(|body| *body == bodies[0]));
        assert_eq!(numbers(&store).len(), 1);
    });
}

#[test]
fn the_same_key_with_another_body_is_refused_until_forgotten() {
    on_each(|store| {
        store.commit(numbered("AS", |_| {}).with_key(key(1))).unwrap();
        assert_eq!(
            store.commit(numbered("AS", |_| {}).with_key(key(2))),
            Err(StoreError::KeyReused)
        );
        assert_eq!(store.receipt(&key(2)), Err(StoreError::KeyReused));
        assert_eq!(store.forget_submissions(at(0)).unwrap(), 0);
        assert_eq!(store.forget_submissions(at(1)).unwrap(), 1);
        assert_eq!(
            store.commit(numbered("AS", |_| {}).with_key(key(2))).unwrap().body["number"],
            "AS-0002"
        );
    });
}

#[test]
fn a_failed_submission_does_not_use_its_key_up() {
    on_each(|store| {
        let mut bad = fresh("A-1");
        bad.version = 0;
        assert!(store.commit(write(bad).with_key(key(1))).is_err());
        assert!(!store.commit(write(fresh("A-1")).with_key(key(1))).unwrap().replayed);
    });
}

#[test]
fn a_receipt_with_a_name_in_it_comes_back_unchanged() {
    on_each(|store| {
        let body = json!({"name": {"$p": "欧阳娜娜", "of": "customer-9"}});
        let answer = body.clone();
        let mut first = write(fresh("A-1")).with_key(key(1));
        first.receipt = Box::new(move |_| answer.clone());
        store.commit(first).unwrap();
        let again = store.commit(write(fresh("A-2")).with_key(key(1))).unwrap();
        assert_eq!((again.body, again.replayed), (body, true));
    });
}

#[test]
fn an_import_resumes_where_it_stopped() {
    on_each(|store| {
        let row = |row| ImportRow { file: [3; 32], row };
        let first = fresh("A-1");
        store.commit(write(first.clone()).with_import(row(1))).unwrap();
        let again = store.commit(write(fresh("A-2")).with_import(row(1)));
        assert_eq!(again, Err(StoreError::AlreadyImported { case: first.id }));
        store.commit(write(fresh("A-2")).with_import(row(2))).unwrap();
        let rows: Vec<u32> =
            store.imported(&[3; 32]).unwrap().into_iter().map(|(row, _)| row).collect();
        assert_eq!(rows, [1, 2]);
        assert_eq!(numbers(&store), ["A-1", "A-2"]);
    });
}
