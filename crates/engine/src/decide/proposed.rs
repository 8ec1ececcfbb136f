//! What an action proposes for the times that it asks.

use crate::calendar::Calendar;
use crate::case::{Case, Facts};
use crate::clocks::due_of;
use crate::people::Who;
use crate::procedure::{Action, Procedure};
use jiff::Timestamp;

/// The instant that the procedure proposes for a field of an action: of the first preset whose condition holds.
pub fn proposed(
    procedure: &Procedure,
    calendar: &Calendar,
    case: &Case,
    now: Timestamp,
    action: &Action,
    field: &str,
) -> Option<Timestamp> {
    let input = action.input.iter().find(|input| *input.field == *field)?;
    let facts = Facts::new(procedure, case, &Who::System);
    let preset = input.presets.iter().find(|preset| facts.holds(&preset.when))?;
    due_of(calendar, case, now, preset.limit.clone())
}
