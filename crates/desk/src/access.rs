//! The one way to obtain a case on somebody's behalf.

use crate::desk::Desk;
use crate::error::DeskError;
use crate::facts::fold;
use crate::mask;
use crate::organisation::Caller;
use engine::calendar::Calendar;
use engine::case::Case;
use engine::event::Event;
use engine::key::Key;
use engine::procedure::Procedure;
use engine::value::Value;
use serde_json::{Value as Json, json};
use std::sync::Arc;
use store::{CaseSummary, Scope, StoredCase};
use uuid::Uuid;

/// A case that somebody may see, with the rules it is under.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The case.
    pub case: Case,
    /// What lists show of it.
    pub summary: CaseSummary,
    /// Its procedure.
    pub procedure: Arc<Procedure>,
    /// Its calendar.
    pub calendar: Arc<Calendar>,
    /// Names and telephone numbers may be shown in full.
    pub reveal: bool,
}

impl Desk {
    /// Which cases a caller sees. Every list, count, search and feed goes through this.
    pub fn scope(&self, caller: &Caller) -> Scope {
        // Until departments and teams are administered, whoever is in the directory sees the organisation's cases.
        match self.people().person(&caller.person) {
            Some(_) => Scope::all(),
            None => Scope::nobody(),
        }
    }

    /// The case with this number, if the caller may see it.
    ///
    /// # Errors
    /// `NotFound`, also for cases outside the caller's scope; a failure of the store.
    pub fn case_for(&self, caller: &Caller, number: &str) -> Result<Seen, DeskError> {
        self.case_within(&self.scope(caller), number)
    }

    /// The case with this number, for the operator of the installation: whoever holds the data folder and its key.
    ///
    /// # Errors
    /// `NotFound`, or a failure of the store.
    pub fn case_for_operator(&self, number: &str) -> Result<Seen, DeskError> {
        self.case_within(&Scope::all(), number)
    }

    fn case_within(&self, scope: &Scope, number: &str) -> Result<Seen, DeskError> {
        let missing = DeskError::NotFound { what: "case" };
        let stored = self.inner.store.case_by_number(scope, number)?.ok_or(missing)?;
        self.under_rules(stored)
    }

    /// The case with this id, if the scope reaches it.
    pub(crate) fn case_of(&self, scope: &Scope, id: Uuid) -> Result<Option<Seen>, DeskError> {
        self.inner.store.case(scope, id)?.map(|stored| self.under_rules(stored)).transpose()
    }

    fn under_rules(&self, stored: StoredCase) -> Result<Seen, DeskError> {
        let case = fold(&self.inner.store, &stored)?;
        let version = self.library_for([&case])?.version(&case.procedure, case.procedure_version);
        let (procedure, calendar) = version.ok_or(DeskError::NotFound { what: "procedure" })?;
        Ok(Seen { case, summary: stored.summary, procedure, calendar, reveal: false })
    }
}

impl Seen {
    /// A field's value as this viewer may see it: names and telephone numbers masked unless they may be revealed, those in
    /// tables and in free text as well.
    pub fn masked(&self, key: &str) -> Option<Value> {
        let (field, value) = (self.procedure.field(key)?, self.case.value(key)?);
        Some(if self.reveal { value.clone() } else { mask::value(field, value) })
    }

    /// A fact as this viewer may see it. Values are masked by their fields, whatever the case holds now; a field that the
    /// procedure does not know shows nothing.
    pub fn shown(&self, mut event: Event) -> Json {
        if self.reveal {
            return json!(event);
        }
        let hide = |key: &Key, value: &mut Value| {
            *value = match self.procedure.field(key) {
                Some(field) => mask::value(field, value),
                None => Value::Text(String::new()),
            };
        };
        match &mut event {
            Event::FieldsSet { values, .. } => {
                let set = values.iter_mut().filter_map(|(key, value)| Some((key, value.as_mut()?)));
                set.for_each(|(key, value)| hide(key, value));
            }
            Event::Overridden { field, value, .. } => hide(field, value),
            Event::ChangeAsked { set, before, .. } => {
                set.iter_mut().for_each(|(key, value)| hide(key, value));
                let before =
                    before.iter_mut().filter_map(|(key, value)| Some((key, value.as_mut()?)));
                before.for_each(|(key, value)| hide(key, value));
            }
            _ => {}
        }
        let mut json = json!(event);
        mask::private_texts(&mut json);
        json
    }
}
