//! The one place that reads the system clock, and a virtual one for tests and demonstrations.
//! With the time comes the chance that ids are made of, so that a simulation can repeat both.

use jiff::{SignedDuration, Timestamp};
use std::sync::Mutex;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The current instant, UTC.
    fn now(&self) -> Timestamp;

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
pub struct VirtualClock(Mutex<Timestamp>);

impl VirtualClock {
    /// Stands at an instant.
    pub fn at(now: Timestamp) -> Self {
        Self(Mutex::new(now))
    }

    /// Moves to an instant; never backwards.
    pub fn set(&self, to: Timestamp) {
        let mut now = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *now = to.max(*now);
    }

    /// Is set to an instant as somebody sets a machine's clock: also backwards.
    pub fn turn(&self, to: Timestamp) {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = to;
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
