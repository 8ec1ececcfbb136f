//! The one place that turns failures into statuses and texts: every error is an RFC 9457 body.

mod example;
mod failure;

pub(crate) use example::{example, sample};

use crate::answer::Title;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use desk::words;
use engine::procedure::{Label, Procedure};
use engine::refusal::{Problem as Wrong, Refusal};
use engine::show;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// The media type of every error.
pub(crate) const MEDIA_TYPE: &str = "application/problem+json";

macro_rules! kinds {
    ($($name:ident = $status:literal $slug:literal,)*) => {
        /// Everything that can go wrong, each with its stable type and status.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Kind { $(
            #[doc = $slug]
            $name,
        )* }

        impl Kind {
            /// All of them.
            pub const ALL: &[Kind] = &[$(Kind::$name),*];

            /// The end of the problem's `type`, and of its texts' keys.
            pub fn slug(self) -> &'static str { match self { $(Kind::$name => $slug),* } }

            /// The status.
            pub fn status(self) -> StatusCode {
                let code = match self { $(Kind::$name => $status),* };
                StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
    };
}

kinds! {
    BadJson = 400 "bad-json",
    BadQuery = 400 "bad-query",
    OutOfRange = 400 "out-of-range",
    BadHeader = 400 "bad-header",
    BadUpload = 400 "bad-upload",
    EmptyFile = 400 "empty-file",
    Unauthenticated = 401 "unauthenticated",
    ScopeMissing = 403 "scope-missing",
    Forbidden = 403 "forbidden",
    NotOurs = 403 "not-ours",
    OwnMatter = 403 "own-matter",
    SessionNeeded = 403 "session-needed",
    NotFound = 404 "not-found",
    LinkEnded = 404 "link-ended",
    FileMissing = 404 "file-missing",
    MethodNotAllowed = 405 "method-not-allowed",
    NotAcceptable = 406 "not-acceptable",
    ActionUnavailable = 409 "action-unavailable",
    ConditionUnmet = 409 "condition-unmet",
    NameTaken = 409 "name-taken",
    TooLate = 409 "too-late",
    NobodyPresent = 409 "nobody-present",
    OpenCases = 409 "open-cases",
    SecondFactorSet = 409 "second-factor-set",
    TooManyWebhooks = 409 "too-many-webhooks",
    KeyReused = 409 "idempotency-key-reused",
    VersionMismatch = 412 "version-mismatch",
    TooLarge = 413 "too-large",
    UnsupportedMediaType = 415 "unsupported-media-type",
    InvalidBody = 422 "invalid-body",
    MissingFields = 422 "missing-fields",
    InvalidFields = 422 "invalid-fields",
    ReasonNeeded = 422 "reason-needed",
    UnknownReference = 422 "unknown-reference",
    BadName = 422 "bad-name",
    WeakPassword = 422 "weak-password",
    WrongPassword = 422 "wrong-password",
    WrongCode = 422 "wrong-code",
    UnsoundProcedure = 422 "unsound-procedure",
    TooManyRows = 422 "too-many-rows",
    BadAddress = 422 "bad-address",
    PrivateAddress = 422 "private-address",
    UnusableFile = 422 "unusable-file",
    TooManyRequests = 429 "too-many-requests",
    Internal = 500 "internal",
    Damaged = 500 "damaged",
    Unavailable = 503 "unavailable",
    NotReady = 503 "not-ready",
    BeingProved = 503 "being-proved",
    ReadOnly = 503 "read-only",
    DatabaseMoved = 503 "database-moved",
    FilesAway = 503 "files-away",
    StorageFull = 507 "storage-full",
}

/// A failure on its way to the client. The outermost layer puts it into the client's language.
#[derive(Debug, Clone)]
pub struct Problem(Box<Facts>);

