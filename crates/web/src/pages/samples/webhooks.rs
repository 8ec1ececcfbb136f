//! Samples of webhooks.

use super::super::framed::Section;
use super::super::webhooks::show::{Sent, WebhookPage};
use super::super::webhooks::{OneWebhook, Webhooks};
use super::{HOSTILE, Sampler};
use maud::Markup;
use store::DeliveryState;

impl Sampler {
    /// The list, and one in every state.
    pub(super) fn webhooks(&self) -> Vec<(&'static str, Markup)> {
        let one = |state: &'static str| OneWebhook {
            id: "h".to_owned(),
            name: HOSTILE.to_owned(),
            receiver: HOSTILE.to_owned(),
            person: HOSTILE.to_owned(),
            state,
            last: (state != "paused")
                .then(|| ("10:00".to_owned(), HOSTILE.to_owned(), state == "active")),
            pending: 3,
            dead: u64::from(state == "gone"),
        };
        let states = ["active", "paused", "gone", "person_left"];
        let list = |webhooks| Webhooks {
            frame: self.frame(Section::Admin),
            webhooks,
            procedures: [("x".into(), HOSTILE.to_owned())].into(),
            given: Default::default(),
            wrong: Some(HOSTILE.to_owned()),
        };
        let sent = |state| Sent {
            id: "d".to_owned(),
            kind: HOSTILE.to_owned(),
            number: (state != DeliveryState::Dead).then(|| "N-1".to_owned()),
            state,
            at: "10:00".to_owned(),
            attempts: 11,
            said: HOSTILE.to_owned(),
            next: (state == DeliveryState::Pending).then(|| "10:05".to_owned()),
        };
        let page = |state, full: bool| WebhookPage {
            frame: self.frame(Section::Admin),
            one: one(state),
            dead: if full { vec![sent(DeliveryState::Dead)] } else { Vec::new() },
            latest: if full {
                [DeliveryState::Pending, DeliveryState::Delivered].map(sent).into()
            } else {
                Vec::new()
            },
            secret: full.then(|| "whsec_x".to_owned()),
            overlap: full.then(|| "11:00".to_owned()),
            procedures: [("x".into(), HOSTILE.to_owned())].into(),
            given: Default::default(),
            wrong: full.then(|| HOSTILE.to_owned()),
        };
        vec![
            ("webhooks", list(states.map(one).into()).html()),
            ("webhooks, none", list(Vec::new()).html()),
            ("webhook", page("active", true).html()),
            ("webhook, paused", page("paused", false).html()),
            ("webhook, gone", page("gone", false).html()),
            ("webhook, left", page("person_left", false).html()),
        ]
    }
}
