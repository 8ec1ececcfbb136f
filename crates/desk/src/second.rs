//! The second factor: codes of an authenticator app (RFC 6238), and recovery codes for whoever has lost it.

use crate::account::Sealed;
use crate::desk::Desk;
use crate::error::DeskError;
use crate::secret;
use crate::session::Origin;
use crate::sign_in::Entry;
use engine::key::Key;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::sync::PoisonError;
use store::api_key_hash as hash_of;
use totp_rs::{Algorithm, Builder, Secret, Totp};

/// Keys that are shown and not confirmed yet, by person.
const ENROLLING: &str = "enrolling";
/// The step of the last code that was used, by person.
const USED: &str = "code-used";
/// How long an enrolment may take.
const ENROLMENT: SignedDuration = SignedDuration::from_mins(15);
/// Codes for whoever has lost the app; each is good once.
const RECOVERY_CODES: usize = 10;

/// What is kept of a second factor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Second {
    /// The shared key, base 32.
    key: Sealed,
    /// Hashes of the recovery codes that are left.
    recovery: Vec<String>,
}

impl Desk {
    /// The key that an authenticator app is to take in, base 32, while the person enrols; the same one until it is confirmed.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn enrol(&self, person: &Key) -> Result<String, DeskError> {
        if let Some(key) = self.enrolling(person)? {
            return Ok(key);
        }
        let key = Secret::from(secret::bytes::<20>()?).to_base32();
        let until = self.now().checked_add(ENROLMENT).unwrap_or(Timestamp::MAX);
        self.inner.store.put_ephemeral(ENROLLING, person, &json!(key), until)?;
        Ok(key)
    }

    /// Confirms the enrolment with a code of the app; from now on signing in asks for one. The recovery codes are told this once;
    /// `None`: the code is not right, or it took too long.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn confirm_second_factor(
        &self,
        person: &Key,
        code: &str,
    ) -> Result<Option<Vec<String>>, DeskError> {
        let Some(key) = self.enrolling(person)? else { return Ok(None) };
        if !self.is_fresh(person, &key, &bare(code))? {
            return Ok(None);
        }
        let mut codes = Vec::new();
        for _ in 0..RECOVERY_CODES {
            let text = secret::fresh()?;
            let mut digits = text.chars();
            let part = |digits: &mut std::str::Chars<'_>| digits.take(8).collect::<String>();
            codes.push(format!("{}-{}", part(&mut digits), part(&mut digits)));
        }
        let recovery = codes.iter().map(|code| hash_of(&bare(code))).collect();
        let second = Some(Second { key: Sealed { text: key }, recovery });
        self.change_credential(person, person, |known| known.second = second)?;
        self.inner.store.remove_ephemeral(ENROLLING, person)?;
        Ok(Some(codes))
    }

    /// Takes the second factor off: the person's own wish, or an administrator's for somebody who has lost it.
    ///
    /// # Errors
    /// `NotFound` when the person has no account; a failure of the store.
    pub fn remove_second_factor(&self, actor: &str, person: &Key) -> Result<(), DeskError> {
        self.change_credential(actor, person, |known| known.second = None)
    }

    /// Whether signing in asks the person for a code; how many recovery codes are left.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn second_factor(&self, person: &Key) -> Result<Option<usize>, DeskError> {
        let known = self.credential(person)?;
        Ok(known.and_then(|(known, _)| known.second).map(|second| second.recovery.len()))
    }

    /// Ends signing in with a code of the app, or a recovery code.
    ///
    /// # Errors
    /// `NotFound` when the password is to be given once more; a failure of the store.
    pub fn sign_in_with_code(
        &self,
        opener: &str,
        code: &str,
        origin: &Origin,
    ) -> Result<Entry, DeskError> {
        let session = self.session(opener)?.filter(|session| session.half);
        let session = session.ok_or(DeskError::NotFound { what: "session" })?;
        let (person, name) = (&session.person, session.person.to_lowercase());
        if let Some(wait) = self.attempt(&name, origin)? {
            return Ok(Entry::Wait(wait));
        }
        if !self.takes(person, &bare(code))? {
            tracing::info!(person = &**person, "code refused");
            return Ok(Entry::Wrong);
        }
        self.succeeded(&name, origin)?;
        self.end_session(person, &session.id)?;
        tracing::info!(person = &**person, "signed in");
        self.begin_session(person, origin, false).map(Entry::In)
    }

    fn enrolling(&self, person: &Key) -> Result<Option<String>, DeskError> {
        let found = self.inner.store.ephemeral(ENROLLING, person, self.now())?;
        Ok(found.and_then(|key| key.as_str().map(str::to_owned)))
    }

    /// Whether a code is right; from then on it is used up.
    fn takes(&self, person: &Key, code: &str) -> Result<bool, DeskError> {
        let Some((known, version)) = self.credential(person)? else { return Ok(false) };
        let Some(mut second) = known.second.clone() else { return Ok(false) };
        if self.is_fresh(person, &second.key.text, code)? {
            return Ok(true);
        }
        let hash = hash_of(code);
        let before = second.recovery.len();
        second.recovery.retain(|left| *left != hash);
        if second.recovery.len() == before {
            return Ok(false);
        }
        let left = crate::account::Credential { second: Some(second), ..known };
        // Somebody else used one at the same moment: this one is not taken.
        match self.put_credential(person, person, &left, Some(version)) {
            Ok(()) => Ok(true),
            Err(DeskError::Stale { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Whether the app shows this code about now, and no code of this time or a later one was used.
    fn is_fresh(&self, person: &Key, key: &str, code: &str) -> Result<bool, DeskError> {
        let now = self.now();
        let second = u64::try_from(now.as_second()).unwrap_or(0);
        let Some(step) = app(key).and_then(|app| app.check(code, second)) else {
            return Ok(false);
        };
        let _one = self.inner.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        let used = self.inner.store.ephemeral(USED, person, now)?;
        if used.as_ref().and_then(Json::as_u64).is_some_and(|used| used >= step) {
            return Ok(false);
        }
        let until = now.checked_add(ENROLMENT).unwrap_or(Timestamp::MAX);
        self.inner.store.put_ephemeral(USED, person, &json!(step), until)?;
        Ok(true)
    }
}

/// Six digits, anew every 30 seconds, one step of leeway: what every app makes.
fn app(key: &str) -> Option<Totp> {
    let secret = Secret::try_from_base32(key).ok()?;
    let app = Builder::new().with_algorithm(Algorithm::SHA1).with_digits(6).with_skew(1);
    app.with_step_duration(30).with_secret(secret).build().ok()
}

/// A code as it is compared: people type spaces and hyphens.
fn bare(code: &str) -> String {
    code.chars().filter(|c| c.is_ascii_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect()
}
