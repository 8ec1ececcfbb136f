//! The follower of the feed: out of events come deliveries. Submitting a case knows nothing of it.

use super::{Sending, Webhook};
use crate::desk::Desk;
use crate::error::DeskError;
use crate::organisation::Caller;
use engine::key::Key;
use jiff::Timestamp;
use serde_json::json;
use std::sync::Arc;
use store::{DeliveryState, FeedHead, NewDelivery, WebhookPlace};
use tokio::sync::watch;
use uuid::Uuid;

/// The kind of a test.
pub const PING: &str = "ping";

/// Events looked through at a time.
const AT_ONCE: usize = 500;
/// Deliveries that may wait for one receiver. While they do, its webhook keeps its place in the feed, which loses nothing.
const WAITING: usize = 1_000;

/// What a look after the webhooks has found.
#[derive(Debug, Default)]
pub struct WebhookRound {
    /// What is to be sent now, leased to the worker that asked.
    pub sending: Vec<Sending>,
    /// How much was given up unsent: its case is out of the sight of the webhook's person.
    pub given_up: usize,
    /// There is more to look at already.
    pub more: bool,
    /// When something is next due, UTC.
    pub next: Option<Timestamp>,
    /// Whether any webhook works: without one, events need no look.
    pub any: bool,
}

impl Desk {
    /// Looks after the webhooks: moves each on in the feed, and leases what is due to `worker`, of each webhook as much as `room`
    /// allows. `address` is where people reach this installation, without a slash at the end. Doing it often, and on several nodes, is
    /// harmless. Without a webhook that works nothing is read.
    ///
    /// # Errors
    /// A failure of the store. What was leased by then comes again when the lease ends.
    pub fn webhook_round(
        &self,
        worker: &str,
        address: &str,
        room: &dyn Fn(&Key) -> usize,
    ) -> Result<WebhookRound, DeskError> {
        let all: Arc<Vec<Webhook>> = self.webhooks();
        let working: Vec<&Webhook> =
            all.iter().filter(|webhook| self.webhook_stopped(webhook).is_none()).collect();
        let mut round = WebhookRound { any: !working.is_empty(), ..WebhookRound::default() };
        if working.is_empty() {
            return Ok(round);
        }
        let (places, now) = (self.inner.store.webhook_places()?, self.now());
        let mut rooms = Vec::new();
        for webhook in working {
            let place = places.get(&*webhook.id);
            round.more |=
                self.move_on(webhook, place.map_or(webhook.from, |one| one.upto), address)?;
            let most = room(&webhook.id);
            let rest = place.and_then(|place| resting(place, now));
            let due = match (most, rest) {
                (0, _) => None,
                (_, Some(rest)) => Some(rest),
                _ => self.inner.store.next_webhook_delivery(&webhook.id)?,
            };
            match due {
                Some(due) if due <= now => rooms.push((webhook.id.to_string(), most)),
                Some(due) => round.next = Some(round.next.map_or(due, |next| next.min(due))),
                None => {}
            }
        }
        if !rooms.is_empty() {
            self.claim_webhooks(worker, &all, rooms, &mut round)?;
        }
        Ok(round)
    }

    /// Keeps a test to be sent; returns its id.
    ///
    /// # Errors
    /// `NotFound`; a failure of the store.
    pub fn ping_webhook(&self, id: &str) -> Result<Uuid, DeskError> {
        let (webhook, now) = (self.webhook(id)?, self.now());
        let body = json!({ "type": PING, "timestamp": now, "data": {} }).to_string();
        let new = NewDelivery {
            id: self.fresh_id(),
            sequence: None,
            number: None,
            kind: PING.into(),
            body,
        };
        let delivery = new.id;
        self.inner.store.deliver_to_webhook(id, webhook.from, new, now)?;
        self.hurry_webhooks();
        Ok(delivery)
    }

    /// Has the webhooks looked after at once, on this node: something is due sooner than it was.
    pub fn hurry_webhooks(&self) {
        self.inner.urgent.send_modify(|times| *times += 1);
    }

    /// Word of [`Desk::hurry_webhooks`].
    pub fn urgent_webhooks(&self) -> watch::Receiver<u64> {
        self.inner.urgent.subscribe()
    }

    /// Makes deliveries of some events after the webhook's place; whether there are more.
    fn move_on(&self, webhook: &Webhook, from: u64, address: &str) -> Result<bool, DeskError> {
        let store = &self.inner.store;
        if *store.changes().borrow() <= from {
            return Ok(false);
        }
        let waiting =
            store.count_webhook_deliveries(&webhook.id, DeliveryState::Pending, WAITING)?;
        if waiting >= u64::try_from(WAITING).unwrap_or(u64::MAX) {
            return Ok(false);
        }
        let caller = Caller { person: webhook.person.clone(), scopes: Vec::new() };
        let (heads, upto) = store.feed_heads(&self.scope(&caller), from, AT_ONCE)?;
        let full = heads.len() == AT_ONCE;
        let wanted = heads.iter().filter(|head| wants(webhook, head));
        let new = wanted.map(|head| self.delivery_of(head, address)).collect();
        store.move_webhook(&webhook.id, (from, upto), new, self.now())?;
        Ok(full)
    }

    fn delivery_of(&self, head: &FeedHead, address: &str) -> NewDelivery {
        let api = format!("{address}/api/v1");
        let before = head.sequence.saturating_sub(1);
        let body = json!({
            "type": head.kind,
            "timestamp": head.at,
            "data": {
                "sequence": head.sequence,
                "number": head.number,
                "seq": head.seq,
                "procedure": head.procedure,
                "event": format!("{api}/events?after={before}&limit=1"),
                "case": format!("{api}/cases/{}", head.number),
            },
        });
        NewDelivery {
            id: self.fresh_id(),
            sequence: Some(head.sequence),
            number: Some(head.number.clone()),
            kind: head.kind.clone(),
            body: body.to_string(),
        }
    }
}

fn wants(webhook: &Webhook, head: &FeedHead) -> bool {
    (webhook.events.is_empty() || webhook.events.contains(&head.kind))
        && (webhook.procedures.is_empty() || webhook.procedures.contains(&*head.procedure))
}

fn resting(place: &WebhookPlace, now: Timestamp) -> Option<Timestamp> {
    place.rests_until.filter(|until| *until > now)
}
