//! `GET /admin/installation`: what is said of the installation as a whole.

pub(crate) mod save;

use super::admin::{self, csrf};
use super::framed::{Frame, Section};
use super::visit::Visit;
use crate::app::App;
use crate::parse::NoParams;
use crate::problem::Problem;
use axum::extract::State;
use axum::response::Response;
use desk::Language;
use maud::{Markup, html};

/// The page.
pub(crate) struct Installation {
    pub(crate) frame: Frame,
    pub(crate) organisation: String,
    pub(crate) language: Option<Language>,
}

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    _: NoParams,
) -> Result<Response, Problem> {
    let page = Installation {
        frame: visit.frame(&app, Section::Admin, visit.lang.say("admin.installation"))?,
        organisation: app.desk().organisation()?.unwrap_or_default(),
        language: app.desk().language(),
    };
    Ok(visit.page(&page.html()))
}

impl Installation {
    pub(crate) fn html(&self) -> Markup {
        let (frame, lang) = (&self.frame, self.frame.lang);
        let languages = [
            ("", None, lang.say("admin.language.browser")),
            ("zh", Some(Language::Zh), "中文"),
            ("en", Some(Language::En), "English"),
        ];
        let content = html! {
            div.bar { h1 { (lang.say("admin.installation")) } }
            section.card { div.body {
                form.fields method="post" action="/admin/installation" {
                    (csrf(frame))
                    div.field { label for="organisation" { (lang.say("admin.organisation")) } input #organisation name="organisation" value=(self.organisation) required maxlength="80"; }
                    div.field {
                        label for="language" { (lang.say("admin.language")) }
                        select #language name="language" aria-describedby="language-hint" {
                            @for (value, language, name) in languages {
                                @if !value.is_empty() || self.language.is_none() { option value=(value) selected[self.language == language] { (name) } }
                            }
                        }
                        p.hint #language-hint { (lang.say("admin.language.what")) }
                    }
                    div.actions.wide { button.main { (lang.say("views.keep")) } }
                }
            } }
        };
        admin::page(frame, "/admin/installation", &content)
    }
}
