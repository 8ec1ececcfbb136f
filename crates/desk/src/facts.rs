//! Cases out of the store: the snapshot, or the fold of the events when the snapshot is of another fold.

use crate::error::DeskError;
use crate::rows::{FOLD_VERSION, decode_event};
use engine::case::{Case, apply};
use engine::key::Key;
use store::{Store, StoreError, StoredCase};

/// The case of a stored row.
pub(crate) fn fold(store: &Store, stored: &StoredCase) -> Result<Case, DeskError> {
    if stored.fold_version == FOLD_VERSION
        && let Ok(case) = serde_json::from_str(&stored.snapshot)
    {
        return Ok(case);
    }
    replay(store, &stored.summary.id.to_string().as_str().into())
}

/// The fold of all events of a case.
pub(crate) fn replay(store: &Store, id: &Key) -> Result<Case, DeskError> {
    let corrupt = |what: String| DeskError::Store(StoreError::Corrupt { what });
    let uuid = id.parse().map_err(|_| DeskError::NotFound { what: "case" })?;
    let (mut case, mut after) = (None, 0);
    loop {
        let rows = store.events(uuid, after, 1_000)?;
        let Some(last) = rows.last().map(|row| row.seq) else { break };
        for row in &rows {
            let recorded = decode_event(row)
                .map_err(|error| corrupt(format!("event {} of {id}: {error}", row.seq)))?;
            case = apply(case, id, &recorded);
        }
        after = last;
    }
    case.ok_or_else(|| corrupt(format!("case {id} has no registration")))
}
