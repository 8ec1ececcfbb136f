//! Who may call a route: the key, its scope, its rate.

use crate::app::App;
use crate::limit::{Left, Rate};
use crate::problem::{Kind, Problem};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use desk::{Caller, DeskError, KeyScope};

/// What a route asks of its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// Nothing.
    Public,
    /// An API key with this scope.
    Key(KeyScope),
}

impl Right {
    /// The scope's name, as keys have it.
    pub fn scope(self) -> Option<String> {
        match self {
            Right::Public => None,
            Right::Key(scope) => {
                serde_json::to_value(scope).ok().and_then(|name| name.as_str().map(str::to_owned))
            }
        }
    }
}

/// Whoever calls, for handlers of routes that ask for a key.
pub(crate) struct By(pub(crate) Caller);

impl FromRequestParts<App> for By {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        parts
            .extensions
            .get::<Caller>()
            .cloned()
            .map(By)
            .ok_or_else(|| Problem::new(Kind::Unauthenticated))
    }
}

/// Lets a request through when its caller may call the route.
pub(crate) async fn gate(
    State((app, right)): State<(App, Right)>,
    mut request: Request,
    next: Next,
) -> Response {
    let Right::Key(scope) = right else { return next.run(request).await };
    match admit(&app, scope, request.headers()) {
        Err(problem) => problem.into_response(),
        Ok((caller, left)) => {
            request.extensions_mut().insert(caller);
            let mut response = next.run(request).await;
            if let (Some(left), Some(rate)) = (left, app.inner.limiter.rate()) {
                let [policy, limit] = rate_headers(rate, left);
                response.headers_mut().insert(policy.0, policy.1);
                response.headers_mut().insert(limit.0, limit.1);
                if let Some(problem) = response.extensions_mut().remove::<Problem>() {
                    let [policy, limit] = rate_headers(rate, left);
                    response
                        .extensions_mut()
                        .insert(problem.header(policy.0, policy.1).header(limit.0, limit.1));
                }
            }
            response
        }
    }
}

fn admit(
    app: &App,
    scope: KeyScope,
    headers: &HeaderMap,
) -> Result<(Caller, Option<Left>), Problem> {
    let secret = bearer(headers)?;
    let caller = app.desk().caller(secret).map_err(|error| match error {
        DeskError::Forbidden => unauthenticated("Bearer realm=\"bihuan\", error=\"invalid_token\""),
        error => error.into(),
    })?;
    let left =
        app.inner.limiter.take(&store::api_key_hash(secret), app.desk().now()).map_err(|left| {
            let refused =
                Problem::new(Kind::TooManyRequests).header(header::RETRY_AFTER, left.wait.into());
            match app.inner.limiter.rate().map(|rate| rate_headers(rate, left)) {
                Some([policy, limit]) => {
                    refused.header(policy.0, policy.1).header(limit.0, limit.1)
                }
                None => refused,
            }
        })?;
    if caller.allows(scope) {
        return Ok((caller, left));
    }
    let name = Right::Key(scope).scope().unwrap_or_default();
    let challenge =
        format!("Bearer realm=\"bihuan\", error=\"insufficient_scope\", scope=\"{name}\"");
    let problem = Problem::new(Kind::ScopeMissing).field(name, None);
    Err(match HeaderValue::from_str(&challenge) {
        Ok(value) => problem.header(header::WWW_AUTHENTICATE, value),
        Err(_) => problem,
    })
}

fn bearer(headers: &HeaderMap) -> Result<&str, Problem> {
    let value =
        headers.get(header::AUTHORIZATION).ok_or_else(|| Problem::new(Kind::Unauthenticated))?;
    let (scheme, secret) =
        value.to_str().ok().and_then(|text| text.split_once(' ')).unwrap_or_default();
    let secret = secret.trim();
    if scheme.eq_ignore_ascii_case("bearer") && !secret.is_empty() {
        Ok(secret)
    } else {
        Err(unauthenticated("Bearer realm=\"bihuan\", error=\"invalid_request\""))
    }
}

fn unauthenticated(challenge: &'static str) -> Problem {
    Problem::new(Kind::Unauthenticated)
        .header(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
}

/// `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers).
fn rate_headers(rate: Rate, left: Left) -> [(HeaderName, HeaderValue); 2] {
    let value = |text: String| HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""));
    let window = rate.burst.div_ceil(rate.per_second.max(1)).max(1);
    [
        (
            HeaderName::from_static("ratelimit-policy"),
            value(format!("\"key\";q={};w={window}", rate.burst)),
        ),
        (
            HeaderName::from_static("ratelimit"),
            value(format!("\"key\";r={};t={}", left.remaining, left.wait)),
        ),
    ]
}
