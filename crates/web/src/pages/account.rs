//! `GET /account`: what somebody does about himself: password, second factor, sessions.

pub(crate) mod confirm;
pub(crate) mod end;
pub(crate) mod password;
pub(crate) mod remove;

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
use maud::{Markup, html};
use qrcode::{Color, QrCode};

/// The page.
pub(crate) async fn handler(
    State(app): State<App>,
    signed: Signed,
    _: NoParams,
) -> Result<Response, Problem> {
    let shown = signed.clone();
    let again = app.clone();
    let work = move || page(&app, &shown, None, html! {});
    again.inner.pool.run(work).await
}

/// The page, with why something was not done, or with news above everything else.
fn page(app: &App, signed: &Signed, why: Option<&str>, news: Markup) -> Result<Response, Problem> {
    let english = signed.english;
    let title = text("page.account", english);
    let csrf = html! { input type="hidden" name="csrf" value=(signed.csrf); };
    let sessions = app.desk().sessions(&signed.person.id)?;
    let content = html! {
        h1 { (title) }
        (wrong(why))
        (news)
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
                    (session.since.strftime("%F %H:%MZ")) " " (session.origin.address) " " (session.origin.agent) " "
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
