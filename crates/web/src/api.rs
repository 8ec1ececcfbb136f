//! The endpoints, one file each. Which of them there are, and who may call them, stands in `routes.rs`.

pub(crate) mod attachments;
pub(crate) mod bulk;
pub(crate) mod calendars;
pub(crate) mod cases;
mod change;
pub(crate) mod customers;
pub(crate) mod document;
pub(crate) mod duplicates;
pub(crate) mod exports;
pub(crate) mod feed;
pub(crate) mod health;
pub(crate) mod inbox;
pub(crate) mod keys;
mod list;
pub(crate) mod me;
pub(crate) mod metrics;
pub(crate) mod procedures;
pub(crate) mod queues;
pub(crate) mod ready;
pub(crate) mod reports;
pub(crate) mod sessions;
pub(crate) mod teams;
pub(crate) mod templates;
pub(crate) mod users;
pub(crate) mod views;
pub(crate) mod webhooks;
pub(crate) mod work;
