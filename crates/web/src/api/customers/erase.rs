//! `DELETE /api/v1/customers/{id}`: what is known of somebody is erased.

use crate::answer::json;
use crate::app::App;
use crate::gate::By;
use crate::parse::{Named, NoParams};
use crate::problem::{Problem, ProblemBody};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

/// What was erased.
#[derive(Serialize, ToSchema)]
pub(crate) struct Gone {
    /// Cases whose personal values are gone.
    cases: usize,
    /// Cases that stay as they are: held by law, or another customer's as well.
    left: usize,
}

/// Erase a customer
///
/// The record, those that became part of it, and the personal values of its cases are gone for good; numbers and events stay, and their
/// chains still verify.
#[utoipa::path(delete, path = "", params(("id" = String, Path, description = "Id of the customer")), responses(
    (status = 200, description = "Erased", body = Gone),
    (status = 409, description = "Cases of the customer are open", body = ProblemBody, content_type = "application/problem+json", example = json!(crate::problem::example(crate::problem::Kind::OpenCases))),
))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    Named(id): Named<String>,
    _: NoParams,
) -> Result<Response, Problem> {
    let desk = app.desk().clone();
    let work = move || {
        let erased = desk.erase_customer(&caller.who(), &id)?;
        Ok(json(StatusCode::OK, &Gone { cases: erased.cases, left: erased.left }))
    };
    app.inner.pool.run(work).await
}
