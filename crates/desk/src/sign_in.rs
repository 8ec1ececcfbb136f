//! Signing in: the same answer in the same time for whoever is not known, and growing pauses for whoever guesses.

use crate::desk::Desk;
use crate::error::DeskError;
use crate::password;
use crate::session::Origin;
use engine::key::Key;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::net::IpAddr;
use std::sync::PoisonError;
use store::api_key_hash as hash_of;

const ATTEMPTS: &str = "attempts";
/// Failures of one name that cost nothing.
const FREE: u32 = 5;
/// Failures of one address that cost nothing: a whole office may share it.
const FREE_OF_ADDRESS: u32 = 50;
/// The first pause; each further failure doubles it.
const PAUSE: SignedDuration = SignedDuration::from_secs(30);
/// The longest pause.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(15);
/// After this time without one, failures are forgotten.
const FORGOTTEN: SignedDuration = SignedDuration::from_hours(1);

/// What came of an attempt to sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// Signed in: the secret that opens the session.
    In(String),
    /// Name and password do not belong together, or nobody has that name.
    Wrong,
    /// Too many failures: nothing was looked at. Seconds until the next attempt.
    Wait(u64),
}

#[derive(Default, Serialize, Deserialize)]
struct Attempts {
    failed: u32,
    until: Option<Timestamp>,
}

impl Desk {
    /// Signs somebody in by name (the id of the person, in any case) and password. Blocks for the time that a password takes.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn sign_in(&self, name: &str, password: &str, origin: &Origin) -> Result<Entry, DeskError> {
        let name = name.trim().to_lowercase();
        if let Some(wait) = self.attempt(&name, origin)? {
            return Ok(Entry::Wait(wait));
        }
        let people = self.people();
        let person = people.people.iter().find(|person| person.id.to_lowercase() == name);
        let credential = person.map(|person| self.credential(&person.id)).transpose()?.flatten();
        let kept = credential.as_ref().map(|known| known.password.text.as_str());
        let (true, Some(person)) = (password::is(password, kept), person) else {
            tracing::info!(person = person.map(|person| &*person.id), "sign-in refused");
            return Ok(Entry::Wrong);
        };
        self.succeeded(&name, origin)?;
        tracing::info!(person = &*person.id, "signed in");
        self.begin_session(&person.id, origin, false).map(Entry::In)
    }

    /// Signs in without a password as any of the people: only in a demonstration.
    ///
    /// # Errors
    /// `NotFound` in a real installation or when there is no such person; a failure of the store.
    pub fn sign_in_for_demo(&self, person: &Key, origin: &Origin) -> Result<String, DeskError> {
        if !self.is_demo()? || self.people().person(person).is_none() {
            return Err(DeskError::NotFound { what: "person" });
        }
        self.begin_session(person, origin, false)
    }

    /// Counts an attempt as failed before anything is looked at, so that many at once count as many. Tells how long to wait when
    /// there were too many already.
    pub(crate) fn attempt(&self, name: &str, origin: &Origin) -> Result<Option<u64>, DeskError> {
        let now = self.now();
        let _one = self.inner.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        let mut counted = Vec::new();
        let mut wait = 0;
        for (key, free) in keys(name, origin) {
            let attempts = self.attempts(&key)?;
            if let Some(until) = attempts.until.filter(|until| *until > now) {
                let left = until.duration_since(now).as_millis().max(0);
                wait = wait.max(u64::try_from(left).unwrap_or(0).div_ceil(1_000));
            }
            counted.push((key, free, attempts));
        }
        if wait > 0 {
            return Ok(Some(wait));
        }
        for (key, free, attempts) in counted {
            let failed = attempts.failed.saturating_add(1);
            let until = pause(failed, free).and_then(|pause| now.checked_add(pause).ok());
            self.put_attempts(&key, &Attempts { failed, until })?;
        }
        Ok(None)
    }

    /// Takes back what [`Desk::attempt`] counted: the name starts anew, the address has one failure less.
    pub(crate) fn succeeded(&self, name: &str, origin: &Origin) -> Result<(), DeskError> {
        let _one = self.inner.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        let [(name, _), (address, _)] = keys(name, origin);
        self.inner.store.remove_ephemeral(ATTEMPTS, &name)?;
        let failed = self.attempts(&address)?.failed.saturating_sub(1);
        self.put_attempts(&address, &Attempts { failed, until: None })
    }

    fn attempts(&self, key: &str) -> Result<Attempts, DeskError> {
        let found = self.inner.store.ephemeral(ATTEMPTS, key, self.now())?;
        Ok(found.and_then(|found| serde_json::from_value(found).ok()).unwrap_or_default())
    }

    fn put_attempts(&self, key: &str, attempts: &Attempts) -> Result<(), DeskError> {
        let until = self.now().checked_add(FORGOTTEN).unwrap_or(Timestamp::MAX);
        Ok(self.inner.store.put_ephemeral(ATTEMPTS, key, &json!(attempts), until)?)
    }
}

/// Under what failures are counted, and how many cost nothing. Names are hashed: what is typed there may be a password.
fn keys(name: &str, origin: &Origin) -> [(String, u32); 2] {
    let address = match origin.address.parse::<IpAddr>() {
        // Whoever has an address of IPv6 has a whole network of them.
        Ok(IpAddr::V6(address)) => {
            let network = address.segments().into_iter().take(4);
            network.map(|part| format!("{part:x}:")).collect()
        }
        _ => origin.address.clone(),
    };
    [(format!("name {}", hash_of(name)), FREE), (format!("address {address}"), FREE_OF_ADDRESS)]
}

fn pause(failed: u32, free: u32) -> Option<SignedDuration> {
    let doubled = failed.checked_sub(free)?.min(10);
    Some(PAUSE.checked_mul(1 << doubled).unwrap_or(LONGEST_PAUSE).min(LONGEST_PAUSE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_quarter_of_an_hour() {
        let seconds =
            |failed| pause(failed, FREE).map_or(0, |pause: SignedDuration| pause.as_secs());
        assert_eq!([4, 5, 6, 7, 9, 10, 99].map(seconds), [0, 30, 60, 120, 480, 900, 900]);
    }
}
