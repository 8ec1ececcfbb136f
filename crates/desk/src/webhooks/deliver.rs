//! Sending: what is sent, signed, and what becomes of it. Whoever sends it is not here.

use super::pauses::{TRIED_FOR, next_attempt};
use super::{Stopped, Webhook, WebhookRound, signature};
use crate::desk::Desk;
use crate::error::DeskError;
use crate::organisation::Caller;
use crate::rows::actor;
use engine::key::Key;
use engine::people::Who;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use store::{Attempt, DeliveryState, Page, WebhookDelivery, WebhookPlace};
use uuid::Uuid;

/// How long a delivery is leased: longer than an attempt may take. A worker that dies gives it back by this.
const LEASE: SignedDuration = SignedDuration::from_secs(60);
/// How long what was delivered, and what was given up, is kept.
const DELIVERED_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);
const DEAD_FOR: SignedDuration = SignedDuration::from_hours(90 * 24);

/// "Gone": the receiver wants nothing any more.
const GONE: u16 = 410;

/// Something to be sent, leased to one worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sending {
    /// Identity, the same at every attempt: the header `webhook-id`.
    pub id: Uuid,
    /// The webhook.
    pub webhook: Key,
    /// Where it goes.
    pub url: String,
    /// What is sent.
    pub body: String,
    /// Seconds since 1970: the header `webhook-timestamp`.
    pub seconds: i64,
    /// The header `webhook-signature`.
    pub signature: String,
    since: Timestamp,
    attempts: u32,
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answered {
    /// An answer, with what it says of when to come again (`Retry-After`), UTC.
    Status(u16, Option<Timestamp>),
    /// None, for a reason with a stable name.
    Failed(&'static str),
}

impl Desk {
    /// Leases what is due; what is about a case that the webhook's person does not see any more is not sent.
    pub(super) fn claim_webhooks(
        &self,
        worker: &str,
        all: &[Webhook],
        rooms: Vec<(String, usize)>,
        round: &mut WebhookRound,
    ) -> Result<(), DeskError> {
        let now = self.now();
        let until = now.checked_add(LEASE).unwrap_or(Timestamp::MAX);
        let claimed = self.inner.store.claim_webhook_deliveries(now, until, rooms, worker)?;
        for (key, delivery) in claimed {
            let Some(webhook) = all.iter().find(|one| *one.id == *key) else { continue };
            if !self.may_tell(webhook, &delivery)? {
                self.settle_as(worker, &delivery, now, "out_of_sight")?;
                round.given_up += 1;
                continue;
            }
            let (id, seconds) = (delivery.new.id, now.as_second());
            let body = delivery.new.body;
            round.sending.push(Sending {
                id,
                webhook: webhook.id.clone(),
                url: webhook.url().to_owned(),
                seconds,
                signature: signature::signatures(
                    webhook.signing(now),
                    &id.to_string(),
                    seconds,
                    &body,
                ),
                body,
                since: delivery.since,
                attempts: delivery.attempts,
            });
        }
        Ok(())
    }

    /// Records what came of an attempt: accepted by any status of 200 to 299; at 410 the webhook stops; everything else is tried again
    /// after growing pauses for three days. Returns what has become of the delivery by that.
    ///
    /// # Errors
    /// A failure of the store: then it is sent again when its lease ends, under the same id.
    pub fn settle_webhook(
        &self,
        worker: &str,
        sending: &Sending,
        answered: &Answered,
    ) -> Result<DeliveryState, DeskError> {
        let now = self.now();
        let (status, wish, error) = match *answered {
            Answered::Status(status @ 200..300, _) => (Some(status), None, None),
            Answered::Status(status @ 300..400, _) => (Some(status), None, Some("redirect")),
            Answered::Status(status, wish) => (Some(status), wish, Some("status")),
            Answered::Failed(why) => (None, None, Some(why)),
        };
        let jitter = sending.id.as_bytes().last().copied().unwrap_or(0);
        let end = now.checked_add(TRIED_FOR).unwrap_or(Timestamp::MAX);
        let rests_until = wish.map(|until| until.min(end)).filter(|until| *until > now);
        let again = || next_attempt(sending.since, now, sending.attempts, jitter, rests_until);
        let attempt = Attempt {
            at: now,
            status,
            error: error.map(str::to_owned),
            again: if error.is_none() || status == Some(GONE) { None } else { again() },
            rests_until,
        };
        let state = match attempt {
            Attempt { error: None, .. } => DeliveryState::Delivered,
            Attempt { again: Some(_), .. } => DeliveryState::Pending,
            Attempt { again: None, .. } => DeliveryState::Dead,
        };
        self.inner.store.settle_webhook_delivery(sending.id, attempt, worker)?;
        if status == Some(GONE) {
            self.stop_webhook(sending)?;
        }
        Ok(state)
    }

    /// Has something sent again, whatever became of it, under the same id; from now on it is tried for three days.
    ///
    /// # Errors
    /// `NotFound`; a failure of the store.
    pub fn resend_webhook_delivery(
        &self,
        webhook: &str,
        id: Uuid,
    ) -> Result<WebhookDelivery, DeskError> {
        self.webhook(webhook)?;
        if !self.inner.store.resend_webhook_delivery(webhook, id, self.now())? {
            return Err(DeskError::NotFound { what: "delivery" });
        }
        self.hurry_webhooks();
        self.webhook_delivery(webhook, id)
    }

    /// One of a webhook's deliveries.
    ///
    /// # Errors
    /// `NotFound`; a failure of the store.
    pub fn webhook_delivery(&self, webhook: &str, id: Uuid) -> Result<WebhookDelivery, DeskError> {
        let found = self.inner.store.webhook_delivery(webhook, id)?;
        found.ok_or(DeskError::NotFound { what: "delivery" })
    }

    /// One page of a webhook's deliveries, newest first.
    ///
    /// # Errors
    /// `NotFound`; `Invalid` for a cursor of another list; a failure of the store.
    pub fn webhook_deliveries(
        &self,
        webhook: &str,
        state: Option<DeliveryState>,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<WebhookDelivery>, DeskError> {
        self.webhook(webhook)?;
        Ok(self.inner.store.webhook_deliveries(webhook, state, cursor, limit)?)
    }

    /// Where each webhook stands, by id; one that nothing was looked for yet is not among them.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn webhook_places(&self) -> Result<BTreeMap<String, WebhookPlace>, DeskError> {
        Ok(self.inner.store.webhook_places()?)
    }

    /// Forgets what was delivered a week ago, given up ninety days ago, or meant for webhooks that are no more; returns how many.
    pub(crate) fn tidy_webhooks(&self, at: Timestamp) -> Result<usize, DeskError> {
        let (store, all) = (&self.inner.store, self.webhooks());
        for key in store.webhook_places()?.into_keys() {
            if all.iter().all(|webhook| *webhook.id != *key) {
                store.leave_webhook(&key)?;
            }
        }
        let before = |kept| at.checked_sub(kept).unwrap_or(Timestamp::MIN);
        let delivered =
            store.forget_webhook_deliveries(DeliveryState::Delivered, before(DELIVERED_FOR))?;
        let dead = store.forget_webhook_deliveries(DeliveryState::Dead, before(DEAD_FOR))?;
        Ok(delivered + dead)
    }

    /// Whether the webhook's person still sees the case that a delivery is about.
    fn may_tell(&self, webhook: &Webhook, delivery: &WebhookDelivery) -> Result<bool, DeskError> {
        let Some(number) = &delivery.new.number else { return Ok(true) };
        let caller = Caller { person: webhook.person.clone(), scopes: Vec::new() };
        match self.standing(&caller, number) {
            Ok(_) => Ok(true),
            Err(DeskError::NotFound { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Gives a delivery up that was not sent.
    fn settle_as(
        &self,
        worker: &str,
        delivery: &WebhookDelivery,
        now: Timestamp,
        why: &str,
    ) -> Result<(), DeskError> {
        let attempt = Attempt {
            at: now,
            status: None,
            error: Some(why.to_owned()),
            again: None,
            rests_until: None,
        };
        Ok(self.inner.store.settle_webhook_delivery(delivery.new.id, attempt, worker)?)
    }

    /// The receiver is gone; somebody who has changed the webhook meanwhile is not overruled by that.
    fn stop_webhook(&self, sending: &Sending) -> Result<(), DeskError> {
        let webhook = match self.webhook(&sending.webhook) {
            Ok(webhook) if webhook.url() == sending.url && webhook.stopped.is_none() => webhook,
            Ok(_) | Err(DeskError::NotFound { .. }) => return Ok(()),
            Err(error) => return Err(error),
        };
        let (stopped, seen) = (Some(Stopped::Gone), Some(webhook.version));
        match self.write_webhook(&actor(&Who::System), &Webhook { stopped, ..webhook }, seen) {
            Err(DeskError::Stale { .. }) => Ok(()),
            done => done,
        }
    }
}
