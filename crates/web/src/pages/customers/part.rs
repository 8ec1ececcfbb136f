//! `POST /customers/{id}/part/{other}`: a record is taken out of a customer again.

use super::customer_href;
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
    let place = format!("{}?done=parted", customer_href(&id));
    let work = move || Ok(desk.part_customers(&caller.who(), (&id, None), &other).map(drop)?);
    app.inner.pool.run(work).await?;
    Ok(see_other(&place))
}
