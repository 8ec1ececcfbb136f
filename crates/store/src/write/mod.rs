//! The one way in: a queue, one thread, one transaction for many writes.

pub(crate) mod case;
pub(crate) mod derived;
pub(crate) mod log;
pub(crate) mod number;
pub(crate) mod once;
pub(crate) mod prepare;
pub(crate) mod queue;
