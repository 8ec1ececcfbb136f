//! `GET /customers/new`: the form of a new customer; with `case`, filled in with what that case says.

use super::Edit;
use crate::app::App;
use crate::pages::visit::{Asked, Visit};
use crate::problem::{Kind, Problem};
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

/// What an address asks for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    /// Number of the case.
    case: String,
}

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Problem> {
    let desk = app.desk();
    if !desk.may_write_customers(&visit.signed.person) {
        return Err(Problem::new(Kind::Forbidden));
    }
    let proposed = match wanted.case.as_str() {
        "" => None,
        number => {
            let seen = desk.case_for(visit.caller(), number)?;
            Some((number, desk.customer_in(&seen.procedure, &seen.case)))
        }
    };
    Ok(visit.page(&Edit::of(&app, &visit, None, proposed, None)?.html()))
}
