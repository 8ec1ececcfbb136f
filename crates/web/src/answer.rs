//! The shapes of answers, and how values read in JSON.

mod case;
mod chosen;
mod customer;
mod event;
mod key;
mod parts;
mod saved;
mod user;
mod webhook;

pub use case::{CaseAnswer, CaseRow, HolderAnswer};
pub(crate) use case::{as_of, page_link};
pub(crate) use chosen::{ChosenPreferences, SpokenLanguage};
pub(crate) use customer::masked_name;
pub use customer::{CustomerAnswer, CustomerContact, CustomerMerged, CustomerProduct};
pub(crate) use event::event;
pub use event::{ActorAnswer, EventAnswer};
pub use key::KeyAnswer;
pub(crate) use key::Scope;
pub(crate) use parts::flat;
pub use parts::{ClockAnswer, ContactAnswer, LinkAnswer, TaskAnswer, ToldAnswer, TraceAnswer};
pub use saved::{TemplateAnswer, ViewAnswer};
pub use user::{AbsenceAnswer, TeamAnswer, UserAnswer};
pub(crate) use webhook::state;
pub use webhook::{AttemptAnswer, DeliveryAnswer, WebhookAnswer};

use axum::body::Bytes;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::key::Key;
use engine::people::Directory;
use engine::procedure::Label;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({ "zh": "名称", "en": "Name" }))]
pub struct Title {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl From<&Label> for Title {
    fn from(label: &Label) -> Self {
        Self { zh: label.zh.clone(), en: label.en.clone() }
    }
}

/// A key of a procedure with what people call it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Named {
    /// Key; stable.
    pub key: String,
    /// What people call it.
    pub title: Title,
}

impl Named {
    /// A key and its label; without one the key stands for itself.
    pub(crate) fn of(key: &str, label: Option<&Label>) -> Self {
        let title =
            label.map_or_else(|| Title { zh: key.to_owned(), en: key.to_owned() }, Into::into);
        Self { key: key.to_owned(), title }
    }
}

/// Somebody who works here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({ "id": "u1", "name": "林晓" }))]
pub struct PersonAnswer {
    /// Opaque id.
    pub id: String,
    /// Name; the id where there is no such person any more.
    pub name: String,
}

impl PersonAnswer {
    pub(crate) fn of(directory: &Directory, id: &Key) -> Self {
        let name =
            directory.person(id).map_or_else(|| id.to_string(), |person| person.name.clone());
        Self { id: id.to_string(), name }
    }
}

/// A JSON answer.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    (status, sent(spelled(body))).into_response()
}

/// JSON.
pub(crate) fn spelled(body: &impl Serialize) -> Bytes {
    serde_json::to_vec(body).unwrap_or_default().into()
}

/// JSON that is spelled already.
pub(crate) fn sent(bytes: Bytes) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], bytes)
}

/// The entity tag of a version.
pub(crate) fn etag(version: u64) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{version}\"")).unwrap_or(HeaderValue::from_static("\"0\""))
}

/// A part of a path, percent-encoded.
pub(crate) fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, &UNSAFE).to_string()
}

/// Everything but what RFC 3986 leaves unreserved.
const UNSAFE: percent_encoding::AsciiSet =
    percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
