//! `GET /api/v1/cases/{number}/contacts`: contacts with the customer.

use super::part::{self, List};
use crate::answer::ContactAnswer;
use crate::app::App;
use crate::gate::By;
use crate::parse::{self, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::response::Response;

/// Contacts of a case
///
/// Contacts with the customer and attempts.
#[utoipa::path(get, path = "", params(("number" = String, Path, description = "Number of the case")), responses(
    (status = 200, description = "Contacts of a case", body = List<ContactAnswer>),
))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    parse::Named(number): parse::Named<String>,
    _: NoParams,
) -> Result<Response, Problem> {
    part::list(&app, &caller, &number, |desk, seen| {
        let people = desk.people();
        Ok(seen.case.contacts.iter().map(|log| ContactAnswer::of(&people, log)).collect())
    })
}
