//! Webhooks: how far each has followed, and what is sent to it.

use crate::world::{at, fresh, new_id, on_each, put};
use jiff::Timestamp;
use store::{Attempt, DeliveryState, NewDelivery, Scope, Store, StoreError};
use uuid::Uuid;

fn new(sequence: u64) -> NewDelivery {
    NewDelivery {
        id: new_id(),
        sequence: Some(sequence),
        number: Some("A-1".into()),
        kind: "registered".into(),
        body: "{}".into(),
    }
}

fn claimed(store: &Store, minutes: i64, rooms: &[(&str, usize)], worker: &str) -> Vec<Uuid> {
    let rooms = rooms.iter().map(|(key, most)| ((*key).to_owned(), *most)).collect();
    let found = store.claim_webhook_deliveries(at(minutes), at(minutes + 1), rooms, worker);
    found.unwrap().into_iter().map(|(_, delivery)| delivery.new.id).collect()
}

fn failed(minutes: i64, again: Option<i64>) -> Attempt {
    Attempt {
        at: at(minutes),
        status: Some(500),
        error: Some("status".into()),
        again: again.map(at),
        rests_until: None,
    }
}

fn accepted(minutes: i64) -> Attempt {
    Attempt { status: Some(204), error: None, ..failed(minutes, None) }
}

#[test]
fn a_webhook_moves_on_once_and_what_it_is_told_is_kept_with_that() {
    on_each(|store| {
        for number in ["A-1", "A-2"] {
            put(&store, &fresh(number));
        }
        let (heads, upto) = store.feed_heads(&Scope::all(), 0, 1).unwrap();
        assert_eq!((heads.len(), heads[0].number.as_str(), upto), (1, "A-1", 1));
        let (heads, upto) = store.feed_heads(&Scope::all(), 1, 9).unwrap();
        assert_eq!((heads.len(), heads[0].procedure.as_str(), upto), (1, "repair", 2));
        assert_eq!(store.feed_heads(&Scope::nobody(), 0, 9).unwrap(), (vec![], 2));
        assert!(store.move_webhook("h", (0, 1), vec![new(1)], at(0)).unwrap());
        // Another program was there before: nothing is kept twice.
        assert!(!store.move_webhook("h", (0, 1), vec![new(1)], at(0)).unwrap());
        assert!(store.move_webhook("h", (1, 2), vec![], at(0)).unwrap());
        let place = &store.webhook_places().unwrap()["h"];
        assert_eq!((place.upto, place.answered_at), (2, None));
        assert_eq!(store.webhook_deliveries("h", None, None, 9).unwrap().rows.len(), 1);
    });
}

#[test]
fn deliveries_are_leased_settled_and_given_up_by_whoever_holds_them() {
    on_each(|store| {
        (1..=3).for_each(|n| drop(put(&store, &fresh(&format!("A-{n}")))));
        let (one, two, three) = (new(1), new(2), new(3));
        let ids = [one.id, two.id, three.id];
        store.move_webhook("h", (0, 3), vec![one, two, three], at(0)).unwrap();
        store.deliver_to_webhook("other", 7, new(9), at(5)).unwrap();
        assert_eq!(store.webhook_places().unwrap()["other"].upto, 7);
        assert_eq!(store.next_webhook_delivery("h").unwrap(), Some(at(0)));
        assert_eq!(store.next_webhook_delivery("nobody").unwrap(), None);
        // A receiver that is busy keeps only what is its own.
        assert_eq!(claimed(&store, 0, &[("h", 2), ("other", 2)], "a"), ids[..2]);
        assert_eq!(claimed(&store, 0, &[("h", 2)], "b"), ids[2..]);
        store.settle_webhook_delivery(ids[0], accepted(0), "a").unwrap();
        store.settle_webhook_delivery(ids[1], failed(0, Some(30)), "a").unwrap();
        assert_eq!(store.next_webhook_delivery("h").unwrap(), Some(at(1)));
        // Its worker has died: the lease lapses, and what he says later of a failure is nothing.
        assert_eq!(claimed(&store, 1, &[("h", 9)], "c"), ids[2..]);
        store.settle_webhook_delivery(ids[2], failed(1, None), "b").unwrap();
        let state = |id| store.webhook_delivery("h", id).unwrap().unwrap();
        assert_eq!((state(ids[2]).state, state(ids[2]).attempts), (DeliveryState::Pending, 2));
        store.settle_webhook_delivery(ids[2], failed(1, None), "c").unwrap();
        assert_eq!(
            (state(ids[2]).state, state(ids[2]).done_at),
            (DeliveryState::Dead, Some(at(1)))
        );
        assert_eq!((state(ids[1]).status, state(ids[1]).not_before), (Some(500), at(30)));
        // What was delivered stays delivered.
        store.settle_webhook_delivery(ids[0], failed(2, Some(3)), "a").unwrap();
        assert_eq!(state(ids[0]).state, DeliveryState::Delivered);
        // The clock is set back far behind a lease: it is not waited for.
        assert_eq!(claimed(&store, 30, &[("h", 9)], "a"), ids[1..2]);
        assert_eq!(claimed(&store, 10, &[("h", 9)], "d"), ids[1..2]);
        assert!(store.webhook_delivery("other", ids[0]).unwrap().is_none(), "it is another's");
        assert!(store.resend_webhook_delivery("h", ids[2], at(40)).unwrap());
        assert!(!store.resend_webhook_delivery("other", ids[2], at(40)).unwrap());
        let again = state(ids[2]);
        assert_eq!((again.state, again.attempts, again.since), (DeliveryState::Pending, 0, at(40)));
        let place = || store.webhook_places().unwrap()["h"].clone();
        assert_eq!((place().status, place().error.as_deref()), (Some(500), Some("status")));
        // A receiver that wants a rest has it until somebody wants something sent at once.
        let rest = Attempt { rests_until: Some(at(90)), ..failed(41, Some(90)) };
        let held = claimed(&store, 41, &[("h", 1)], "e")[0];
        store.settle_webhook_delivery(held, rest.clone(), "e").unwrap();
        assert_eq!(place().rests_until, Some(at(90)));
        store.deliver_to_webhook("h", 0, new(6), at(42)).unwrap();
        assert_eq!(place().rests_until, None);
        store.settle_webhook_delivery(held, rest, "e").unwrap();
        store.resend_webhook_delivery("h", ids[2], at(43)).unwrap();
        assert_eq!(place().rests_until, None);
    });
}

