//! The one place where a page becomes a document: its head, its language, its theme.

use super::assets::asset;
use super::icon::icon;
use super::words::{Lang, for_scripts};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use desk::{Theme, words};
use jiff::Timestamp;
use maud::{DOCTYPE, Markup, html};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A page that stands alone: for whoever has not signed in, and for what went wrong.
pub(crate) struct Page<'a> {
    pub(crate) title: &'a str,
    pub(crate) english: bool,
    /// The person's choice; the machine's when there is none.
    pub(crate) theme: Option<Theme>,
    pub(crate) content: Markup,
}

impl IntoResponse for Page<'_> {
    fn into_response(self) -> Response {
        let lang = Lang { english: self.english };
        let title = format!("{} · {}", self.title, lang.say("product.name"));
        let head = Head {
            lang,
            theme: theme_name(self.theme),
            title: &title,
            csrf: "",
            now: Timestamp::UNIX_EPOCH,
            sequence: None,
        };
        let document = head.document(
            "alone",
            &html! {
                main #main tabindex="-1" {
                    div.card {
                        p.brand { (icon("brand")) span.name { (lang.say("product.name")) } }
                        (self.content)
                    }
                }
            },
        );
        let mut response = document.into_string().into_response();
        let kind = HeaderValue::from_static("text/html; charset=utf-8");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        response
    }
}

/// For the attribute of the document; none leaves it to the machine.
pub(crate) fn theme_name(theme: Option<Theme>) -> Option<&'static str> {
    theme.map(|theme| match theme {
        Theme::Light => "light",
        Theme::Dark => "dark",
    })
}

/// A text of the locale.
pub(crate) fn text(key: &str, english: bool) -> String {
    words::text(key, english, &[])
}

/// What every document says of itself.
pub(crate) struct Head<'a> {
    pub(crate) lang: Lang,
    pub(crate) theme: Option<&'static str>,
    pub(crate) title: &'a str,
    pub(crate) csrf: &'a str,
    pub(crate) now: Timestamp,
    pub(crate) sequence: Option<u64>,
}

impl Head<'_> {
    /// A document whose body has a class.
    pub(crate) fn document(&self, class: &str, body: &Markup) -> Markup {
        html! {
            (DOCTYPE)
            html lang=(self.lang.code()) data-theme=[self.theme] data-now=(self.now.as_second()) data-sequence=[self.sequence] {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover";
                    meta name="csrf" content=(self.csrf);
                    meta name="robots" content="noindex";
                    title { (self.title) }
                    link rel="icon" href=(asset("icon.svg")) type="image/svg+xml";
                    link rel="stylesheet" href=(asset("app.css"));
                    script type="module" src=(asset("main.js")) {}
                }
                body class=(class) {
                    (body)
                    div #words hidden data-words=(words_json(self.lang)) {}
                }
            }
        }
    }
}

/// The texts that scripts say; the same on every page.
fn words_json(lang: Lang) -> &'static str {
    static WORDS: LazyLock<[String; 2]> = LazyLock::new(|| {
        [false, true].map(|english| {
            let words = for_scripts(Lang { english }).collect::<BTreeMap<_, _>>();
            serde_json::json!(words).to_string()
        })
    });
    let [zh, en] = &*WORDS;
    if lang.english { en } else { zh }
}
