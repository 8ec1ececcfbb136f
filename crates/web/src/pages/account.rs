//! `GET /account`: what somebody does about himself: absence, password, second factor, sessions.

pub(crate) mod away;
pub(crate) mod confirm;
pub(crate) mod end;
pub(crate) mod password;
pub(crate) mod remove;

use super::absence::Away;
use super::field::{Ask, Blamed, new_password};
use super::framed::Section;
use super::left::day_and_minute;
use super::once;
use super::visit::Visit;
use super::words::Lang;
use crate::api::me::second::begin::address;
use crate::app::App;
use crate::pages::document::text;
use crate::parse::NoParams;
use crate::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use desk::{Session, words};
use engine::calendar::Calendar;
use maud::{Markup, html};
use qrcode::{Color, QrCode};

/// The address of the page, to come back to whatever was sent.
const HERE: &str = "/account";
/// Where an own absence is said.
const ABSENCE: &str = "/account/absence";

/// What the page says beyond how things stand.
#[derive(Default)]
struct Said {
    /// Why the password was not changed.
    password: Option<Blamed>,
    /// Why the second factor was not taken on or off.
    second: Option<Blamed>,
    /// What was done, or is shown this once.
    news: Markup,
    /// The absence as it was sent.
    away: Option<Away>,
}

/// The page.
pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    _: NoParams,
) -> Result<Response, Problem> {
    let again = app.clone();
    let work = move || page(&app, &visit, Said::default());
    again.inner.pool.run(work).await
}

fn page(app: &App, visit: &Visit, said: Said) -> Result<Response, Problem> {
    let (signed, lang) = (&visit.signed, visit.lang);
    let (desk, english, id) = (app.desk(), lang.english, &signed.person.id);
    let away = match said.away {
        Some(away) => away,
        None => Away::of(app, lang, &desk.person(id)?.0, ABSENCE.to_owned()),
    };
    let refused = said.password.is_some() || said.second.is_some() || away.wrong.is_some();
    let mut frame = visit.frame(app, Section::Other, text("page.account", english))?;
    frame.to = HERE.to_owned();
    let card = |title: &str, id: &str, content: Markup| {
        html! {
            section.card aria-labelledby=(id) { header { h2 id=(id) { (title) } } div.body { (content) } }
        }
    };
    let (sessions, calendar) = (desk.sessions(id)?, desk.calendar_of_the_house());
    let content = html! {
        div.split.account {
            h1 { (text("page.account", english)) }
            (said.news)
            (card(lang.say("away.title"), "away-title", away.html(lang, &signed.csrf)))
            @if desk.has_account(id)? {
                (card(&text("page.account.password", english), "password-title", password(visit, said.password.as_ref())))
                (card(&text("page.account.second", english), "second-title", second(app, visit, said.second.as_ref())?))
            } @else {
                (card(&text("page.account.password", english), "password-title", html! { p.quiet { (text("page.account.no_password", english)) } }))
            }
            section.card aria-labelledby="sessions-title" {
                header { h2 #sessions-title { (text("page.account.sessions", english)) } }
                ul.beside { @for one in &sessions { (session(calendar.as_deref(), visit, one)) } }
            }
        }
    };
    let status = if refused { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(visit.answer(status, &frame.page(&content)))
}

/// What was done.
fn news(what: &str) -> Markup {
    html! { p.notice.fine role="status" { "✓ " (what) } }
}

fn csrf(visit: &Visit) -> Markup {
    html! { input type="hidden" name="csrf" value=(visit.signed.csrf); }
}

/// A new password, by the one before.
fn password(visit: &Visit, wrong: Option<&Blamed>) -> Markup {
    let english = visit.lang.english;
    let old = Ask { name: "old", kind: "password", fill: "current-password", ..Ask::default() };
    html! {
        form method="post" action="/account/password" {
            (csrf(visit))
            div.fields {
                (old.html(english, wrong))
                (new_password(english, ["new_password", "new_again"], false, wrong))
            }
            div.actions { button { (text("page.account.password", english)) } }
        }
    }
}

/// A session: with what, since when, from where.
fn session(calendar: Option<&Calendar>, visit: &Visit, one: &Session) -> Markup {
    let (lang, english) = (visit.lang, visit.lang.english);
    let at = day_and_minute(calendar, one.since);
    let since = words::text("page.account.since", english, &[("at", &at)]);
    let whence = [since.as_str(), one.origin.address.as_str()];
    let whence = whence.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
    let browser = browser(&one.origin.agent, lang);
    html! {
        li.line {
            div.spread {
                b title=(one.origin.agent) { (browser) }
                @if one.id == visit.signed.session.id { " " span.tag.accent { (text("page.account.this", english)) } }
                p.quiet { (whence) }
            }
            @if one.id != visit.signed.session.id {
                form method="post" action=(format!("/account/sessions/{}/end", one.id)) {
                    (csrf(visit))
                    button.small { (text("page.account.end", english)) span.unseen { " " (browser) } }
                }
            }
        }
    }
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
fn second(app: &App, visit: &Visit, wrong: Option<&Blamed>) -> Result<Markup, Problem> {
    let (desk, english, person) = (app.desk(), visit.lang.english, &visit.signed.person.id);
    if let Some(left) = desk.second_factor(person)? {
        let old = Ask { name: "old", kind: "password", fill: "current-password", ..Ask::default() };
        return Ok(html! {
            p { (words::text("page.account.second_on", english, &[("left", &left.to_string())])) }
            form method="post" action="/account/second-factor/removal" {
                (csrf(visit))
                div.fields { (old.html(english, wrong)) }
                div.actions { button { (text("page.account.second_off", english)) } }
            }
        });
    }
    let key = desk.enrol(person)?;
    let address = address(&key, person, english);
    let ask = Ask { name: "code", kind: "text", fill: "one-time-code", ..Ask::default() };
    Ok(html! {
        p { (text("page.account.second_about", english)) }
        (code(&address, &text("page.account.qr", english)))
        (once::to_copy(visit.lang, &key))
        form method="post" action="/account/second-factor" {
            (csrf(visit))
            div.fields { (ask.html(english, wrong)) }
            div.actions { button { (text("page.account.second_confirm", english)) } }
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
