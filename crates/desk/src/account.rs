//! Accounts: how people prove that it is them, and what they have chosen for themselves.

use crate::desk::Desk;
use crate::error::{DeskError, stale};
use crate::password;
use crate::second::Second;
use engine::key::Key;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use store::{Administer, Change, StoreError};

const CREDENTIAL: &str = "credential";
const PREFERENCES: &str = "preferences";

/// What somebody has chosen for himself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Preferences {
    /// Language; what the browser asks for when nothing is chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// Theme; that of the machine when nothing is chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub theme: Option<Theme>,
}

/// A language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// Chinese.
    Zh,
    /// English.
    En,
}

/// A theme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// Dark letters on a light ground.
    Light,
    /// Light letters on a dark ground.
    Dark,
}

/// How a person proves that it is him. The texts are personal: they are sealed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Credential {
    /// Hash of the password.
    pub(crate) password: Sealed,
    /// The second factor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) second: Option<Second>,
}

/// A text that the store seals.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sealed {
    #[serde(rename = "$p")]
    pub(crate) text: String,
}

impl Desk {
    /// Gives a person a password and ends all of his sessions but one.
    ///
    /// # Errors
    /// `NotFound` when there is no such person, `WeakPassword`, a failure of the store.
    pub fn set_password(
        &self,
        actor: &str,
        person: &Key,
        password: &str,
        but: Option<&str>,
    ) -> Result<(), DeskError> {
        self.acceptable(person, password)?;
        let hash = Sealed { text: password::hash(password)? };
        let known = self.credential(person)?.map(|(known, _)| known).unwrap_or_default();
        self.put_credential(actor, person, &Credential { password: hash, ..known }, None)?;
        self.end_sessions(person, but)?;
        Ok(())
    }

    /// Whether the person may have this password.
    pub(crate) fn acceptable(&self, person: &Key, password: &str) -> Result<(), DeskError> {
        let people = self.people();
        let known = people.person(person).ok_or(DeskError::NotFound { what: "person" })?;
        password::accept(password, &[&known.id, &known.name])
    }

    /// Whether the person can sign in: whoever has no password cannot.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn has_account(&self, person: &Key) -> Result<bool, DeskError> {
        Ok(self.credential(person)?.is_some())
    }

    /// Whether anybody can sign in.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn has_accounts(&self) -> Result<bool, DeskError> {
        Ok(!self.inner.store.settings(CREDENTIAL)?.is_empty())
    }

    /// What a person has chosen for himself.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn preferences(&self, person: &Key) -> Result<Preferences, DeskError> {
        let chosen = self.inner.store.setting(PREFERENCES, person)?;
        chosen.map_or_else(|| Ok(Preferences::default()), |chosen| read(chosen.body))
    }

    /// Keeps what a person has chosen for himself.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn set_preferences(&self, person: &Key, chosen: Preferences) -> Result<(), DeskError> {
        self.put_setting(person, PREFERENCES, person, json!(chosen), None)
    }

    /// Whether it is the person's password, as a browser that is left open may not know.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn is_password(&self, person: &Key, password: &str) -> Result<bool, DeskError> {
        let known = self.credential(person)?;
        let kept = known.as_ref().map(|(known, _)| known.password.text.as_str());
        Ok(password::is(password, kept))
    }

    /// How a person proves who he is, and the version of that.
    pub(crate) fn credential(&self, person: &Key) -> Result<Option<(Credential, u64)>, DeskError> {
        let known = self.inner.store.setting(CREDENTIAL, person)?;
        known.map(|known| Ok((read(known.body)?, known.version))).transpose()
    }

    pub(crate) fn put_credential(
        &self,
        actor: &str,
        person: &Key,
        credential: &Credential,
        seen: Option<u64>,
    ) -> Result<(), DeskError> {
        self.put_setting(actor, CREDENTIAL, person, json!(credential), seen)
    }

    pub(crate) fn change_credential(
        &self,
        actor: &str,
        person: &Key,
        change: impl FnOnce(&mut Credential),
    ) -> Result<(), DeskError> {
        let missing = DeskError::NotFound { what: "person" };
        let (mut known, version) = self.credential(person)?.ok_or(missing)?;
        change(&mut known);
        self.put_credential(actor, person, &known, Some(version))
    }

    /// Writes a setting of which only the newest version is kept, over the version that was seen, if one was.
    pub(crate) fn put_setting(
        &self,
        actor: &str,
        kind: &str,
        key: &str,
        body: Json,
        seen: Option<u64>,
    ) -> Result<(), DeskError> {
        let change = Change::Put {
            kind: kind.to_owned(),
            key: key.to_owned(),
            expected: seen,
            body,
            history: false,
        };
        let changes = vec![change];
        let done = Administer { at: self.now(), actor: actor.to_owned(), changes };
        self.inner.store.administer(done).map_err(stale)?;
        self.refresh()
    }
}

fn read<T: serde::de::DeserializeOwned>(body: Json) -> Result<T, DeskError> {
    serde_json::from_value(body)
        .map_err(|_| StoreError::Corrupt { what: "an account".to_owned() }.into())
}
