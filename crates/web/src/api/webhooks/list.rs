//! `GET /api/v1/webhooks`: the webhooks.

use crate::answer::{WebhookAnswer, json};
use crate::api::list::List;
use crate::app::App;
use crate::parse::NoParams;
use crate::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

/// Webhooks
///
/// All of them, whole and without pages, by name; at most 50.
#[utoipa::path(get, path = "", responses((status = 200, description = "Webhooks", body = List<WebhookAnswer>)))]
pub(crate) async fn handler(State(app): State<App>, _: NoParams) -> Result<Response, Problem> {
    let desk = app.desk();
    let (all, places) = (desk.webhooks(), desk.webhook_places()?);
    let one = |webhook: &desk::Webhook| WebhookAnswer::of(desk, webhook, places.get(&*webhook.id));
    let items = all.iter().map(one).collect::<Result<Vec<_>, _>>()?;
    Ok(json(StatusCode::OK, &List { items }))
}
