//! Reading requests strictly: what is not known is refused by name, never ignored.

use crate::app::App;
use crate::frame::weighted;
use crate::problem::{Kind, Problem};
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, header};
use engine::refusal::Problem as Wrong;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{ObjectBuilder, Required, schema::Type};

/// A JSON body: an object.
pub(crate) struct Body<T> {
    pub(crate) value: T,
    /// SHA-256 of the body without regard to spaces and the order of members.
    pub(crate) hash: [u8; 32],
}

impl<T: DeserializeOwned> FromRequest<App> for Body<T> {
    type Rejection = Problem;
    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        if media_type(request.headers()) != Some("application/json") {
            return Err(Problem::new(Kind::UnsupportedMediaType));
        }
        let limit = app.inner.config.body_limit;
        let bytes = axum::body::to_bytes(request.into_body(), limit)
            .await
            .map_err(|error| unread(&error, limit))?;
        let json: serde_json::Value =
            serde_json::from_slice(&bytes).map_err(|_| Problem::new(Kind::BadJson))?;
        // serde would read a list as the members of an object in their order.
        if !json.is_object() {
            let wrong = Wrong::WrongType { expected: "an object".to_owned() };
            return Err(Problem::new(Kind::InvalidBody).field(".", Some(wrong)));
        }
        let hash = Sha256::digest(json.to_string().as_bytes()).into();
        let mut deserializer = serde_json::Deserializer::from_slice(&bytes);
        match serde_path_to_error::deserialize(&mut deserializer) {
            Ok(value) => Ok(Self { value, hash }),
            Err(error) => Err(wrong_member(&error.path().to_string(), &error.inner().to_string())),
        }
    }
}

/// A body that could not be read: too large, or broken off.
fn unread(error: &axum::Error, limit: usize) -> Problem {
    let mut source: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = source {
        if error.to_string().contains("length limit") {
            return Problem::too_large(limit);
        }
        source = error.source();
    }
    Problem::new(Kind::BadJson)
}

/// The member that does not fit, out of the words of serde; their order is part of its tests.
fn wrong_member(path: &str, message: &str) -> Problem {
    let problem = Problem::new(Kind::InvalidBody);
    let quoted = || message.split('`').nth(1).unwrap_or_default();
    let below = |name: &str| match path.strip_suffix(name) {
        Some(parent) if parent.is_empty() || parent.ends_with('.') => path.to_owned(),
        _ if path == "." || path.is_empty() => name.to_owned(),
        _ => format!("{path}.{name}"),
    };
    if message.starts_with("unknown field") {
        return problem.field(below(quoted()), Some(Wrong::Unknown));
    }
    if message.starts_with("missing field") {
        return problem.field(below(quoted()), None);
    }
    let expected = message.split("expected ").nth(1).and_then(|rest| rest.split(" at line").next());
    let expected = expected.unwrap_or("another value").to_owned();
    problem.field(path, Some(Wrong::WrongType { expected }))
}

/// The media type of a form without files.
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";
/// The media type of a form with files.
pub(crate) const MULTIPART: &str = "multipart/form-data";
/// The field of a form that bears the session's token. The gate has looked at it.
pub(crate) const CSRF_FIELD: &str = "csrf";

/// A form of a page. Fields that are not known are refused, as everywhere.
pub(crate) struct Form<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<App> for Form<T> {
    type Rejection = Problem;
    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        if media_type(request.headers()) != Some(FORM) {
            return Err(Problem::new(Kind::UnsupportedMediaType));
        }
        let limit = app.inner.config.body_limit;
        let bytes = axum::body::to_bytes(request.into_body(), limit)
            .await
            .map_err(|error| unread(&error, limit))?;
        let invalid = || Problem::new(Kind::InvalidBody);
        let mut pairs: Vec<(String, String)> =
            serde_urlencoded::from_bytes(&bytes).map_err(|_| invalid())?;
        pairs.retain(|(name, _)| name != CSRF_FIELD);
        let text = serde_urlencoded::to_string(&pairs).map_err(|_| invalid())?;
        serde_urlencoded::from_str(&text).map(Form).map_err(|_| invalid())
    }
}

/// A part of a body whose type is known only after the rest was read.
pub(crate) fn typed<T: DeserializeOwned>(
    name: &str,
    json: serde_json::Value,
) -> Result<T, Problem> {
    serde_path_to_error::deserialize(json).map_err(|error| {
        match error.path().to_string().as_str() {
            "." => wrong_member(name, &error.inner().to_string()),
            path => wrong_member(&format!("{name}.{path}"), &error.inner().to_string()),
        }
    })
}

/// Parameters of the query string.
pub(crate) struct Params<T>(pub(crate) T);

