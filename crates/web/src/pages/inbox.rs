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
use desk::{Desk, Seen, decode_event, without_phones};
use engine::clocks::TimerStep;
use engine::event::{Event, Topic};
use engine::people::Directory;
use engine::procedure::Procedure;
use maud::{Markup, html};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use store::InboxMessage;

/// Lines of a page.
const LINES: usize = 40;
/// Messages that are read at once, and how often for one page: a filter may pass over many.
const BATCH: usize = 120;
const BATCHES: usize = 8;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    before: Option<u64>,
    /// One of [`SORTS`]; all of them when nothing is said.
    only: String,
}

/// Sorts of messages.
const SORTS: [&str; 4] = ["mention", "work", "due", "other"];

/// What somebody was told of a case.
pub(crate) struct Told {
    pub(crate) number: String,
    pub(crate) title: String,
    /// The newest first.
    pub(crate) messages: Vec<Message>,
}

/// A message.
pub(crate) struct Message {
    pub(crate) text: String,
    /// What was written, where it is about that.
    pub(crate) said: Option<String>,
    /// The time that it is about.
    pub(crate) at: String,
    pub(crate) new: bool,
}

/// The page.
pub(crate) struct Inbox {
    pub(crate) frame: Frame,
    /// Which sort is shown.
    pub(crate) only: Option<&'static str>,
    pub(crate) lines: Vec<Told>,
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
    let only = SORTS.into_iter().find(|sort| *sort == wanted.only);
    if only.is_none() && !wanted.only.is_empty() {
        return Err(super::visit::unreadable("only"));
    }
    let reader = Reader { desk, lang, people: desk.people() };
    let (mut lines, mut upto, mut before) = (Vec::<Told>::new(), None, wanted.before);
    let mut seen: BTreeMap<String, Option<Seen>> = BTreeMap::new();
    let mut more = true;
    for _ in 0..BATCHES {
        let found = desk.store().inbox_newest(&visit.caller().person, before, BATCH)?;
        upto = upto.or(found.first().map(|message| message.sequence));
        more = found.len() == BATCH;
        for message in &found {
            if lines.len() == LINES && lines.iter().all(|line| line.number != message.number) {
                more = true;
                break;
            }
            before = Some(message.sequence);
            let topic = topic(message);
            if only.is_some_and(|only| only != sort(topic.as_ref())) {
                continue;
            }
            // A case that he may no longer see tells him nothing more.
            let case = seen
                .entry(message.number.clone())
                .or_insert_with(|| desk.case_for(visit.caller(), &message.number).ok());
            let Some(case) = case else { continue };
            let told = reader.message(message, topic.as_ref(), case)?;
            match lines.iter_mut().find(|line| line.number == message.number) {
                Some(line) => line.messages.push(told),
                None => lines.push(Told {
                    number: message.number.clone(),
                    title: case
                        .summary
                        .columns
                        .title
                        .as_deref()
                        .map(without_phones)
                        .unwrap_or_default(),
                    messages: vec![told],
                }),
            }
        }
        if !more || lines.len() == LINES {
            break;
        }
    }
    let page = Inbox {
        frame: visit.frame(&app, Section::Inbox, lang.say("inbox.title"))?,
        only,
        lines,
        upto: upto.unwrap_or(0),
        older: before.filter(|_| more),
    };
    Ok(visit.page(&page.html()))
}

fn topic(message: &InboxMessage) -> Option<Topic> {
    serde_json::from_value(message.body.get("topic")?.clone()).ok()
}

/// Of which sort a message is.
fn sort(topic: Option<&Topic>) -> &'static str {
    match topic {
        Some(Topic::Mention) => "mention",
        Some(Topic::Task(_) | Topic::Approval | Topic::HandedOver) => "work",
        Some(Topic::Clock { .. }) => "due",
        Some(Topic::Rule(_) | Topic::Followed { .. }) | None => "other",
    }
}

/// Puts messages into words.
struct Reader<'a> {
    desk: &'a Desk,
    lang: Lang,
    people: Arc<Directory>,
}

