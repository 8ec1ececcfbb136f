//! The promise that gives the product its name: nothing can be forgotten silently.

use crate::case::{Case, Holder, Life, holder};
use crate::clocks::Instance;
use crate::people::Directory;
use crate::procedure::Procedure;

/// Whether somebody is responsible for a case and a clock runs that will reach somebody if nothing is done. Cases that are
/// filed, void or part of another need neither.
pub fn kept(procedure: &Procedure, directory: &Directory, case: &Case) -> bool {
    if !case.life.promised() || matches!(case.life, Life::Merged { .. }) {
        return true;
    }
    let held = match holder(procedure, case) {
        Holder::Person(person) => directory.person(&person).is_some(),
        Holder::Role(role) => procedure.role(&role).is_some(),
        Holder::Nobody => false,
    };
    held && case.clocks.iter().any(|instance| instance.is_ticking() && insists(procedure, instance))
}

/// Whether a clock goes on reminding: by repeating its last step, by intervals that follow each other, or by acting.
pub fn insists(procedure: &Procedure, instance: &Instance) -> bool {
    procedure.clock(&instance.clock).is_some_and(|clock| {
        let acts =
            clock.breach.iter().any(|step| matches!(step.does, crate::procedure::StepKind::Act(_)));
        let repeats = (clock.every.is_some_and(|every| every > 0) && !clock.breach.is_empty())
            || !clock.repeat.is_empty();
        instance.due.is_some() && (repeats || acts)
    })
}
