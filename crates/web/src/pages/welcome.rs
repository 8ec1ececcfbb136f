//! `GET /welcome/{link}`: somebody who was invited, or needs a new password, chooses one.

pub(crate) mod choose;

use crate::app::App;
use crate::frame::speaks_english;
use crate::pages::document::{Page, text};
use crate::pages::field::{Blamed, new_password};
use crate::parse::{Named, NoParams};
use crate::problem::{Kind, Problem};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use desk::words;
use maud::html;

/// The form, as long as the link is valid.
pub(crate) async fn handler(
    State(app): State<App>,
    headers: HeaderMap,
    Named(link): Named<String>,
    _: NoParams,
) -> Result<Response, Problem> {
    form(&app, &link, speaks_english(&app, &headers), None)
}

/// The form, or why it is shown once more.
fn form(
    app: &App,
    link: &str,
    english: bool,
    blamed: Option<&Blamed>,
) -> Result<Response, Problem> {
    let ended = || Problem::new(Kind::LinkEnded);
    let known = app.desk().link(link)?.and_then(|link| link.person).ok_or_else(ended)?;
    let people = app.desk().people();
    let person = people.person(&known).ok_or_else(ended)?;
    let title = words::text("page.welcome", english, &[("name", &person.name)]);
    let content = html! {
        h1 { (title) }
        p { (words::text("page.welcome.about", english, &[("id", &person.id)])) }
        form method="post" action=(format!("/welcome/{link}")) {
            input type="hidden" name="username" value=(*person.id) autocomplete="username";
            (new_password(english, ["password", "again"], true, blamed))
            button { (text("page.welcome.choose", english)) }
        }
    };
    let status = if blamed.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok((status, Page { title: &title, english, theme: None, content }).into_response())
}
