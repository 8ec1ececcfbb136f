//! Whole cases that were read before. Opening what is sealed in a case and reading it out of its text is most of the cost of looking at
//! one; whether what is kept still stands is looked at each time.

use engine::case::Case;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use std::sync::Arc;
use store::{CaseSummary, Standing, StoredCase};
use uuid::Uuid;

/// What the texts of kept cases may weigh together, in bytes; in memory a case takes two to three times as much.
const ROOM: u64 = 24 << 20;
/// Cases that are expected; it only shapes the table.
const EXPECTED: usize = 1_000;

/// Cases by their ids.
pub(crate) struct Known(Cache<Uuid, Arc<One>, Weight>);

/// A case as it was read.
pub(crate) struct One {
    /// How it stood before it was read.
    standing: Standing,
    bytes: u64,
    pub(crate) summary: CaseSummary,
    pub(crate) case: Arc<Case>,
}

#[derive(Clone)]
struct Weight;

impl Weighter<Uuid, Arc<One>> for Weight {
    fn weight(&self, _: &Uuid, one: &Arc<One>) -> u64 {
        one.bytes
    }
}

impl Default for Known {
    fn default() -> Self {
        Self(Cache::with_weighter(EXPECTED, ROOM, Weight))
    }
}

impl Known {
    /// The case with this standing.
    pub(crate) fn standing(&self, standing: Standing) -> Option<Arc<One>> {
        self.0.get(&standing.id).filter(|one| one.standing == standing)
    }

    /// Keeps a case whose standing was asked for before it was read.
    pub(crate) fn keep(&self, standing: Standing, stored: &StoredCase, case: &Arc<Case>) {
        // It may have moved on meanwhile, and lost its values after that.
        if stored.summary.version != standing.version {
            return;
        }
        let one = One {
            standing,
            bytes: u64::try_from(stored.snapshot.len()).unwrap_or(u64::MAX),
            summary: stored.summary.clone(),
            case: Arc::clone(case),
        };
        self.0.insert(stored.summary.id, Arc::new(one));
    }
}
