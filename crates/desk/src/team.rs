//! Teams: people who see what the others of the team hold, where their roles reach that far.

use crate::desk::Desk;
use crate::error::DeskError;
use engine::key::Key;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;
use store::{Administer, Change, StoreError};

/// The kind of settings that are teams.
pub(crate) const TEAM: &str = "team";

/// A team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Team {
    /// Opaque id.
    pub id: Key,
    /// What people call it.
    pub name: String,
    /// Who leads it: may say who of the team is absent.
    #[serde(default)]
    pub lead: Option<Key>,
    /// Who belongs to it, the lead included.
    pub members: Vec<Key>,
}

impl Desk {
    /// The teams, by id.
    pub fn teams(&self) -> Arc<Vec<Team>> {
        self.follow();
        Arc::clone(&self.inner.teams.read().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// Writes a team, new or known, over the version that was seen, if one was.
    ///
    /// # Errors
    /// `NotFound` when somebody named does not work here, `Stale`, a failure of the store.
    pub fn put_team(&self, actor: &str, team: &Team, seen: Option<u64>) -> Result<(), DeskError> {
        let people = self.people();
        let mut named = team.members.iter().chain(&team.lead);
        if !named.all(|member| people.person(member).is_some()) {
            return Err(DeskError::NotFound { what: "person" });
        }
        self.put_setting(actor, TEAM, &team.id, json!(team), seen)
    }

    /// Dissolves a team.
    ///
    /// # Errors
    /// `NotFound` when there is none; a failure of the store.
    pub fn remove_team(&self, actor: &str, team: &Key) -> Result<(), DeskError> {
        let change = Change::Remove { kind: TEAM.to_owned(), key: team.to_string() };
        let changes = vec![change];
        let done = Administer { at: self.now(), actor: actor.to_owned(), changes };
        self.inner.store.administer(done).map_err(|error| match error {
            StoreError::NotFound { .. } => DeskError::NotFound { what: "team" },
            error => error.into(),
        })?;
        self.refresh()
    }

    /// A team with the version that it is at.
    ///
    /// # Errors
    /// `NotFound`; a failure of the store.
    pub fn team(&self, team: &str) -> Result<(Team, u64), DeskError> {
        let found = self.inner.store.setting(TEAM, team)?;
        let found = found.ok_or(DeskError::NotFound { what: "team" })?;
        Ok((known(found.body)?, found.version))
    }

    pub(crate) fn reload_teams(&self) -> Result<(), DeskError> {
        let stored = self.inner.store.settings(TEAM)?.into_iter();
        let teams = stored.map(|setting| known(setting.body)).collect::<Result<Vec<_>, _>>()?;
        *self.inner.teams.write().unwrap_or_else(std::sync::PoisonError::into_inner) =
            Arc::new(teams);
        Ok(())
    }
}

fn known(body: serde_json::Value) -> Result<Team, DeskError> {
    serde_json::from_value(body)
        .map_err(|_| StoreError::Corrupt { what: "a team".to_owned() }.into())
}
