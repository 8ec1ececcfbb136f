//! What nobody needs any more is forgotten, so that a database does not grow by it.
//!
//! A clock that was set forward makes everything look old, if only for seconds, and what is forgotten then is not there when it is set
//! back. So a clock is believed when it has gone evenly for an hour, and what is forgotten then must have been old already when the
//! clock was last believed, which is kept in the database.

use crate::desk::Desk;
use crate::error::DeskError;
use jiff::{SignedDuration, Timestamp};
use std::sync::PoisonError;
use std::time::Duration;

/// How long a repeated submission gets the answer of the first one, as the description of the API promises.
const REPEATABLE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How long a clock must have gone evenly.
const EVENLY: Duration = Duration::from_secs(3_600);
/// By how much it may have been corrected meanwhile.
const CORRECTED: SignedDuration = SignedDuration::from_secs(60);

/// A look at the clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    /// What it showed.
    at: Timestamp,
    /// What had passed.
    passed: Duration,
}

impl Look {
    /// Whether the clock has shown as much since as has passed.
    fn agrees(self, later: Self) -> bool {
        let shown = later.at.duration_since(self.at);
        SignedDuration::try_from(later.passed.saturating_sub(self.passed))
            .is_ok_and(|passed| shown.saturating_sub(passed).abs() <= CORRECTED)
    }
}

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
    /// of webhooks: all as it was when the clock was last believed, so that it is kept for some hours longer. Nothing is forgotten before
    /// the clock has been looked at twice at a distance of an hour, and found to have gone evenly. Doing it often is harmless.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn tidy(&self) -> Result<Tidied, DeskError> {
        let Some(now) = self.believed() else { return Ok(Tidied::default()) };
        let store = &self.inner.store;
        let Some(before) = store.consider_forgetting(now)? else { return Ok(Tidied::default()) };
        let then = before.min(now);
        let repeatable = then.checked_sub(REPEATABLE).unwrap_or(Timestamp::MIN);
        Ok(Tidied {
            files: self.sweep_uploads(then)?,
            submissions: store.forget_submissions(repeatable)?,
            expired: store.sweep_ephemeral(then)?,
            deliveries: self.tidy_webhooks(then)?,
        })
    }

    /// The instant by the clock, if the clock has gone evenly for an hour.
    fn believed(&self) -> Option<Timestamp> {
        let look = Look { at: self.now(), passed: self.inner.clock.passed() };
        let mut last = self.inner.looked.lock().unwrap_or_else(PoisonError::into_inner);
        let before = *last.get_or_insert(look);
        if look.passed.saturating_sub(before.passed) < EVENLY {
            return None;
        }
        *last = Some(look);
        before.agrees(look).then_some(look.at)
    }
}
