//! People.

pub(crate) mod absence;
pub(crate) mod invite;
pub(crate) mod leave;
pub(crate) mod list;
pub(crate) mod put;
pub(crate) mod show;