#[test]
fn deliveries_are_listed_by_pages_counted_and_forgotten() {
    on_each(|store| {
        (1..=5).for_each(|n| drop(put(&store, &fresh(&format!("A-{n}")))));
        let all: Vec<NewDelivery> = (1..=5).map(new).collect();
        let ids: Vec<Uuid> = all.iter().map(|one| one.id).collect();
        store.move_webhook("h", (0, 5), all, at(0)).unwrap();
        claimed(&store, 0, &[("h", 2)], "a");
        store.settle_webhook_delivery(ids[0], accepted(0), "a").unwrap();
        store.settle_webhook_delivery(ids[1], failed(9, None), "a").unwrap();
        let page = |state, cursor: Option<&str>| store.webhook_deliveries("h", state, cursor, 2);
        let first = page(None, None).unwrap();
        let next = first.next.clone().unwrap();
        let second = page(None, Some(&next)).unwrap();
        let of = |rows: &[store::WebhookDelivery]| -> Vec<u64> {
            rows.iter().filter_map(|row| row.new.sequence).collect()
        };
        assert_eq!((of(&first.rows), of(&second.rows)), (vec![5, 4], vec![3, 2]));
        assert!(page(None, second.next.as_deref()).unwrap().next.is_none());
        assert!(matches!(page(None, Some("x")), Err(StoreError::Invalid { .. })));
        assert_eq!(of(&page(Some(DeliveryState::Dead), None).unwrap().rows), [2]);
        let count = |state| store.count_webhook_deliveries("h", state, 2).unwrap();
        assert_eq!(
            (
                count(DeliveryState::Pending),
                count(DeliveryState::Delivered),
                count(DeliveryState::Dead)
            ),
            (2, 1, 1)
        );
        store.deliver_to_webhook("k", 0, new(6), at(0)).unwrap();
        let all = |most| store.count_all_webhook_deliveries(DeliveryState::Pending, most).unwrap();
        assert_eq!((all(9), all(3)), (4, 3));
        assert_eq!(store.count_all_webhook_deliveries(DeliveryState::Dead, 9).unwrap(), 1);
        assert_eq!(store.facts().unwrap().webhook_dead, 1);
        let forget =
            |state, before: Timestamp| store.forget_webhook_deliveries(state, before).unwrap();
        assert_eq!(forget(DeliveryState::Delivered, at(0)), 0);
        assert_eq!(forget(DeliveryState::Delivered, at(1)), 1);
        assert_eq!(forget(DeliveryState::Dead, at(1)), 0);
        store.leave_webhook("k").unwrap();
        store.leave_webhook("h").unwrap();
        store.leave_webhook("h").unwrap();
        assert!(store.webhook_places().unwrap().is_empty());
        assert!(store.webhook_deliveries("h", None, None, 9).unwrap().rows.is_empty());
    });
}