impl<T: DeserializeOwned + IntoParams> FromRequestParts<App> for Params<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        let known: Vec<String> =
            T::into_params(|| None).into_iter().map(|parameter| parameter.name).collect();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let pairs = pairs(query, &known)?;
        serde_urlencoded::from_str(query).map(Params).map_err(|_| {
            // Every parameter may be absent, so that the wrong ones fail alone as well.
            let fails = |pair: &&(String, String)| {
                serde_urlencoded::to_string([pair])
                    .map_or(true, |one| serde_urlencoded::from_str::<T>(&one).is_err())
            };
            pairs.iter().filter(fails).fold(Problem::new(Kind::BadQuery), |problem, (name, _)| {
                problem.field(
                    name,
                    Some(Wrong::WrongType { expected: "see /api/openapi.json".to_owned() }),
                )
            })
        })
    }
}

/// For routes that take no parameters.
pub(crate) struct NoParams;

impl FromRequestParts<App> for NoParams {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        pairs(parts.uri.query().unwrap_or_default(), &[]).map(|_| Self)
    }
}

/// The parameters by name; unknown and repeated ones are refused.
fn pairs(query: &str, known: &[&str]) -> Result<Vec<(String, String)>, Problem> {
    let pairs: Vec<(String, String)> =
        serde_urlencoded::from_str(query).map_err(|_| Problem::new(Kind::BadQuery))?;
    let mut seen = BTreeSet::new();
    let strange = pairs
        .iter()
        .filter(|(name, _)| !known.contains(&name.as_str()) || !seen.insert(name.clone()));
    let names: BTreeSet<&str> = strange.map(|(name, _)| name.as_str()).collect();
    if names.is_empty() {
        return Ok(pairs);
    }
    Err(names.into_iter().fold(Problem::new(Kind::BadQuery), |problem, name| {
        problem.field(name, Some(Wrong::Unknown))
    }))
}

/// Parts of the path.
pub(crate) struct Named<T>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for Named<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let path = Path::<T>::from_request_parts(parts, app).await;
        path.map(|Path(value)| Self(value)).map_err(|_| Problem::new(Kind::NotFound))
    }
}

/// `Last-Event-ID`: the place after which a stream resumes.
pub(crate) struct LastEvent(pub(crate) Option<u64>);

impl FromRequestParts<App> for LastEvent {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        let name = HeaderName::from_static("last-event-id");
        let Some(last) = parts.headers.get(&name) else { return Ok(Self(None)) };
        let place = last.to_str().ok().and_then(|last| last.trim().parse::<i64>().ok());
        match place.and_then(|place| u64::try_from(place).ok()) {
            Some(place) => Ok(Self(Some(place))),
            None => Err(bad_header(&name)),
        }
    }
}

impl IntoParams for LastEvent {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let place = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(0))
            .maximum(Some(i64::MAX));
        described("Last-Event-ID", "Resumes a stream after this place", place)
    }
}

/// A header that may be absent, for the document.
fn described(name: &str, about: &str, schema: ObjectBuilder) -> Vec<Parameter> {
    let parameter = ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(about))
        .schema(Some(schema));
    vec![parameter.build()]
}

/// A text in a header, as a pattern.
fn text(pattern: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern))
}

/// Entity tags.
const TAGS: &str = r"^[\t -~]*$";

/// `If-Match`: the versions of the case that the caller has seen; none when any will do.
pub(crate) struct IfMatch(Option<Vec<String>>);

impl FromRequestParts<App> for IfMatch {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        Ok(Self(
            tags(&parts.headers, &header::IF_MATCH)?
                .filter(|tags| !tags.iter().any(|tag| tag == "*")),
        ))
    }
}

impl IntoParams for IfMatch {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        described("If-Match", "Version that the caller has seen: only over that one", text(TAGS))
    }
}

impl IfMatch {
    /// The version to write over, where what is there was read for writing: what was not seen is written over what was read, never
    /// over what came meanwhile.
    pub(crate) fn over(&self, read: u64) -> u64 {
        self.seen(read).unwrap_or(read)
    }

    /// The version to write against, given the one that the case is at.
    pub(crate) fn seen(&self, current: u64) -> Option<u64> {
        let tags = self.0.as_ref()?;
        let versions: Vec<u64> = tags.iter().filter_map(|tag| tag.parse().ok()).collect();
        // No case ever is at version 0: a tag that is not ours matches nothing.
        Some(
            versions
                .iter()
                .find(|version| **version == current)
                .or(versions.first())
                .copied()
                .unwrap_or(0),
        )
    }
}

/// `If-None-Match`: what the caller has already.
pub(crate) struct IfNoneMatch(Option<Vec<String>>);

impl FromRequestParts<App> for IfNoneMatch {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        Ok(Self(tags(&parts.headers, &header::IF_NONE_MATCH)?))
    }
}

impl IntoParams for IfNoneMatch {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let about = "Version that the caller has; `*`: any, so that a write only makes what is not there yet";
        described("If-None-Match", about, text(TAGS))
    }
}

impl IfNoneMatch {
    /// Whether the caller has this version.
    pub(crate) fn has(&self, version: u64) -> bool {
        let version = version.to_string();
        self.0.as_ref().is_some_and(|tags| tags.iter().any(|tag| *tag == version || tag == "*"))
    }
}

