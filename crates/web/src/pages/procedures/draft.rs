//! `GET /admin/procedures/draft`: the text of a procedure, to be changed, checked and published.

pub(crate) mod take;

use crate::app::App;
use crate::pages::admin::{self, csrf};
use crate::pages::form::Typed;
use crate::pages::framed::{Frame, Section, list_href};
use crate::pages::icon::icon;
use crate::pages::visit::{Asked, Visit};
use crate::pages::words::{Lang, counted};
use crate::problem::Problem;
use crate::proofs::{self, NAME};
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use desk::{Criteria, Examined, words};
use engine::check::Violation;
use engine::procedure::{Difference, Finding};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value as Json;

/// Flaws and differences that are shown; the command line tells all.
const SHOWN: usize = 200;

/// What the draft of the text is called.
const NAMED: &str = "procedure";
/// Seconds after which the page of something that goes on comes again.
const AGAIN: HeaderValue = HeaderValue::from_static("2");

/// The page.
pub(crate) struct Draft {
    pub(crate) frame: Frame,
    pub(crate) text: String,
    /// Why nothing could be looked at, or was not published.
    pub(crate) wrong: Option<String>,
    /// It is being looked at, for so many seconds.
    pub(crate) going: Option<i64>,
    pub(crate) looked: Option<Looked>,
}

/// What came of looking at the text.
pub(crate) struct Looked {
    /// Marks the text that was looked at.
    pub(crate) mark: String,
    /// The version in force that was seen; 0: none is.
    pub(crate) over: u64,
    /// What it is called, its key, and the version that it would become.
    pub(crate) names: Option<(String, String, u64)>,
    pub(crate) flaws: Vec<Flaw>,
    /// States and moves over which it was proved.
    pub(crate) proof: (usize, usize),
    /// What differs: where, before, after. None for a procedure that is new.
    pub(crate) changes: Option<Vec<[String; 3]>>,
    /// Cases in hand, which stay on the version that they were opened under.
    pub(crate) open: u64,
}

/// Something that keeps the text from being published.
pub(crate) struct Flaw {
    /// One-based; none where it lies in another procedure.
    pub(crate) line: Option<u32>,
    /// What is written there.
    pub(crate) written: String,
    pub(crate) what: String,
    pub(crate) item: String,
    pub(crate) facts: String,
    /// How a case gets there.
    pub(crate) way: Vec<String>,
}

/// What the address asks for.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    /// The text of which procedure is the beginning.
    from: String,
    /// The draft is looked at.
    look: String,
    /// Somebody was faster.
    overtaken: String,
}

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Problem> {
    let (desk, lang) = (app.desk(), visit.lang);
    let mut draft = Draft::of(&app, &visit)?;
    if !wanted.from.is_empty() {
        // Also of one that is out of use: publishing it puts it back in force.
        draft.text = desk.last_published(&wanted.from)?.source;
    }
    if !wanted.overtaken.is_empty() {
        draft.wrong = Some(lang.say("procedure.overtaken").to_owned());
    }
    if wanted.look.is_empty() || draft.text.is_empty() {
        return Ok(visit.page(&draft.html()));
    }
    match proofs::state(&app, &draft.text)? {
        proofs::State::Going(since) => {
            draft.going = Some(desk.now().duration_since(since).as_secs());
            let mut page = visit.page(&draft.html());
            page.headers_mut().insert(header::REFRESH, AGAIN);
            Ok(page)
        }
        proofs::State::Found(examined) => {
            let key = examined.procedure.as_ref().map(|procedure| &*procedure.key);
            let open = key.map_or(Ok(0), |key| super::open_cases(&app, &visit, key))?;
            draft.looked = Some(Looked::of(lang, &examined, &draft.text, open));
            Ok(visit.page(&draft.html()))
        }
    }
}

impl Draft {
    /// With what was typed last.
    fn of(app: &App, visit: &Visit) -> Result<Self, Problem> {
        let kept = app.desk().draft(visit.caller(), NAMED)?;
        let kept: Option<Typed> =
            kept.and_then(|kept| serde_json::from_value(kept).ok()).map(Typed);
        let text = kept.as_ref().and_then(|kept| kept.one("text"));
        Ok(Self {
            frame: visit.frame(app, Section::Admin, visit.lang.say("procedure.draft"))?,
            text: text.unwrap_or_default().to_owned(),
            wrong: None,
            going: None,
            looked: None,
        })
    }

