//! Cases.

pub(crate) mod act;
pub(crate) mod actions;
pub(crate) mod attachments;
pub(crate) mod clocks;
pub(crate) mod contacts;
pub(crate) mod events;
pub(crate) mod follow;
pub(crate) mod here;
pub(crate) mod links;
pub(crate) mod list;
mod part;
pub(crate) mod register;
pub(crate) mod reveal;
pub(crate) mod show;
pub(crate) mod snooze;
pub(crate) mod tasks;
pub(crate) mod trace;
pub(crate) mod unfollow;
pub(crate) mod upload;
pub(crate) mod wake;
mod write;
