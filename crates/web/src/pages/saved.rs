//! `GET /saved/{shelf}`: the views and the templates that somebody has, his own and those that are shared.

pub(crate) mod change;
pub(crate) mod make;

use super::admin;
use super::cases::described;
use super::framed::{Frame, Section, list_href};
use super::icon::icon;
use super::visit::Visit;
use super::words::counted;
use crate::app::App;
use crate::parse::{self, NoParams};
use crate::problem::{Kind, Problem};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use desk::{Content, Criteria, DeskError, Saved, Shelf};
use engine::key::Key;
use maud::{Markup, html};

/// Everything of a sort that one person can have, own and shared.
const ALL: usize = 1_000;

/// The page.
pub(crate) struct Saves {
    pub(crate) frame: Frame,
    pub(crate) shelf: Shelf,
    pub(crate) lines: Vec<Line>,
    /// The form for a new one.
    pub(crate) fresh: Option<Given>,
}

/// One of them.
pub(crate) struct Line {
    pub(crate) id: String,
    pub(crate) shared: bool,
    /// It may be changed by whoever looks.
    pub(crate) changeable: bool,
    /// It is the first of its order.
    pub(crate) first: bool,
    /// The list behind a view.
    pub(crate) href: Option<String>,
    pub(crate) count: Option<u64>,
    /// What it holds, in words.
    pub(crate) about: String,
    pub(crate) given: Given,
}

/// What a form holds, and why it came back.
#[derive(Debug, Clone, Default)]
pub(crate) struct Given {
    pub(crate) name: String,
    pub(crate) shared: bool,
    pub(crate) text: String,
    pub(crate) criteria: Criteria,
    pub(crate) wrong: Option<String>,
}

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    parse::Named(shelf): parse::Named<String>,
    _: NoParams,
) -> Result<Response, Problem> {
    let page = Saves::of(&app, &visit, shelf_of(&shelf)?)?;
    Ok(visit.page(&page.html()))
}

fn shelf_of(name: &str) -> Result<Shelf, Problem> {
    Shelf::parse(name).ok_or_else(|| Problem::new(Kind::NotFound))
}

impl Given {
    /// Out of the fields of a form; what is no filter of a list and no field of the form is refused.
    fn of(fields: Vec<(String, String)>) -> Result<(Self, String), Problem> {
        let (mut given, mut deed, mut filters) = (Self::default(), String::new(), Vec::new());
        for (name, value) in fields {
            match name.as_str() {
                "name" => given.name = value,
                "shared" => given.shared = value == "yes",
                "text" => given.text = value.replace("\r\n", "\n"),
                "deed" => deed = value,
                _ => filters.push((name, value)),
            }
        }
        let known = Criteria::default();
        let strange =
            |(name, _): &(String, String)| !known.named().iter().any(|(known, _)| known == name);
        if filters.iter().any(strange) {
            return Err(Problem::new(Kind::InvalidBody));
        }
        let text = serde_urlencoded::to_string(&filters).unwrap_or_default();
        given.criteria =
            serde_urlencoded::from_str(&text).map_err(|_| Problem::new(Kind::InvalidBody))?;
        Ok((given, deed))
    }

    fn content(&self, shelf: Shelf) -> Content {
        match shelf {
            Shelf::Views => Content::View(self.criteria.clone()),
            Shelf::Templates => Content::Template(self.text.clone().into()),
        }
    }
}

impl Saves {
    fn of(app: &App, visit: &Visit, shelf: Shelf) -> Result<Self, Problem> {
        let (desk, lang) = (app.desk(), visit.lang);
        let frame = visit.frame(app, Section::Other, lang.say(words(shelf).title))?;
        let (library, people) = (desk.library(), desk.people());
        let saved: Vec<(Saved, Option<u64>)> = match shelf {
            Shelf::Views => desk.counted_views(visit.caller(), ALL)?,
            Shelf::Templates => {
                let all = desk.saved(visit.caller(), shelf).into_iter();
                all.map(|saved| (saved, None)).collect()
            }
        };
        let mut lines: Vec<Line> = Vec::new();
        for (saved, count) in saved {
            let criteria = saved.criteria().cloned().unwrap_or_default();
            let text = saved.text().unwrap_or_default().to_owned();
            lines.push(Line {
                id: saved.id.to_string(),
                shared: saved.shared,
                changeable: !saved.shared || frame.supervises,
                first: lines.last().is_none_or(|before| before.shared != saved.shared),
                href: saved.criteria().map(list_href),
                count,
                about: match shelf {
                    Shelf::Views => described(&criteria, lang, &library, &people),
                    Shelf::Templates => text.clone(),
                },
                given: Given {
                    name: saved.name,
                    shared: saved.shared,
                    text,
                    criteria,
                    wrong: None,
                },
            });
        }
        let fresh = (shelf == Shelf::Templates).then(Given::default);
        Ok(Self { frame, shelf, lines, fresh })
    }

