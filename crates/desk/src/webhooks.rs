//! Webhooks: programs of others that are told when something happens. One acts for a person: it is told of what happens to cases within
//! that person's scope, and only that it did; what it was is fetched by a key of its own.

mod deliver;
mod follow;
mod pauses;
mod signature;

use crate::account::Sealed;
use crate::desk::Desk;
use crate::error::DeskError;
use crate::organisation::Caller;
use engine::event::KINDS;
use engine::key::Key;
use engine::refusal::{Problem, Refusal};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};
use store::{Administer, Change, Setting, StoreError};

pub use deliver::{Answered, Sending};
pub use follow::{PING, WebhookRound};

/// The kind of settings that are webhooks.
pub(crate) const WEBHOOK: &str = "webhook";

/// How long the secret before the present one still signs.
const OVERLAP: SignedDuration = SignedDuration::from_hours(24);
/// Longest name, and longest address, in characters.
const NAME: u32 = 60;
const ADDRESS: u32 = 2_000;
/// As many as there may be: each reads the whole feed.
const MOST: usize = 50;

/// A webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Webhook {
    /// Opaque id.
    pub id: Key,
    /// The version that it is at.
    #[serde(skip)]
    pub version: u64,
    /// What people call it.
    pub name: String,
    /// On whose behalf it looks: it is told only of what this person sees.
    pub person: Key,
    url: Sealed,
    /// The present secret first.
    secrets: Vec<Secret>,
    /// Kinds of events that it is told of; all when there are none.
    #[serde(default)]
    pub events: BTreeSet<String>,
    /// Procedures whose cases it is told of; all when there are none.
    #[serde(default)]
    pub procedures: BTreeSet<Key>,
    /// Why it does nothing, if so.
    #[serde(default)]
    pub stopped: Option<Stopped>,
    /// When it was made, UTC.
    pub made_at: Timestamp,
    /// The place in the feed at which it begins.
    from: u64,
}

/// Why a webhook does nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stopped {
    /// Somebody has paused it.
    Paused,
    /// Its receiver has answered that it is gone for good (410).
    Gone,
    /// The person on whose behalf it looked has left.
    PersonLeft,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Secret {
    secret: Sealed,
    /// Until when it signs, UTC; the present one has no end.
    #[serde(default)]
    until: Option<Timestamp>,
}

/// What somebody says of a webhook; what is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WebhookParts {
    /// What people call it.
    pub name: Option<String>,
    /// Where it is reached: an address that the caller has looked at.
    pub url: Option<String>,
    /// Kinds of events; empty for all.
    pub events: Option<Vec<String>>,
    /// Procedures; empty for all.
    pub procedures: Option<Vec<String>>,
    /// Whether it pauses. Whoever lets one go on whose person has left takes that person's place.
    pub paused: Option<bool>,
}

impl Webhook {
    /// Where it is reached. May hold what opens the receiver: shown to those who administer alone.
    pub fn url(&self) -> &str {
        &self.url.text
    }

    /// Until when the secret before the present one signs as well, UTC; `None` when there is only one.
    pub fn overlap(&self, now: Timestamp) -> Option<Timestamp> {
        self.secrets.iter().filter_map(|one| one.until).filter(|until| *until > now).max()
    }

    fn signing(&self, now: Timestamp) -> impl Iterator<Item = &str> {
        let valid = move |one: &&Secret| one.until.is_none_or(|until| until > now);
        self.secrets.iter().filter(valid).map(|one| one.secret.text.as_str())
    }

    fn put(&self, expected: Option<u64>) -> Change {
        Change::Put {
            kind: WEBHOOK.to_owned(),
            key: self.id.to_string(),
            expected,
            body: json!(self),
            history: false,
        }
    }
}

