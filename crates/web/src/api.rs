//! The endpoints, one file each. Which of them there are, and who may call them, stands in `routes.rs`.

pub(crate) mod attachments;
pub(crate) mod cases;
pub(crate) mod document;
pub(crate) mod feed;
pub(crate) mod health;
pub(crate) mod metrics;
pub(crate) mod procedures;
pub(crate) mod ready;
