//! `GET /set-up/{link}`: the first of three steps: the organisation and its first administrator. People and procedures follow.

pub(crate) mod save;

use crate::app::App;
use crate::frame::speaks_english;
use crate::pages::document::{Page, text};
use crate::pages::field::{Ask, Blamed, new_password};
use crate::parse::{Named, NoParams};
use crate::problem::{Kind, Problem};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use maud::html;
use save::Given;

/// The form, as long as the link is valid.
pub(crate) async fn handler(
    State(app): State<App>,
    headers: HeaderMap,
    Named(link): Named<String>,
    _: NoParams,
) -> Result<Response, Problem> {
    let known = app.desk().link(&link)?.filter(|link| link.person.is_none());
    known.ok_or_else(|| Problem::new(Kind::LinkEnded))?;
    let english = speaks_english(&app, &headers);
    Ok(form(&link, english, &Given::default(), None).into_response())
}

fn ask<'a>(name: &'a str, value: &'a str, fill: &'a str) -> Ask<'a> {
    Ask { name, kind: "text", value, fill, ..Ask::default() }
}

/// The form, empty or once more.
fn form(link: &str, english: bool, given: &Given, blamed: Option<&Blamed>) -> Response {
    let title = text("page.set_up", english);
    let chosen = if given.language.is_empty() { english } else { given.language == "en" };
    let content = html! {
        h1 { (title) }
        p { (text("page.set_up.about", english)) }
        form method="post" action=(format!("/set-up/{link}")) {
            fieldset {
                legend { (text("page.set_up.organisation", english)) }
                (Ask { first: true, ..ask("organisation", &given.organisation, "organization") }.html(english, blamed))
                label {
                    (text("page.field.language", english))
                    select name="language" {
                        option value="zh" selected[!chosen] { "中文" }
                        option value="en" selected[chosen] { "English" }
                    }
                }
            }
            fieldset {
                legend { (text("page.set_up.administrator", english)) }
                (ask("name", &given.name, "name").html(english, blamed))
                (Ask { rule: Some(text("person.bad_name", english)), ..ask("id", &given.id, "username") }.html(english, blamed))
                (new_password(english, ["password", "again"], false, blamed))
            }
            button { (text("page.next", english)) }
        }
    };
    let status = if blamed.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    (status, Page { title: &title, english, theme: None, content }).into_response()
}
