//! Clients that do one thing again and again for a while, and how long each time took.

use anyhow::{Result, anyhow};
use std::sync::Barrier;
use std::time::{Duration, Instant};

/// How often something was done, and how fast.
#[derive(Debug, Clone, Default)]
pub(super) struct Pace {
    /// How long each took, the shortest first.
    took: Vec<Duration>,
    /// From the first to the last.
    pub(super) all: Duration,
}

impl Pace {
    pub(super) fn new(mut took: Vec<Duration>, all: Duration) -> Self {
        took.sort_unstable();
        Self { took, all }
    }

    pub(super) fn done(&self) -> usize {
        self.took.len()
    }

    /// How many a second.
    pub(super) fn rate(&self) -> u64 {
        per_second(self.took.len(), self.all)
    }

    /// The time within which so many of a hundred were done.
    pub(super) fn percentile(&self, of_hundred: usize) -> Duration {
        let last = self.took.len().saturating_sub(1);
        self.took.get(last * of_hundred / 100).copied().unwrap_or_default()
    }
}

/// How many a second.
pub(super) fn per_second(done: usize, all: Duration) -> u64 {
    let micros = u64::try_from(all.as_micros()).unwrap_or(u64::MAX).max(1);
    u64::try_from(done).unwrap_or(0).saturating_mul(1_000_000) / micros
}

/// Lets clients work side by side for a while. Each makes ready what it will do (untimed) and then does it.
///
/// # Errors
/// The first failure of any of them.
pub(super) fn drive<T>(
    clients: usize,
    span: Duration,
    ready: &(dyn Fn(usize, usize) -> Result<T> + Sync),
    act: &(dyn Fn(T) -> Result<()> + Sync),
) -> Result<Pace> {
    let barrier = Barrier::new(clients + 1);
    let (begun, results) = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..clients)
            .map(|client| {
                let barrier = &barrier;
                scope.spawn(move || {
                    barrier.wait();
                    one(client, span, ready, act)
                })
            })
            .collect();
        barrier.wait();
        let begun = Instant::now();
        let results: Vec<_> =
            handles.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
        (begun, results)
    });
    let all = begun.elapsed();
    let mut took = Vec::new();
    for result in results {
        took.extend(result.map_err(|_| anyhow!("a client panicked"))??);
    }
    Ok(Pace::new(took, all))
}

fn one<T>(
    client: usize,
    span: Duration,
    ready: &(dyn Fn(usize, usize) -> Result<T> + Sync),
    act: &(dyn Fn(T) -> Result<()> + Sync),
) -> Result<Vec<Duration>> {
    let (begun, mut took) = (Instant::now(), Vec::new());
    for turn in 0.. {
        let what = ready(client, turn)?;
        let at = Instant::now();
        act(what)?;
        took.push(at.elapsed());
        if begun.elapsed() >= span {
            break;
        }
    }
    Ok(took)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_and_rates_are_those_of_what_was_done() {
        let pace =
            Pace::new((1..=100).rev().map(Duration::from_millis).collect(), Duration::from_secs(2));
        assert_eq!(pace.rate(), 50);
        assert_eq!(pace.percentile(50), Duration::from_millis(50));
        assert_eq!(pace.percentile(99), Duration::from_millis(99));
        assert_eq!(Pace::default().percentile(99), Duration::ZERO);
    }

    #[test]
    fn every_client_works_and_a_failure_of_one_is_told() {
        let pace =
            drive(3, Duration::ZERO, &|client, turn| Ok((client, turn)), &|_| Ok(())).unwrap();
        assert_eq!(pace.done(), 3);
        let fails = |client| if client == 1 { Err(anyhow!("no")) } else { Ok(()) };
        assert!(drive(3, Duration::ZERO, &|client, _| Ok(client), &fails).is_err());
    }
}
