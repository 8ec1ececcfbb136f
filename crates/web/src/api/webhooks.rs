//! Webhooks.

pub(crate) mod change;
pub(crate) mod deliveries;
pub(crate) mod list;
pub(crate) mod make;
pub(crate) mod ping;
pub(crate) mod remove;
pub(crate) mod renew;
pub(crate) mod show;

use crate::answer::WebhookAnswer;
use crate::problem::Problem;
use desk::{Desk, Webhook};

/// A webhook with where it stands.
fn whole(desk: &Desk, webhook: &Webhook) -> Result<WebhookAnswer, Problem> {
    let places = desk.webhook_places()?;
    WebhookAnswer::of(desk, webhook, places.get(&*webhook.id))
}
