//! The one place that reads the system clock, and a virtual one for tests and demonstrations.
//! With the time comes the chance that ids are made of, so that a simulation can repeat both.

use jiff::{SignedDuration, Timestamp};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The current instant, UTC.
    fn now(&self) -> Timestamp;

    /// What has passed since some instant of this program, whatever the clock was set to meanwhile.
    fn passed(&self) -> Duration {
        static BEGUN: OnceLock<Instant> = OnceLock::new();
        BEGUN.get_or_init(Instant::now).elapsed()
    }

    /// The random part of the next id; `None` leaves it to the operating system.
    fn chance(&self) -> Option<[u8; 10]> {
        None
    }
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one clock module")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that goes as the machine's does, and is so far ahead of it or behind it.
#[derive(Debug, Clone, Copy)]
pub struct MovedClock(SignedDuration);

impl MovedClock {
    /// Shows this instant now, UTC.
    pub fn from(at: Timestamp) -> Self {
        Self(SystemClock.now().duration_until(at))
    }
}

impl Clock for MovedClock {
    fn now(&self) -> Timestamp {
        let now = SystemClock.now();
        now.checked_add(self.0).unwrap_or(now)
    }
}

/// A clock that stands still until it is set.
#[derive(Debug)]
pub struct VirtualClock(Mutex<Hands>);

#[derive(Debug)]
struct Hands {
    now: Timestamp,
    passed: Duration,
}

impl VirtualClock {
    /// Stands at an instant.
    pub fn at(now: Timestamp) -> Self {
        Self(Mutex::new(Hands { now, passed: Duration::ZERO }))
    }

    /// Lets time pass until an instant; never backwards.
    pub fn set(&self, to: Timestamp) {
        let mut hands = self.hands();
        if let Ok(time) = Duration::try_from(to.duration_since(hands.now)) {
            hands.passed = hands.passed.saturating_add(time);
            hands.now = to;
        }
    }

    /// Is set to an instant as somebody sets a machine's clock, forward or backward: no time passes.
    pub fn turn(&self, to: Timestamp) {
        self.hands().now = to;
    }

    fn hands(&self) -> MutexGuard<'_, Hands> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        self.hands().now
    }

    fn passed(&self) -> Duration {
        self.hands().passed
    }
}
