//! `GET /`: where everybody begins.

use crate::pages::document::{Page, text};
use crate::signed::Signed;
use axum::response::{IntoResponse, Response};
use desk::words;
use maud::html;

/// What is there for everybody who has signed in.
pub(crate) async fn handler(signed: Signed) -> Response {
    let english = signed.english;
    let title = text("page.home", english);
    let content = html! {
        h1 { (title) }
        p { (words::text("page.signed_in_as", english, &[("name", &signed.person.name)])) }
        form method="post" action="/sign-out" {
            input type="hidden" name="csrf" value=(signed.csrf);
            button { (text("page.sign_out", english)) }
        }
    };
    Page { title: &title, english, theme: signed.theme, content }.into_response()
}
