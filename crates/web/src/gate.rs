//! Who may call a route: the key or the session, its scope, its rate; and that a write in a session comes from a page of ours.

use crate::app::App;
use crate::frame::Spoken;
use crate::limit::{Left, Rate};
use crate::origin::is_ours;
use crate::pages::see_other;
use crate::parse::{CSRF_FIELD, FORM, MULTIPART, media_type, negotiate};
use crate::problem::{Kind, Problem};
use crate::routes::Line;
use crate::signed::Signed;
use axum::body::{Body, Bytes};
use axum::extract::{
    DefaultBodyLimit, FromRequest, FromRequestParts, MatchedPath, Multipart, Request, State,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use desk::{Caller, DeskError, KeyScope};

/// Where a write in a session bears the session's token, unless its form does.
const CSRF_HEADER: &str = "x-csrf-token";

/// What a route asks of its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// Nothing.
    Public,
    /// An API key with this scope, or a session of somebody who may as much.
    Key(KeyScope),
    /// A session of the person's own, and no key: what is the person's alone, and what proves who it is.
    Own(KeyScope),
    /// A session of somebody who may as much; whoever has none is led to sign in.
    Page(KeyScope),
}

impl Right {
    /// The scope's name, as keys have it.
    pub fn scope(self) -> Option<String> {
        match self {
            Right::Public => None,
            Right::Key(scope) | Right::Own(scope) | Right::Page(scope) => {
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

/// Lets a request through when its caller may call the route and wants what it can answer with. Tells the frame which route it was.
pub(crate) async fn gate(
    State((app, line)): State<(App, &'static Line)>,
    request: Request,
    next: Next,
) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let mut response = let_through(&app, line, request, next).await;
    if let Some(route) = route {
        response.extensions_mut().insert(route);
    }
    response
}

async fn let_through(app: &App, line: &Line, mut request: Request, next: Next) -> Response {
    let right = line.right;
    let looks = right != Right::Public && !writes(request.method());
    let _turn = match looks {
        true => match app.inner.looks.turn().await {
            Ok(turn) => Some(turn),
            Err(problem) => return problem.into_response(),
        },
        false => None,
    };
    let left = match admit(app, right, &mut request).await {
        Ok(left) => left,
        Err(Refused::To(place)) => return see_other(&place),
        Err(Refused::With(problem)) => return problem.into_response(),
    };
    let spoken = request.extensions().get::<Signed>().map(|signed| Spoken(signed.english));
    let mut response = match negotiate(request.headers(), line.media) {
        Some(_) => next.run(request).await,
        None => Problem::new(Kind::NotAcceptable).into_response(),
    };
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
    if let Some(spoken) = spoken {
        response.extensions_mut().insert(spoken);
    }
    response
}

/// Why a request does not get through.
enum Refused {
    With(Problem),
    /// A page that is for whoever has signed in: where to do that.
    To(String),
}

impl<E: Into<Problem>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self::With(error.into())
    }
}

/// Who calls is left in the request. Returns what is left of the caller's rate.
async fn admit(app: &App, right: Right, request: &mut Request) -> Result<Option<Left>, Refused> {
    let (scope, page) = match right {
        Right::Public if writes(request.method()) && !is_ours(app, request.headers()) => {
            return Err(Problem::new(Kind::NotOurs).into());
        }
        Right::Public => return Ok(None),
        Right::Key(scope) | Right::Own(scope) => (scope, false),
        Right::Page(scope) => (scope, true),
    };
    if !page && request.headers().contains_key(header::AUTHORIZATION) {
        let (caller, left) = by_key(app, scope, request.headers())?;
        if matches!(right, Right::Own(_)) {
            return Err(Problem::new(Kind::SessionNeeded).into());
        }
        request.extensions_mut().insert(caller);
        return Ok(left);
    }
    let Some(signed) = Signed::of(app, request.headers())? else {
        return Err(match page && is_navigation(request.headers()) {
            true => Refused::To(sign_in(request)),
            false => Problem::new(Kind::Unauthenticated).into(),
        });
    };
    let left = within_rate(app, || signed.session.id.clone())?;
    if writes(request.method()) {
        let token = token(app, request).await?;
        if !is_ours(app, request.headers()) || !token.is_some_and(|token| signed.accepts(&token)) {
            return Err(Problem::new(Kind::NotOurs).into());
        }
    }
    if !signed.caller.allows(scope) {
        return Err(Problem::new(Kind::Forbidden).into());
    }
    if app.desk().is_worth_noting(&signed.session) {
        let (desk, secret) = (app.desk().clone(), signed.secret.clone());
        app.inner.pool.run(move || Ok(desk.note_session(&secret)?)).await?;
    }
    request.extensions_mut().insert(signed.caller.clone());
    request.extensions_mut().insert(signed);
    Ok(left)
}

fn writes(method: &Method) -> bool {
    !method.is_safe()
}

/// Whether somebody goes to a page, as against a script that fetches it: that one is told what is wrong.
fn is_navigation(headers: &HeaderMap) -> bool {
    let mode = headers.get("sec-fetch-mode").and_then(|mode| mode.to_str().ok());
    mode.is_none_or(|mode| mode == "navigate") && !headers.contains_key(CSRF_HEADER)
}

/// Where to sign in, and to come back from there to what is asked for now.
fn sign_in(request: &Request) -> String {
    let here = request.uri().path_and_query().map_or("/", |here| here.as_str());
    if writes(request.method()) || here == "/" {
        return "/sign-in".to_owned();
    }
    format!("/sign-in?to={}", crate::answer::encoded(here))
}

/// The token that a write bears, in its header or in its form; the form is read and put back.
async fn token(app: &App, request: &mut Request) -> Result<Option<String>, Problem> {
    if let Some(token) = request.headers().get(CSRF_HEADER) {
        return Ok(token.to_str().ok().map(str::to_owned));
    }
    let config = &app.inner.config;
    let limit = match media_type(request.headers()) {
        Some(FORM) => config.body_limit,
        Some(MULTIPART) => config.upload_limit + config.body_limit,
        _ => return Ok(None),
    };
    let body = std::mem::take(request.body_mut());
    let bytes = axum::body::to_bytes(body, limit).await.map_err(|_| Problem::too_large(limit))?;
    *request.body_mut() = Body::from(bytes.clone());
    if media_type(request.headers()) == Some(MULTIPART) {
        return Ok(token_of_parts(app, request.headers(), bytes, limit).await);
    }
    let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(&bytes).unwrap_or_default();
    Ok(pairs.into_iter().find(|(name, _)| name == CSRF_FIELD).map(|(_, token)| token))
}

/// The token of a form with files: its first part.
async fn token_of_parts(
    app: &App,
    headers: &HeaderMap,
    body: Bytes,
    limit: usize,
) -> Option<String> {
    let mut form = Request::new(Body::from(body));
    *form.headers_mut() = headers.clone();
    DefaultBodyLimit::apply(DefaultBodyLimit::max(limit), &mut form);
    let mut parts = Multipart::from_request(form, app).await.ok()?;
    let first = parts.next_field().await.ok()??;
    if first.name() == Some(CSRF_FIELD) { first.text().await.ok() } else { None }
}

fn by_key(
    app: &App,
    scope: KeyScope,
    headers: &HeaderMap,
) -> Result<(Caller, Option<Left>), Problem> {
    let secret = bearer(headers)?;
    let caller = app.desk().caller(secret).map_err(|error| match error {
        DeskError::Forbidden => unauthenticated("Bearer realm=\"bihuan\", error=\"invalid_token\""),
        error => error.into(),
    })?;
    let left = within_rate(app, || store::api_key_hash(secret))?;
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

/// Takes one request off what a key or a session may make.
fn within_rate(app: &App, key: impl FnOnce() -> String) -> Result<Option<Left>, Problem> {
    app.inner.limiter.take(key, app.desk().now()).map_err(|left| {
        let refused =
            Problem::new(Kind::TooManyRequests).header(header::RETRY_AFTER, left.wait.into());
        match app.inner.limiter.rate().map(|rate| rate_headers(rate, left)) {
            Some([policy, limit]) => refused.header(policy.0, policy.1).header(limit.0, limit.1),
            None => refused,
        }
    })
}

pub(crate) fn bearer(headers: &HeaderMap) -> Result<&str, Problem> {
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
