//! Customers that may be one and the same.

pub(crate) mod dismiss;
pub(crate) mod list;
