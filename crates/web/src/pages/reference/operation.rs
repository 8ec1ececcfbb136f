//! `GET /reference/{operation}`: one operation: what it takes, what it answers, and a form to try it out.

use super::chinese::{prose, text};
use super::read::{self, Answer, Content, Operation, Parameter};
use super::shape::{Shape, Told};
use super::{attempt, chapter, chapter_name, chapter_of, endpoint, example, framed, scope};
use crate::app::App;
use crate::origin;
use crate::pages::framed::{Frame, Section};
use crate::pages::keys::SCOPES;
use crate::pages::visit::Visit;
use crate::parse;
use crate::problem::{Kind, Problem, ProblemBody};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use desk::words;
use maud::{Markup, html};
use serde_json::Value as Json;

/// The page.
pub(crate) struct One {
    pub(crate) frame: Frame,
    operation: Operation,
    /// Where this server is reached.
    origin: String,
}

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    headers: HeaderMap,
    parse::Named(id): parse::Named<String>,
) -> Result<Response, Problem> {
    let operation = Operation::named(&id).ok_or_else(|| Problem::new(Kind::NotFound))?;
    let title = text(visit.lang, operation.summary()).into_owned();
    let frame = visit.frame(&app, Section::Other, title)?;
    Ok(visit.page(&One { frame, operation, origin: origin::ours(&app, &headers) }.html()))
}

impl One {
    pub(crate) fn html(&self) -> Markup {
        let (lang, operation) = (self.frame.lang, &self.operation);
        let (parameters, answers) = (operation.parameters(), operation.answers());
        let (wrong, fine): (Vec<Answer>, Vec<Answer>) =
            answers.into_iter().partition(Answer::is_problem);
        let content = html! {
            article.reference.operation {
                (self.head())
                div.says {
                    @if let Some(about) = operation.about() { p.prose { (prose(lang, about)) } }
                    (self.right())
                    @if !parameters.is_empty() { (self.parameters(&parameters)) }
                    @if let Some(body) = operation.body() { (self.body(&body)) }
                    @for answer in &fine { (self.answer(answer)) }
                    @if !wrong.is_empty() { (self.problems(&wrong)) }
                }
                div.at-hand { (attempt::card(&self.frame, operation, &self.origin)) (self.others()) }
            }
        };
        framed(&self.frame, &content)
    }

    fn head(&self) -> Markup {
        let (lang, operation) = (self.frame.lang, &self.operation);
        html! {
            header.head {
                p.quiet {
                    a href="/reference" { (lang.say("reference.title")) }
                    @if let Some((chapter, _)) = chapter_of(operation) {
                        " / " a href={ "/reference#" (chapter) } { (chapter_name(lang, chapter)) }
                    }
                }
                h1 { (text(lang, operation.summary())) }
                p.endpoint {
                    (endpoint(operation)) (scope(lang, operation))
                    a.button.small href="#attempt" { (lang.say("reference.try")) }
                }
            }
        }
    }

    /// What a caller must be allowed, in words.
    fn right(&self) -> Markup {
        let (lang, needed) = (self.frame.lang, self.operation.scope());
        let known = SCOPES.iter().find(|(_, scope, _)| Some(*scope) == needed);
        html! {
            p.quiet {
                @match known {
                    Some((_, scope, words)) => {
                        (lang.say("reference.needs")) " " code { (scope) } " (" (lang.say(words)) ")"
                    },
                    None => { (lang.say("reference.needs_nothing")) },
                }
            }
        }
    }

