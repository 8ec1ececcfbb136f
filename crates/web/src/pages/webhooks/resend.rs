//! `POST /admin/webhooks/{id}/deliveries/{delivery}`: something is sent again.

use super::href;
use crate::api::webhooks::deliveries::id;
use crate::app::App;
use crate::pages::see_other;
use crate::parse::{Named, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::response::Response;

pub(crate) async fn handler(
    State(app): State<App>,
    Named((webhook, delivery)): Named<(String, String)>,
    _: NoParams,
) -> Result<Response, Problem> {
    let delivery = id(&delivery)?;
    let desk = app.desk().clone();
    let back = href(&webhook);
    let work = move || Ok(desk.resend_webhook_delivery(&webhook, delivery).map(drop)?);
    app.inner.pool.run(work).await?;
    Ok(see_other(&back))
}
