//! `POST /customers/{id}/erasure`: what is known of somebody is erased for good.

use crate::app::App;
use crate::pages::visit::{Visit, see_other};
use crate::parse::{Form, Named, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

/// The box that was ticked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sure {
    #[expect(dead_code, reason = "that it was sent is what counts")]
    sure: String,
}

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    Named(id): Named<String>,
    _: NoParams,
    Form(_): Form<Sure>,
) -> Result<Response, Problem> {
    let (desk, caller) = (app.desk().clone(), visit.caller().clone());
    let work = move || Ok(desk.erase_customer(&caller.who(), &id).map(drop)?);
    app.inner.pool.run(work).await?;
    Ok(see_other("/customers?done=erased"))
}
