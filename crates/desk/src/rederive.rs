//! What is derived of cases is derived anew where older rules than this program's did it: measures, the people who have to do with a
//! case, and the texts by which it is found. That is so after an upgrade; after a move to another database, which takes no index
//! along, it is so of the texts.

use crate::attach::named_by_case;
use crate::desk::Desk;
use crate::error::DeskError;
use crate::facts::fold;
use crate::rows::{DERIVED_VERSION, rederived};
use std::collections::BTreeSet;
use store::{Older, Rederived, Scope, StoreError};
use uuid::Uuid;

/// Cases that are written in one commit: whoever writes meanwhile waits for no more.
const AT_ONCE: usize = 50;

/// What was derived anew.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rederiving {
    /// Cases that are up to date now.
    pub cases: usize,
    /// Cases that cannot be read, and stay as they are.
    pub failed: usize,
    /// Another program is at it: it was left to that one, and what is left over will have to be done later.
    pub elsewhere: bool,
}

impl Desk {
    /// Derives anew what needs it, some cases at a time, as long as `go_on` says so; `tell` hears how many are done. Others may write
    /// meanwhile, and may do the same. What was broken off goes on where it ended.
    ///
    /// # Errors
    /// A failure of the store; what was done before it is done.
    pub fn rederive(
        &self,
        go_on: &dyn Fn() -> bool,
        tell: &mut dyn FnMut(usize),
    ) -> Result<Rederiving, DeskError> {
        let (mut done, mut unreadable) = (Rederiving::default(), BTreeSet::new());
        while go_on() {
            let most = AT_ONCE.saturating_add(unreadable.len());
            let older = self.inner.store.cases_to_rederive(DERIVED_VERSION, most)?;
            let readable = older.into_iter().filter(|case| !unreadable.contains(case));
            let some: Vec<Uuid> = readable.take(AT_ONCE).collect();
            if some.is_empty() {
                break;
            }
            let mut derived = Vec::with_capacity(some.len());
            for case in some {
                match self.derived_of(case) {
                    Ok(one) => derived.push(one),
                    // It stands in the way of no other.
                    Err(DeskError::Store(error @ StoreError::Corrupt { .. })) => {
                        tracing::error!(case.id = %case, error.store = %error, "desk.rederive");
                        unreadable.insert(case);
                    }
                    Err(error) => return Err(error),
                }
            }
            done.failed = unreadable.len();
            if derived.is_empty() {
                continue;
            }
            let replaced = self.inner.store.rederive(derived)?;
            if replaced == 0 {
                done.elsewhere = true;
                break;
            }
            done.cases += replaced;
            tell(done.cases);
        }
        Ok(done)
    }

    /// How much there is to be derived anew.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn older(&self) -> Result<Older, DeskError> {
        Ok(self.inner.store.older(DERIVED_VERSION)?)
    }

    /// What this program derives of a case, and the version that it is of.
    ///
    /// # Errors
    /// `NotFound`, or a failure of the store.
    pub fn derived_of(&self, id: Uuid) -> Result<Rederived, DeskError> {
        let stored = self.inner.store.case(&Scope::all(), id)?;
        let stored = stored.ok_or(DeskError::NotFound { what: "case" })?;
        let case = fold(&self.inner.store, &stored)?;
        let library = self.library_for([&case])?;
        let rules = library.version(&case.procedure, case.procedure_version);
        let rules = rules.ok_or_else(|| StoreError::Corrupt {
            what: format!("case {id}: its procedure's version is not there"),
        })?;
        let mut files = Vec::new();
        for named in named_by_case(&rules.0, &case) {
            files.extend(self.inner.store.attachment(named)?);
        }
        Ok(rederived(rules, case, stored.summary.version, files))
    }
}
