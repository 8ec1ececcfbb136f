//! `PUT /api/v1/procedures/{key}`: a procedure's text that was proved is put in force.

use super::check::{ProcedureText, is_of};
use super::source::{SourceAnswer, answer};
use crate::api::change::Put;
use crate::app::App;
use crate::gate::By;
use crate::parse::{IfMatch, IfNoneMatch};
use crate::problem::{Kind, Problem, ProblemBody, example};
use crate::proofs::{self, NAME, State};
use axum::extract::State as Shared;
use axum::response::Response;
use desk::{DeskError, Published};

/// Publish a procedure
///
/// As its next version: cases are opened under it from now on, those in hand stay on theirs. Only what is proved is published; while the
/// proof goes on the answer is 503 `being-proved`, and what is sent again goes on with it (`POST …/checks` tells what was found). The
/// text that is in force already changes nothing. `If-None-Match: *` only makes, `If-Match` only publishes over what was seen.
#[utoipa::path(put, path = "", request_body = ProcedureText,
    params(("key" = String, Path, description = "Key of the procedure, as the text has it"), IfMatch, IfNoneMatch),
    responses(
        (status = 200, description = "In force", body = SourceAnswer, headers(("ETag" = String, description = "Its version"))),
        (status = 201, description = "In force; none was before", body = SourceAnswer, headers(("ETag" = String, description = "Its version"))),
        (status = 422, description = "It is not sound", body = ProblemBody, content_type = "application/problem+json", example = json!(example(Kind::UnsoundProcedure))),
        (status = 503, description = "It is being proved", body = ProblemBody, content_type = "application/problem+json", example = json!(example(Kind::BeingProved))),
    ))]
pub(crate) async fn handler(
    Shared(app): Shared<App>,
    By(caller): By,
    put: Put<ProcedureText>,
) -> Result<Response, Problem> {
    let again = app.clone();
    let work = move || {
        let (desk, source) = (app.desk(), &put.value.source);
        let known = match desk.published_version(&put.id, None) {
            Err(DeskError::NotFound { .. }) => None,
            known => Some(known?),
        };
        let version = known.as_ref().map(|known| u64::from(known.procedure.version));
        let over = put.over(version.ok_or(DeskError::NotFound { what: "procedure" }))?;
        if let Some(known) = known
            && known.source == *source
            && over.seen.is_none_or(|seen| seen == u64::from(known.procedure.version))
        {
            return Ok(answer(known, true));
        }
        let State::Found(found) = proofs::awaited(&app, source)? else {
            return Err(Problem::new(Kind::BeingProved));
        };
        is_of(&found, &put.id)?;
        let unsound = || Problem::new(Kind::UnsoundProcedure);
        if !found.is_sound() {
            return Err(unsound());
        }
        let made = desk.publish_over(&caller.person, NAME, source, over.seen);
        let procedure = made.map_err(|error| match error {
            // What stands beside it has changed meanwhile.
            DeskError::Procedure(_) | DeskError::Unsound(_) | DeskError::Invalid(_) => unsound(),
            error => error.into(),
        })?;
        Ok(answer(Published { procedure, source: source.clone() }, over.there))
    };
    again.inner.slow.run(work).await
}
