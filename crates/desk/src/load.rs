//! How many open cases each person holds: an advisory fact for dispatching, kept beside the store.

use engine::case::{Case, Life};
use engine::key::Key;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use store::Store;

/// Counts the open cases of each person.
pub(crate) fn counted(store: &Store) -> store::Result<BTreeMap<Key, u32>> {
    let held = store.held(Life::Open.name())?.into_iter();
    Ok(held.map(|(person, cases)| (person.as_str().into(), small(cases))).collect())
}

/// Whose work a case is.
pub(crate) fn held(case: &Case) -> Option<Key> {
    case.assignee.clone().filter(|_| case.life == Life::Open)
}

fn small(cases: u64) -> u32 {
    u32::try_from(cases).unwrap_or(u32::MAX)
}

#[derive(Debug, Default)]
pub(crate) struct Load(Mutex<Arc<BTreeMap<Key, u32>>>);

impl Load {
    pub(crate) fn of(counts: BTreeMap<Key, u32>) -> Self {
        Self(Mutex::new(Arc::new(counts)))
    }

    pub(crate) fn snapshot(&self) -> Arc<BTreeMap<Key, u32>> {
        Arc::clone(&self.lock())
    }

    /// Begins again from what was counted.
    pub(crate) fn replace(&self, counts: BTreeMap<Key, u32>) {
        *self.lock() = Arc::new(counts);
    }

    /// A case has gone from somebody to somebody else, or begun, or ended.
    pub(crate) fn moved(&self, from: Option<&Key>, to: Option<&Key>) {
        if from == to {
            return;
        }
        let mut counts = self.lock();
        // Copied only while a decision still holds what it saw.
        let counts = Arc::make_mut(&mut counts);
        if let Some(count) = from.and_then(|person| counts.get_mut(person)) {
            *count = count.saturating_sub(1);
        }
        if let Some(person) = to {
            *counts.entry(person.clone()).or_insert(0) += 1;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Arc<BTreeMap<Key, u32>>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
