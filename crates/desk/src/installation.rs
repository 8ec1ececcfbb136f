//! What is said of the installation as a whole.

use crate::account::Language;
use crate::desk::Desk;
use crate::error::DeskError;
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use std::sync::PoisonError;
use store::{Scope, Store};

pub(crate) const INSTALLATION: &str = "installation";
const DEMO: &str = "demo";
const ORGANISATION: &str = "organisation";
const LANGUAGE: &str = "language";

/// The instant of the last event of a demonstration, UTC; nothing where real work is done, or nothing has happened yet.
pub(crate) fn demo_time(store: &Store) -> Result<Option<Timestamp>, DeskError> {
    if store.setting(INSTALLATION, DEMO)?.is_none() {
        return Ok(None);
    }
    let before = store.last_event()?.saturating_sub(1);
    let last = store.feed(&Scope::all(), before, 1)?.events;
    Ok(last.first().map(|last| last.event.at))
}

impl Desk {
    /// Marks the installation as a demonstration, where anybody may sign in as anybody. Only what holds nothing real may be marked.
    ///
    /// # Errors
    /// `Forbidden` when somebody works here already; a failure of the store.
    pub fn mark_as_demo(&self, actor: &str) -> Result<(), DeskError> {
        if !self.people().people.is_empty() || self.has_accounts()? {
            return Err(DeskError::Forbidden);
        }
        self.put_setting(actor, INSTALLATION, DEMO, json!({}), None)
    }

    /// What the organisation is called; nothing before it was set up.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn organisation(&self) -> Result<Option<String>, DeskError> {
        let known = self.inner.store.setting(INSTALLATION, ORGANISATION)?;
        let name = |body: &Json| body.get("name").and_then(Json::as_str).map(str::to_owned);
        Ok(known.and_then(|known| name(&known.body)))
    }

    /// Gives the organisation a name.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn name_organisation(&self, actor: &str, name: &str) -> Result<(), DeskError> {
        self.put_setting(actor, INSTALLATION, ORGANISATION, json!({ "name": name }), None)
    }

    /// The language of whoever has not chosen one; none while nothing is said, and then the browser is asked.
    pub fn language(&self) -> Option<Language> {
        self.follow();
        *self.inner.language.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says in which language everybody is spoken to who has not chosen one.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn set_language(&self, actor: &str, language: Language) -> Result<(), DeskError> {
        self.put_setting(actor, INSTALLATION, LANGUAGE, json!({ "language": language }), None)
    }

    pub(crate) fn reload_language(&self) -> Result<(), DeskError> {
        let known = self.inner.store.setting(INSTALLATION, LANGUAGE)?;
        let language = known.and_then(|known| known.body.get("language").cloned());
        let language = language.and_then(|language| serde_json::from_value(language).ok());
        *self.inner.language.write().unwrap_or_else(PoisonError::into_inner) = language;
        Ok(())
    }

    /// Whether it is a demonstration.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn is_demo(&self) -> Result<bool, DeskError> {
        Ok(self.inner.store.setting(INSTALLATION, DEMO)?.is_some())
    }
}
