//! Versions, numbers, batches, the feed.

use crate::world::{
    after, at, event, fresh, new_id, numbered, numbers, on_each, put, try_put, write,
};
use serde_json::json;
use std::collections::BTreeSet;
use store::{CaseWrite, OutboxRow, Scope, StoreError, Write};

#[test]
fn a_case_comes_back_as_it_was_written() {
    on_each(|store| {
        let mut rows = fresh("AS-2605-0001");
        rows.columns.title = Some("激光切割机报 E-17".into());
        rows.columns.assignee = Some("li".into());
        rows.columns.closed_at = Some("2026-05-08T09:00:00.123456789Z".parse().unwrap());
        rows.links = vec![("duplicate-of".into(), new_id())];
        rows.snapshot =
            json!({"fields": {"name": {"$p": "王小明"}}, "n": [1, 2.5, null]}).to_string();
        let receipt = put(&store, &rows);
        assert_eq!(
            (receipt.body, receipt.replayed, receipt.sequence),
            (json!({"number": "AS-2605-0001"}), false, 1)
        );

        let found = store.case(&Scope::all(), rows.id).unwrap().unwrap();
        assert_eq!(found.summary.columns, rows.columns);
        assert_eq!(
            (found.snapshot, found.fold_version, found.last_seq),
            (rows.snapshot.clone(), 1, 1)
        );
        assert_eq!(store.events(rows.id, 0, 10).unwrap(), rows.events);
        assert_eq!(store.links(rows.id).unwrap().to, rows.links);
        assert_eq!(store.case(&Scope::nobody(), rows.id).unwrap(), None);
        assert_eq!(store.links(new_id()), Err(StoreError::NotFound { what: "case" }));
    });
}

#[test]
fn a_number_is_found_without_its_dashes_and_never_given_twice() {
    on_each(|store| {
        let mut rows = fresh("AS-2605-0001");
        put(&store, &rows);
        for spelling in ["AS-2605-0001", "as26050001", "ＡＳ－2605 0001", "a-s-2-6-0-5-0-0-0-1"]
        {
            assert_eq!(
                store.case_by_number(&Scope::all(), spelling).unwrap().unwrap().summary.id,
                rows.id
            );
        }
        assert_eq!(store.case_by_number(&Scope::all(), "AS-2605-0002").unwrap(), None);
        let taken = try_put(&store, &fresh("as2605-0001"));
        assert_eq!(taken, Err(StoreError::NumberTaken { number: "as2605-0001".into() }));

        // Voided and given another number: the first one still leads to it and stays taken.
        rows = after(&rows);
        (rows.columns.life, rows.columns.open, rows.number) =
            ("voided".into(), false, "AS-2605-0009".into());
        put(&store, &rows);
        assert!(try_put(&store, &fresh("AS-2605-0001")).is_err());
        assert_eq!(
            store.case_by_number(&Scope::all(), "AS26050001").unwrap().unwrap().summary.number,
            "AS-2605-0009"
        );
    });
}

#[test]
fn a_stale_write_is_a_conflict_and_changes_nothing() {
    on_each(|store| {
        let first = fresh("A-1");
        put(&store, &first);
        let second = after(&first);
        put(&store, &second);
        assert_eq!(
            try_put(&store, &second),
            Err(StoreError::Conflict { case: first.id, expected: 1, found: 2 })
        );
        assert_eq!(
            try_put(&store, &first),
            Err(StoreError::Conflict { case: first.id, expected: 0, found: 2 })
        );
        assert_eq!(store.events(first.id, 0, 10).unwrap().len(), 2);

        // One of two cases is stale: neither is written.
        let other = fresh("A-2");
        let both = Write::new(
            at(0),
            vec![CaseWrite::existing(other.clone()), CaseWrite::existing(second)],
            store::no_receipt,
        );
        assert!(matches!(store.commit(both), Err(StoreError::Conflict { .. })));
        assert_eq!(store.case(&Scope::all(), other.id).unwrap(), None);
    });
}

#[test]
fn what_contradicts_itself_is_refused() {
    on_each(|store| {
        let mut gap = fresh("A-1");
        gap.events = vec![event(1, "Registered", json!({})), event(3, "Noted", json!({}))];
        assert!(matches!(try_put(&store, &gap), Err(StoreError::Invalid { .. })));
        let twice = fresh("A-2");
        let both = Write::new(
            at(0),
            vec![CaseWrite::existing(twice.clone()), CaseWrite::existing(twice.clone())],
            store::no_receipt,
        );
        assert!(matches!(store.commit(both), Err(StoreError::Invalid { .. })));
        let mut same_version = twice.clone();
        same_version.version = 0;
        assert!(matches!(try_put(&store, &same_version), Err(StoreError::Invalid { .. })));
        let mut forged = twice.clone();
        forged.snapshot = json!({"$ref": "00", "c": "00"}).to_string();
        assert!(matches!(try_put(&store, &forged), Err(StoreError::Invalid { .. })));
        let mut lost = twice;
        lost.attachments = vec![new_id()];
        assert_eq!(try_put(&store, &lost), Err(StoreError::NotFound { what: "attachment" }));
        assert!(numbers(&store).is_empty());
    });
}

