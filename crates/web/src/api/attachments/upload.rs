//! `POST /api/v1/attachments`: a file is uploaded before there is a case that names it.

use crate::answer::json;
use crate::api::cases::attachments::AttachmentAnswer;
use crate::app::App;
use crate::gate::By;
use crate::parse::{NoParams, media_type};
use crate::problem::{Kind, Problem, ProblemBody};
use axum::extract::multipart::MultipartError;
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use desk::Caller;
use engine::refusal::Problem as Wrong;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

/// Room for boundaries and headers beside the file.
const ENVELOPE: usize = 64 << 10;

/// One file.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described; the form is read part by part")]
pub(crate) struct Upload {
    /// The file, with its name.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// Upload a file
///
/// One part named `file`. A registration or an action of the same person takes it into a case by naming its id in a field of
/// kind `files`. What none has named within 24 hours is forgotten.
#[utoipa::path(post, path = "", request_body(content = Upload, content_type = "multipart/form-data"),
    responses(
        (status = 201, description = "The file", body = AttachmentAnswer),
        (status = 400, description = "Not a form with one file, or an empty file", body = ProblemBody, content_type = "application/problem+json", example = json!(crate::problem::example(crate::problem::Kind::BadUpload))),
    ))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    _: NoParams,
    request: Request,
) -> Result<Response, Problem> {
    take(app, caller, request).await
}

/// Takes the one file of a form in.
pub(crate) async fn take(app: App, caller: Caller, request: Request) -> Result<Response, Problem> {
    let (name, bytes) = file(&app, request).await?;
    let desk = app.desk().clone();
    let work = move || {
        let sha256 = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let mut answer = AttachmentAnswer::of(desk.upload(&caller.who(), &name, bytes)?);
        answer.sha256 = Some(sha256);
        Ok(json(StatusCode::CREATED, &answer))
    };
    app.inner.pool.run(work).await
}

/// The one part of the form: the file's name and content.
pub(crate) async fn file(app: &App, mut request: Request) -> Result<(String, Vec<u8>), Problem> {
    if media_type(request.headers()) != Some("multipart/form-data") {
        return Err(Problem::new(Kind::UnsupportedMediaType));
    }
    let limit = app.inner.config.upload_limit;
    let unread = |error: MultipartError| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large(limit),
        _ => Problem::new(Kind::BadUpload),
    };
    DefaultBodyLimit::apply(DefaultBodyLimit::max(limit + ENVELOPE), &mut request);
    let mut form =
        Multipart::from_request(request, app).await.map_err(|_| Problem::new(Kind::BadUpload))?;
    let mut found = None;
    while let Some(part) = form.next_field().await.map_err(unread)? {
        let name = part.name().unwrap_or_default().to_owned();
        if name != "file" || found.is_some() {
            return Err(Problem::new(Kind::BadUpload).field(name, Some(Wrong::Unknown)));
        }
        let file_name = part.file_name().unwrap_or_default().to_owned();
        let bytes = part.bytes().await.map_err(unread)?.to_vec();
        if bytes.len() > limit {
            return Err(Problem::too_large(limit));
        }
        found = Some((file_name, bytes));
    }
    found.ok_or_else(|| Problem::new(Kind::BadUpload).field("file", None))
}