    pub(crate) fn html(&self) -> Markup {
        let (frame, lang) = (&self.frame, self.frame.lang);
        let content = html! {
            div.split #draft {
                div.bar { h1 { (lang.say("procedure.draft")) } a.button.bare href="/admin/procedures" { (lang.say("admin.procedures")) } }
                p.quiet { (lang.say("procedure.draft.about")) }
                (admin::wrong(self.wrong.as_deref()))
                @match self.going {
                    Some(seconds) => (going(lang, seconds)),
                    None => (self.form()),
                }
            }
        };
        admin::page(frame, "/admin/procedures", &content)
    }

    fn form(&self) -> Markup {
        let (frame, lang) = (&self.frame, self.frame.lang);
        html! {
            form.split method="post" action="/admin/procedures/draft" enctype="multipart/form-data" data-form data-within="draft" data-draft=(NAMED) {
                (csrf(frame))
                @if let Some(looked) = &self.looked {
                    input type="hidden" name="mark" value=(looked.mark);
                    input type="hidden" name="over" value=(looked.over);
                    (looked.html(lang))
                }
                section.card aria-labelledby="draft-text" {
                    header { h2 #draft-text { (lang.say("procedure.text")) } span.quiet data-saved {} }
                    div.body.fields {
                        div.field {
                            label for="file" { (lang.say("procedure.file")) }
                            input #file type="file" name="file" accept=".toml,text/plain";
                        }
                        div.field.wide {
                            label for="text" { (lang.say("procedure.paste")) }
                            textarea.code #text name="text" rows="24" spellcheck="false" autocomplete="off" autocapitalize="none" wrap="off" { "\n" (self.text) }
                        }
                        div.actions.wide {
                            button.main[!self.can_be_published()] name="deed" value="check" data-command=(lang.say("procedure.check")) { (lang.say("procedure.check")) }
                            span.quiet { (lang.say("procedure.check.what")) }
                        }
                    }
                }
            }
        }
    }

    fn can_be_published(&self) -> bool {
        self.looked.as_ref().is_some_and(Looked::is_sound)
    }
}

impl Looked {
    fn of(lang: Lang, examined: &Examined, text: &str, open: u64) -> Self {
        let lines: Vec<&str> = text.lines().collect();
        let written = |line: u32| {
            let place = usize::try_from(line).ok().and_then(|line| line.checked_sub(1));
            place.and_then(|place| lines.get(place)).map(|line| line.trim()).unwrap_or_default()
        };
        let findings = examined.findings.iter().map(|one| Flaw::found(lang, one, &written));
        let broken = examined.report.violations.iter();
        let broken = broken.map(|one| Flaw::broken(lang, one, &written));
        let procedure = examined.procedure.as_ref();
        let names = procedure
            .map(|one| (lang.word(&one.label).to_owned(), one.key.to_string(), examined.becomes));
        let shown =
            |one: &Difference| [one.path.clone(), value(one.old.as_ref()), value(one.new.as_ref())];
        Self {
            mark: proofs::mark(text),
            over: examined.over,
            names,
            flaws: findings.chain(broken).collect(),
            proof: (examined.report.proof_states, examined.report.proof_transitions),
            changes: (examined.becomes > 1)
                .then(|| examined.differences.iter().map(shown).collect()),
            open,
        }
    }

    fn is_sound(&self) -> bool {
        self.flaws.is_empty() && self.names.is_some()
    }

    fn html(&self, lang: Lang) -> Markup {
        html! {
            @match &self.names {
                Some((name, key, becomes)) if self.is_sound() => (self.sound(lang, name, key, *becomes)),
                _ => (self.flawed(lang)),
            }
        }
    }