#[test]
fn sixty_four_writers_share_batches_and_get_numbers_of_their_own() {
    on_each(|store| {
        std::thread::scope(|threads| {
            for thread in 0..64 {
                let store = store.clone();
                threads.spawn(move || {
                    for n in 0..20 {
                        // Every fifth fails after its serial was drawn.
                        let fails = (thread + n) % 5 == 0;
                        let result = store.commit(numbered("AS", move |rows| {
                            if fails {
                                rows.events = vec![event(9, "Registered", json!({}))];
                            }
                        }));
                        assert_eq!(result.is_err(), fails);
                    }
                });
            }
        });
        let found = numbers(&store);
        let distinct: BTreeSet<_> = found.iter().cloned().collect();
        assert_eq!(distinct.len(), 64 * 20 * 4 / 5);
        // A savepoint that is rolled back returns its serial, so there is no gap, and entry order is number order.
        assert_eq!(found.first().map(String::as_str), Some("AS-0001"));
        assert_eq!(found.last().map(String::as_str), Some("AS-1024"));
        let feed = store.feed(&Scope::all(), 0, 10_000).unwrap();
        let sequence: Vec<u64> = feed.events.iter().map(|event| event.sequence).collect();
        assert_eq!(sequence, (1..=1024).collect::<Vec<_>>());
        assert_eq!((feed.upto, *store.changes().borrow()), (1024, 1024));
    });
}

#[test]
fn one_failing_write_of_a_batch_is_rolled_back_alone() {
    on_each(|store| {
        // The first write keeps the writer busy until all others wait, so that they share a batch.
        let before = store.commits();
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let number = move |_| {
            // It is asked once more when a write of the same batch fails.
            let _ = wait.recv();
            "S-1".to_owned()
        };
        let blocker = CaseWrite::new("S", 1, number, fresh("<number>"));
        let mut waiting =
            vec![store.commit_later(Write::new(at(0), vec![blocker], store::no_receipt)).unwrap()];
        let mut bad = fresh("A-2");
        bad.version = 0;
        waiting.push(store.commit_later(write(fresh("A-1"))).unwrap());
        waiting.push(store.commit_later(write(bad)).unwrap());
        waiting.push(
            store
                .commit_later(Write::new(at(0), vec![CaseWrite::existing(fresh("A-3"))], |_| {
                    panic!("on purpose")
                }))
                .unwrap(),
        );
        waiting.push(store.commit_later(write(fresh("A-4"))).unwrap());
        drop(go);
        let outcomes: Vec<bool> = waiting.into_iter().map(|one| one.wait().is_ok()).collect();
        assert_eq!(outcomes, [true, true, false, false, true]);
        // That of the first write, unless all came in time for one.
        assert!((1..=2).contains(&(store.commits() - before)), "{}", store.commits());
        assert_eq!(numbers(&store), ["S-1", "A-1", "A-4"]);
        let feed = store.feed(&Scope::all(), 0, 10).unwrap();
        assert_eq!(feed.events.iter().map(|event| event.sequence).collect::<Vec<_>>(), [1, 2, 3]);
    });
}

#[test]
fn a_drawn_number_stands_wherever_its_blank_stood() {
    on_each(|store| {
        let mut rows = fresh("<blank>");
        let id = rows.id;
        let texts = json!({"number": "<blank>", "said": {"$p": "about <blank>"}, "other": {"$p": "nothing"}});
        rows.events[0].body = texts.to_string();
        rows.snapshot = texts.to_string();
        rows.search = vec!["漏水".into(), "<blank>".into()];
        rows.outbox = ["inbox", "sms"]
            .map(|channel| OutboxRow {
                id: new_id(),
                channel: channel.into(),
                to: "li".into(),
                kind: "told".into(),
                body: texts.clone(),
                not_before: at(0),
            })
            .into();
        // A number is whatever a pattern makes of it, and JSON spells some letters in two.
        let quoted = |serial| format!("保修\"{serial}\\");
        let new = CaseWrite::new("Q", 7, quoted, rows);
        store.commit(Write::new(at(0), vec![new], store::no_receipt)).unwrap();
        let number = "保修\"7\\";
        let filled = json!({"number": number, "said": {"$p": format!("about {number}")}, "other": {"$p": "nothing"}});
        let found = store.case_by_number(&Scope::all(), number).unwrap().unwrap();
        assert_eq!((found.summary.number.as_str(), &found.snapshot), (number, &filled.to_string()));
        assert_eq!(store.events(id, 0, 10).unwrap()[0].body, filled.to_string());
        assert_eq!(store.inbox("li", 0, 10).unwrap()[0].body, filled);
        assert_eq!(store.messages_of(id).unwrap()[0].body, filled);
        for text in ["保修", "漏水"] {
            assert_eq!(store.search(&Scope::all(), text, None, 5).unwrap().rows.len(), 1);
        }
        assert_eq!(store.verify_chain(id).unwrap().values, 2);
    });
}

#[test]
fn a_taken_number_spends_its_serial() {
    on_each(|store| {
        put(&store, &fresh("AS-0001"));
        put(&store, &fresh("AS-0002"));
        for _ in 0..2 {
            assert!(matches!(
                store.commit(numbered("AS", |_| {})),
                Err(StoreError::NumberTaken { .. })
            ));
        }
        assert_eq!(store.commit(numbered("AS", |_| {})).unwrap().body["number"], "AS-0003");
    });
}

#[test]
fn the_feed_keeps_to_the_scope_and_says_how_far_it_looked() {
    on_each(|store| {
        for (n, department) in ["north", "south", "north", "south"].into_iter().enumerate() {
            let mut rows = fresh(&format!("A-{n}"));
            rows.columns.department = Some(department.into());
            put(&store, &rows);
        }
        let south = Scope::departments(["south"]);
        let feed = store.feed(&south, 0, 1).unwrap();
        assert_eq!((feed.events[0].number.as_str(), feed.upto), ("A-1", 2));
        let feed = store.feed(&south, feed.upto, 10).unwrap();
        assert_eq!((feed.events.len(), feed.upto), (1, 4));
        let feed = store.feed(&Scope::departments(["west"]), 0, 10).unwrap();
        assert_eq!((feed.events.len(), feed.upto), (0, 4));
    });
}
