//! `GET /api/v1/cases/{number}/actions`: what the caller may do now.

use crate::answer::{Named, Title, encoded, json};
use crate::app::App;
use crate::gate::By;
use crate::parse::{self, NoParams};
use crate::problem::Problem;
use crate::schema;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use desk::Seen;
use engine::decide::{Offer, offers};
use serde::Serialize;
use serde_json::Value as Json;
use utoipa::ToSchema;

/// What the caller may do with a case now.
#[derive(Serialize, ToSchema)]
pub(crate) struct Actions {
    /// Version of the case; send it as `If-Match`.
    version: u64,
    /// In the procedure's order.
    items: Vec<ActionOffer>,
}

/// An action that the caller may do now.
#[derive(Serialize, ToSchema)]
pub(crate) struct ActionOffer {
    /// Key.
    key: String,
    /// Name.
    title: Title,
    /// The stage asks for it next.
    next: bool,
    /// Where it is sent by POST.
    href: String,
    /// JSON Schema of the body: `fields` and `input`. `x-kind` is the kind of a field, `x-title` and `x-titles` are names.
    #[schema(value_type = Object)]
    schema: Json,
    /// Fields that must be filled in and are empty.
    missing: Vec<Named>,
}

/// What may be done now
///
/// The actions that the caller may do with the case now, each with the JSON Schema of what it needs. The list depends on the
/// case, its stage, and the caller.
#[utoipa::path(get, path = "", params(("number" = String, Path, description = "Number of the case")), responses(
    (status = 200, description = "Actions", body = Actions),
))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    parse::Named(number): parse::Named<String>,
    _: NoParams,
) -> Result<Response, Problem> {
    let desk = app.desk();
    let seen = desk.case_for(&caller, &number)?;
    let offered = offers(&seen.procedure, &seen.case, &desk.people(), &caller.who(), desk.now());
    let items = offered.iter().filter_map(|offer| action(&seen, offer)).collect();
    Ok(json(StatusCode::OK, &Actions { version: seen.case.version, items }))
}

fn action(seen: &Seen, offer: &Offer) -> Option<ActionOffer> {
    let rules = &seen.procedure;
    let action = rules.action(&offer.action)?;
    let is_missing = |key: &str| offer.missing.iter().any(|missing| missing.field == *key);
    let fields = offer
        .fields
        .iter()
        .filter_map(|key| rules.field(key))
        .map(|field| schema::field(rules, field, is_missing(&field.key)));
    Some(ActionOffer {
        key: action.key.to_string(),
        title: (&action.label).into(),
        next: offer.next,
        href: format!(
            "/api/v1/cases/{}/actions/{}",
            encoded(&seen.case.number),
            encoded(&action.key)
        ),
        schema: schema::body(fields.collect(), schema::inputs(rules, &seen.case, action)),
        missing: offer
            .missing
            .iter()
            .map(|missing| Named::of(&missing.field, Some(&missing.label)))
            .collect(),
    })
}
