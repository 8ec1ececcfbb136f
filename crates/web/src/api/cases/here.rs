//! `PUT /api/v1/cases/{number}/here`: the caller has a case open, or is writing; who else has it open is answered.

use crate::answer::{PersonAnswer, json};
use crate::api::list::List;
use crate::app::App;
use crate::gate::By;
use crate::parse::{Body, Named, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// That the caller has the case open.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "writes": true }))]
pub(crate) struct Here {
    /// He has begun to write. Default: false.
    #[serde(default)]
    writes: bool,
}

/// Somebody else who has the case open.
#[derive(Serialize, ToSchema)]
#[schema(as = Present)]
pub(crate) struct PresentAnswer {
    /// Who.
    person: PersonAnswer,
    /// He has begun to write.
    writes: bool,
}

/// Have a case open
///
/// Others who have it open are told of the caller for 50 seconds; say it again before that. Who else has it open is answered.
#[utoipa::path(put, path = "", request_body = Here, params(("number" = String, Path, description = "Number of the case")), responses((status = 200, description = "Who else has it open", body = List<PresentAnswer>)))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    Named(number): Named<String>,
    _: NoParams,
    body: Body<Here>,
) -> Result<Response, Problem> {
    let desk = app.desk().clone();
    let work = move || {
        let seen = desk.case_for(&caller, &number)?;
        let (present, people) = (desk.is_here(&caller, &seen, body.value.writes)?, desk.people());
        let items = present.iter().map(|one| PresentAnswer {
            person: PersonAnswer::of(&people, &one.person),
            writes: one.writes,
        });
        Ok(json(StatusCode::OK, &List { items: items.collect() }))
    };
    app.inner.pool.run(work).await
}
