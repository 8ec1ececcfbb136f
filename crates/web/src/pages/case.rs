//! `GET /cases/{number}`: a case - where it is on its way, what is due, what is to be done now, and everything that happened.

pub(crate) mod act;
pub(crate) mod build;
mod clocks;
pub(crate) mod draw;
pub(crate) mod follow;
pub(crate) mod here;
pub(crate) mod reveal;
pub(crate) mod snooze;
mod story;

use super::form::{Form, Typed, Wrong};
use super::framed::Frame;
use super::left::Left;
use super::visit::{Asked, Visit};
use crate::app::App;
use crate::parse;
use crate::problem::Problem;
use axum::extract::State;
use axum::response::Response;
use desk::words::{Sort, Told};
use serde::Deserialize;

/// What an address asks for beside the case.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    /// The action whose form is shown; the next one when nothing is said.
    r#do: String,
    /// Which part of the story.
    show: String,
    /// What was just done.
    done: String,
    /// The text that is put into the form.
    template: String,
}

/// What was sent and came back.
#[derive(Default)]
pub(crate) struct Returned {
    pub(crate) action: String,
    pub(crate) typed: Typed,
    pub(crate) wrong: Wrong,
    /// The version that was seen, where somebody was faster.
    pub(crate) stale: Option<u64>,
}

/// The page.
pub(crate) struct CasePage {
    pub(crate) frame: Frame,
    pub(crate) number: String,
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) procedure: String,
    pub(crate) version: u64,
    pub(crate) level: Option<(u8, String)>,
    pub(crate) tags: Vec<String>,
    pub(crate) holder: String,
    pub(crate) assignee: Option<String>,
    pub(crate) helpers: Vec<String>,
    pub(crate) path: Vec<Step>,
    pub(crate) clocks: Vec<ClockView>,
    pub(crate) settled: Vec<ClockView>,
    pub(crate) customer: Vec<Fact>,
    /// Fields that are shown in full, and stay so when another one is.
    pub(crate) shown: Vec<String>,
    /// The records of the customer: name and address.
    pub(crate) records: Vec<(String, String)>,
    /// A record can be made of what the case says.
    pub(crate) may_record: bool,
    pub(crate) earlier: Vec<Beside>,
    pub(crate) now: Option<Doing>,
    /// The next step is somebody else's: its name.
    pub(crate) theirs: Option<String>,
    /// Nobody has to do anything any more.
    pub(crate) over: Option<Over>,
    /// What else is at hand: at most three things.
    pub(crate) others: Vec<Other>,
    /// Everything else that may be done.
    pub(crate) further: Vec<Other>,
    pub(crate) tasks: Vec<TaskView>,
    pub(crate) files: Vec<FileView>,
    pub(crate) links: Vec<Beside>,
    pub(crate) sheets: Vec<Sheet>,
    pub(crate) story: Vec<Day>,
    pub(crate) show: &'static str,
    pub(crate) done: Option<String>,
    /// Whoever looks follows it.
    pub(crate) follows: bool,
    /// Whoever looks holds it, and may put it off.
    pub(crate) held: bool,
    /// Until when he has put it off.
    pub(crate) asleep: Option<String>,
    pub(crate) conflict: Option<Conflict>,
}

/// A stage on the way.
pub(crate) struct Step {
    pub(crate) name: String,
    /// `done`, `now` or `ahead`.
    pub(crate) class: &'static str,
    pub(crate) at: Option<String>,
}

/// A clock with its reasons.
pub(crate) struct ClockView {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) state: String,
    pub(crate) left: Option<Left>,
    /// The due, or when it was stopped, in local time.
    pub(crate) at: String,
    pub(crate) late: bool,
    pub(crate) provisional: bool,
    /// Start, and length, both in seconds.
    pub(crate) progress: Option<(i64, i64, i64)>,
    pub(crate) told: Vec<Told>,
    /// Days: text, what it is, class.
    pub(crate) strip: Vec<(String, String, &'static str)>,
}

