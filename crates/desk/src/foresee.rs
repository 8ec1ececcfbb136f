//! What a registration would come out as, while it is still being filled in.

use crate::desk::Desk;
use crate::error::DeskError;
use crate::submit::touched;
use engine::calendar::Calendar;
use engine::case::Case;
use engine::command::Entered;
use engine::key::Key;
use engine::people::Who;
use engine::procedure::Procedure;
use engine::refusal::Refusal;
use std::sync::Arc;

/// A case that does not exist: derived values, owner and deadlines as they would be if it were registered now.
#[derive(Debug, Clone)]
pub struct Foreseen {
    /// The case; it has no number.
    pub case: Case,
    /// Its procedure.
    pub procedure: Arc<Procedure>,
    /// Its calendar.
    pub calendar: Arc<Calendar>,
}

impl Desk {
    /// What a registration would come out as. Fields that are empty or do not fit yet are left out; nothing is written.
    ///
    /// # Errors
    /// A refusal that no field is to blame for; a failure of the store.
    pub fn foresee(&self, procedure: &str, mut fields: Entered) -> Result<Foreseen, DeskError> {
        loop {
            let command = self.registration(procedure, fields.clone())?;
            // The program itself may leave mandatory fields empty.
            let wrong = match self.decided(&Who::System, &command, None, &mut touched(&command)) {
                Err(DeskError::Refused(Refusal::Invalid { fields })) => fields,
                Err(error) => return Err(error),
                Ok(decided) => {
                    let case = decided.decision.cases.get(command.case()).cloned();
                    let case = case.ok_or(DeskError::NotFound { what: "case" })?;
                    let rules = decided.library.version(&case.procedure, case.procedure_version);
                    let (procedure, calendar) =
                        rules.ok_or(DeskError::NotFound { what: "procedure" })?;
                    return Ok(Foreseen { case, procedure, calendar });
                }
            };
            let entered = fields.len();
            let blamed = |key: &Key| wrong.iter().any(|(field, _)| field == key);
            fields.retain(|key, _| !blamed(key));
            if fields.len() == entered {
                return Err(Refusal::Invalid { fields: wrong }.into());
            }
        }
    }
}
