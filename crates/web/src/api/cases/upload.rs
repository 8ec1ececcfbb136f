//! `POST /api/v1/cases/{number}/attachments`: a file is uploaded for a case. It belongs to the case once an action names it.

use super::attachments::AttachmentAnswer;
use crate::api::attachments::upload::{Upload, take};
use crate::app::App;
use crate::gate::By;
use crate::parse::{self, NoParams};
use crate::problem::{Problem, ProblemBody};
use axum::extract::{Request, State};
use axum::response::Response;

/// Upload a file for a case
///
/// As `POST /api/v1/attachments`, where the caller may see the case: one part named `file`. What no action of the same person
/// has taken into a case within 24 hours is forgotten.
#[utoipa::path(post, path = "", request_body(content = Upload, content_type = "multipart/form-data"),
    params(("number" = String, Path, description = "Number of the case")),
    responses(
        (status = 201, description = "The file", body = AttachmentAnswer),
        (status = 400, description = "Not a form with one file, or an empty file", body = ProblemBody, content_type = "application/problem+json", example = json!(crate::problem::example(crate::problem::Kind::BadUpload))),
    ))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    parse::Named(number): parse::Named<String>,
    _: NoParams,
    request: Request,
) -> Result<Response, Problem> {
    app.desk().case_for(&caller, &number)?;
    take(app, caller, request).await
}
