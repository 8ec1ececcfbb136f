//! What somebody has typed and not yet sent: kept for him alone, on whichever machine he goes on.

use crate::desk::Desk;
use crate::error::DeskError;
use crate::organisation::Caller;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value as Json;

const DRAFT: &str = "draft";
/// How long a draft is kept after it was last touched.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

impl Desk {
    /// Keeps a draft in place of the earlier one of this name.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn keep_draft(&self, caller: &Caller, name: &str, body: &Json) -> Result<(), DeskError> {
        let until = self.now().checked_add(KEPT).unwrap_or(Timestamp::MAX);
        Ok(self.inner.store.put_ephemeral(DRAFT, &key(caller, name), body, until)?)
    }

    /// A draft, if there is one.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn draft(&self, caller: &Caller, name: &str) -> Result<Option<Json>, DeskError> {
        Ok(self.inner.store.ephemeral(DRAFT, &key(caller, name), self.now())?)
    }

    /// Forgets a draft: it was sent, or is no longer wanted.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn drop_draft(&self, caller: &Caller, name: &str) -> Result<(), DeskError> {
        self.inner.store.remove_ephemeral(DRAFT, &key(caller, name))?;
        Ok(())
    }
}

fn key(caller: &Caller, name: &str) -> String {
    format!("{} {name}", caller.person)
}