    pub(crate) fn html(&self) -> Markup {
        let (frame, lang) = (&self.frame, self.frame.lang);
        let (shelf, words) = (self.shelf.name(), words(self.shelf));
        let section = |id: &'static str, name: &str, shared: bool| {
            let lines: Vec<&Line> =
                self.lines.iter().filter(|line| line.shared == shared).collect();
            html! {
                section.card aria-labelledby=(id) {
                    header { h2 id=(id) { (name) " " span.count { (lines.len()) } } }
                    @if lines.is_empty() { p.body.quiet { (lang.say(words.none)) } }
                    ul.beside.saved { @for line in lines { (self.line(line)) } }
                }
            }
        };
        let content = html! {
            div.split #saved {
                @if frame.admin { (admin::tabs(lang, &format!("/saved/{shelf}"))) }
                div.bar { h1 { (lang.say(words.title)) } }
                p.quiet { (lang.say(words.about)) }
                @if let Some(fresh) = &self.fresh {
                    section.card aria-labelledby="fresh" {
                        header { h2 #fresh { (lang.say(words.new)) } }
                        div.body { (self.form("new", &format!("/saved/{shelf}"), fresh)) }
                    }
                }
                (section("own", lang.say("saved.own"), false))
                (section("shared", lang.say("saved.shared"), true))
            }
        };
        frame.page(&content)
    }

    fn line(&self, line: &Line) -> Markup {
        let lang = self.frame.lang;
        let shelf = self.shelf.name();
        let action = format!("/saved/{shelf}/{}", crate::answer::encoded(&line.id));
        html! {
            li {
                div.line {
                    b.spread {
                        @match &line.href {
                            Some(href) => a href=(href) { (line.given.name) },
                            None => (line.given.name),
                        }
                        @if let Some(count) = line.count { " " span.count { (counted(count)) } }
                    }
                    @if line.changeable && !line.first {
                        form method="post" action=(action) {
                            input type="hidden" name="csrf" value=(self.frame.csrf);
                            button.bare.small name="deed" value="raise" aria-label=(lang.fill("saved.raise", &[("name", &line.given.name)])) { (icon("up")) }
                        }
                    }
                }
                @if !line.about.is_empty() { p.quiet.text { (line.about) } }
                @if line.changeable {
                    details id={ "change-" (line.id) } open[line.given.wrong.is_some()] {
                        summary { (lang.say("saved.change")) span.unseen { " " (line.given.name) } }
                        (self.form(&line.id, &action, &line.given))
                    }
                }
            }
        }
    }

    fn form(&self, id: &str, action: &str, given: &Given) -> Markup {
        let (frame, lang) = (&self.frame, self.frame.lang);
        let is_new = id == "new";
        html! {
            form.fields method="post" action=(action) {
                input type="hidden" name="csrf" value=(frame.csrf);
                @for (name, value) in given.criteria.given() { input type="hidden" name=(name) value=(value); }
                @if let Some(wrong) = &given.wrong { div.notice.late.wide role="alert" { (icon("warn")) p { (wrong) } } }
                div.field {
                    label for={ "name-" (id) } { (lang.say("views.name")) }
                    input id={ "name-" (id) } name="name" value=(given.name) required maxlength="40" autocomplete="off";
                }
                @if self.shelf == Shelf::Templates {
                    div.field.wide {
                        label for={ "text-" (id) } { (lang.say("templates.text")) }
                        textarea id={ "text-" (id) } name="text" rows="4" required maxlength="4000" aria-describedby={ "hint-" (id) } { (given.text) }
                        p.hint id={ "hint-" (id) } { (lang.say("templates.hint")) }
                    }
                }
                @if frame.supervises {
                    label.check.wide { input type="checkbox" name="shared" value="yes" checked[given.shared]; (lang.say(words(self.shelf).share)) }
                }
                div.actions.wide {
                    button.main name="deed" value="save" { (lang.say("views.keep")) }
                    @if !is_new { button name="deed" value="discard" formnovalidate { (lang.say("saved.discard")) } }
                }
            }
        }
    }

    /// Puts back what was sent, with what is wrong with it.
    fn returned(mut self, id: Option<&Key>, given: Given) -> Self {
        match self.lines.iter_mut().find(|line| id.is_some_and(|id| line.id == **id)) {
            Some(line) => line.given = given,
            None => self.fresh = Some(given),
        }
        self
    }
}

/// The page once more, with what was sent and why it was refused; what is no fault of the form is a problem.
fn refused(
    app: &App,
    visit: &Visit,
    shelf: Shelf,
    (id, mut given): (Option<&Key>, Given),
    error: DeskError,
) -> Result<Response, Problem> {
    let said = matches!(error, DeskError::Refused(_) | DeskError::Stale { .. });
    let why = desk::words::failure(&error, visit.lang.english);
    if !said {
        return Err(error.into());
    }
    given.wrong = Some(why);
    let page = Saves::of(app, visit, shelf)?.returned(id, given);
    Ok(visit.answer(StatusCode::UNPROCESSABLE_ENTITY, &page.html()))
}

/// The words of a shelf.
struct Words {
    title: &'static str,
    about: &'static str,
    none: &'static str,
    new: &'static str,
    share: &'static str,
}

const VIEWS: Words = Words {
    title: "views.title",
    about: "views.about",
    none: "views.none",
    new: "views.new",
    share: "views.share",
};

const TEMPLATES: Words = Words {
    title: "templates.title",
    about: "templates.about",
    none: "templates.none",
    new: "templates.new",
    share: "templates.share",
};

fn words(shelf: Shelf) -> Words {
    match shelf {
        Shelf::Views => VIEWS,
        Shelf::Templates => TEMPLATES,
    }
}
