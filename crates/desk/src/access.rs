//! The one way to obtain a case on somebody's behalf.

use crate::desk::Desk;
use crate::error::DeskError;
use crate::facts::fold;
use crate::organisation::Caller;
use engine::calendar::Calendar;
use engine::case::Case;
use engine::procedure::{FieldKind, Means, Procedure};
use engine::value::Value;
use std::sync::Arc;
use store::{CaseSummary, Scope};

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
        let case = fold(&self.inner.store, &stored)?;
        let version = self.library_for([&case])?.version(&case.procedure, case.procedure_version);
        let (procedure, calendar) = version.ok_or(DeskError::NotFound { what: "procedure" })?;
        Ok(Seen { case, summary: stored.summary, procedure, calendar, reveal: false })
    }
}

impl Seen {
    /// A field's value as this viewer may see it: names and numbers masked unless they may be revealed.
    pub fn masked(&self, key: &str) -> Option<Value> {
        let field = self.procedure.field(key)?;
        let value = self.case.value(key)?.clone();
        if self.reveal || !field.pii {
            return Some(value);
        }
        match (&field.kind, field.means) {
            (FieldKind::Tel, _) | (_, Some(Means::Phone | Means::Account)) => {
                Some(Value::Text(mask_phone(value.text())))
            }
            (FieldKind::Text, _) => Some(Value::Text(mask_name(value.text()))),
            _ => Some(value),
        }
    }
}

/// A name with all but its first character hidden (0.4). Names that are masked already stay as they are.
pub fn mask_name(name: &str) -> String {
    if name.starts_with('*') {
        return name.to_owned();
    }
    let mut characters = name.chars();
    let first: String = characters.next().into_iter().collect();
    let rest = characters.count();
    format!("{first}{}", "*".repeat(rest.clamp(1, 2)))
}

/// The first three and last four digits of a telephone number (0.4); shorter ones show their last two.
pub fn mask_phone(phone: &str) -> String {
    let characters: Vec<char> = phone.chars().collect();
    let (show_first, show_last) = if characters.len() >= 11 { (3, 4) } else { (0, 2) };
    let last = characters.len().saturating_sub(show_last);
    let masked = characters.iter().enumerate().map(|(place, c)| {
        if place < show_first || place >= last || !c.is_ascii_digit() { *c } else { '*' }
    });
    masked.collect()
}