    fn flawed(&self, lang: Lang) -> Markup {
        let count = self.flaws.len();
        html! {
            section.card aria-labelledby="flaws" {
                header { h2 #flaws tabindex="-1" { (lang.count("procedure.flaws", u64::try_from(count).unwrap_or(0))) } }
                div.notice.late role="alert" { (icon("warn")) p { (lang.say("procedure.flaws.what")) } }
                ol.flaws { @for flaw in self.flaws.iter().take(SHOWN) { (flaw.html(lang)) } }
                @if count > SHOWN { p.body.quiet { (lang.count("procedure.more", u64::try_from(count - SHOWN).unwrap_or(0))) } }
            }
        }
    }

    fn sound(&self, lang: Lang, name: &str, key: &str, becomes: u64) -> Markup {
        let version = becomes.to_string();
        let (states, moves) = (self.proof.0.to_string(), self.proof.1.to_string());
        let criteria = Criteria { procedure: key.to_owned(), ..Criteria::default() };
        html! {
            section.card.now-do aria-labelledby="sound" {
                header { h2 #sound tabindex="-1" { (lang.fill("procedure.sound", &[("name", name), ("version", &version)])) } span.tag { (key) } }
                div.body.split {
                    div.notice.fine role="status" { (icon("done")) p {
                        @if self.proof.0 > 0 { (lang.fill("procedure.proved", &[("states", &states), ("moves", &moves)])) }
                        @else { (lang.say("procedure.builtin")) }
                    } }
                    @match &self.changes {
                        None => p { (lang.say("procedure.new")) },
                        Some(changes) if changes.is_empty() => p { (lang.say("procedure.unchanged")) },
                        Some(changes) => (differing(lang, changes)),
                    }
                    @if self.over == 0 && becomes > 1 { p { (lang.say("procedure.returns")) } }
                    @if self.open > 0 {
                        p { (lang.fill("procedure.stay", &[("count", &counted(self.open))])) " " a href=(list_href(&criteria)) { (lang.say("procedure.stay.look")) } }
                    } @else { p.quiet { (lang.say("procedure.stay.none")) } }
                    div.actions {
                        button.main name="deed" value="publish" data-next data-command=(lang.say("procedure.publish")) { (lang.fill("procedure.publish.version", &[("version", &version)])) }
                        span.quiet { (lang.say("procedure.publish.what")) }
                    }
                }
            }
        }
    }
}

/// It goes on; the page comes again by itself.
fn going(lang: Lang, seconds: i64) -> Markup {
    html! {
        section.card aria-labelledby="going" {
            div.empty role="status" {
                p.say #going { (lang.say("procedure.going")) }
                p { (lang.fill("procedure.going.what", &[("seconds", &seconds.to_string())])) }
                a.button href="/admin/procedures/draft" { (lang.say("procedure.going.back")) }
            }
        }
    }
}

fn differing(lang: Lang, changes: &[[String; 3]]) -> Markup {
    let count = changes.len();
    html! {
        h3 { (lang.count("procedure.changes", u64::try_from(count).unwrap_or(0))) }
        div.scrolls tabindex="0" role="region" aria-label=(lang.say("procedure.changes.what")) {
            table.plain.changes {
                thead { tr { @for head in ["procedure.where", "procedure.before", "procedure.after"] { th scope="col" { (lang.say(head)) } } } }
                tbody { @for [path, old, new] in changes.iter().take(SHOWN) { tr {
                    td { code { (path) } }
                    td data-label=(lang.say("procedure.before")) { del { (old) } }
                    td data-label=(lang.say("procedure.after")) { ins { (new) } }
                } } }
            }
        }
        @if count > SHOWN { p.quiet { (lang.count("procedure.more", u64::try_from(count - SHOWN).unwrap_or(0))) } }
    }
}

impl Flaw {
    fn found<'t>(lang: Lang, one: &Finding, written: &impl Fn(u32) -> &'t str) -> Self {
        let own = one.file == NAME;
        let item = if own { one.item.clone() } else { format!("{}: {}", one.file, one.item) };
        Self {
            line: own.then_some(one.line),
            written: if own { written(one.line).to_owned() } else { String::new() },
            what: words::flaw(one.code, lang.english).to_owned(),
            item,
            facts: words::stands(one, lang.english),
            way: Vec::new(),
        }
    }

    fn broken<'t>(lang: Lang, one: &Violation, written: &impl Fn(u32) -> &'t str) -> Self {
        Self {
            line: Some(one.line),
            written: written(one.line).to_owned(),
            what: words::flaw(one.code, lang.english).to_owned(),
            item: one.item.clone(),
            facts: words::fact(&one.detail, lang.english).into_owned(),
            way: one.path.iter().map(|step| words::step(step, lang.english).into_owned()).collect(),
        }
    }

    fn html(&self, lang: Lang) -> Markup {
        html! {
            li {
                div.line {
                    @if let Some(line) = self.line {
                        a.number href="#text" data-line=(line) { (lang.fill("procedure.line", &[("line", &line.to_string())])) }
                    }
                    b { (self.what) } code { (self.item) }
                }
                @if !self.written.is_empty() { code.written { (self.written) } }
                p.quiet { (self.facts) }
                @if !self.way.is_empty() {
                    details { summary { (lang.count("procedure.way", u64::try_from(self.way.len()).unwrap_or(0))) }
                        ol.way { @for step in &self.way { li { (step) } } } }
                }
            }
        }
    }
}

/// A value of a procedure in a line.
fn value(value: Option<&Json>) -> String {
    match value {
        None => String::new(),
        Some(Json::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}
