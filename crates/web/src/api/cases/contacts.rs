//! `GET /api/v1/cases/{number}/contacts`: contacts with the customer.

use crate::answer::{ContactAnswer, json};
use crate::app::App;
use crate::gate::By;
use crate::parse::{self, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

/// Contacts of a case.
#[derive(Serialize, ToSchema)]
pub(crate) struct Contacts {
    /// In order.
    items: Vec<ContactAnswer>,
}

/// Contacts of a case
///
/// Contacts with the customer and attempts.
#[utoipa::path(get, path = "", params(("number" = String, Path, description = "Number of the case")), responses(
    (status = 200, description = "Contacts of a case", body = Contacts),
))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    parse::Named(number): parse::Named<String>,
    _: NoParams,
) -> Result<Response, Problem> {
    let seen = app.desk().case_for(&caller, &number)?;
    let people = app.desk().people();
    let items = seen.case.contacts.iter().map(|log| ContactAnswer::of(&people, log)).collect();
    Ok(json(StatusCode::OK, &Contacts { items }))
}
