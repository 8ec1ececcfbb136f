//! Sessions: who has signed in where. Of the secret that a browser holds only the hash is kept.

use crate::desk::Desk;
use crate::error::DeskError;
use crate::secret;
use engine::key::Key;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use store::StoreError;

const SESSION: &str = "session";
/// How long a session lasts without a request.
pub const IDLE: SignedDuration = SignedDuration::from_hours(2);
/// How long it lasts at most.
pub const LONGEST_SESSION: SignedDuration = SignedDuration::from_hours(12);
/// How long whoever gave the right password has for the second factor.
const HALF: SignedDuration = SignedDuration::from_mins(5);
/// A request is written down when the last one that was is this old.
const NOTED: SignedDuration = SignedDuration::from_mins(10);

/// Where somebody comes from, as far as it is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Network address.
    pub address: String,
    /// What the browser says of itself.
    pub agent: String,
}

/// A session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Opaque id; does not open it.
    #[serde(skip)]
    pub id: String,
    /// Who.
    pub person: Key,
    /// When it began, UTC.
    pub since: Timestamp,
    /// Of its last request, to some minutes, UTC.
    pub seen: Timestamp,
    /// Where it began.
    pub origin: Origin,
    /// The password was right, the second factor is still to come: it allows nothing else.
    pub half: bool,
}

impl Session {
    /// When it ends by itself if nothing more is asked for, UTC.
    pub fn until(&self) -> Timestamp {
        let after = |instant: Timestamp, span| instant.checked_add(span).unwrap_or(Timestamp::MAX);
        if self.half {
            return after(self.since, HALF);
        }
        after(self.seen, IDLE).min(after(self.since, LONGEST_SESSION))
    }
}

impl Desk {
    /// Begins a session of somebody who has just proved who he is by other means, such as a link.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn begin(&self, person: &Key, origin: &Origin) -> Result<String, DeskError> {
        self.begin_session(person, origin, false)
    }

    /// Begins a session and returns the secret that opens it, which is told this once.
    pub(crate) fn begin_session(
        &self,
        person: &Key,
        origin: &Origin,
        half: bool,
    ) -> Result<String, DeskError> {
        let now = self.now();
        let opener = secret::fresh_for(person)?;
        let session = Session {
            id: String::new(),
            person: person.clone(),
            since: now,
            seen: now,
            origin: origin.clone(),
            half,
        };
        let key = secret::place_of(&opener).ok_or(DeskError::Forbidden)?;
        let body = serde_json::to_value(&session).unwrap_or_default();
        self.inner.store.put_ephemeral(SESSION, &key, &body, session.until())?;
        Ok(opener)
    }

    /// The session that a secret opens, unless it has ended or its person has left.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn session(&self, opener: &str) -> Result<Option<Session>, DeskError> {
        let Some(key) = secret::place_of(opener) else { return Ok(None) };
        let Some(body) = self.inner.store.ephemeral(SESSION, &key, self.now())? else {
            return Ok(None);
        };
        let session = known(&key, body)?;
        let there = self.people().person(&session.person).is_some();
        Ok(Some(session).filter(|_| there))
    }

    /// Whether a request in this session is worth writing down ([`Desk::note_session`]).
    pub fn is_worth_noting(&self, session: &Session) -> bool {
        self.now().duration_since(session.seen) > NOTED
    }

    /// Writes down that there was a request, so that the session lasts longer.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn note_session(&self, opener: &str) -> Result<(), DeskError> {
        let Some(session) = self.session(opener)?.filter(|session| !session.half) else {
            return Ok(());
        };
        let key = secret::place_of(opener).ok_or(DeskError::Forbidden)?;
        let session = Session { seen: self.now(), ..session };
        let body = serde_json::to_value(&session).unwrap_or_default();
        // One that was ended since it was read stays ended.
        self.inner.store.renew_ephemeral(SESSION, &key, &body, session.until())?;
        Ok(())
    }

    /// The sessions of a person, the newest first.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn sessions(&self, person: &Key) -> Result<Vec<Session>, DeskError> {
        let prefix = secret::prefix_of(person);
        let found = self.inner.store.ephemeral_with_prefix(SESSION, &prefix, self.now())?;
        let mut sessions = found
            .into_iter()
            .map(|(key, body)| known(&key, body))
            .collect::<Result<Vec<_>, _>>()?;
        sessions.retain(|session| !session.half && session.person == *person);
        sessions.sort_by_key(|session| std::cmp::Reverse(session.since));
        Ok(sessions)
    }

    /// Ends a session of a person by its id.
    ///
    /// # Errors
    /// `NotFound` when there is none; a failure of the store.
    pub fn end_session(&self, person: &Key, id: &str) -> Result<(), DeskError> {
        match self
            .inner
            .store
            .remove_ephemeral(SESSION, &format!("{}{id}", secret::prefix_of(person)))?
        {
            true => Ok(()),
            false => Err(DeskError::NotFound { what: "session" }),
        }
    }

    /// Ends all sessions of a person, but for one.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn end_sessions(&self, person: &Key, but: Option<&str>) -> Result<usize, DeskError> {
        let prefix = secret::prefix_of(person);
        let mut ended = 0;
        for (key, _) in self.inner.store.ephemeral_with_prefix(SESSION, &prefix, self.now())? {
            if but.is_none_or(|but| key.strip_prefix(&prefix) != Some(but)) {
                ended += usize::from(self.inner.store.remove_ephemeral(SESSION, &key)?);
            }
        }
        Ok(ended)
    }
}

fn known(key: &str, body: serde_json::Value) -> Result<Session, DeskError> {
    let session: Session = serde_json::from_value(body)
        .map_err(|_| StoreError::Corrupt { what: "a session".to_owned() })?;
    let id = key.split_once('/').map(|(_, id)| id.to_owned()).unwrap_or_default();
    Ok(Session { id, ..session })
}
