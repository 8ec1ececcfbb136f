//! Texts are indexed anew where they were indexed by other rules than this program's: after an upgrade, and after a move to another
//! database, which takes no index along.

use crate::attach::named_by_case;
use crate::desk::Desk;
use crate::error::DeskError;
use crate::facts::fold;
use crate::rows::search_texts;
use store::{Reindexed, Scope, StoreError};
use uuid::Uuid;

/// Cases that are indexed in one commit.
const AT_ONCE: usize = 500;

impl Desk {
    /// Indexes every case that needs it; returns how many. `tell` hears how many are done so far. Others may write meanwhile, and may
    /// index as well.
    ///
    /// # Errors
    /// A failure of the store, or a case that cannot be read; those before it are done.
    pub fn reindex(&self, tell: &mut dyn FnMut(usize)) -> Result<usize, DeskError> {
        let mut done = 0;
        loop {
            let ids = self.inner.store.cases_to_reindex(AT_ONCE)?;
            if ids.is_empty() {
                return Ok(done);
            }
            let texts = ids.iter().map(|id| self.texts_of(*id)).collect::<Result<_, _>>()?;
            self.inner.store.reindex(texts)?;
            done += ids.len();
            tell(done);
        }
    }

    /// The texts by which a case is found, and the version that they are of.
    ///
    /// # Errors
    /// `NotFound`, or a failure of the store.
    pub fn texts_of(&self, id: Uuid) -> Result<Reindexed, DeskError> {
        let stored = self.inner.store.case(&Scope::all(), id)?;
        let stored = stored.ok_or(DeskError::NotFound { what: "case" })?;
        let case = fold(&self.inner.store, &stored)?;
        let rules = self.library().version(&case.procedure, case.procedure_version);
        let (procedure, _) = rules.ok_or_else(|| StoreError::Corrupt {
            what: format!("case {id}: its procedure's version is not there"),
        })?;
        let mut files = Vec::new();
        for named in named_by_case(&procedure, &case) {
            files.extend(self.inner.store.attachment(named)?);
        }
        let texts = search_texts(&procedure, &case, &files);
        Ok(Reindexed { case: id, version: stored.summary.version, texts })
    }
}
