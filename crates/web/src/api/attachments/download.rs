//! `GET /api/v1/attachments/{id}`: the content of a file.

use crate::answer::encoded;
use crate::app::App;
use crate::gate::By;
use crate::parse::{self, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use desk::DeskError;
use store::Attachment;
use uuid::Uuid;

/// What this route can answer with: whatever the file is.
pub(crate) const MEDIA: &[&str] = &[
    "application/octet-stream",
    "application/pdf",
    "application/zip",
    "audio/mpeg",
    "audio/ogg",
    "audio/wav",
    "image/gif",
    "image/jpeg",
    "image/png",
    "image/webp",
    "text/plain",
    "video/mp4",
];

/// Download a file
///
/// A file of a case that the caller may see, or an upload of the caller. Images and PDF are shown, everything else is saved;
/// a browser runs none of it.
#[utoipa::path(get, path = "", params(("id" = String, Path, description = "Id of the attachment")), responses(
    (status = 200, description = "The content", content_type = "application/octet-stream", body = Vec<u8>,
        headers(("Content-Disposition" = String, description = "`inline` for images and PDF, else `attachment`, with the file's name"))),
))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    parse::Named(id): parse::Named<String>,
    _: NoParams,
) -> Result<Response, Problem> {
    let desk = app.desk().clone();
    let work = move || {
        let id: Uuid = id.parse().map_err(|_| DeskError::NotFound { what: "attachment" })?;
        let (file, content) = desk.attachment_for(&caller, id)?;
        Ok(sent(&file, content))
    };
    app.inner.pool.run(work).await
}

fn sent(file: &Attachment, content: Vec<u8>) -> Response {
    let media = file.content_type.as_str();
    let shown = media.starts_with("image/") || media == "application/pdf";
    // Plain text was found to be UTF-8; without the word a browser guesses.
    let media = if media == "text/plain" { "text/plain; charset=utf-8" } else { media };
    let name = file.name.as_deref().unwrap_or("file");
    let value = |text: &str| {
        HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("application/octet-stream"))
    };
    let mut response = content.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, value(media));
    headers.insert(header::CONTENT_DISPOSITION, disposition(shown, name));
    // A browser's own viewer for PDF does not work inside a sandbox.
    let policy = if media == "application/pdf" {
        "default-src 'none'"
    } else {
        "default-src 'none'; sandbox"
    };
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    response
}

/// The name twice (RFC 6266): in ASCII for old clients, and as it is.
fn disposition(shown: bool, name: &str) -> HeaderValue {
    let kind = if shown { "inline" } else { "attachment" };
    let plain = |c: char| {
        if c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '%') || c == ' ' { c } else { '_' }
    };
    let ascii: String = name.chars().map(plain).collect();
    let both = format!("{kind}; filename=\"{ascii}\"; filename*=UTF-8''{}", encoded(name));
    HeaderValue::from_str(&both).unwrap_or(HeaderValue::from_static("attachment"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_break_out_of_its_header() {
        let said = |name: &str| disposition(false, name).to_str().unwrap().to_owned();
        assert_eq!(
            said("现场 1.zip"),
            "attachment; filename=\"__ 1.zip\"; filename*=UTF-8''%E7%8E%B0%E5%9C%BA%201.zip"
        );
        assert_eq!(
            said("a\"; x=\"b"),
            "attachment; filename=\"a_; x=_b\"; filename*=UTF-8''a%22%3B%20x%3D%22b"
        );
        assert!(disposition(true, "a.png").to_str().unwrap().starts_with("inline; "));
    }
}
