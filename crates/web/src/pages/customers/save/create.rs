//! `POST /customers`: a customer is taken in. Sending the form twice does it once.

use super::refused;
use crate::app::App;
use crate::pages::customers::edit::{Edit, Returned, SURE, draft_name, given};
use crate::pages::customers::{customer_href, named};
use crate::pages::form::read;
use crate::pages::visit::{Visit, see_other};
use crate::problem::Problem;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use desk::{DeskError, unmasked};
use uuid::Uuid;

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    request: Request,
) -> Result<Response, Problem> {
    let typed = read(&app, request).await?.typed;
    let again = app.clone();
    let work = move || {
        let desk = app.desk();
        let (mut customer, rows) = given(&typed);
        if let Some(number) = typed.one("case").filter(|number| !number.is_empty()) {
            let seen = desk.case_for(visit.caller(), number)?;
            customer = unmasked(customer, &desk.customer_in(&seen.procedure, &seen.case));
        }
        // The form's own key becomes the customer's: sent again, it is there already.
        let key = typed.one("once").and_then(|once| once.parse::<Uuid>().ok());
        let key = key.map(|key| key.to_string());
        if typed.one(SURE).is_none() {
            let (phones, accounts): (Vec<_>, Vec<_>) = (
                customer.phones().map(str::to_owned).collect(),
                customer.accounts().map(str::to_owned).collect(),
            );
            let known = desk.customers_reached_by(&phones, &accounts)?;
            // Sent twice, it is its own double.
            let others = known.iter().filter(|kept| Some(&*kept.key) != key.as_deref());
            let same: Vec<_> =
                others.map(|kept| (named(&kept.customer), customer_href(&kept.key))).collect();
            if !same.is_empty() {
                let returned = Returned { typed, rows, same, ..Returned::default() };
                let page = Edit::of(&app, &visit, None, None, Some(returned))?;
                return Ok(visit.answer(StatusCode::UNPROCESSABLE_ENTITY, &page.html()));
            }
        }
        let done = desk.put_customer(&visit.caller().who(), key.as_deref(), customer, Some(0));
        let place = match (done, &key) {
            (Ok(kept), _) => customer_href(&kept.key),
            (Err(DeskError::Stale { .. }), Some(key)) => customer_href(key),
            (Err(error), _) => return refused(&app, &visit, None, typed, rows, error),
        };
        desk.drop_draft(visit.caller(), &draft_name(None))?;
        Ok(see_other(&format!("{place}?done=saved")))
    };
    again.inner.pool.run(work).await
}
