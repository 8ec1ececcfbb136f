//! Procedures: stored as text and compiled, in all their versions; a case stays on its version.

use crate::builtin::builtin;
use crate::desk::Desk;
use crate::error::{DeskError, stale};
use engine::decide::Library;
use engine::key::Key;
use engine::procedure::{Procedure, from_json, read, to_json};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::{Administer, Change, Setting, StoreError};

/// The kind of settings that are procedures.
pub(crate) const PROCEDURE: &str = "procedure";

/// A published version of a procedure.
#[derive(Debug, Clone)]
pub struct Published {
    /// The compiled procedure.
    pub procedure: Arc<Procedure>,
    /// Its text.
    pub source: String,
}

impl Desk {
    /// Publishes a procedure's text as its next version.
    ///
    /// # Errors
    /// All findings of the text; `Unsound` when the promise could break or is not proved; a failure of the store.
    pub fn publish(
        &self,
        actor: &str,
        name: &str,
        text: &str,
    ) -> Result<Arc<Procedure>, DeskError> {
        self.publish_over(actor, name, text, None)
    }

    /// Publishes it over the version in force that was seen, 0 for none; without one over whatever is in force.
    ///
    /// # Errors
    /// As [`Desk::publish`]; `Stale` when another version is in force.
    pub fn publish_over(
        &self,
        actor: &str,
        name: &str,
        text: &str,
        expected: Option<u64>,
    ) -> Result<Arc<Procedure>, DeskError> {
        let mut procedure = read(name, text).map_err(DeskError::Procedure)?;
        let last = self
            .inner
            .store
            .setting_versions(PROCEDURE, &procedure.key)?
            .last()
            .map_or(0, |setting| setting.version);
        procedure.version = u32::try_from(last + 1).unwrap_or(u32::MAX).max(1);
        let calendar = self.calendar_of(&procedure)?;
        let proof = self.proved(name, &procedure, &calendar);
        let (findings, report) = &*proof;
        if !findings.is_empty() {
            return Err(DeskError::Procedure(findings.clone()));
        }
        if !report.violations.is_empty() {
            return Err(DeskError::Unsound(report.violations.clone()));
        }
        let compiled =
            to_json(&procedure).map_err(|error| DeskError::Invalid(error.to_string()))?;
        let body = json!({ "source": text, "compiled": compiled });
        let change = Change::Put {
            kind: PROCEDURE.to_owned(),
            key: procedure.key.to_string(),
            expected,
            body,
            history: true,
        };
        let change = Administer { at: self.now(), actor: actor.to_owned(), changes: vec![change] };
        let versions = self.inner.store.administer(change).map_err(stale)?;
        procedure.version = versions
            .first()
            .and_then(|version| u32::try_from(*version).ok())
            .unwrap_or(procedure.version);
        self.refresh()?;
        Ok(Arc::new(procedure))
    }

    /// Publishes the built-in procedures that are not there.
    ///
    /// # Errors
    /// As [`Desk::publish`].
    pub fn install_builtin(&self, actor: &str) -> Result<Vec<Key>, DeskError> {
        let mut installed = Vec::new();
        for one in builtin() {
            let procedure = read(one.name, one.text).map_err(DeskError::Procedure)?;
            if self.inner.store.setting(PROCEDURE, &procedure.key)?.is_none() {
                match self.publish_over(actor, one.name, one.text, Some(0)) {
                    // Another program that begins at the same time was faster.
                    Err(DeskError::Stale { .. }) => {}
                    published => installed.push(published?.key.clone()),
                }
            }
        }
        Ok(installed)
    }

    /// Takes a procedure out of use: no case is opened under it any more. Its versions stay for the cases pinned to them.
    ///
    /// # Errors
    /// `NotFound`, or a failure of the store.
    pub fn retire(&self, actor: &str, key: &str) -> Result<(), DeskError> {
        let change = Change::Remove { kind: PROCEDURE.to_owned(), key: key.to_owned() };
        self.inner.store.administer(Administer {
            at: self.now(),
            actor: actor.to_owned(),
            changes: vec![change],
        })?;
        self.refresh()
    }