#[derive(Debug, Clone)]
struct Facts {
    kind: Kind,
    refusal: Option<Refusal>,
    rules: Option<Arc<Procedure>>,
    saying: Option<String>,
    fields: Vec<Field>,
    version: Option<u64>,
    limit: Option<u64>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// What is wrong with one field.
#[derive(Debug, Clone)]
struct Field {
    name: String,
    label: Option<Label>,
    wrong: Option<Wrong>,
    /// What a condition says that reads it and does not hold.
    unmet: Option<Label>,
}

/// An error as clients get it (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "type": "/problems/missing-fields",
    "title": "缺少必填项",
    "status": 422,
    "detail": "还缺少必填项：联系电话。请补充后再提交。",
    "fields": [{ "field": "…", "code": "missing", "detail": "必填", "title": { "zh": "联系电话", "en": "Telephone" } }]
}))]
pub struct ProblemBody {
    /// Which problem; stable, does not depend on the language.
    #[serde(rename = "type")]
    pub kind: String,
    /// The problem in a few words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong here, and what to do.
    pub detail: String,
    /// What is wrong with each field, parameter or header.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldProblem>,
    /// Keys of what the text names: `action`, `stage` or `role` of the procedure, `procedure`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub keys: BTreeMap<String, String>,
    /// The version at which the case is (412).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// The largest size that is taken, in bytes (413), or as many rows as a file takes (422).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}

/// What is wrong with one field, parameter or header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldProblem {
    /// Its name.
    pub field: String,
    /// What is wrong; stable.
    pub code: String,
    /// The same in words.
    pub detail: String,
    /// What people call the field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Title>,
}

impl Problem {
    /// A problem that needs no more facts.
    pub fn new(kind: Kind) -> Self {
        let mut headers = Vec::new();
        match kind {
            Kind::Unauthenticated => headers.push((
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static("Bearer realm=\"bihuan\""),
            )),
            Kind::Unavailable | Kind::NotReady => {
                headers.push((header::RETRY_AFTER, HeaderValue::from_static("1")));
            }
            Kind::BeingProved => {
                headers.push((header::RETRY_AFTER, HeaderValue::from_static("2")));
            }
            // Somebody has to do something first.
            Kind::ReadOnly | Kind::DatabaseMoved | Kind::FilesAway | Kind::StorageFull => {
                headers.push((header::RETRY_AFTER, HeaderValue::from_static("30")));
            }
            _ => {}
        }
        Self(Box::new(Facts {
            kind,
            refusal: None,
            rules: None,
            saying: None,
            fields: Vec::new(),
            version: None,
            limit: None,
            headers,
        }))
    }

    /// More than `limit` bytes.
    pub fn too_large(limit: usize) -> Self {
        let mut problem = Self::new(Kind::TooLarge);
        problem.0.limit = u64::try_from(limit).ok();
        problem
    }

    /// Names a field that is wrong; without a reason it is missing.
    pub fn field(mut self, name: impl Into<String>, wrong: Option<Wrong>) -> Self {
        self.0.fields.push(Field { name: name.into(), label: None, wrong, unmet: None });
        self
    }

    /// Says what it says in the names of a procedure.
    pub fn under(mut self, rules: &Arc<Procedure>) -> Self {
        self.0.rules = Some(Arc::clone(rules));
        self
    }

    /// Says in the caller's language, which was known already, what is wrong here.
    pub fn saying(mut self, detail: String) -> Self {
        self.0.saying = Some(detail);
        self
    }

    /// Sends a header along, replacing one of the same name.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.retain(|(known, _)| *known != name);
        self.0.headers.push((name, value));
        self
    }

    /// Which problem.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// The body in a language.
    pub fn body(&self, english: bool) -> ProblemBody {
        let slug = self.0.kind.slug();
        let rules = self.0.rules.as_deref();
        let said = self.0.refusal.as_ref().map(|refusal| match rules {
            Some(rules) => words::refusal_of(refusal, rules, english),
            None => words::refusal(refusal, english),
        });
        let said = said.or_else(|| self.0.saying.clone());
        let fields = self.0.fields.iter().map(|field| FieldProblem {
            field: field.name.clone(),
            code: field.code(),
            detail: field.detail(rules, english),
            title: field.title(rules),
        });
        let fields: Vec<FieldProblem> = fields.collect();
        let names: Vec<&str> = fields.iter().map(|field| field.field.as_str()).collect();
        let names = names.join(if english { ", " } else { "、" });
        let version = self.0.version.map(|version| version.to_string()).unwrap_or_default();
        let limit = match self.0.kind {
            Kind::TooManyRows | Kind::TooManyWebhooks => self.0.limit.map(|rows| rows.to_string()),
            _ => self.0.limit.map(size),
        };
        let limit = limit.unwrap_or_default();
        let detail = said.unwrap_or_else(|| {
            words::text(
                &format!("api.{slug}.detail"),
                english,
                &[("fields", &names), ("version", &version), ("limit", &limit)],
            )
        });
        ProblemBody {
            kind: format!("/problems/{slug}"),
            title: words::text(&format!("api.{slug}"), english, &[]),
            status: self.0.kind.status().as_u16(),
            detail,
            fields,
            keys: self.0.refusal.as_ref().map(keys).unwrap_or_default(),
            version: self.0.version,
            limit: self.0.limit,
        }
    }

    /// The whole answer in a language.
    pub(crate) fn answer(&self, english: bool) -> Response {
        let body = serde_json::to_vec(&self.body(english)).unwrap_or_default();
        let mut response = self.put_into(body.into_response());
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        headers.insert(
            header::CONTENT_LANGUAGE,
            HeaderValue::from_static(if english { "en" } else { "zh" }),
        );
        response
    }

    /// Gives an answer this problem's status and headers.
    pub(crate) fn put_into(&self, mut response: Response) -> Response {
        *response.status_mut() = self.0.kind.status();
        self.put_headers(response.headers_mut());
        response
    }

    fn put_headers(&self, headers: &mut HeaderMap) {
        for (name, value) in &self.0.headers {
            headers.insert(name.clone(), value.clone());
        }
    }
}

