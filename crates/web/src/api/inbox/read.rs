//! `POST /api/v1/inbox/read`: the caller has read what he was told.

use crate::answer::json;
use crate::app::App;
use crate::gate::By;
use crate::parse::{Body, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How far the caller has read.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "upto": 17 }))]
pub(crate) struct Upto {
    /// The place of the newest message that was read.
    #[schema(maximum = 9223372036854775807i64)]
    upto: u64,
}

/// What was marked.
#[derive(Serialize, ToSchema)]
pub(crate) struct Marked {
    /// How many were unread.
    marked: usize,
}

/// Mark messages read
///
/// Everything up to a place. Repeating it is harmless.
#[utoipa::path(post, path = "", request_body = Upto, responses((status = 200, description = "Marked", body = Marked)))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    _: NoParams,
    body: Body<Upto>,
) -> Result<Response, Problem> {
    let desk = app.desk().clone();
    let mark = move || {
        let marked = desk.store().mark_read_upto(&caller.person, body.value.upto, desk.now())?;
        Ok(json(StatusCode::OK, &Marked { marked }))
    };
    app.inner.pool.run(mark).await
}