    /// Puts a retired procedure back in force, as its next version with the text of its last one. What was put in force meanwhile was
    /// proved beside it: a retired procedure still counts there, for its cases go on. One that is in force stays as it is.
    ///
    /// # Errors
    /// `NotFound` when it was never published; `Stale` when somebody was faster; a failure of the store.
    pub fn reinstate(&self, actor: &str, key: &str) -> Result<Published, DeskError> {
        let last = self.last_setting(key)?;
        if self.inner.store.setting(PROCEDURE, key)?.is_some() {
            return compiled(&last.body, last.version);
        }
        let change = Change::Put {
            kind: PROCEDURE.to_owned(),
            key: key.to_owned(),
            expected: Some(0),
            body: last.body,
            history: true,
        };
        let change = Administer { at: self.now(), actor: actor.to_owned(), changes: vec![change] };
        self.inner.store.administer(change).map_err(stale)?;
        self.refresh()?;
        self.published_version(key, None)
    }

    /// What a procedure was published as last, in force or not.
    ///
    /// # Errors
    /// `NotFound` when it was never published; a failure of the store.
    pub fn last_published(&self, key: &str) -> Result<Published, DeskError> {
        let last = self.last_setting(key)?;
        compiled(&last.body, last.version)
    }

    fn last_setting(&self, key: &str) -> Result<Setting, DeskError> {
        let versions = self.inner.store.setting_versions(PROCEDURE, key)?;
        versions.into_iter().next_back().ok_or(DeskError::NotFound { what: "procedure" })
    }

    /// The published procedures, newest versions, in the order of their keys.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn published(&self) -> Result<Vec<Published>, DeskError> {
        self.inner
            .store
            .settings(PROCEDURE)?
            .iter()
            .map(|setting| compiled(&setting.body, setting.version))
            .collect()
    }

    /// One version of a procedure; the newest when none is named.
    ///
    /// # Errors
    /// `NotFound`, or a failure of the store.
    pub fn published_version(
        &self,
        key: &str,
        version: Option<u64>,
    ) -> Result<Published, DeskError> {
        let setting = match version {
            Some(version) => self.inner.store.setting_version(PROCEDURE, key, version)?,
            None => self.inner.store.setting(PROCEDURE, key)?,
        };
        let setting = setting.ok_or(DeskError::NotFound { what: "procedure" })?;
        compiled(&setting.body, setting.version)
    }

    /// Reads everything published anew: all versions that cases may be pinned to, with their calendars.
    pub(crate) fn reload_procedures(&self) -> Result<(), DeskError> {
        let mut library = Library::default();
        for (key, in_force) in self.ever_published()? {
            if !in_force {
                library.retire(key.as_str().into());
            }
            for setting in self.inner.store.setting_versions(PROCEDURE, &key)? {
                let published = compiled(&setting.body, setting.version)?;
                let calendar = self.calendar_of(&published.procedure)?;
                library.add(published.procedure, Arc::new(calendar));
            }
        }
        self.put_library(library);
        Ok(())
    }

    /// Keys of procedures that were ever published, each with whether it is in force: as the log tells, without reading the texts.
    fn ever_published(&self) -> Result<BTreeMap<String, bool>, DeskError> {
        let (mut keys, mut after) = (BTreeMap::new(), 0);
        loop {
            let entries = self.inner.store.settings_log(after, 1_000)?;
            let Some(last) = entries.last().map(|entry| entry.sequence) else { return Ok(keys) };
            let of_procedures = entries.into_iter().filter(|entry| entry.kind == PROCEDURE);
            keys.extend(of_procedures.map(|entry| (entry.key, entry.deed == "put")));
            after = last;
        }
    }
}

fn compiled(body: &Json, version: u64) -> Result<Published, DeskError> {
    let corrupt =
        || DeskError::Store(StoreError::Corrupt { what: "a published procedure".to_owned() });
    let source = body.get("source").and_then(Json::as_str).ok_or_else(corrupt)?.to_owned();
    let mut procedure = body
        .get("compiled")
        .and_then(Json::as_str)
        .and_then(|text| from_json(text).ok())
        .ok_or_else(corrupt)?;
    procedure.version = u32::try_from(version).unwrap_or(u32::MAX);
    Ok(Published { procedure: Arc::new(procedure), source })
}
