//! `GET /reference`: every operation of the API, in chapters. All of it is read out of the document that the server makes of itself, so that
//! people and programs are told the same.

mod attempt;
mod chinese;
mod example;
pub(crate) mod operation;
mod read;
mod shape;

use super::framed::{Frame, Section};
use super::icon::icon;
use super::visit::{Asked, Visit};
use super::words::Lang;
use crate::app::App;
use crate::origin;
use crate::pages::assets::asset;
use crate::problem::Problem;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use chinese::{prose, text};
use maud::{Markup, html};
use read::Operation;
use serde::Deserialize;

/// Chapters in the order of reading, each with the tags of its operations.
const CHAPTERS: &[(&str, &[&str])] = &[
    ("cases", &["cases", "bulk", "attachments", "exports"]),
    ("work", &["work", "inbox", "views", "templates", "drafts"]),
    ("customers", &["customers", "duplicates", "imports"]),
    ("events", &["events", "webhooks"]),
    ("figures", &["queues", "reports"]),
    ("people", &["users", "teams"]),
    ("access", &["me", "keys", "sessions"]),
    ("rules", &["procedures", "calendars", "installation"]),
    ("server", &["api", "healthz", "readyz", "metrics"]),
];

/// The page.
pub(crate) struct Reference {
    pub(crate) frame: Frame,
    /// Words that the operations shown contain.
    pub(crate) words: String,
    /// Where this server is reached.
    pub(crate) origin: String,
}

/// What the address may ask for.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Query {
    q: String,
}

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    headers: HeaderMap,
    Asked(query): Asked<Query>,
) -> Result<Response, Problem> {
    let page = Reference {
        frame: visit.frame(&app, Section::Other, visit.lang.say("reference.title"))?,
        words: query.q.trim().to_owned(),
        origin: origin::ours(&app, &headers),
    };
    Ok(visit.page(&page.html()))
}

/// The operations of a chapter, in the order of its tags and of the table of routes.
fn chapter(tags: &[&str]) -> Vec<Operation> {
    tags.iter().flat_map(|tag| read::operations().filter(move |one| one.tag == *tag)).collect()
}

/// The chapter of an operation.
fn chapter_of(operation: &Operation) -> Option<(&'static str, &'static [&'static str])> {
    CHAPTERS.iter().copied().find(|(_, tags)| tags.contains(&operation.tag))
}

fn chapter_name(lang: Lang, chapter: &str) -> String {
    lang.say(&format!("reference.chapter.{chapter}")).to_owned()
}

/// A page of the reference, with the style and the script that no other page needs.
fn framed(frame: &Frame, content: &Markup) -> Markup {
    frame.page(&html! {
        link rel="stylesheet" href=(asset("reference.css"));
        (content)
        script type="module" src=(asset("reference.js")) {}
    })
}

/// An operation's method and path.
fn endpoint(operation: &Operation) -> Markup {
    html! {
        span.method data-method=(operation.method) { (operation.method.to_uppercase()) }
        code.route { (operation.path) }
    }
}

/// What a caller must be allowed.
fn scope(lang: Lang, operation: &Operation) -> Markup {
    html! {
        @match operation.scope() {
            Some(scope) => span.tag.scope { (scope) },
            None => span.tag.scope { (lang.say("reference.public")) },
        }
    }
}

impl Reference {
    pub(crate) fn html(&self) -> Markup {
        let lang = self.frame.lang;
        let content = html! {
            div.reference.split {
                div.bar {
                    h1 { (lang.say("reference.title")) " " span.count { (read::operations().count()) } }
                    a.button.bare href="/api/openapi.json" { (icon("file")) "openapi.json" }
                    @if self.frame.admin { a.button.bare href="/admin/keys" { (lang.say("admin.keys")) } }
                }
                (self.beginning())
                (self.filter())
                @for (name, tags) in CHAPTERS { (self.chapter(name, &chapter(tags))) }
                div.card #nothing hidden[self.shown() > 0] { p.empty { (lang.say("reference.nothing")) } }
            }
        };
        framed(&self.frame, &content)
    }

    /// How to call at all.
    fn beginning(&self) -> Markup {
        let lang = self.frame.lang;
        html! {
            section.card aria-labelledby="begin" {
                header { h2 #begin { (lang.say("reference.begin")) } }
                div.body.begin {
                    div.prose {
                        p { (prose(lang, read::about())) }
                        ul.hints {
                            @for hint in ["key", "session", "pages", "versions", "once"] {
                                li { (chinese::marked(lang.say(&format!("reference.hint.{hint}")))) }
                            }
                        }
                    }
                    (attempt::command(lang, &attempt::first(&self.origin)))
                }
            }
        }
    }

    fn filter(&self) -> Markup {
        let lang = self.frame.lang;
        html! {
            form.find role="search" action="/reference" {
                label.unseen for="find-operation" { (lang.say("reference.find")) }
                input #find-operation type="search" name="q" value=(self.words) placeholder=(lang.say("reference.find")) autocomplete="off" spellcheck="false" data-filter;
                noscript { button { (lang.say("reference.filter")) } }
                nav.tabs aria-label=(lang.say("reference.chapters")) {
                    @for (name, tags) in CHAPTERS {
                        a href={ "#" (name) } { (chapter_name(lang, name)) span.count { (chapter(tags).len()) } }
                    }
                }
            }
        }
    }

    fn chapter(&self, name: &str, operations: &[Operation]) -> Markup {
        let lang = self.frame.lang;
        let none = !operations.iter().any(|operation| self.has(operation));
        let title = format!("{name}-title");
        html! {
            section.card id=(name) aria-labelledby=(title) data-chapter hidden[none] {
                header { h2 id=(title) { (chapter_name(lang, name)) } }
                ul.operations {
                    @for operation in operations {
                        li data-operation hidden[!self.has(operation)] {
                            a href={ "/reference/" (operation.id) } {
                                (endpoint(operation))
                                span.what { (text(lang, operation.summary())) }
                                (scope(lang, operation))
                            }
                        }
                    }
                }
            }
        }
    }

    /// Whether an operation contains all the words.
    fn has(&self, operation: &Operation) -> bool {
        let lang = self.frame.lang;
        let shown = [operation.method, operation.path, &*text(lang, operation.summary())].join(" ");
        let (shown, words) = (shown.to_lowercase(), self.words.to_lowercase());
        words.split_whitespace().all(|word| shown.contains(word))
    }

    fn shown(&self) -> usize {
        read::operations().filter(|operation| self.has(operation)).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openapi::document;
    use std::collections::BTreeSet;

    #[test]
    fn every_operation_of_the_document_stands_in_exactly_one_chapter() {
        let chapters = CHAPTERS.iter().flat_map(|(_, tags)| chapter(tags));
        let shown: Vec<&str> = chapters.map(|operation| operation.id).collect();
        let paths = document()["paths"].as_object().unwrap().values();
        let described: BTreeSet<&str> = paths
            .flat_map(|item| item.as_object().unwrap().values())
            .map(|operation| operation["operationId"].as_str().unwrap())
            .collect();
        assert_eq!(shown.len(), described.len(), "one stands twice");
        assert_eq!(shown.into_iter().collect::<BTreeSet<_>>(), described);
    }
}
