//! `GET /sign-in/code`: the second factor, after the password.

pub(crate) mod give;

use crate::app::App;
use crate::frame::speaks_english;
use crate::pages::document::{Page, text};
use crate::pages::field::Ask;
use crate::pages::sign_in::Query;
use crate::parse::Params;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use maud::html;

/// The form.
pub(crate) async fn handler(
    State(app): State<App>,
    headers: HeaderMap,
    Params(query): Params<Query>,
) -> Response {
    let to = query.to.unwrap_or_default();
    form(speaks_english(&app, &headers), &to, None, StatusCode::OK)
}

fn form(english: bool, to: &str, why: Option<&str>, status: StatusCode) -> Response {
    let title = text("page.code", english);
    let blamed = why.map(|why| ("code", why.to_owned()));
    let code =
        Ask { name: "code", kind: "text", fill: "one-time-code", first: true, ..Ask::default() };
    let content = html! {
        h1 { (title) }
        p { (text("page.code.about", english)) }
        form method="post" action="/sign-in/code" {
            input type="hidden" name="to" value=(to);
            (code.html(english, blamed.as_ref()))
            button { (text("page.sign_in", english)) }
        }
    };
    (status, Page { title: &title, english, theme: None, content }).into_response()
}
