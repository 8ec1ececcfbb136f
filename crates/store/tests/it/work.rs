//! What is due: timers, messages, measures.

use crate::world::{after, at, fresh, new_id, on_each, put};
use jiff::civil::date;
use serde_json::json;
use store::{CaseRows, Delivery, OutboxRow, Rollup, TimerRow};

fn timer(clock: &str, step: u32, minutes: i64) -> TimerRow {
    TimerRow { clock: clock.into(), generation: 1, step, due: at(minutes) }
}

#[test]
fn due_timers_are_leased_to_one_worker_at_a_time() {
    on_each(|store| {
        let mut rows = fresh("A-1");
        rows.timers =
            vec![timer("respond", 0, 10), timer("respond", 1, 20), timer("resolve", 0, 600)];
        put(&store, &rows);
        assert_eq!(store.next_due_timer().unwrap(), Some(at(10)));
        assert!(store.claim_due(at(9), at(14), 10, "one").unwrap().is_empty());
        let one = store.claim_due(at(30), at(35), 1, "one").unwrap();
        assert_eq!((one.len(), one[0].case, one[0].due), (1, rows.id, at(10)));
        let two = store.claim_due(at(30), at(40), 10, "two").unwrap();
        assert_eq!((two.len(), two[0].step), (1, 1));
        assert!(store.claim_due(at(31), at(40), 10, "three").unwrap().is_empty());
        assert_eq!(store.next_due_timer().unwrap(), Some(at(35)));

        // A lease that lapses goes to the next worker; one that is given back too; not one of somebody else.
        store.release(vec![two[0].clone()], "one").unwrap();
        assert_eq!(store.claim_due(at(35), at(50), 10, "three").unwrap(), one);
        store.release(vec![two[0].clone()], "two").unwrap();
        assert_eq!(store.claim_due(at(36), at(50), 10, "four").unwrap(), two);
    });
}

#[test]
fn a_write_replaces_timers_and_keeps_the_lease_of_those_that_stay() {
    on_each(|store| {
        let mut rows = fresh("A-1");
        rows.timers = vec![timer("respond", 0, 10), timer("resolve", 0, 15)];
        put(&store, &rows);
        assert_eq!(store.claim_due(at(30), at(60), 10, "one").unwrap().len(), 2);
        rows = after(&rows);
        rows.timers = vec![timer("resolve", 0, 15), timer("pause", 0, 20)];
        put(&store, &rows);
        assert_eq!(store.timers(rows.id).unwrap(), rows.timers);
        let claimed = store.claim_due(at(30), at(60), 10, "two").unwrap();
        assert_eq!(claimed.into_iter().map(|timer| timer.clock).collect::<Vec<_>>(), ["pause"]);
        // Another due under the same key is another timer.
        rows = after(&rows);
        rows.timers = vec![timer("resolve", 0, 16)];
        put(&store, &rows);
        assert_eq!(store.claim_due(at(30), at(60), 10, "two").unwrap()[0].due, at(16));
        rows = after(&rows);
        rows.timers = vec![];
        put(&store, &rows);
        assert_eq!(store.next_due_timer().unwrap(), None);
    });
}

fn with_messages(number: &str, channels: &[(&str, &str)]) -> CaseRows {
    let mut rows = fresh(number);
    let message = |(n, (channel, to)): (usize, &(&str, &str))| OutboxRow {
        id: new_id(),
        channel: (*channel).into(),
        to: (*to).into(),
        kind: "notice".into(),
        body: json!({"n": n}),
        not_before: at(i64::try_from(n).unwrap()),
    };
    rows.outbox = channels.iter().enumerate().map(message).collect();
    rows
}

#[test]
fn messages_are_delivered_at_least_once_and_settled_once() {
    on_each(|store| {
        let rows = with_messages("A-1", &[("mail", "a@b.example"), ("mail", "c@d.example")]);
        put(&store, &rows);
        assert_eq!(store.next_due_message().unwrap(), Some(at(0)));
        let first = store.outbox_due(at(5), at(10), 1, "one").unwrap();
        assert_eq!((first[0].to.as_deref(), first[0].attempts), (Some("a@b.example"), 1));
        let second = store.outbox_due(at(5), at(10), 9, "two").unwrap();
        assert_eq!((second.len(), second[0].id), (1, rows.outbox[1].id));
        store.settle_message(first[0].id, Delivery::Sent(at(6))).unwrap();
        store
            .settle_message(second[0].id, Delivery::Retry(at(20), "connection refused".into()))
            .unwrap();
        assert!(store.outbox_due(at(19), at(30), 9, "one").unwrap().is_empty());
        let again = store.outbox_due(at(20), at(30), 9, "one").unwrap();
        assert_eq!((again[0].attempts, again[0].error.as_deref()), (2, Some("connection refused")));
        // The worker dies; the lease lapses; somebody else gives up; a person sends it again.
        let lapsed = store.outbox_due(at(30), at(40), 9, "two").unwrap();
        assert_eq!((lapsed[0].id, lapsed[0].attempts), (again[0].id, 3));
        store
            .settle_message(again[0].id, Delivery::Dead(at(31), "no such mailbox".into()))
            .unwrap();
        assert_eq!(store.dead_messages(9).unwrap()[0].id, again[0].id);
        assert_eq!(store.next_due_message().unwrap(), None);
        store.settle_message(again[0].id, Delivery::Retry(at(50), "by hand".into())).unwrap();
        assert_eq!(
            (store.dead_messages(9).unwrap().len(), store.next_due_message().unwrap()),
            (0, Some(at(50)))
        );
        // What was sent stays sent.
        store.settle_message(first[0].id, Delivery::Retry(at(50), "late report".into())).unwrap();
        assert_eq!(store.outbox_due(at(60), at(70), 9, "one").unwrap().len(), 1);
        // The clock is set back far behind that lease: it is not waited for.
        assert_eq!(store.outbox_due(at(51), at(56), 9, "two").unwrap().len(), 1);
    });
}

