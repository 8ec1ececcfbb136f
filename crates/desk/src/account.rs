//! Accounts: how people prove that it is them, and what they have chosen for themselves.

use crate::desk::Desk;
use crate::error::DeskError;
use crate::password;
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
        let people = self.people();
        let known = people.person(person).ok_or(DeskError::NotFound { what: "person" })?;
        password::accept(password, &[&known.id, &known.name])?;
        let hash = Sealed { text: password::hash(password)? };
        let credential = Credential { password: hash };
        self.put_setting(actor, CREDENTIAL, person, json!(credential))?;
        self.end_sessions(person, but)?;
        Ok(())
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
        self.put_setting(person, PREFERENCES, person, json!(chosen))
    }

    pub(crate) fn credential(&self, person: &Key) -> Result<Option<Credential>, DeskError> {
        self.inner.store.setting(CREDENTIAL, person)?.map(|known| read(known.body)).transpose()
    }

    /// Writes a setting of which only the newest version is kept.
    pub(crate) fn put_setting(
        &self,
        actor: &str,
        kind: &str,
        key: &str,
        body: Json,
    ) -> Result<(), DeskError> {
        let change = Change::Put {
            kind: kind.to_owned(),
            key: key.to_owned(),
            expected: None,
            body,
            history: false,
        };
        self.inner.store.administer(Administer {
            at: self.now(),
            actor: actor.to_owned(),
            changes: vec![change],
        })?;
        self.refresh()
    }
}

fn read<T: serde::de::DeserializeOwned>(body: Json) -> Result<T, DeskError> {
    serde_json::from_value(body)
        .map_err(|_| StoreError::Corrupt { what: "an account".to_owned() }.into())
}
