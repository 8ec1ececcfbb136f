//! What is kept of what was read, until touch with the database is lost ([`crate::touch`]). It is not emptied but left behind, together
//! with the connections: whoever still reads by one of these keeps what he reads where nobody asks any more. A loss counts from when a
//! connection of this program notices it, which takes up to 12 s where a server falls silent; until then what the old one told is
//! believed, also beside a connection that was made to the new one.

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
    /// An empty one, after so many losses.
    pub(crate) fn after(losses: u64) -> Self {
        Self { losses, ..Self::default() }
    }
}
