//! `POST /api/v1/cases/{number}/attachments`: a file is uploaded. It belongs to the case once an action names it.

use super::attachments::AttachmentAnswer;
use crate::answer::json;
use crate::app::App;
use crate::gate::By;
use crate::parse::{self, NoParams, media_type};
use crate::problem::{Kind, Problem, ProblemBody};
use axum::extract::multipart::MultipartError;
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use engine::refusal::Problem as Wrong;
use sha2::{Digest, Sha256};
use store::NewAttachment;
use utoipa::ToSchema;
use uuid::Uuid;

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
/// One part named `file`. What no action has taken into a case within 24 hours is forgotten.
#[utoipa::path(post, path = "", request_body(content = Upload, content_type = "multipart/form-data"),
    params(("number" = String, Path, description = "Number of the case")),
    responses(
        (status = 201, description = "The file", body = AttachmentAnswer),
        (status = 400, description = "Not a form with one file", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    parse::Named(number): parse::Named<String>,
    _: NoParams,
    request: Request,
) -> Result<Response, Problem> {
    app.desk().case_for(&caller, &number)?;
    let (name, bytes) = file(&app, request).await?;
    let desk = app.desk().clone();
    let work = move || {
        let at = desk.now();
        let id = fresh_id(at);
        let content_type = sniffed(&bytes).to_owned();
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let sha256 = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let answer = AttachmentAnswer {
            id: id.to_string(),
            name: Some(name.clone()),
            content_type: content_type.clone(),
            size,
            created_at: at,
            sha256: Some(sha256),
        };
        desk.store().attach(NewAttachment {
            id,
            name,
            content_type,
            by: caller.person.to_string(),
            at,
            bytes,
        })?;
        Ok(json(StatusCode::CREATED, &answer))
    };
    app.inner.pool.run(work).await
}

/// An id in the order of time.
fn fresh_id(at: jiff::Timestamp) -> Uuid {
    let seconds = u64::try_from(at.as_second()).unwrap_or(0);
    let nanos = u32::try_from(at.subsec_nanosecond()).unwrap_or(0);
    Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, nanos))
}

/// The one part of the form.
async fn file(app: &App, mut request: Request) -> Result<(String, Vec<u8>), Problem> {
    if media_type(request.headers()) != Some("multipart/form-data") {
        return Err(Problem::new(Kind::UnsupportedMediaType));
    }
    let limit = app.inner.config.upload_limit;
    DefaultBodyLimit::apply(DefaultBodyLimit::max(limit + ENVELOPE), &mut request);
    let mut form =
        Multipart::from_request(request, app).await.map_err(|_| Problem::new(Kind::BadUpload))?;
    let mut found = None;
    while let Some(part) = form.next_field().await.map_err(unread)? {
        let name = part.name().unwrap_or_default().to_owned();
        if name != "file" || found.is_some() {
            return Err(Problem::new(Kind::BadUpload).field(name, Some(Wrong::Unknown)));
        }
        let file_name = part.file_name().unwrap_or_default();
        let file_name: String = file_name
            .rsplit(['/', '\\'])
            .next()
            .unwrap_or_default()
            .chars()
            .filter(|c| !c.is_control())
            .take(200)
            .collect();
        let bytes = part.bytes().await.map_err(unread)?.to_vec();
        if bytes.len() > limit {
            return Err(Problem::new(Kind::TooLarge));
        }
        found = Some((if file_name.is_empty() { "file".to_owned() } else { file_name }, bytes));
    }
    found
        .filter(|(_, bytes)| !bytes.is_empty())
        .ok_or_else(|| Problem::new(Kind::BadUpload).field("file", None))
}

fn unread(error: MultipartError) -> Problem {
    Problem::new(if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        Kind::TooLarge
    } else {
        Kind::BadUpload
    })
}

/// What the content is; nothing that a browser would run is ever called by its name.
fn sniffed(bytes: &[u8]) -> &'static str {
    let known: [(&[u8], &str); 7] = [
        (b"%PDF-", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"GIF8", "image/gif"),
        (b"PK\x03\x04", "application/zip"),
        (b"ID3", "audio/mpeg"),
        (b"OggS", "audio/ogg"),
    ];
    if let Some((_, media)) = known.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return media;
    }
    match (bytes.get(..4), bytes.get(4..8), bytes.get(8..12)) {
        (Some(b"RIFF"), _, Some(b"WEBP")) => "image/webp",
        (Some(b"RIFF"), _, Some(b"WAVE")) => "audio/wav",
        (_, Some(b"ftyp"), _) => "video/mp4",
        _ if std::str::from_utf8(bytes).is_ok_and(|text| !text.contains('\0')) => "text/plain",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_says_what_it_is() {
        assert_eq!(sniffed(b"%PDF-1.7 ..."), "application/pdf");
        assert_eq!(sniffed(b"RIFF\0\0\0\0WEBPVP8 "), "image/webp");
        assert_eq!(sniffed(b"<script>alert(1)</script>"), "text/plain");
        assert_eq!(sniffed("中文".as_bytes()), "text/plain");
        assert_eq!(sniffed(b"\0\x01\x02"), "application/octet-stream");
    }
}
