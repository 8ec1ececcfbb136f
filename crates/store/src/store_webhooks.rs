//! What the store does for webhooks.

use crate::error::Result;
use crate::read::feed::{self, FeedHead};
use crate::read::list::Page;
use crate::scope::Scope;
use crate::store::Store;
use crate::webhooks::{self, Attempt, DeliveryState, NewDelivery};
use crate::webhooks::{WebhookDelivery, WebhookPlace};
use jiff::Timestamp;
use std::collections::BTreeMap;
use uuid::Uuid;

impl Store {
    /// What happened to cases within the scope after sequence number `after`, in commit order, without what it was; and up to where was
    /// looked, as in [`Store::feed`].
    pub fn feed_heads(
        &self,
        scope: &Scope,
        after: u64,
        limit: usize,
    ) -> Result<(Vec<FeedHead>, u64)> {
        self.snapshot(|conn, _| feed::heads(conn, scope, after, limit))
    }

    /// Where the webhooks stand that have been looked after, by key.
    pub fn webhook_places(&self) -> Result<BTreeMap<String, WebhookPlace>> {
        self.read(|conn, _| webhooks::places(conn))
    }

    /// Moves a webhook on from one place in the feed to another, and keeps what is to be sent of the events between the two. A webhook
    /// that was not looked after yet stands at the first place. Nothing is done, and false returned, when another program was faster.
    pub fn move_webhook(
        &self,
        key: &str,
        places: (u64, u64),
        new: Vec<NewDelivery>,
        at: Timestamp,
    ) -> Result<bool> {
        let key = key.to_owned();
        self.wait(move |batch, _| webhooks::move_on(batch, &key, places, &new, at))
    }

    /// Keeps something to be sent wherever the webhook stands; `from` is where it begins if nobody has looked after it yet.
    pub fn deliver_to_webhook(
        &self,
        key: &str,
        from: u64,
        new: NewDelivery,
        at: Timestamp,
    ) -> Result<()> {
        let key = key.to_owned();
        self.wait(move |batch, _| webhooks::deliver(batch, &key, from, &new, at))
    }

    /// Leases what is due at `now` to `worker` until `lease_until`, of each of these webhooks at most so many.
    pub fn claim_webhook_deliveries(
        &self,
        now: Timestamp,
        lease_until: Timestamp,
        rooms: Vec<(String, usize)>,
        worker: &str,
    ) -> Result<Vec<(String, WebhookDelivery)>> {
        let worker = worker.to_owned();
        self.wait(move |batch, _| webhooks::claim(batch, now, lease_until, &rooms, &worker))
    }

    /// Records what became of an attempt. What was delivered stays delivered; a failure counts only while `worker` holds the lease.
    pub fn settle_webhook_delivery(
        &self,
        delivery: Uuid,
        attempt: Attempt,
        worker: &str,
    ) -> Result<()> {
        let worker = worker.to_owned();
        self.wait(move |batch, _| webhooks::settle(batch, delivery, &attempt, &worker))
    }

    /// Has a delivery sent anew from `now` on, whatever became of it before; whether there is one.
    pub fn resend_webhook_delivery(
        &self,
        key: &str,
        delivery: Uuid,
        now: Timestamp,
    ) -> Result<bool> {
        let key = key.to_owned();
        self.wait(move |batch, _| webhooks::resend(batch, &key, delivery, now))
    }

    /// One of a webhook's deliveries.
    pub fn webhook_delivery(&self, key: &str, delivery: Uuid) -> Result<Option<WebhookDelivery>> {
        self.read(|conn, _| webhooks::one(conn, key, delivery))
    }

    /// One page of a webhook's deliveries, newest first. `Invalid` for a cursor of another list.
    pub fn webhook_deliveries(
        &self,
        key: &str,
        state: Option<DeliveryState>,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<WebhookDelivery>> {
        self.read(|conn, _| webhooks::page(conn, key, state, cursor, limit))
    }

    /// How many of a webhook's deliveries are in a state, counted up to `most`; a result of `most` means "at least".
    pub fn count_webhook_deliveries(
        &self,
        key: &str,
        state: DeliveryState,
        most: usize,
    ) -> Result<u64> {
        self.read(|conn, _| webhooks::count(conn, key, state, most))
    }

    /// How many deliveries to all webhooks are in a state, as [`Store::count_webhook_deliveries`] counts. Others are not looked at.
    pub fn count_all_webhook_deliveries(&self, state: DeliveryState, most: usize) -> Result<u64> {
        self.read(|conn, _| webhooks::count_all(conn, state, most))
    }

    /// When [`Store::claim_webhook_deliveries`] next finds something for a webhook.
    pub fn next_webhook_delivery(&self, key: &str) -> Result<Option<Timestamp>> {
        self.snapshot(|conn, _| webhooks::next(conn, key))
    }

    /// Forgets what was delivered, or given up, before an instant; returns how many. Some at a time, so that nobody waits for long.
    pub fn forget_webhook_deliveries(
        &self,
        state: DeliveryState,
        before: Timestamp,
    ) -> Result<usize> {
        self.by_parts(move |store| {
            store.wait(move |batch, _| webhooks::forget(batch, state, before))
        })
    }

    /// Forgets all that was kept for a webhook that is no more. Some at a time, so that nobody waits for long; broken off, it can be
    /// called again.
    pub fn leave_webhook(&self, key: &str) -> Result<()> {
        self.by_parts(|store| {
            let key = key.to_owned();
            store.wait(move |batch, _| webhooks::leave(batch, &key))
        })?;
        Ok(())
    }
}
