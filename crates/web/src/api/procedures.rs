//! Published procedures.

pub(crate) mod check;
pub(crate) mod list;
pub(crate) mod preview;
pub(crate) mod publish;
pub(crate) mod reinstate;
pub(crate) mod retire;
pub(crate) mod show;
pub(crate) mod source;
