//! Pages: HTML for people, one page or form per file.

mod absence;
pub(crate) mod account;
pub(crate) mod admin;
pub(crate) mod assets;
pub(crate) mod bulk;
pub(crate) mod calendars;
pub(crate) mod case;
pub(crate) mod cases;
mod chart;
pub(crate) mod customers;
pub(crate) mod document;
pub(crate) mod draft;
pub(crate) mod field;
mod form;
mod framed;
mod icon;
pub(crate) mod inbox;
pub(crate) mod installation;
pub(crate) mod keys;
mod left;
pub(crate) mod live;
pub(crate) mod log;
pub(crate) mod new;
mod once;
pub(crate) mod overview;
pub(crate) mod people;
mod phone;
pub(crate) mod preferences;
pub(crate) mod procedures;
pub(crate) mod reference;
mod roles;
mod row;
#[cfg(test)]
mod samples;
pub(crate) mod saved;
pub(crate) mod search;
pub(crate) mod set_up;
pub(crate) mod sign_in;
pub(crate) mod sign_out;
mod steps;
pub(crate) mod teams;
mod visit;
pub(crate) mod wall;
pub(crate) mod webhooks;
pub(crate) mod welcome;
mod words;
pub(crate) mod work;

pub(crate) use visit::see_other;

use crate::problem::{Kind, Problem};
use axum::response::{IntoResponse, Response};
use document::{Page, text};
use maud::html;

/// The media type of every page.
pub(crate) const HTML: &str = "text/html";

/// A problem as a page: what is wrong and what to do. `path` is the page's, without what was asked of it.
pub(crate) fn problem(problem: &Problem, path: &str, english: bool) -> Response {
    let body = problem.body(english);
    let plain = (problem.kind() == Kind::BadQuery).then(|| local(path));
    let content = html! {
        h1 { (body.title) }
        p { (body.detail) }
        p.actions {
            @if let Some(plain) = plain { a.button.main href=(plain) { (text("page.plain", english)) } " " }
            a.button href="/" { (text("page.home", english)) }
        }
    };
    Page { title: &body.title, english, theme: None, content }.into_response()
}

/// Where to go on: only to a place of ours, whatever a link says.
pub(crate) fn local(to: &str) -> &str {
    let foreign = !to.starts_with('/')
        || to.starts_with("//")
        || to.contains(|c: char| c == '\\' || c.is_control())
        || to.starts_with("/sign-in")
        || to.starts_with("/api/");
    if foreign { "/" } else { to }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leads_away() {
        for to in [
            "",
            "x",
            "//evil",
            "/\\evil",
            "https://evil",
            "/\t/evil",
            "/sign-in?to=/",
            "javascript:1",
        ] {
            assert_eq!(local(to), "/", "{to}");
        }
        for to in ["/cases/CF-1?x=%2F", "/?q=退货"] {
            assert_eq!(local(to), to);
        }
    }
}
