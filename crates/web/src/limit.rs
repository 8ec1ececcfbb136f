//! How many requests a key may make: a bucket of tokens for each. Time is an argument.

use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Buckets beyond this number: full ones are forgotten.
const KEEP: usize = 4_096;

/// A rate that is allowed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// Requests a second in the long run.
    pub per_second: u32,
    /// Requests at once.
    pub burst: u32,
}

/// What is left after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Left {
    pub(crate) remaining: u32,
    /// Seconds until the bucket is full again; for a refused request, until the next one is allowed.
    pub(crate) wait: u64,
}

pub(crate) struct Limiter {
    rate: Option<Rate>,
    buckets: Mutex<HashMap<String, Bucket>>,
}

/// Tokens in thousandths, so that no float rounds.
struct Bucket {
    milli: u64,
    at: Timestamp,
}

impl Limiter {
    pub(crate) fn new(rate: Option<Rate>) -> Self {
        Self { rate: rate.filter(|rate| rate.per_second > 0), buckets: Mutex::default() }
    }

    pub(crate) fn rate(&self) -> Option<Rate> {
        self.rate
    }

    /// Takes a token; `Err` when there is none. Nothing is counted without a rate.
    pub(crate) fn take(
        &self,
        key: impl FnOnce() -> String,
        now: Timestamp,
    ) -> Result<Option<Left>, Left> {
        let Some(rate) = self.rate else { return Ok(None) };
        let key = key();
        let full = u64::from(rate.burst.max(1)) * 1_000;
        let per_second = u64::from(rate.per_second) * 1_000;
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= KEEP && !buckets.contains_key(&key) {
            buckets.retain(|_, bucket| bucket.filled(now, rate, full) < full);
        }
        let bucket = buckets.entry(key).or_insert(Bucket { milli: full, at: now });
        bucket.milli = bucket.filled(now, rate, full);
        bucket.at = bucket.at.max(now);
        if bucket.milli < 1_000 {
            return Err(Left {
                remaining: 0,
                wait: (1_000 - bucket.milli).div_ceil(per_second).max(1),
            });
        }
        bucket.milli -= 1_000;
        let remaining = u32::try_from(bucket.milli / 1_000).unwrap_or(u32::MAX);
        Ok(Some(Left { remaining, wait: (full - bucket.milli).div_ceil(per_second) }))
    }
}

impl Bucket {
    fn filled(&self, now: Timestamp, rate: Rate, full: u64) -> u64 {
        let passed = u64::try_from(now.duration_since(self.at).as_millis()).unwrap_or(0);
        self.milli.saturating_add(passed.saturating_mul(u64::from(rate.per_second))).min(full)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millisecond: i64) -> Timestamp {
        Timestamp::from_millisecond(millisecond).unwrap()
    }

    #[test]
    fn a_burst_is_allowed_and_then_the_rate() {
        let limiter = Limiter::new(Some(Rate { per_second: 2, burst: 3 }));
        let taken: Vec<bool> = (0..4).map(|_| limiter.take(|| "a".into(), at(0)).is_ok()).collect();
        assert_eq!(taken, [true, true, true, false]);
        assert_eq!(limiter.take(|| "a".into(), at(400)), Err(Left { remaining: 0, wait: 1 }));
        assert_eq!(limiter.take(|| "a".into(), at(500)), Ok(Some(Left { remaining: 0, wait: 2 })));
        assert_eq!(limiter.take(|| "b".into(), at(500)), Ok(Some(Left { remaining: 2, wait: 1 })));
    }

    #[test]
    fn a_clock_that_goes_back_gives_nothing() {
        let limiter = Limiter::new(Some(Rate { per_second: 1, burst: 1 }));
        assert!(limiter.take(|| "a".into(), at(5_000)).is_ok());
        assert!(limiter.take(|| "a".into(), at(1_000)).is_err());
        assert!(limiter.take(|| "a".into(), at(5_500)).is_err());
        assert!(limiter.take(|| "a".into(), at(6_000)).is_ok());
    }

    #[test]
    fn without_a_rate_nothing_is_refused() {
        assert_eq!(Limiter::new(None).take(|| "a".into(), at(0)), Ok(None));
    }
}
