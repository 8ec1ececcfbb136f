//! The one place where a page becomes a document: its head, its language, its theme.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use desk::{Theme, words};
use maud::{DOCTYPE, Markup, html};

/// A page.
pub(crate) struct Page<'a> {
    pub(crate) title: &'a str,
    pub(crate) english: bool,
    /// The person's choice; the machine's when there is none.
    pub(crate) theme: Option<Theme>,
    pub(crate) content: Markup,
}

impl IntoResponse for Page<'_> {
    fn into_response(self) -> Response {
        let theme = self.theme.map(|theme| match theme {
            Theme::Light => "light",
            Theme::Dark => "dark",
        });
        let document = html! {
            (DOCTYPE)
            html lang=(if self.english { "en" } else { "zh-CN" }) data-theme=[theme] {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { (self.title) " · " (text("page.product", self.english)) }
                }
                body { main { (self.content) } }
            }
        };
        let mut response = document.into_string().into_response();
        let kind = HeaderValue::from_static("text/html; charset=utf-8");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        response
    }
}

/// A text of the locale.
pub(crate) fn text(key: &str, english: bool) -> String {
    words::text(key, english, &[])
}
