//! `GET /reference`: the API, to be read and tried out, in the session of whoever looks. It shows the document that the server makes
//! of itself; the viewer is Swagger UI, which travels in the program.

pub(crate) mod file;

use super::document::{Head, theme_name};
use super::visit::Visit;
use crate::app::App;
use crate::pages::assets::asset;
use axum::extract::State;
use axum::response::Response;
use maud::html;

pub(crate) async fn handler(State(app): State<App>, visit: Visit) -> Response {
    let (lang, title) = (visit.lang, visit.lang.say("reference.title"));
    let head = Head {
        lang,
        theme: theme_name(visit.signed.theme),
        title,
        csrf: &visit.signed.csrf,
        now: app.desk().now(),
        sequence: None,
    };
    let body = html! {
        link rel="stylesheet" href=(file::address("swagger-ui.css"));
        main #main tabindex="-1" {
            header {
                h1 { (title) }
                p { (lang.say("reference.about")) }
                p { a href="/" { (lang.say("reference.back")) } " · " a href="/api/openapi.json" { "openapi.json" } }
            }
            noscript { p { (lang.say("reference.no_scripts")) } }
            div #reference data-document="/api/openapi.json" {}
        }
        script src=(file::address("swagger-ui-bundle.js")) {}
        script type="module" src=(asset("reference.js")) {}
    };
    visit.page(&head.document("reference", &body))
}
