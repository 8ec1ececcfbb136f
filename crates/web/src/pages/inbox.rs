//! `GET /inbox`: what somebody was told, with what to do.

pub(crate) mod read;

use super::framed::{Frame, Section};
use super::left::ago;
use super::row::case_href;
use super::visit::{Asked, Visit};
use super::words::Lang;
use crate::app::App;
use crate::problem::Problem;
use axum::extract::State;
use axum::response::Response;
use desk::without_phones;
use engine::clocks::TimerStep;
use engine::event::Topic;
use engine::procedure::Procedure;
use maud::{Markup, html};
use serde::Deserialize;
use store::InboxMessage;

const PAGE: usize = 40;

#[derive(Deserialize)]
pub(crate) struct Wanted {
    before: Option<u64>,
}

/// A message.
pub(crate) struct Told {
    pub(crate) number: String,
    pub(crate) text: String,
    pub(crate) title: String,
    pub(crate) at: String,
    pub(crate) new: bool,
}

/// The page.
pub(crate) struct Inbox {
    pub(crate) frame: Frame,
    pub(crate) messages: Vec<Told>,
    /// Everything up to here is on the page or older.
    pub(crate) upto: u64,
    pub(crate) older: Option<u64>,
}

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Problem> {
    let (desk, lang) = (app.desk(), visit.lang);
    let person = &visit.caller().person;
    let found = desk.store().inbox_newest(person, wanted.before, PAGE)?;
    let scope = desk.scope(visit.caller());
    let mut messages = Vec::new();
    for message in &found {
        // A case that he may no longer see tells him nothing more.
        let Some(stored) = desk.store().case(&scope, message.case)? else { continue };
        let columns = &stored.summary.columns;
        let rules = desk.library().version(&columns.procedure, columns.procedure_version);
        let Some((rules, calendar)) = rules else { continue };
        messages.push(Told {
            number: message.number.clone(),
            text: text(lang, message, &rules),
            title: columns.title.as_deref().map(without_phones).unwrap_or_default(),
            at: ago(&calendar, desk.now(), message.at),
            new: message.read_at.is_none(),
        });
    }
    let page = Inbox {
        frame: visit.frame(&app, Section::Inbox, lang.say("inbox.title"))?,
        messages,
        upto: found.first().map_or(0, |message| message.sequence),
        older: found.last().map(|message| message.sequence).filter(|_| found.len() == PAGE),
    };
    Ok(visit.page(&page.html()))
}

/// What a message says: the procedure's own words, or those for its topic.
fn text(lang: Lang, message: &InboxMessage, rules: &Procedure) -> String {
    let clock = |key: &str| {
        rules.clock(key).map(|clock| lang.word(&clock.label).to_owned()).unwrap_or_default()
    };
    let action = |key: &str| {
        rules.action(key).map(|action| lang.word(&action.label).to_owned()).unwrap_or_default()
    };
    let language = if lang.english { "/en/$p" } else { "/zh/$p" };
    if let Some(text) = message.body.pointer(language).and_then(|text| text.as_str()) {
        return text.to_owned();
    }
    let topic =
        message.body.get("topic").cloned().and_then(|topic| serde_json::from_value(topic).ok());
    match topic {
        Some(Topic::Task(_)) => lang.say("inbox.task").to_owned(),
        Some(Topic::Approval) => lang.say("inbox.approval").to_owned(),
        Some(Topic::Mention) => lang.say("inbox.mention").to_owned(),
        Some(Topic::Followed { action: key }) => match key.map(|key| action(&key)) {
            Some(name) => lang.fill("inbox.followed.action", &[("action", &name)]),
            None => lang.say("inbox.followed").to_owned(),
        },
        Some(Topic::HandedOver) => lang.say("inbox.handed_over").to_owned(),
        Some(Topic::Clock { clock: key, step, .. }) => {
            let values = [("clock", clock(&key))];
            let values: Vec<(&str, &str)> =
                values.iter().map(|(name, value)| (*name, value.as_str())).collect();
            match step {
                TimerStep::Warn => lang.fill("inbox.warn", &values),
                TimerStep::Remind(_) | TimerStep::Expire => lang.fill("inbox.remind", &values),
                TimerStep::Breach => lang.fill("inbox.breach", &values),
                TimerStep::Step(_) | TimerStep::Again(_) => lang.fill("inbox.again", &values),
            }
        }
        Some(Topic::Rule(_)) | None => message.kind.clone(),
    }
}

impl Inbox {
    pub(crate) fn html(&self) -> Markup {
        let lang = self.frame.lang;
        let content = html! {
            div.split #inbox data-live data-everything {
                div.bar {
                    h1 { (lang.say("inbox.title")) }
                    @if self.frame.unread > 0 {
                        form method="post" action="/inbox/read" {
                            input type="hidden" name="csrf" value=(self.frame.csrf);
                            input type="hidden" name="upto" value=(self.upto);
                            button type="submit" data-command=(lang.say("inbox.all_read")) { (lang.say("inbox.all_read")) }
                        }
                    }
                }
                @if self.messages.is_empty() {
                    div.card { div.empty { p.say { (lang.say("inbox.empty")) } p { (lang.say("inbox.empty.what")) } } }
                } @else {
                    ul.card.inbox {
                        @for message in &self.messages {
                            li.new[message.new] data-row {
                                span.unread { @if message.new { span.unseen { (lang.say("inbox.new")) } } }
                                div { p.say { (message.text) } p { a.number href=(case_href(&message.number)) data-open data-number=(message.number) { (message.number) } " " span.quiet { (message.title) } } }
                                time.quiet { (message.at) }
                            }
                        }
                    }
                }
                @if let Some(older) = self.older { p.more { a.button href={ "/inbox?before=" (older) } { (lang.say("inbox.older")) } } }
            }
        };
        self.frame.page(&content)
    }
}