/// Entity tags without quotes and `W/`: proxies that compress weaken them.
fn tags(headers: &HeaderMap, name: &HeaderName) -> Result<Option<Vec<String>>, Problem> {
    let mut tags = Vec::new();
    for value in headers.get_all(name) {
        let text = value.to_str().map_err(|_| bad_header(name))?;
        let bare = |tag: &str| tag.trim().trim_start_matches("W/").trim_matches('"').to_owned();
        tags.extend(text.split(',').map(bare).filter(|tag| !tag.is_empty()));
    }
    Ok(headers.contains_key(name).then_some(tags))
}

/// `Idempotency-Key`, 1 to 255 characters.
pub(crate) struct Once(pub(crate) Option<String>);

impl FromRequestParts<App> for Once {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        let name = HeaderName::from_static("idempotency-key");
        let mut values = parts.headers.get_all(&name).iter();
        let Some(value) = values.next() else { return Ok(Self(None)) };
        let key = value.to_str().ok().map(str::trim).filter(|key| (1..=255).contains(&key.len()));
        match (key, values.next()) {
            (Some(key), None) => Ok(Self(Some(key.to_owned()))),
            _ => Err(bad_header(&name)),
        }
    }
}

impl IntoParams for Once {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let about = "1 to 255 characters; scoped to the caller and this address";
        described("Idempotency-Key", about, text("^[!-~]([ -~]{0,253}[!-~])?$"))
    }
}

fn bad_header(name: &HeaderName) -> Problem {
    Problem::new(Kind::BadHeader).field(
        name.as_str(),
        Some(Wrong::WrongType { expected: "see /api/openapi.json".to_owned() }),
    )
}

/// The media type of a body, without its parameters.
pub(crate) fn media_type(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    value.split(';').next().map(str::trim)
}

/// Which of the media types that a route can answer with is wanted most; the first when nothing is said.
pub(crate) fn negotiate<'a>(headers: &HeaderMap, offered: &[&'a str]) -> Option<&'a str> {
    let accept: Vec<&str> = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    if accept.iter().all(|item| item.trim().is_empty()) {
        return offered.first().copied();
    }
    let quality = |media: &str| {
        let group = media.split('/').next().unwrap_or_default();
        let fits = |range: &str| match range.to_ascii_lowercase().as_str() {
            "*/*" | "*" => Some(0),
            range if range == format!("{group}/*") => Some(1),
            range if range == media => Some(2),
            _ => None,
        };
        // The most exact range decides.
        accept
            .iter()
            .map(|item| weighted(item))
            .filter_map(|(range, q)| fits(range).map(|exact| (exact, q)))
            .max_by_key(|(exact, _)| *exact)
            .map_or(0, |(_, q)| q)
    };
    let mut best = None;
    for media in offered {
        let q = quality(media);
        if q > 0 && best.is_none_or(|(_, most)| q > most) {
            best = Some((*media, q));
        }
    }
    best.map(|(media, _)| media)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read by serde")]
    struct Outer {
        name: String,
        inner: Option<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read by serde")]
    struct Inner {
        count: u32,
    }

    fn wrong(text: &str) -> Vec<(String, String)> {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let error = serde_path_to_error::deserialize::<_, Outer>(&mut deserializer).unwrap_err();
        let body = wrong_member(&error.path().to_string(), &error.inner().to_string()).body(true);
        body.fields.into_iter().map(|field| (field.field, field.code)).collect()
    }

    #[test]
    fn the_wrong_member_is_named() {
        let one = |field: &str, code: &str| vec![(field.to_owned(), code.to_owned())];
        assert_eq!(wrong(r#"{"name":"a","more":1}"#), one("more", "unknown"));
        assert_eq!(
            wrong(r#"{"name":"a","inner":{"count":1,"more":2}}"#),
            one("inner.more", "unknown")
        );
        assert_eq!(wrong(r#"{"inner":null}"#), one("name", "missing"));
        assert_eq!(wrong(r#"{"name":"a","inner":{}}"#), one("inner.count", "missing"));
        assert_eq!(wrong(r#"{"name":1}"#), one("name", "wrong_type"));
        assert_eq!(
            wrong(r#"{"name":"a","inner":{"count":"x"}}"#),
            one("inner.count", "wrong_type")
        );
    }

    #[test]
    fn unknown_and_repeated_parameters_are_refused() {
        assert_eq!(pairs("a=1&b=2", &["a", "b"]).unwrap().len(), 2);
        for query in ["c=1", "a=1&a=2", "=1"] {
            assert!(pairs(query, &["a"]).is_err(), "{query}");
        }
    }

    #[test]
    fn the_most_wanted_media_type_is_answered() {
        const BOTH: [&str; 2] = ["application/json", "text/event-stream"];
        let wanted = |accept: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
            negotiate(&headers, &BOTH)
        };
        assert_eq!(negotiate(&HeaderMap::new(), &BOTH), Some(BOTH[0]));
        for (accept, answer) in [
            ("*/*", 0),
            ("text/event-stream", 1),
            ("application/*", 0),
            ("application/json;q=0.1, text/*", 1),
        ] {
            assert_eq!(wanted(accept), Some(BOTH[answer]), "{accept}");
        }
        assert_eq!(wanted("text/html"), None);
        assert_eq!(wanted("application/json;q=0"), None);
    }
}