/// Only carries the problem: the outermost layer writes the body, because it knows the language.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.0.kind.status().into_response();
        self.put_headers(response.headers_mut());
        response.extensions_mut().insert(self);
        response
    }
}

impl Field {
    fn code(&self) -> String {
        match (&self.wrong, &self.unmet) {
            (Some(wrong), _) => code(wrong),
            (None, Some(_)) => "condition".to_owned(),
            (None, None) => "missing".to_owned(),
        }
    }

    fn detail(&self, rules: Option<&Procedure>, english: bool) -> String {
        match (&self.wrong, &self.unmet, rules) {
            (Some(wrong), _, Some(rules)) => words::problem_of(wrong, &self.name, rules, english),
            (Some(wrong), _, None) => words::problem(wrong, english),
            (None, Some(say), _) => show::word(say, english).to_owned(),
            (None, None, _) => words::text("api.missing", english, &[]),
        }
    }

    /// What people call it: the label of the procedure, or the name of a built-in input.
    fn title(&self, rules: Option<&Procedure>) -> Option<Title> {
        let known = rules.and_then(|rules| rules.field(&self.name)).map(|field| &field.label);
        if let Some(label) = self.label.as_ref().or(known) {
            return Some(label.into());
        }
        let [zh, en] = [false, true].map(|english| words::input(&self.name, english));
        Some(Title { zh, en }).filter(|title| title.zh != self.name)
    }
}

/// The keys in a refusal, by what they are keys of.
fn keys(refusal: &Refusal) -> BTreeMap<String, String> {
    let (what, key, stage) = match refusal {
        Refusal::Unavailable { action, stage } => ("action", action.to_string(), Some(stage)),
        Refusal::Forbidden { action }
        | Refusal::Own { action }
        | Refusal::Reason { action }
        | Refusal::Late { action } => ("action", action.to_string(), None),
        Refusal::Nobody { role } => ("role", role.to_string(), None),
        Refusal::Unknown { what, key } => (what.as_str(), key.clone(), None),
        _ => return BTreeMap::new(),
    };
    let stage = stage.map(|stage| ("stage".to_owned(), stage.to_string()));
    stage.into_iter().chain([(what.to_owned(), key)]).collect()
}

/// A number of bytes as people read it.
fn size(bytes: u64) -> String {
    match bytes {
        _ if bytes >= 1 << 20 => format!("{} MiB", bytes >> 20),
        _ if bytes >= 1 << 10 => format!("{} KiB", bytes >> 10),
        _ => format!("{bytes} B"),
    }
}

/// The stable name of what is wrong with a value.
fn code(wrong: &Wrong) -> String {
    match serde_json::to_value(wrong) {
        Ok(serde_json::Value::String(name)) => name,
        Ok(serde_json::Value::Object(object)) => object.keys().next().cloned().unwrap_or_default(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_has_its_texts_in_both_languages() {
        for kind in Kind::ALL {
            for key in [format!("api.{}", kind.slug()), format!("api.{}.detail", kind.slug())] {
                for english in [false, true] {
                    let text = words::text(&key, english, &[]);
                    assert!(text != key && !text.is_empty(), "{key}");
                }
                assert_ne!(words::text(&key, false, &[]), words::text(&key, true, &[]), "{key}");
            }
        }
        assert_ne!(words::text("api.missing", true, &[]), "api.missing");
    }
}
