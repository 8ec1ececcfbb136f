//! The same work many times, on all processors.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Does the work for each of some things; returns what became of them, in their order.
pub(crate) fn each<I: Sync, T: Send>(items: &[I], work: impl Fn(&I) -> T + Sync) -> Vec<T> {
    let nth = |n| usize::try_from(n).ok().and_then(|n| items.get(n));
    let done = many(u64::try_from(items.len()).unwrap_or(0), |n| nth(n).map(&work));
    done.into_iter().flatten().collect()
}

/// Does the work for each number below `count`; returns what became of it, in the order of the numbers.
pub(crate) fn many<T: Send>(count: u64, work: impl Fn(u64) -> T + Sync) -> Vec<T> {
    let (next, results) = (AtomicU64::new(0), Mutex::new(BTreeMap::new()));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n >= count {
                        return;
                    }
                    let done = work(n);
                    results.lock().unwrap_or_else(PoisonError::into_inner).insert(n, done);
                }
            });
        }
    });
    results.into_inner().unwrap_or_else(PoisonError::into_inner).into_values().collect()
}