impl Reader<'_> {
    fn message(
        &self,
        message: &InboxMessage,
        topic: Option<&Topic>,
        seen: &Seen,
    ) -> Result<Message, Problem> {
        let (lang, now) = (self.lang, self.desk.now());
        let note = match topic {
            Some(Topic::Mention) => self.note(message, seen)?,
            _ => None,
        };
        let text = match &note {
            Some((who, _)) => lang.fill("inbox.mention.by", &[("who", who)]),
            None => text(lang, message, topic, &seen.procedure),
        };
        // A word about a deadline is about its due, whenever it came.
        let due = match topic {
            Some(Topic::Clock { clock, generation, .. }) => {
                seen.case.instance(clock, *generation).and_then(|instance| instance.due)
            }
            _ => None,
        };
        let at = match due {
            Some(due) => lang.fill("inbox.due", &[("time", &ago(&seen.calendar, now, due))]),
            None => ago(&seen.calendar, now, message.at),
        };
        Ok(Message { text, said: note.map(|(_, said)| said), at, new: message.read_at.is_none() })
    }

    /// Who wrote the note that a message is about, and what; it was written at the same instant.
    fn note(
        &self,
        message: &InboxMessage,
        seen: &Seen,
    ) -> Result<Option<(String, String)>, Problem> {
        let after = seen.case.version.saturating_sub(u64::try_from(NOTES).unwrap_or(u64::MAX));
        let rows = self.desk.store().events(seen.summary.id, after, NOTES)?;
        let written = rows.iter().filter(|row| row.at == message.at);
        let note = written.filter_map(|row| decode_event(row).ok()).find_map(|fact| {
            let who = fact.who.person().cloned()?;
            match fact.event {
                Event::Commented { text } => Some((who, text)),
                Event::ProgressNoted { note, .. } => Some((who, note)),
                _ => None,
            }
        });
        Ok(note.map(|(who, text)| {
            let name =
                self.people.person(&who).map_or_else(|| who.to_string(), |one| one.name.clone());
            (name, without_phones(text.as_str()))
        }))
    }
}

/// Facts of a case among which a note is looked for.
const NOTES: usize = 600;

/// What a message says: the procedure's own words, or those for its topic.
fn text(lang: Lang, message: &InboxMessage, topic: Option<&Topic>, rules: &Procedure) -> String {
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
    match topic {
        Some(Topic::Task(_)) => lang.say("inbox.task").to_owned(),
        Some(Topic::Approval) => lang.say("inbox.approval").to_owned(),
        Some(Topic::Mention) => lang.say("inbox.mention").to_owned(),
        Some(Topic::Followed { action: key }) => match key.as_ref().map(|key| action(key)) {
            Some(name) => lang.fill("inbox.followed.action", &[("action", &name)]),
            None => lang.say("inbox.followed").to_owned(),
        },
        Some(Topic::HandedOver) => lang.say("inbox.handed_over").to_owned(),
        Some(Topic::Clock { clock: key, step, .. }) => {
            let values = [("clock", clock(key))];
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
                nav.tabs aria-label=(lang.say("inbox.sorts")) {
                    @for sort in std::iter::once(None).chain(SORTS.map(Some)) {
                        a href=(Self::href(sort, None)) aria-current=[(sort == self.only).then_some("page")] data-swap="inbox" {
                            (lang.say(&format!("inbox.sort.{}", sort.unwrap_or("all"))))
                        }
                    }
                }
                @if self.lines.is_empty() {
                    div.card { div.empty { p.say { (lang.say("inbox.empty")) } p { (lang.say("inbox.empty.what")) } } }
                } @else {
                    ul.card.inbox { @for line in &self.lines { (line.html(lang)) } }
                }
                @if let Some(older) = self.older { p.more { a.button href=(Self::href(self.only, Some(older))) { (lang.say("inbox.older")) } } }
            }
        };
        self.frame.page(&content)
    }
    /// The page of a sort, from a place on.
    fn href(only: Option<&str>, before: Option<u64>) -> String {
        let only = only.map(|only| format!("only={only}"));
        let before = before.map(|before| format!("before={before}"));
        let asked: Vec<String> = only.into_iter().chain(before).collect();
        if asked.is_empty() { "/inbox".to_owned() } else { format!("/inbox?{}", asked.join("&")) }
    }
}

impl Told {
    /// One line of a case: the newest message, and the others behind it. All of it leads to the case.
    fn html(&self, lang: Lang) -> Markup {
        let new = self.messages.iter().any(|message| message.new);
        let (newest, others) = (self.messages.first(), self.messages.get(1..).unwrap_or_default());
        let count = u64::try_from(self.messages.len()).unwrap_or(u64::MAX);
        let said = |message: &Message| {
            html! { (message.text) @if let Some(said) = &message.said { span.said { (said) } } }
        };
        html! {
            li.new[new] data-row {
                span.unread { @if new { span.unseen { (lang.say("inbox.new")) } } }
                div {
                    @if let Some(newest) = newest { p.say { (said(newest)) } }
                    p {
                        a.number.whole href=(case_href(&self.number)) data-open data-number=(self.number) { (self.number) }
                        " " span.quiet { (self.title) }
                        @if !others.is_empty() { " " span.tag { (lang.count("inbox.count", count)) } }
                    }
                    @if !others.is_empty() {
                        details id={ "told-" (self.number) } {
                            summary { (lang.say("inbox.others")) span.unseen { " " (self.number) } }
                            ul { @for message in others { li { (said(message)) " " time.quiet { (message.at) } } } }
                        }
                    }
                }
                @if let Some(newest) = newest { time.quiet { (newest.at) } }
            }
        }
    }
}
