//! Reading: cases, lists, search, feed, measures.

pub(crate) mod board;
pub(crate) mod case;
pub(crate) mod feed;
pub(crate) mod kept;
pub(crate) mod list;
pub(crate) mod measure;
pub(crate) mod memory;
pub(crate) mod open;
pub(crate) mod standing;
