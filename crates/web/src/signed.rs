//! Who has signed in: the session behind a request's cookie, and how the person wants to be spoken to.

use crate::app::App;
use crate::frame::speaks_english;
use crate::problem::{Kind, Problem};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use desk::{Caller, Language, Session, Theme};
use engine::people::Person;
use store::api_key_hash as hash_of;

/// The cookie's name; with encryption browsers hold it to this host and to encryption.
pub(crate) const COOKIE: &str = "bihuan";
const SECURE_COOKIE: &str = "__Host-bihuan";

/// Somebody who has signed in. Handlers of pages take it as an argument; the gate has looked it up.
#[derive(Debug, Clone)]
pub struct Signed {
    /// On whose behalf, with what the session allows.
    pub caller: Caller,
    /// Who.
    pub person: Person,
    /// The session.
    pub session: Session,
    /// What every form must bring along in its field `csrf`, and every other write in `X-CSRF-Token`.
    pub csrf: String,
    /// English is wanted rather than Chinese: the person's choice, else the browser's.
    pub english: bool,
    /// The person's choice; the machine's theme when there is none.
    pub theme: Option<Theme>,
    /// Opens the session.
    pub(crate) secret: String,
}

impl FromRequestParts<App> for Signed {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        parts.extensions.get::<Signed>().cloned().ok_or_else(|| Problem::new(Kind::Unauthenticated))
    }
}

impl Signed {
    /// Who has signed in with the cookie of these headers.
    pub(crate) fn of(app: &App, headers: &HeaderMap) -> Result<Option<Self>, Problem> {
        let desk = app.desk();
        let Some(secret) = cookie(app, headers) else { return Ok(None) };
        let Some(session) = desk.session(&secret)?.filter(|session| !session.half) else {
            return Ok(None);
        };
        let people = desk.people();
        let Some(person) = people.person(&session.person).cloned() else { return Ok(None) };
        let chosen = desk.preferences(&person.id)?;
        let english = chosen
            .language
            .map_or_else(|| speaks_english(app, headers), |language| language == Language::En);
        let caller = desk.caller_of(&person);
        let csrf = csrf_of(&secret);
        Ok(Some(Self { caller, person, session, csrf, english, theme: chosen.theme, secret }))
    }

    /// Whether this is the session's token. Its hash is compared, so that time tells nothing.
    pub(crate) fn accepts(&self, token: &str) -> bool {
        hash_of(token) == hash_of(&self.csrf)
    }
}

/// The token of a session's forms: nobody who does not hold the session's secret knows it.
fn csrf_of(secret: &str) -> String {
    hash_of(&format!("csrf {secret}"))
}

/// The secret of the session in the cookies, if there is one.
pub(crate) fn cookie(app: &App, headers: &HeaderMap) -> Option<String> {
    let name = name(app);
    let cookies =
        headers.get_all(header::COOKIE).iter().filter_map(|cookies| cookies.to_str().ok());
    cookies
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find_map(|(known, value)| (known == name).then(|| value.to_owned()))
}

/// `Set-Cookie` that gives a browser a session's secret until it is closed; an empty one takes it away.
pub(crate) fn set_cookie(app: &App, secret: &str) -> HeaderValue {
    let secure = if app.is_https() { "; Secure" } else { "" };
    let gone = if secret.is_empty() { "; Max-Age=0" } else { "" };
    let text = format!("{}={secret}; Path=/; HttpOnly; SameSite=Lax{secure}{gone}", name(app));
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}

fn name(app: &App) -> &'static str {
    if app.is_https() { SECURE_COOKIE } else { COOKIE }
}
