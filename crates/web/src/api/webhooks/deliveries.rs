//! What is sent to a webhook.

pub(crate) mod list;
pub(crate) mod resend;
pub(crate) mod show;

use crate::problem::{Kind, Problem};
use uuid::Uuid;

/// The id of a delivery. What is none is nobody's.
pub(crate) fn id(text: &str) -> Result<Uuid, Problem> {
    text.parse().map_err(|_| Problem::new(Kind::NotFound))
}
