//! Reports.

pub(crate) mod overview;
