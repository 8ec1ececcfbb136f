//! Sessions of the caller.

pub(crate) mod end;
pub(crate) mod list;
