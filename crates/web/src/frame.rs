//! The outermost layer: language, panics, patience, counters, and headers that every answer bears.

use crate::app::App;
use crate::pages;
use crate::parse::negotiate;
use crate::problem::{Kind, MEDIA_TYPE, Problem};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use desk::Language;
use std::any::Any;
use std::future::Future;
use std::time::Duration;
use tokio::task::JoinHandle;

/// How long an answer may take to begin.
const PATIENCE: Duration = Duration::from_secs(30);

/// What every answer tells a browser: nothing is run, shown or framed but what comes from here and stands in files of its own.
const SECURE: [(HeaderName, &str); 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];
/// Behind https: for a year nothing but https.
const HSTS: &str = "max-age=31536000";

/// The language that whoever has signed in has chosen; the gate leaves it in the response.
#[derive(Clone, Copy)]
pub(crate) struct Spoken(pub(crate) bool);

/// Around every request. It logs the route, never the address: search texts are in there.
pub(crate) async fn frame(State(app): State<App>, request: Request, next: Next) -> Response {
    let asked = prefers_english(request.headers());
    let wants_page = !request.uri().path().starts_with("/api/")
        && negotiate(request.headers(), &[MEDIA_TYPE, pages::HTML]) == Some(pages::HTML);
    let by_default = wants_page.then(|| speaks_english(&app, request.headers()));
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let begun = app.desk().now();
    let answer = next.run(request);
    let mut response = match app.desk().store().is_served() {
        true => in_time(PATIENCE, made_apart(answer)).await,
        false => in_time(PATIENCE, answer).await,
    };
    let route = response.extensions().get::<MatchedPath>().cloned();
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        app.meter().refused(problem.kind());
        let allow = response.headers().get(header::ALLOW).cloned();
        let spoken = response.extensions().get::<Spoken>().map(|spoken| spoken.0);
        let english = spoken.or(by_default).unwrap_or(asked);
        response = match wants_page {
            true => problem.put_into(pages::problem(&problem, &path, english)),
            false => problem.answer(english),
        };
        if let Some(allow) = allow {
            response.headers_mut().insert(header::ALLOW, allow);
        }
    }
    let status = response.status().as_u16();
    app.meter().answered(status);
    // The clock may be set back meanwhile.
    let duration_ms = app.desk().now().duration_since(begun).as_millis().max(0);
    let duration_ms = i64::try_from(duration_ms).unwrap_or(i64::MAX);
    log(&method, route.as_ref().map_or("-", MatchedPath::as_str), status, duration_ms);
    let headers = response.headers_mut();
    // Those below.
    headers.reserve(SECURE.len() + 3);
    // A file of somebody has stricter ones already.
    for (name, value) in SECURE {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if app.is_https() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HSTS));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.append(header::VARY, HeaderValue::from_static("Accept, Accept-Language, Cookie"));
    response
}

/// An answer that begins in time, or word that there is none.
async fn in_time(most: Duration, answer: impl Future<Output = Response>) -> Response {
    let answer = tokio::time::timeout(most, answer).await;
    answer.unwrap_or_else(|_| Problem::new(Kind::Unavailable).into_response())
}

/// An answer that is made by a task of its own: one that blocks, because a server does not answer, cannot be told that its time is up,
/// and must not keep us from telling the client. An embedded database is read at once, or waited for: without a task a short answer
/// costs less.
async fn made_apart(answer: impl Future<Output = Response> + Send + 'static) -> Response {
    let mut making = Abandoned(tokio::spawn(answer));
    let made = (&mut making.0).await;
    made.unwrap_or_else(|_| Problem::new(Kind::Internal).into_response())
}

/// A task that goes no further when nobody waits for it any more.
struct Abandoned(JoinHandle<Response>);

impl Drop for Abandoned {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// One line for a request. What watches the server asks every few seconds and is told apart.
fn log(method: &Method, route: &str, status: u16, duration_ms: i64) {
    let watching = matches!(route, "/healthz" | "/readyz" | "/metrics");
    if watching && status < 500 {
        tracing::debug!(http.method = %method, http.route = route, http.status = status, duration_ms, "answered");
    } else {
        tracing::info!(http.method = %method, http.route = route, http.status = status, duration_ms, "answered");
    }
}

/// A panic is a problem without details; the log has the message from the panic itself.
pub(crate) fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("a request panicked");
    Problem::new(Kind::Internal).into_response()
}

/// Whether English is wanted rather than Chinese, by `Accept-Language`. Chinese when nothing is said.
pub(crate) fn prefers_english(headers: &HeaderMap) -> bool {
    let wanted =
        headers.get_all(header::ACCEPT_LANGUAGE).iter().filter_map(|value| value.to_str().ok());
    let (mut chinese, mut english, mut any) = (None, None, 0);
    for item in wanted.flat_map(|value| value.split(',')) {
        let (language, quality) = weighted(item);
        let language = language.to_ascii_lowercase();
        if language == "zh" || language.starts_with("zh-") {
            chinese = chinese.max(Some(quality));
        } else if language == "en" || language.starts_with("en-") {
            english = english.max(Some(quality));
        } else if language == "*" {
            any = quality;
        }
    }
    english.unwrap_or(any) > chinese.unwrap_or(any)
}

/// Whether somebody is spoken to in English who has not chosen: as the installation says, else as the browser asks.
pub(crate) fn speaks_english(app: &App, headers: &HeaderMap) -> bool {
    let said = app.desk().language();
    said.map_or_else(|| prefers_english(headers), |language| language == Language::En)
}

/// `value;q=0.5` as the value and thousandths.
pub(crate) fn weighted(item: &str) -> (&str, u32) {
    let mut parts = item.split(';').map(str::trim);
    let value = parts.next().unwrap_or_default();
    let quality =
        parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    (value, quality.map_or(1_000, thousandths))
}

fn thousandths(text: &str) -> u32 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits: String = fraction.chars().chain("000".chars()).take(3).collect();
    match (whole.parse::<u32>(), digits.parse::<u32>()) {
        (Ok(whole), Ok(fraction)) => (whole * 1_000 + fraction).min(1_000),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn panicking() -> Response {
        panic!("on purpose")
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn an_answer_that_blocks_is_given_up_in_time() {
        let (blocked, ends) = std::sync::mpsc::channel::<()>();
        let answer = async move {
            // As the store does, on a connection that hangs.
            tokio::task::block_in_place(|| assert!(ends.recv().is_err()));
            "late".into_response()
        };
        let response = in_time(Duration::from_millis(50), made_apart(answer)).await;
        assert_eq!(response.status(), 503);
        drop(blocked);
        let soon = in_time(PATIENCE, async { "soon".into_response() }).await;
        assert_eq!(soon.status(), 200);
        let panics = in_time(PATIENCE, made_apart(panicking())).await;
        assert_eq!(panics.status(), 500);
    }

    #[test]
    fn chinese_unless_english_is_preferred() {
        let english = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static(value));
            prefers_english(&headers)
        };
        assert!(!prefers_english(&HeaderMap::new()));
        for value in ["en", "en-GB,en;q=0.9", "zh;q=0.5, en;q=0.8", "fr, en;q=0.3"] {
            assert!(english(value), "{value}");
        }
        for value in ["zh-CN,zh;q=0.9,en;q=0.8", "fr", "*", "en;q=0", "en;q=x"] {
            assert!(!english(value), "{value}");
        }
    }
}
