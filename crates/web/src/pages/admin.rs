//! What the pages of the administration share: their places side by side, and the names of roles and departments.

use super::framed::Frame;
use super::visit::see_other;
use super::words::Lang;
use crate::app::App;
use crate::parse::NoParams;
use axum::response::Response;
use engine::key::Key;
use maud::{Markup, html};
use std::collections::BTreeMap;

/// The places, with their addresses and words.
const PLACES: [(&str, &str); 10] = [
    ("/admin/people", "admin.people"),
    ("/admin/teams", "admin.teams"),
    ("/admin/procedures", "admin.procedures"),
    ("/admin/calendars", "admin.calendars"),
    ("/admin/keys", "admin.keys"),
    ("/admin/webhooks", "hooks.title"),
    ("/admin/installation", "admin.installation"),
    ("/admin/log", "log.title"),
    ("/saved/views", "views.title"),
    ("/saved/templates", "templates.title"),
];

/// `GET /admin`: the first of them.
pub(crate) async fn handler(_: NoParams) -> Response {
    see_other("/admin/people")
}

/// The places as tabs; `here` is the address of one.
pub(crate) fn tabs(lang: Lang, here: &str) -> Markup {
    html! {
        nav.tabs aria-label=(lang.say("admin.places")) {
            @for (href, name) in PLACES {
                a href=(href) aria-current=[(href == here).then_some("page")] data-command={ (lang.say("frame.admin")) ": " (lang.say(name)) } { (lang.say(name)) }
            }
        }
    }
}

/// A page of the administration.
pub(crate) fn page(frame: &Frame, here: &str, content: &Markup) -> Markup {
    let lang = frame.lang;
    frame.page(&html! { div.split.admin { (tabs(lang, here)) (content) } })
}

/// A form's token.
pub(crate) fn csrf(frame: &Frame) -> Markup {
    html! { input type="hidden" name="csrf" value=(frame.csrf); }
}

/// Why a form came back.
pub(crate) fn wrong(why: Option<&str>) -> Markup {
    html! {
        @if let Some(why) = why { div.notice.late role="alert" { (super::icon::icon("warn")) p { (why) } } }
    }
}

/// Keys of procedures with their names, in the order of the keys.
pub(crate) type Names = BTreeMap<Key, String>;

/// The roles of all procedures, under all names that they have there.
pub(crate) fn roles(app: &App, lang: Lang) -> Names {
    let all = super::roles::all(&app.desk().library(), lang);
    all.into_iter().map(|(key, name)| (key.as_str().into(), name)).collect()
}

/// The departments of all procedures.
pub(crate) fn departments(app: &App, lang: Lang) -> Names {
    let library = app.desk().library();
    let all = library.all().flat_map(|rules| &rules.departments);
    all.map(|one| (one.key.clone(), lang.word(&one.label).to_owned())).collect()
}

/// A name, or the key where there is none.
pub(crate) fn named(names: &Names, key: &Key) -> String {
    names.get(key).cloned().unwrap_or_else(|| key.to_string())
}
