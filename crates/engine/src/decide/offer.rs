//! What a person may do with a case now, as it is shown to him before he does it.

use super::act::{is_reachable, is_too_late, may_override, missing, named, permitted};
use crate::case::{Case, Facts, Life, LinkKind};
use crate::key::Key;
use crate::people::{Directory, Who};
use crate::procedure::{Action, Condition, Field, Label, Procedure, Verb};
use crate::refusal::Missing;
use crate::value::Value;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeSet;

/// An action that a person may do now.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Offer {
    /// The action.
    pub action: Key,
    /// The procedure asks for it next.
    pub next: bool,
    /// Fields that may be entered with it.
    pub fields: Vec<Key>,
    /// Of these, the ones that must be filled in and are empty.
    pub missing: Vec<Missing>,
    /// Conditions that do not hold, and that nothing entered with it can make hold: it would be refused.
    pub barred: Vec<Label>,
}

/// What a person may do with a case now, in the procedure's order. What there is nothing for - parting a case that is not joined,
/// releasing one that is not held - is left out.
pub fn offers(
    procedure: &Procedure,
    case: &Case,
    directory: &Directory,
    who: &Who,
    now: Timestamp,
) -> Vec<Offer> {
    let each = procedure.actions.iter();
    each.filter_map(|action| offer(procedure, case, directory, who, now, action)).collect()
}

/// One action of a procedure as [`offers`] has it; `None` where the person may not do it now.
fn offer(
    procedure: &Procedure,
    case: &Case,
    directory: &Directory,
    who: &Who,
    now: Timestamp,
    action: &Action,
) -> Option<Offer> {
    if !is_offered(procedure, case, directory, who, now, action) {
        return None;
    }
    let next = procedure.stage(&case.stage).and_then(|stage| stage.next.as_ref());
    let fields = enterable(procedure, case, action);
    let spared = may_override(procedure, case, directory, who, now, action);
    let barred = if spared { Vec::new() } else { barred(procedure, case, who, action, &fields) };
    Some(Offer {
        action: action.key.clone(),
        next: next == Some(&action.key),
        fields: fields.into_iter().collect(),
        missing: missing(procedure, case, action),
        barred,
    })
}

/// Whether a person may do an action now, without what it takes: cheaper where many cases are listed.
pub fn is_offered(
    procedure: &Procedure,
    case: &Case,
    directory: &Directory,
    who: &Who,
    now: Timestamp,
    action: &Action,
) -> bool {
    !action.does.contains(&Verb::Register)
        && is_reachable(procedure, case, action)
        && !is_pointless(case, action)
        && !is_too_late(procedure, case, action, now)
        && Facts::new(procedure, case, who).holds(&action.when)
        && permitted(procedure, case, directory, who, now, action).is_ok()
}

/// Whether nothing can be entered with an action as the case stands, and nothing is missing for it.
pub fn takes_nothing(procedure: &Procedure, case: &Case, action: &Action) -> bool {
    let mut named = named(procedure, Some(case), action);
    !named.any(|key| is_open(procedure, case, action, key))
        && missing(procedure, case, action).is_empty()
}

/// The fields that may be entered with an action as the case stands. What comes of other fields, or is settled, would be refused.
pub(crate) fn enterable(procedure: &Procedure, case: &Case, action: &Action) -> BTreeSet<Key> {
    let open = |key: &&Key| is_open(procedure, case, action, key);
    named(procedure, Some(case), action).filter(open).cloned().collect()
}

fn is_open(procedure: &Procedure, case: &Case, action: &Action, key: &Key) -> bool {
    let fixed = || procedure.field(key).is_some_and(|field| is_fixed(field, case.value(key)));
    action.has(Verb::Adjust) || !fixed()
}

/// Whether a field changes only through an adjustment: what is derived, and what is guarded once it has a value.
pub(crate) fn is_fixed(field: &Field, there: Option<&Value>) -> bool {
    field.derive.is_some() || (field.guarded && there.is_some())
}

/// What the guards say that do not hold and read nothing that can be entered with the action.
fn barred(
    procedure: &Procedure,
    case: &Case,
    who: &Who,
    action: &Action,
    fields: &BTreeSet<Key>,
) -> Vec<Label> {
    let facts = Facts::new(procedure, case, who);
    let entered = |need: &Condition| need.fields().into_iter().any(|key| fields.contains(key));
    let failed = action.guards.iter().filter(|guard| !facts.holds(&guard.need));
    failed.filter(|guard| !entered(&guard.need)).map(|guard| guard.say.clone()).collect()
}

/// Whether there is nothing on the case that the action could undo, settle or decide.
fn is_pointless(case: &Case, action: &Action) -> bool {
    let paused = || case.pauses.last().is_some_and(|pause| pause.to.is_none());
    let related = |kind: LinkKind| matches!(kind, LinkKind::Related | LinkKind::Suspected);
    let of_kind = |kind: &Key| action.task.as_ref().is_none_or(|task| task == kind);
    action.does.iter().any(|verb| match verb {
        Verb::Unmerge => !matches!(case.life, Life::Merged { .. }),
        Verb::Unlink => !case.links.iter().any(|link| related(link.kind)),
        Verb::Hold => case.held,
        Verb::Release => !case.held,
        Verb::Pause => paused(),
        Verb::Resume => !paused(),
        Verb::TaskDone => !case.tasks.iter().any(|task| task.done.is_none() && of_kind(&task.kind)),
        Verb::Deescalate => case.escalations.is_empty(),
        Verb::ClearOverride => case.overrides.is_empty(),
        Verb::Sign => !case.changes.iter().any(|change| {
            change.signed.is_none()
                && change.decided.as_ref().is_none_or(|(approved, ..)| *approved)
        }),
        Verb::ChangeDecide => !case.changes.iter().any(|change| change.decided.is_none()),
        Verb::ExtendDecide => !case.extensions.iter().any(|one| one.decided.is_none()),
        _ => false,
    })
}