impl Desk {
    /// The webhooks, by name.
    pub fn webhooks(&self) -> Arc<Vec<Webhook>> {
        self.follow();
        Arc::clone(&self.inner.webhooks.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// A webhook as it is kept.
    ///
    /// # Errors
    /// `NotFound`; a failure of the store.
    pub fn webhook(&self, id: &str) -> Result<Webhook, DeskError> {
        let found = self.inner.store.setting(WEBHOOK, id)?;
        known(found.ok_or(DeskError::NotFound { what: "webhook" })?)
    }

    /// Why a webhook does nothing; `None` when it works.
    pub fn webhook_stopped(&self, webhook: &Webhook) -> Option<Stopped> {
        let works_here = self.people().person(&webhook.person).is_some();
        webhook.stopped.or((!works_here).then_some(Stopped::PersonLeft))
    }

    /// Makes a webhook that looks on the caller's behalf, from now on; returns it with its secret, which is shown this once.
    ///
    /// # Errors
    /// `Refused` for what does not fit; `TooManyWebhooks`; a failure of the store.
    pub fn make_webhook(
        &self,
        caller: &Caller,
        parts: WebhookParts,
    ) -> Result<(Webhook, String), DeskError> {
        if self.webhooks().len() >= MOST {
            return Err(DeskError::TooManyWebhooks { most: MOST });
        }
        let secret = signature::fresh_secret()?;
        let fresh = Webhook {
            id: self.fresh_id().to_string().into(),
            version: 0,
            name: String::new(),
            person: caller.person.clone(),
            url: Sealed::default(),
            secrets: vec![Secret { secret: Sealed { text: secret.clone() }, until: None }],
            events: BTreeSet::new(),
            procedures: BTreeSet::new(),
            stopped: None,
            made_at: self.now(),
            from: self.inner.store.last_event()?,
        };
        let missing = WebhookParts {
            name: Some(parts.name.unwrap_or_default()),
            url: Some(parts.url.unwrap_or_default()),
            ..parts
        };
        let webhook = self.with_parts(caller, fresh, missing)?;
        self.write_webhook(&caller.person, &webhook, Some(0))?;
        Ok((self.webhook(&webhook.id)?, secret))
    }

    /// Changes a webhook, over the version that was seen.
    ///
    /// # Errors
    /// `NotFound`, `Refused` for what does not fit, `Stale`, a failure of the store.
    pub fn change_webhook(
        &self,
        caller: &Caller,
        id: &str,
        parts: WebhookParts,
        seen: u64,
    ) -> Result<Webhook, DeskError> {
        let changed = self.with_parts(caller, self.webhook(id)?, parts)?;
        self.write_webhook(&caller.person, &changed, Some(seen))?;
        self.webhook(id)
    }

    /// Gives a webhook a new secret and returns it; shown this once. The one before signs as well for a day.
    ///
    /// # Errors
    /// `NotFound`, `Stale` when somebody else changed it meanwhile, a failure of the store.
    pub fn renew_webhook_secret(&self, caller: &Caller, id: &str) -> Result<String, DeskError> {
        let (mut webhook, now) = (self.webhook(id)?, self.now());
        let secret = signature::fresh_secret()?;
        let end = now.checked_add(OVERLAP).unwrap_or(Timestamp::MAX);
        webhook.secrets.retain(|one| one.until.is_none_or(|until| until > now));
        for one in &mut webhook.secrets {
            one.until = Some(one.until.unwrap_or(end));
        }
        let fresh = Secret { secret: Sealed { text: secret.clone() }, until: None };
        webhook.secrets.insert(0, fresh);
        self.write_webhook(&caller.person, &webhook, Some(webhook.version))?;
        Ok(secret)
    }

    /// Deletes a webhook with its secret and all that was to be sent to it.
    ///
    /// # Errors
    /// `NotFound`; a failure of the store.
    pub fn remove_webhook(&self, caller: &Caller, id: &str) -> Result<(), DeskError> {
        self.webhook(id)?;
        let changes = vec![Change::Erase { kind: WEBHOOK.to_owned(), key: id.to_owned() }];
        let actor = caller.person.to_string();
        self.inner.store.administer(Administer { at: self.now(), actor, changes })?;
        self.refresh()?;
        Ok(self.inner.store.leave_webhook(id)?)
    }

    /// What happens to webhooks when a person leaves: those that looked on his behalf stop.
    pub(crate) fn webhooks_left(&self, person: &Key) -> Vec<Change> {
        let all = self.webhooks();
        let own = all.iter().filter(|webhook| webhook.person == *person);
        own.map(|webhook| {
            Webhook { stopped: Some(Stopped::PersonLeft), ..webhook.clone() }.put(None)
        })
        .collect()
    }

    pub(crate) fn reload_webhooks(&self) -> Result<(), DeskError> {
        let stored = self.inner.store.settings(WEBHOOK)?.into_iter();
        let mut all = stored.map(known).collect::<Result<Vec<_>, _>>()?;
        all.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
        *self.inner.webhooks.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(all);
        Ok(())
    }

    fn write_webhook(
        &self,
        actor: &str,
        webhook: &Webhook,
        seen: Option<u64>,
    ) -> Result<(), DeskError> {
        self.put_setting(actor, WEBHOOK, &webhook.id, json!(webhook), seen)
    }

    /// A webhook as somebody wants it; everything that does not fit is told at once.
    fn with_parts(
        &self,
        caller: &Caller,
        mut webhook: Webhook,
        parts: WebhookParts,
    ) -> Result<Webhook, DeskError> {
        let mut wrong: Vec<(Key, Problem)> = Vec::new();
        if let Some(name) = parts.name {
            name.trim().clone_into(&mut webhook.name);
            wrong.extend(misfit(&webhook.name, NAME).map(|problem| ("name".into(), problem)));
        }
        if let Some(url) = parts.url {
            url.trim().clone_into(&mut webhook.url.text);
            wrong.extend(misfit(webhook.url(), ADDRESS).map(|problem| ("url".into(), problem)));
        }
        if let Some(events) = parts.events {
            wrong.extend(unknown("events", &events, |kind| KINDS.contains(&kind)));
            webhook.events = events.into_iter().collect();
        }
        if let Some(procedures) = parts.procedures {
            let library = self.library();
            wrong.extend(unknown("procedures", &procedures, |key| library.newest(key).is_some()));
            webhook.procedures = procedures.into_iter().map(Key::from).collect();
        }
        if !wrong.is_empty() {
            return Err(Refusal::Invalid { fields: wrong }.into());
        }
        match parts.paused {
            Some(true) => webhook.stopped = Some(Stopped::Paused),
            Some(false) => {
                if self.webhook_stopped(&webhook) == Some(Stopped::PersonLeft) {
                    webhook.person = caller.person.clone();
                }
                webhook.stopped = None;
            }
            None => {}
        }
        Ok(webhook)
    }
}

fn misfit(text: &str, most: u32) -> Option<Problem> {
    let length = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
    match length {
        0 => Some(Problem::TooShort(1)),
        _ => (length > most).then_some(Problem::TooLong(most)),
    }
}

fn unknown(list: &str, named: &[String], is_known: impl Fn(&str) -> bool) -> Vec<(Key, Problem)> {
    let strange = named.iter().enumerate().filter(|(_, one)| !is_known(one));
    strange.map(|(place, _)| (format!("{list}[{place}]").into(), Problem::Unknown)).collect()
}

fn known(setting: Setting) -> Result<Webhook, DeskError> {
    let corrupt = |_| StoreError::Corrupt { what: "a webhook".to_owned() };
    let webhook: Webhook = serde_json::from_value(setting.body).map_err(corrupt)?;
    Ok(Webhook { version: setting.version, ..webhook })
}