    fn parameters(&self, parameters: &[Parameter]) -> Markup {
        let lang = self.frame.lang;
        html! {
            section.card aria-labelledby="parameters" {
                header { h2 #parameters { (lang.say("reference.parameters")) } }
                ul.members.body {
                    @for parameter in parameters {
                        li {
                            p.line {
                                code.name { (parameter.name) }
                                span.tag { (lang.say(&format!("reference.place.{}", parameter.place))) }
                                span.kind { (parameter.shape.words(lang)) }
                                @if parameter.required { span.must { (lang.say("reference.required")) } }
                            }
                            @if let Some(about) = parameter.about.or(parameter.shape.about()) { p.about { (prose(lang, about)) } }
                            (parameter.shape.limits(lang))
                        }
                    }
                }
            }
        }
    }

    fn body(&self, body: &Content) -> Markup {
        let lang = self.frame.lang;
        html! {
            section.card aria-labelledby="takes" {
                header { h2 #takes { (lang.say("reference.body")) } span.tag { (body.media) } }
                div.body { (self.content(body, false)) }
            }
        }
    }

    /// A schema beside its example.
    fn content(&self, content: &Content, answered: bool) -> Markup {
        let lang = self.frame.lang;
        let example = example::of(content);
        html! {
            @if let Some(schema) = content.schema { div.shape { (Shape::of(schema).html(Told { lang, answered })) } }
            @if let Some(example) = &example {
                details.example open[!answered] {
                    summary { (lang.say("reference.example")) }
                    (attempt::shown(lang.say("reference.example"), example))
                }
            }
        }
    }

    fn answer(&self, answer: &Answer) -> Markup {
        let lang = self.frame.lang;
        let id = format!("answers-{}", answer.status);
        html! {
            section.card aria-labelledby=(id) {
                header {
                    h2 id=(id) { span.status { (answer.status) } " " (text(lang, answer.about)) }
                    @for content in &answer.contents { span.tag { (content.media) } }
                }
                @if !answer.headers.is_empty() || answer.contents.iter().any(|one| one.schema.is_some()) {
                    div.body {
                        @if !answer.headers.is_empty() {
                            ul.members {
                                @for (name, about) in &answer.headers {
                                    li { p.line { code.name { (name) } span.tag { (lang.say("reference.answer_header")) } span.about { (prose(lang, about)) } } }
                                }
                            }
                        }
                        // Files of every kind are one and the same to a reader.
                        @if let Some(content) = answer.contents.first() { (self.content(content, true)) }
                    }
                }
            }
        }
    }

    /// What can go wrong. All of it has one form.
    fn problems(&self, problems: &[Answer]) -> Markup {
        let lang = self.frame.lang;
        let first = problems.iter().find_map(|answer| self.problem(answer));
        html! {
            section.card aria-labelledby="problems" {
                header { h2 #problems { (lang.say("reference.problems")) } span.tag { (crate::problem::MEDIA_TYPE) } }
                ul.members.body {
                    @for answer in problems {
                        @let known = self.problem(answer);
                        li {
                            p.line {
                                span.status.late { (answer.status) }
                                b { @if let Some(known) = &known { (known.title) } @else { (text(lang, answer.about)) } }
                                @if let Some(known) = &known { code { (known.kind) } }
                            }
                            @if let Some(known) = known.filter(says_more) { p.about { (known.detail) } }
                        }
                    }
                }
                div.body {
                    details.inner {
                        summary { (lang.say("reference.problem_body")) }
                        @if let Some(schema) = read::schema("ProblemBody") { (Shape::of(schema).html(Told { lang, answered: true })) }
                        @if let Some(first) = first.and_then(|first| serde_json::to_value(first).ok()) {
                            (attempt::shown(lang.say("reference.example"), &first))
                        }
                    }
                }
            }
        }
    }

    /// The problem that the document gives as an example, in the language of whoever looks.
    fn problem(&self, answer: &Answer) -> Option<ProblemBody> {
        let example = answer.contents.first()?.example?;
        let named = example.get("type").and_then(Json::as_str)?.rsplit('/').next()?;
        let kind = Kind::ALL.iter().find(|kind| kind.slug() == named)?;
        Some(crate::problem::sample(*kind).body(self.frame.lang.english))
    }

    /// The other operations of its chapter.
    fn others(&self) -> Markup {
        let lang = self.frame.lang;
        let Some((name, tags)) = chapter_of(&self.operation) else { return html! {} };
        html! {
            nav.card aria-labelledby="others" {
                header { h2 #others { (chapter_name(lang, name)) } }
                ul.operations.short {
                    @for operation in chapter(tags) {
                        li {
                            a href={ "/reference/" (operation.id) } aria-current=[(operation.id == self.operation.id).then_some("page")] {
                                span.method data-method=(operation.method) { (operation.method.to_uppercase()) }
                                span.what { (text(lang, operation.summary())) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Whether what a problem says in full says something without the fields and versions of a call.
fn says_more(problem: &ProblemBody) -> bool {
    let slug = problem.kind.rsplit('/').next().unwrap_or_default();
    let detail = words::text(&format!("api.{slug}.detail"), true, &[]);
    !detail.contains("{fields}") && !detail.contains("{version}")
}

#[cfg(test)]
impl One {
    /// The page of every operation, for the test that draws all pages.
    pub(crate) fn all(
        frame: impl Fn() -> Frame,
        origin: &str,
    ) -> impl Iterator<Item = (&'static str, Self)> {
        read::operations().map(move |operation| {
            (operation.id, Self { frame: frame(), operation, origin: origin.to_owned() })
        })
    }
}
