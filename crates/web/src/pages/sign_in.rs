//! `GET /sign-in`: name and password; in a demonstration, one click.

pub(crate) mod code;
pub(crate) mod demo;
pub(crate) mod enter;

use crate::app::App;
use crate::frame::speaks_english;
use crate::pages::document::{Page, text};
use crate::pages::icon::icon;
use crate::pages::roles;
use crate::pages::visit::see_other;
use crate::pages::words::Lang;
use crate::parse::Params;
use crate::problem::Problem;
use crate::signed::set_cookie;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use desk::words;
use engine::people::Person;
use maud::{Markup, html};
use serde::Deserialize;
use utoipa::IntoParams;

/// Where to go on afterwards.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Query {
    to: Option<String>,
}

/// The form.
pub(crate) async fn handler(
    State(app): State<App>,
    headers: HeaderMap,
    Params(query): Params<Query>,
) -> Result<Response, Problem> {
    let to = query.to.unwrap_or_default();
    let form = Form { english: speaks_english(&app, &headers), to: &to, name: "", wrong: None };
    form.show(&app, StatusCode::OK)
}

/// The form as it is shown, empty or once more.
struct Form<'a> {
    english: bool,
    to: &'a str,
    /// What was typed.
    name: &'a str,
    /// Why it is shown once more.
    wrong: Option<String>,
}

impl Form<'_> {
    fn show(self, app: &App, status: StatusCode) -> Result<Response, Problem> {
        let english = self.english;
        let title = text("page.sign_in", english);
        let is_demo = app.desk().is_demo()?;
        // Nobody can sign in yet: whoever starts the server sees where that is changed.
        let bare = !is_demo && !app.desk().has_accounts()?;
        let content = html! {
            h1 { (title) }
            @if bare {
                div.notice role="status" { (icon("warn")) div {
                    p { b { (text("page.bare", english)) } }
                    p { (text("page.bare.about", english)) }
                } }
            }
            @if let Some(wrong) = &self.wrong { p role="alert" { (wrong) } }
            form method="post" action="/sign-in" {
                input type="hidden" name="to" value=(self.to);
                label {
                    (text("page.name", english))
                    input name="name" value=(self.name) required autofocus
                        autocomplete="username" autocapitalize="none" spellcheck="false";
                }
                label {
                    (text("page.password", english))
                    input name="password" type="password" required autocomplete="current-password";
                }
                button { (text("page.sign_in", english)) }
            }
            @if is_demo { (self.people(app)) }
        };
        let page = Page { title: &title, english, theme: None, content };
        Ok((status, page).into_response())
    }

    /// One button for each of the people of a demonstration.
    fn people(&self, app: &App) -> Markup {
        let (people, library) = (app.desk().people(), app.desk().library());
        let lang = Lang { english: self.english };
        let roles = |person: &Person| {
            let held = person.roles.iter().filter_map(|role| roles::name(&library, lang, role));
            lang.listed(&held.collect::<Vec<_>>())
        };
        html! {
            h2 { (text("page.demo_people", self.english)) }
            form method="post" action="/sign-in/demo" {
                input type="hidden" name="to" value=(self.to);
                ul {
                    @for person in people.people.iter() {
                        li {
                            button name="person" value=(*person.id) { (person.name) }
                            " " (roles(person))
                        }
                    }
                }
            }
        }
    }
}

/// How long to wait, in words.
pub(crate) fn patience(seconds: u64, english: bool) -> String {
    words::text("page.wait", english, &[("minutes", &seconds.div_ceil(60).to_string())])
}

/// The answer that shows a form to whoever has to wait so many seconds.
pub(crate) fn held_back(mut response: Response, seconds: u64) -> Response {
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}

/// The answer to whoever has just signed in: the cookie, and on to where he wanted to go.
pub(crate) fn entered(app: &App, secret: &str, to: &str) -> Response {
    let cookie = [(header::SET_COOKIE, set_cookie(app, secret))];
    (cookie, see_other(super::local(to))).into_response()
}
