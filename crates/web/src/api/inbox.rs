//! What somebody was told.

pub(crate) mod list;
pub(crate) mod read;
