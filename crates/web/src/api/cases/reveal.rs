//! `POST /api/v1/cases/{number}/reveals`: one value in full, for whoever may; that it was shown is logged.

use crate::answer::{flat, json};
use crate::app::App;
use crate::gate::By;
use crate::parse::{Body, Named, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json as tree};
use utoipa::ToSchema;

/// Which value.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RevealOfCase, example = json!({ "field": "…" }))]
pub(crate) struct Wish {
    /// Key of the field.
    field: String,
}

/// A value in full.
#[derive(Serialize, ToSchema)]
pub(crate) struct Revealed {
    /// Key of the field.
    field: String,
    /// Its value, of whatever kind the field is.
    #[schema(value_type = serde_json::Value)]
    value: Json,
}

/// Reveal a value
///
/// For roles that may; who had which field shown, and when, is logged, the value never.
#[utoipa::path(post, path = "", request_body = Wish, params(("number" = String, Path, description = "Number of the case")), responses(
    (status = 201, description = "The value, and an entry of the log", body = Revealed),
))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    Named(number): Named<String>,
    _: NoParams,
    body: Body<Wish>,
) -> Result<Response, Problem> {
    let desk = app.desk().clone();
    let work = move || {
        let field = body.value.field;
        let value = flat(tree!(desk.reveal(&caller, &number, &field)?));
        Ok(json(StatusCode::CREATED, &Revealed { field, value }))
    };
    app.inner.pool.run(work).await
}
