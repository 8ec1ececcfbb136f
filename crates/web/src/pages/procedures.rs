//! `GET /admin/procedures`: which procedures are in use. The last step of setting up.

pub(crate) mod retire;

use crate::app::App;
use crate::pages::document::{Page, text};
use crate::parse::NoParams;
use crate::problem::Problem;
use crate::signed::Signed;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use maud::html;

/// The list; each may be taken out of use.
pub(crate) async fn handler(
    State(app): State<App>,
    signed: Signed,
    _: NoParams,
) -> Result<Response, Problem> {
    let english = signed.english;
    let title = text("page.procedures", english);
    let published = app.desk().published()?;
    let content = html! {
        h1 { (title) }
        p { (text("page.procedures.about", english)) }
        ul {
            @for one in &published {
                @let procedure = &one.procedure;
                li {
                    (if english { &procedure.label.en } else { &procedure.label.zh })
                    form method="post" action=(format!("/admin/procedures/{}/retirement", procedure.key)) {
                        input type="hidden" name="csrf" value=(signed.csrf);
                        button { (text("page.procedures.retire", english)) }
                    }
                }
            }
        }
        p { a href="/admin/people" { (text("page.people", english)) } }
        p { a href="/" { (text("page.done", english)) } }
    };
    Ok(Page { title: &title, english, theme: signed.theme, content }.into_response())
}