/// What is to be done now.
pub(crate) struct Doing {
    pub(crate) title: String,
    /// The procedure asks for it next.
    pub(crate) next: bool,
    /// Whoever looks holds the case, so that it waits for him.
    pub(crate) mine: bool,
    /// What the procedure says against it, whatever is filled in.
    pub(crate) barred: Vec<String>,
    /// What is decided upon: name, value, long.
    pub(crate) decides: Vec<(String, String, bool)>,
    pub(crate) form: Form,
}

/// Why nothing is to be done any more.
pub(crate) struct Over {
    /// What became of it, in a word.
    pub(crate) title: String,
    pub(crate) text: String,
    /// The case that it is part of, where whoever looks may see it.
    pub(crate) main: Option<Beside>,
}

/// Something that the case says of its customer.
pub(crate) struct Fact {
    /// The field.
    pub(crate) key: String,
    pub(crate) name: String,
    pub(crate) text: String,
    /// The field, where it is masked and may be shown in full.
    pub(crate) reveal: Option<String>,
    /// It is a telephone number.
    pub(crate) phone: bool,
}

/// Something else that may be done.
pub(crate) struct Other {
    pub(crate) label: String,
    pub(crate) href: String,
    /// A key that does it.
    pub(crate) key: Option<&'static str>,
}

/// Another case beside this one.
pub(crate) struct Beside {
    pub(crate) number: String,
    pub(crate) title: String,
    pub(crate) note: String,
    pub(crate) open: bool,
}

/// A task.
pub(crate) struct TaskView {
    pub(crate) title: String,
    pub(crate) who: String,
    pub(crate) left: Option<Left>,
    pub(crate) done: Option<String>,
}

/// A file.
pub(crate) struct FileView {
    pub(crate) href: String,
    pub(crate) name: String,
    pub(crate) size: String,
    pub(crate) image: bool,
}

/// The values of a form.
pub(crate) struct Sheet {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) open: bool,
    pub(crate) values: Vec<Said>,
}

/// A line of a form.
pub(crate) struct Said {
    /// The field, where it is masked here and may be shown in full.
    pub(crate) key: Option<String>,
    pub(crate) name: String,
    pub(crate) text: String,
    /// It takes the whole width.
    pub(crate) wide: bool,
    /// It is masked still.
    pub(crate) hidden: bool,
}

/// What happened on a day, newest first.
pub(crate) struct Day {
    pub(crate) date: String,
    pub(crate) entries: Vec<Entry>,
}

/// What somebody did at one moment.
pub(crate) struct Entry {
    pub(crate) at: String,
    pub(crate) who: String,
    pub(crate) lines: Vec<(Sort, String)>,
}

/// Somebody was faster.
pub(crate) struct Conflict {
    pub(crate) changes: Vec<String>,
    /// What was typed into a form that is no longer there: label and text.
    pub(crate) typed: Vec<(String, String)>,
}

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    parse::Named(number): parse::Named<String>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Problem> {
    note_read(&app, &visit, &number).await?;
    let page = CasePage::of(&app, &visit, &number, &wanted, None)?;
    Ok(visit.page(&page.html()))
}

/// Whoever looks at a case has read what he was told of it. Where that cannot be written he sees it all the same.
async fn note_read(app: &App, visit: &Visit, number: &str) -> Result<(), Problem> {
    let (desk, person) = (app.desk().clone(), visit.caller().person.clone());
    let case = desk.standing(visit.caller(), number)?.id;
    if !desk.store().has_unread_of(&person, case)? {
        return Ok(());
    }
    let mark = move || Ok(desk.store().mark_read_of(&person, case, desk.now())?);
    if app.inner.pool.run(mark).await.is_err() {
        tracing::warn!("what was read could not be marked");
    }
    Ok(())
}
