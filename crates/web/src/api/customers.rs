//! Customers: master data, contacts, merging and parting, history.

pub(crate) mod cases;
pub(crate) mod change;
pub(crate) mod contact;
pub(crate) mod create;
pub(crate) mod erase;
mod given;
pub(crate) mod list;
pub(crate) mod merge;
pub(crate) mod part;
pub(crate) mod put;
pub(crate) mod reveal;
pub(crate) mod show;

use crate::answer::CustomerAnswer;
use crate::api::change::answer;
use axum::response::Response;
use desk::{Desk, Kept};

/// A customer with its version.
fn whole(desk: &Desk, kept: &Kept, there_before: bool) -> Response {
    answer(kept.version, there_before, &CustomerAnswer::of(desk, kept))
}
