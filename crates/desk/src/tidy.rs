//! What nobody needs any more is forgotten, so that a database does not grow by it.

use crate::desk::Desk;
use crate::error::DeskError;
use jiff::{SignedDuration, Timestamp};

/// How long a repeated submission gets the answer of the first one, as the description of the API promises.
const REPEATABLE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What was forgotten.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tidied {
    /// Files of uploads that no case has named.
    pub files: usize,
    /// Submissions whose idempotency keys may be used anew.
    pub submissions: usize,
    /// What was kept until an instant that has passed.
    pub expired: usize,
    /// What was sent to webhooks, or given up.
    pub deliveries: usize,
}

impl Desk {
    /// Forgets uploads that no case has named within 24 hours, submissions older than seven days, what has expired, and old deliveries
    /// of webhooks. Doing it often is harmless.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn tidy(&self) -> Result<Tidied, DeskError> {
        let (store, now) = (&self.inner.store, self.now());
        let repeatable = now.checked_sub(REPEATABLE).unwrap_or(Timestamp::MIN);
        Ok(Tidied {
            files: self.sweep_uploads()?,
            submissions: store.forget_submissions(repeatable)?,
            expired: store.sweep_ephemeral(now)?,
            deliveries: self.tidy_webhooks()?,
        })
    }
}
