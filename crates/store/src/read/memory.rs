//! What is kept of what was read, until touch with the database is lost: then it may have lost what it had committed, as a standby can
//! that took over. It is not emptied but left behind, together with the connections: whoever still reads by one of these keeps what he
//! reads where nobody asks any more.

use super::board::Board;
use super::kept::Kept;
use super::open::Since;
use super::standing::Standings;

/// What was read by the connections of a time without a loss.
#[derive(Default)]
pub(crate) struct Memory {
    /// The work in hand.
    pub(crate) board: Board,
    /// Rows of lists.
    pub(crate) kept: Kept,
    /// How cases stand.
    pub(crate) standings: Standings,
    /// From which id on cases were registered since some day.
    pub(crate) since: Since,
    /// How often touch was lost before.
    pub(crate) losses: u64,
}

impl Memory {
    /// An empty one, after one loss more.
    pub(crate) fn after(before: &Self) -> Self {
        Self { losses: before.losses + 1, ..Self::default() }
    }
}
