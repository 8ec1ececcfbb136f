//! Views: what people keep for themselves and share.

pub(crate) mod discard;
pub(crate) mod list;
pub(crate) mod put;
pub(crate) mod raise;
pub(crate) mod show;
