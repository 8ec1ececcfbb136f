//! `POST /customers/{id}/apart/{other}`: two customers are two, and are not asked about again.

use crate::app::App;
use crate::pages::visit::{Visit, see_other};
use crate::parse::{Named, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::response::Response;

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    Named((id, other)): Named<(String, String)>,
    _: NoParams,
) -> Result<Response, Problem> {
    let (desk, caller) = (app.desk().clone(), visit.caller().clone());
    let work = move || Ok(desk.keep_customers_apart(&caller.who(), &id, &other)?);
    app.inner.pool.run(work).await?;
    Ok(see_other("/customers/duplicates?done=apart"))
}
