//! Webhooks and what is sent to them, as the API shows them.

use super::PersonAnswer;
use crate::problem::Problem;
use desk::{Desk, Stopped, Webhook};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{DeliveryState, WebhookDelivery, WebhookPlace};
use utoipa::ToSchema;

/// Deliveries that are counted.
const COUNTED: usize = 1_000;

/// A webhook. Its secret is shown when it is made and when it is renewed, and never again.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "id": "019aa001-…", "name": "ERP", "url": "https://erp.example.cn/hooks/bihuan", "person": { "id": "u1", "name": "王晓明" },
    "events": ["registered", "closed"], "procedures": [], "state": "active", "made_at": "2026-11-30T08:00:00Z",
    "last": { "at": "2026-11-30T08:10:02Z", "status": 204, "error": null }, "pending": 0, "dead": 0
}))]
pub struct WebhookAnswer {
    /// Opaque id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Where it is reached.
    pub url: String,
    /// On whose behalf it looks: it is told only of cases that this person sees.
    pub person: PersonAnswer,
    /// Kinds of events that it is told of; all when there are none.
    pub events: Vec<String>,
    /// Keys of the procedures whose cases it is told of; all when there are none.
    pub procedures: Vec<String>,
    /// `active`, `paused`, `gone` (the receiver answered 410) or `person_left`.
    pub state: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// Until when the secret before the present one signs as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overlap_until: Option<Timestamp>,
    /// The last attempt to send something.
    pub last: Option<AttemptAnswer>,
    /// What is still to be sent, counted up to 1,000.
    pub pending: u64,
    /// What was given up, counted up to 1,000.
    pub dead: u64,
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AttemptAnswer {
    /// When it ended.
    pub at: Timestamp,
    /// The status that was answered; none when there was no answer.
    pub status: Option<u16>,
    /// What was wrong: `status`, `redirect`, `timeout`, `unreachable`, `unknown_host`, `private_address`, `encryption`, `broken_off`,
    /// `bad_address`, `proxy` (not reached, or it refuses), `out_of_sight` (the webhook's person no longer sees the case); none when it was accepted.
    pub error: Option<String>,
}

/// Something that is sent to a webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "id": "019aa002-…", "type": "registered", "sequence": 4711, "number": "…", "state": "dead", "made_at": "2026-11-30T08:10:01Z",
    "attempts": 11, "next_attempt_at": null, "last": { "at": "2026-12-03T08:10:05Z", "status": 500, "error": "status" },
    "done_at": "2026-12-03T08:10:05Z"
}))]
pub struct DeliveryAnswer {
    /// The header `webhook-id`: the same at every attempt.
    pub id: String,
    /// Kind of the event; `ping` for a test.
    #[serde(rename = "type")]
    pub kind: String,
    /// Place of the event in the feed; none for a test.
    pub sequence: Option<u64>,
    /// Number of the case; none for a test.
    pub number: Option<String>,
    /// `pending`, `delivered` or `dead`.
    pub state: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// Attempts since it was made or sent again.
    pub attempts: u32,
    /// When it is tried next; none when it is not.
    pub next_attempt_at: Option<Timestamp>,
    /// The last attempt.
    pub last: Option<AttemptAnswer>,
    /// When it was delivered or given up.
    pub done_at: Option<Timestamp>,
}

impl WebhookAnswer {
    pub(crate) fn of(
        desk: &Desk,
        webhook: &Webhook,
        place: Option<&WebhookPlace>,
    ) -> Result<Self, Problem> {
        let count = |state| desk.store().count_webhook_deliveries(&webhook.id, state, COUNTED);
        Ok(Self {
            id: webhook.id.to_string(),
            name: webhook.name.clone(),
            url: webhook.url().to_owned(),
            person: PersonAnswer::of(&desk.people(), &webhook.person),
            events: webhook.events.iter().cloned().collect(),
            procedures: webhook.procedures.iter().map(ToString::to_string).collect(),
            state: state(desk.webhook_stopped(webhook)).to_owned(),
            made_at: webhook.made_at,
            overlap_until: webhook.overlap(desk.now()),
            last: place.and_then(|place| {
                AttemptAnswer::of(place.answered_at, place.status, place.error.as_deref())
            }),
            pending: count(DeliveryState::Pending)?,
            dead: count(DeliveryState::Dead)?,
        })
    }
}

/// The state's name.
pub(crate) fn state(stopped: Option<Stopped>) -> &'static str {
    match stopped {
        None => "active",
        Some(Stopped::Paused) => "paused",
        Some(Stopped::Gone) => "gone",
        Some(Stopped::PersonLeft) => "person_left",
    }
}

impl AttemptAnswer {
    fn of(at: Option<Timestamp>, status: Option<u16>, error: Option<&str>) -> Option<Self> {
        at.map(|at| Self { at, status, error: error.map(str::to_owned) })
    }
}

impl DeliveryAnswer {
    pub(crate) fn of(delivery: &WebhookDelivery) -> Self {
        let pending = delivery.state == DeliveryState::Pending;
        Self {
            id: delivery.new.id.to_string(),
            kind: delivery.new.kind.clone(),
            sequence: delivery.new.sequence,
            number: delivery.new.number.clone(),
            state: delivery.state.name().to_owned(),
            made_at: delivery.made_at,
            attempts: delivery.attempts,
            next_attempt_at: pending.then_some(delivery.not_before),
            last: AttemptAnswer::of(
                delivery.attempted_at,
                delivery.status,
                delivery.error.as_deref(),
            ),
            done_at: delivery.done_at,
        }
    }
}