#[test]
fn people_read_their_inbox_in_order() {
    on_each(|store| {
        let mut rows =
            with_messages("A-1", &[("inbox", "wang"), ("inbox", "li"), ("inbox", "wang")]);
        put(&store, &rows);
        // The same message again is the same message.
        let outbox = rows.outbox.clone();
        rows = after(&rows);
        rows.outbox = outbox;
        put(&store, &rows);
        let messages = store.inbox("wang", 0, 9).unwrap();
        assert_eq!(
            messages.iter().map(|message| &message.body["n"]).collect::<Vec<_>>(),
            [&json!(0), &json!(2)]
        );
        assert_eq!((store.unread("wang", 9).unwrap(), messages[0].number.as_str()), (2, "A-1"));
        assert!(store.mark_read("wang", messages[0].id, at(9)).unwrap());
        assert!(!store.mark_read("wang", messages[0].id, at(9)).unwrap());
        assert!(!store.mark_read("li", messages[1].id, at(9)).unwrap());
        assert_eq!(store.mark_read_upto("wang", messages[1].sequence, at(10)).unwrap(), 1);
        assert_eq!((store.unread("wang", 9).unwrap(), store.unread("li", 9).unwrap()), (0, 1));
        let newest = store.inbox_newest("wang", None, 1).unwrap();
        assert_eq!((newest[0].id, newest[0].read_at), (messages[1].id, Some(at(10))));
        let older = store.inbox_newest("wang", Some(newest[0].sequence), 9).unwrap();
        assert_eq!((older.len(), older[0].read_at), (1, Some(at(9))));
    });
}

#[test]
fn a_correction_subtracts_what_the_case_contributed_before() {
    on_each(|store| {
        let day = date(2026, 5, 8);
        let add = |metric: &str, dims: &str, add| Rollup {
            metric: metric.into(),
            day,
            dims: dims.into(),
            add,
        };
        let mut one = fresh("A-1");
        one.rollups = vec![
            add("registered", "repair", 1),
            add("minutes", "repair", 40),
            add("minutes", "repair", 2),
        ];
        let mut two = fresh("A-2");
        two.rollups = vec![add("registered", "repair", 1), add("minutes", "repair", 8)];
        put(&store, &one);
        put(&store, &two);
        assert_eq!(store.rollups("minutes", day, day).unwrap(), [add("minutes", "repair", 50)]);
        one = after(&one);
        one.rollups = vec![add("registered", "refund", 1), add("minutes", "repair", 41)];
        put(&store, &one);
        assert_eq!(
            store.rollups("registered", day, day).unwrap(),
            [add("registered", "refund", 1), add("registered", "repair", 1)]
        );
        assert_eq!(
            store.rollups("minutes", date(2026, 1, 1), date(2026, 12, 31)).unwrap(),
            [add("minutes", "repair", 49)]
        );
        for rows in [after(&one), after(&two)] {
            put(&store, &CaseRows { rollups: vec![], ..rows });
        }
        assert!(store.rollups("minutes", day, day).unwrap().is_empty());
        assert!(store.rollups("registered", day, date(2026, 5, 9)).unwrap().is_empty());
    });
}

#[test]
fn what_may_be_lost_is_kept_until_it_expires() {
    on_each(|store| {
        store.put_ephemeral("draft", "wang/A-1", &json!({"text": "您好"}), at(10)).unwrap();
        store.put_ephemeral("draft", "wang/A-2", &json!(2), at(20)).unwrap();
        store.put_ephemeral("draft", "wang/A-2", &json!(3), at(20)).unwrap();
        store.put_ephemeral("draft", "wei/A-1", &json!(1), at(20)).unwrap();
        assert_eq!(
            store.ephemeral("draft", "wang/A-1", at(9)).unwrap(),
            Some(json!({"text": "您好"}))
        );
        assert_eq!(store.ephemeral("draft", "wang/A-1", at(10)).unwrap(), None);
        assert_eq!(store.ephemeral("session", "wang/A-1", at(9)).unwrap(), None);
        assert_eq!(
            store.ephemeral_with_prefix("draft", "wang/", at(10)).unwrap(),
            [("wang/A-2".to_owned(), json!(3))]
        );
        assert_eq!(store.sweep_ephemeral(at(10)).unwrap(), 1);
        assert!(store.remove_ephemeral("draft", "wei/A-1").unwrap());
        assert!(!store.remove_ephemeral("draft", "wei/A-1").unwrap());
        // Renewed is only what is there.
        assert!(!store.renew_ephemeral("draft", "wei/A-1", &json!(4), at(90)).unwrap());
        assert_eq!(store.ephemeral("draft", "wei/A-1", at(11)).unwrap(), None);
        assert!(store.renew_ephemeral("draft", "wang/A-2", &json!(5), at(90)).unwrap());
        assert_eq!(store.ephemeral("draft", "wang/A-2", at(80)).unwrap(), Some(json!(5)));
    });
}
