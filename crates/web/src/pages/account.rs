//! `GET /account`: what somebody does about himself: absence, password, second factor, sessions.

pub(crate) mod away;
pub(crate) mod confirm;
pub(crate) mod end;
pub(crate) mod password;
pub(crate) mod remove;

use super::absence::Away;
use super::left::day_and_minute;
use super::words::Lang;
use crate::api::me::second::begin::address;
use crate::app::App;
use crate::pages::document::{Page, text};
use crate::pages::field::{input, wrong};
use crate::parse::NoParams;
use crate::problem::Problem;
use crate::signed::Signed;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use desk::words;
use jiff::Timestamp;
use maud::{Markup, html};
use qrcode::{Color, QrCode};

/// Where an own absence is said.
const ABSENCE: &str = "/account/absence";

/// The page.
pub(crate) async fn handler(
    State(app): State<App>,
    signed: Signed,
    _: NoParams,
) -> Result<Response, Problem> {
    let shown = signed.clone();
    let again = app.clone();
    let work = move || page(&app, &shown, None, html! {}, None);
    again.inner.pool.run(work).await
}

/// The page, with why something was not done, or with news above everything else; `away` is the absence as it was sent.
fn page(
    app: &App,
    signed: &Signed,
    why: Option<&str>,
    news: Markup,
    away: Option<Away>,
) -> Result<Response, Problem> {
    let (english, lang) = (signed.english, Lang { english: signed.english });
    let away = match away {
        Some(away) => away,
        None => Away::of(app, lang, &app.desk().person(&signed.person.id)?.0, ABSENCE.to_owned()),
    };
    let title = text("page.account", english);
    let csrf = html! { input type="hidden" name="csrf" value=(signed.csrf); };
    let sessions = app.desk().sessions(&signed.person.id)?;
    let calendar = app.desk().calendar_of_the_house();
    let local = |at: Timestamp| day_and_minute(calendar.as_deref(), at);
    let content = html! {
        h1 { (title) }
        (wrong(why))
        (news)
        h2 { (lang.say("away.title")) }
        (away.html(lang, &signed.csrf))
        h2 { (text("page.account.password", english)) }
        form method="post" action="/account/password" {
            (csrf)
            (input(english, "old", "password", "", "current-password"))
            (input(english, "password", "password", "", "new-password"))
            (input(english, "again", "password", "", "new-password"))
            button { (text("page.account.password", english)) }
        }
        h2 { (text("page.account.second", english)) }
        (second(app, signed, &csrf)?)
        h2 { (text("page.account.sessions", english)) }
        ul {
            @for session in &sessions {
                li {
                    (local(session.since)) " · " (session.origin.address) " · " span title=(session.origin.agent) { (browser(&session.origin.agent, lang)) } " "
                    @if session.id == signed.session.id {
                        (text("page.account.this", english))
                    } @else {
                        form method="post" action=(format!("/account/sessions/{}/end", session.id)) {
                            (csrf)
                            button { (text("page.account.end", english)) }
                        }
                    }
                }
            }
        }
        p { a href="/" { (text("page.home", english)) } }
    };
    let status = if why.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = Page { title: &title, english, theme: signed.theme, content };
    Ok((status, page).into_response())
}

/// A browser and its system, as people call them, out of what it says of itself; what is unknown shows its beginning.
fn browser(agent: &str, lang: Lang) -> String {
    let known = |names: &[(&str, &'static str)]| {
        names.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
    };
    // Most claim to be several at once; the more special ones come first.
    let browser = known(&[
        ("MicroMessenger", "WeChat"),
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ]);
    let system = known(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} · {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) if agent.is_empty() => lang.say("account.unknown").to_owned(),
        (None, None) => agent.chars().take(24).collect(),
    }
}

/// The second factor: how many recovery codes are left, or the key to take in.
fn second(app: &App, signed: &Signed, csrf: &Markup) -> Result<Markup, Problem> {
    let (desk, english) = (app.desk(), signed.english);
    if let Some(left) = desk.second_factor(&signed.person.id)? {
        return Ok(html! {
            p { (words::text("page.account.second_on", english, &[("left", &left.to_string())])) }
            form method="post" action="/account/second-factor/removal" {
                (csrf)
                (input(english, "old", "password", "", "current-password"))
                button { (text("page.account.second_off", english)) }
            }
        });
    }
    if !desk.has_account(&signed.person.id)? {
        return Ok(html! {});
    }
    let key = desk.enrol(&signed.person.id)?;
    let address = address(&key, &signed.person.id, english);
    Ok(html! {
        p { (text("page.account.second_about", english)) }
        (code(&address, &text("page.account.qr", english)))
        p { code { (key) } }
        form method="post" action="/account/second-factor" {
            (csrf)
            (input(english, "code", "text", "", "one-time-code"))
            button { (text("page.account.second_confirm", english)) }
        }
    })
}

/// A text as a QR code, drawn as one path.
fn code(text: &str, name: &str) -> Markup {
    let Ok(code) = QrCode::new(text) else { return html! {} };
    let width = code.width();
    let mut path = String::new();
    for (place, color) in code.to_colors().into_iter().enumerate() {
        if color == Color::Dark {
            path.push_str(&format!("M{} {}h1v1h-1z", place % width + 4, place / width + 4));
        }
    }
    let size = width + 8;
    html! {
        svg role="img" aria-label=(name) width="200" height="200" viewBox=(format!("0 0 {size} {size}")) {
            rect width="100%" height="100%" fill="#fff" {}
            path d=(path) fill="#000" {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::browser;
    use crate::pages::words::Lang;

    #[test]
    fn a_browser_is_called_as_people_call_it() {
        let lang = Lang { english: true };
        for (agent, name) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
                "Edge · Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
                "Safari · iPhone",
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                "Firefox · Linux",
            ),
            ("curl/8.5.0", "curl"),
            ("", "unknown browser"),
        ] {
            assert_eq!(browser(agent, lang), name);
        }
    }
}
