//! How often touch with the database was lost, by whichever connection of this program. What was committed before may be forgotten after
//! it, as by a standby that took over and lacks the last of it: whatever is kept of what was read is good until this moves.

use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Default)]
pub(crate) struct Touch(AtomicU64);

impl Touch {
    /// How often it was lost so far. Whoever keeps something asks before he reads it.
    pub(crate) fn losses(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    /// A connection is lost that was opened after so many losses. Those that lose touch together lose it once.
    pub(crate) fn lose(&self, after: u64) {
        // Refused to whoever comes later: it was counted.
        let _counted =
            self.0.compare_exchange(after, after + 1, Ordering::AcqRel, Ordering::Relaxed);
    }
}
