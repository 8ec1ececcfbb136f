//! `POST /api/v1/customers/{id}/reveals`: a name or a contact in full, for whoever may; that it was shown is logged.

use crate::answer::{CustomerContact, json};
use crate::app::App;
use crate::gate::By;
use crate::parse::{Body, Named, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use desk::Revealed;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Which part.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RevealOfCustomer, example = json!({ "part": "name" }))]
pub(crate) struct Wish {
    /// `name`, or `contacts/` and the id of a contact.
    part: String,
}

/// A part in full.
#[derive(Serialize, ToSchema)]
pub(crate) struct Shown {
    /// Which part.
    part: String,
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The contact.
    #[serde(skip_serializing_if = "Option::is_none")]
    contact: Option<CustomerContact>,
}

/// Reveal a name or a contact
///
/// For roles that may; who had which part shown, and when, is logged, what it says never.
#[utoipa::path(post, path = "", request_body = Wish, params(("id" = String, Path, description = "Id of the customer")), responses(
    (status = 201, description = "The part, and an entry of the log", body = Shown),
))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    Named(id): Named<String>,
    _: NoParams,
    body: Body<Wish>,
) -> Result<Response, Problem> {
    let desk = app.desk().clone();
    let work = move || {
        let part = body.value.part;
        let shown = match desk.reveal_customer(&caller, &id, &part)? {
            Revealed::Name(name) => Shown { part, name: Some(name), contact: None },
            Revealed::Contact(one) => {
                let engine::customer::Contact { id, name, role, phone, account, .. } = one;
                let contact = CustomerContact { id, name, role, phone, account };
                Shown { part, name: None, contact: Some(contact) }
            }
        };
        Ok(json(StatusCode::CREATED, &shown))
    };
    app.inner.pool.run(work).await
}
