//! A case goes on under another version of its procedure. Otherwise it stays under the one that it was opened under.

use super::Work;
use crate::case::Case;
use crate::clocks;
use crate::event::Event;
use crate::key::Key;
use crate::procedure::{ChainStep, Procedure};
use crate::promise;
use crate::refusal::Refusal;

impl Work<'_> {
    /// Keys carry the case over: it is in the same stage, waits for the same role, and its clocks follow ([`clocks::follow`]). Refused
    /// when the version has no place for something that the case holds, or would let it be forgotten.
    pub(crate) fn move_to(&mut self, id: &Key, version: u32) -> Result<(), Refusal> {
        let (before, _) = self.rules(id);
        let case = self.case(id);
        let from = case.procedure_version;
        if from == version {
            return Ok(());
        }
        let known = self.library.version(&case.procedure, version);
        let (after, _) = known.ok_or_else(|| Refusal::Unknown {
            what: "version".to_owned(),
            key: version.to_string(),
        })?;
        fits(&before, &after, case)?;
        self.record(id, Event::Moved { from, to: version });
        clocks::follow(self, id, &before);
        match promise::kept(&after, self.directory, self.case(id)) {
            true => Ok(()),
            false => Err(unmapped("clock", &self.case(id).stage)),
        }
    }
}

fn unmapped(what: &str, key: &Key) -> Refusal {
    Refusal::Unmapped { what: what.to_owned(), key: key.clone() }
}

/// Whether a version has a place for everything that is under way in a case.
fn fits(before: &Procedure, after: &Procedure, case: &Case) -> Result<(), Refusal> {
    if !case.life.promised() {
        return Err(unmapped("life", &case.life.name().into()));
    }
    let kind = |rules: &Procedure| rules.stage(&case.stage).map(|stage| stage.kind);
    let open = case.tasks.iter().filter(|task| task.done.is_none());
    let asked = case.extensions.iter().any(|log| log.decided.is_none());
    let changing = case.changes.iter().any(|log| log.decided.is_none());
    let merged = !case.members.is_empty();
    // What there may be, whether the version has a place for it, and its key.
    let mut needs: Vec<(&str, bool, &Key)> = vec![
        ("stage", kind(after).is_some() && kind(after) == kind(before), &case.stage),
        ("extension", !asked || after.extension.is_some(), &case.stage),
        ("change", !changing || after.change.is_some(), &case.stage),
        ("merge", !merged || after.links.merge.is_some(), &case.stage),
    ];
    needs.extend(case.role.iter().map(|role| ("role", after.role(role).is_some(), role)));
    needs.extend(
        case.chain.iter().map(|run| ("chain", is_same(before, after, &run.chain), &run.chain)),
    );
    needs.extend(open.map(|task| ("task", after.task(&task.kind).is_some(), &task.kind)));
    match needs.into_iter().find(|(_, there, _)| !there) {
        Some((what, _, key)) => Err(unmapped(what, key)),
        None => Ok(()),
    }
}

/// A run of approvals counts its steps by their places, so that they must be the same.
fn is_same(before: &Procedure, after: &Procedure, chain: &Key) -> bool {
    let (Some(old), Some(new)) = (before.chain(chain), after.chain(chain)) else { return false };
    let same = |(old, new): (&ChainStep, &ChainStep)| {
        (old.kind, &old.role, &old.when) == (new.kind, &new.role, &new.when)
    };
    old.steps.len() == new.steps.len() && old.steps.iter().zip(&new.steps).all(same)
}
