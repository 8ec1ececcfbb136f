//! `GET /api/v1/cases/{number}/attachments`: files of a case.

use super::part::{self, List};
use crate::app::App;
use crate::gate::By;
use crate::parse::{self, NoParams};
use crate::problem::Problem;
use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use serde::Serialize;
use store::Attachment;
use utoipa::ToSchema;

/// A file.
#[derive(Serialize, ToSchema)]
pub(crate) struct AttachmentAnswer {
    /// Opaque id; fields of kind `files` take it.
    pub(crate) id: String,
    /// Name of the file; none when it was erased.
    #[schema(example = "现场.png")]
    pub(crate) name: Option<String>,
    /// Found from the content, whatever was claimed.
    pub(crate) content_type: String,
    /// Bytes.
    pub(crate) size: u64,
    /// When it was uploaded.
    pub(crate) created_at: Timestamp,
    /// SHA-256 of the content, hexadecimal; only in the answer to the upload.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sha256: Option<String>,
}

/// Attachments of a case
///
/// Files that an action has taken into the case.
#[utoipa::path(get, path = "", params(("number" = String, Path, description = "Number of the case")), responses(
    (status = 200, description = "Attachments", body = List<AttachmentAnswer>),
))]
pub(crate) async fn handler(
    State(app): State<App>,
    By(caller): By,
    parse::Named(number): parse::Named<String>,
    _: NoParams,
) -> Result<Response, Problem> {
    part::list(&app, &caller, &number, |desk, seen| {
        let files = desk.store().attachments_of(seen.summary.id)?;
        Ok(files.into_iter().map(AttachmentAnswer::of).collect())
    })
}

impl AttachmentAnswer {
    /// A kept file.
    pub(crate) fn of(file: Attachment) -> Self {
        Self {
            id: file.id.to_string(),
            name: file.name,
            content_type: file.content_type,
            size: file.size,
            created_at: file.created_at,
            sha256: None,
        }
    }
}
