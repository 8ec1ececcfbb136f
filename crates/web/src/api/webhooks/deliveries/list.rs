//! `GET /api/v1/webhooks/{id}/deliveries`: what is sent to a webhook.

use crate::answer::{DeliveryAnswer, json, page_link};
use crate::app::App;
use crate::parse::{Named, Params};
use crate::problem::{Kind, Problem};
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use desk::DeskError;
use engine::refusal::Problem as Wrong;
use serde::{Deserialize, Serialize};
use store::{DeliveryState, StoreError};
use utoipa::{IntoParams, ToSchema};

/// Most deliveries of a page.
const MOST: usize = 200;

/// Which deliveries.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Query {
    /// `pending`, `delivered` or `dead`; all when it is absent.
    #[param(inline)]
    state: Option<Which>,
    /// Where the page begins, from `next` of the page before.
    cursor: Option<String>,
    /// Deliveries of a page, 1 to 200. Default: 50.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<usize>,
}

/// What has become of a delivery.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DeliveryStateName)]
pub(crate) enum Which {
    /// It is tried, or will be.
    Pending,
    /// It was accepted.
    Delivered,
    /// It was given up.
    Dead,
}

impl From<Which> for DeliveryState {
    fn from(state: Which) -> Self {
        match state {
            Which::Pending => Self::Pending,
            Which::Delivered => Self::Delivered,
            Which::Dead => Self::Dead,
        }
    }
}

/// A page of deliveries.
#[derive(Serialize, ToSchema)]
pub(crate) struct Deliveries {
    items: Vec<DeliveryAnswer>,
    /// Address of the next page; absent on the last one.
    next: Option<String>,
}

/// What is sent to a webhook
///
/// One page, newest first; `next` leads to the following one. What was delivered is kept for 7 days, what was given up for 90.
#[utoipa::path(get, path = "", params(("id" = String, Path, description = "Id of the webhook"), Query), responses(
    (status = 200, description = "Deliveries", body = Deliveries),
))]
pub(crate) async fn handler(
    State(app): State<App>,
    Named(id): Named<String>,
    uri: Uri,
    Params(query): Params<Query>,
) -> Result<Response, Problem> {
    let wrong = |name: &str, expected: &str| {
        let expected = expected.to_owned();
        Problem::new(Kind::BadQuery).field(name, Some(Wrong::WrongType { expected }))
    };
    let limit = query.limit.unwrap_or(50);
    if !(1..=MOST).contains(&limit) {
        return Err(wrong("limit", "1-200"));
    }
    let state = query.state.map(DeliveryState::from);
    let page = app.desk().webhook_deliveries(&id, state, query.cursor.as_deref(), limit);
    let page = page.map_err(|error| match error {
        DeskError::Store(StoreError::Invalid { .. }) => wrong("cursor", "next"),
        error => error.into(),
    })?;
    let next = page.next.map(|cursor| page_link(uri.path(), uri.query(), &[("cursor", &cursor)]));
    let items = page.rows.iter().map(DeliveryAnswer::of).collect();
    Ok(json(StatusCode::OK, &Deliveries { items, next }))
}
