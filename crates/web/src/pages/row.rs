//! Cases as lines: one case, one next step, one clock.

use super::framed::Frame;
use super::left::{Left, day, day_and_minute};
use super::words::Lang;
use crate::answer::encoded;
use crate::app::App;
use crate::schema;
use desk::{Desk, DeskError, Found, Seen, Todo, Whence, without_phones};
use engine::case::{Holder, holder};
use engine::decide::takes_nothing;
use engine::key::Key;
use engine::people::Directory;
use engine::procedure::{Action, Means, Procedure};
use engine::show;
use maud::{Markup, html};
use store::{CaseSummary, Piece, Query};

/// A line.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) number: String,
    pub(crate) title: String,
    /// Severity and the level's name, where it says something.
    pub(crate) level: Option<(u8, String)>,
    pub(crate) left: Option<Left>,
    pub(crate) stage: String,
    /// The customer, masked; only where whole cases are read.
    pub(crate) customer: Option<String>,
    /// Who must act.
    pub(crate) holder: String,
    /// When it was registered, short and to the minute; only where that is asked for, with who holds it beside the customer.
    pub(crate) registered: Option<(String, String)>,
    pub(crate) next: Next,
    /// `next` is to log a contact with the customer.
    pub(crate) calls: bool,
    /// Why a search shows it, where the title does not say so.
    pub(crate) found: Option<Why>,
}

/// Where a search found a case, and what stands there.
#[derive(Debug, Clone)]
pub(crate) struct Why {
    whence: String,
    pieces: Vec<Piece>,
}

impl Why {
    fn of(lang: Lang, seen: &Seen, found: Found) -> Self {
        let whence = match &found.whence {
            Whence::Field(key) => seen
                .procedure
                .field(key)
                .map_or_else(|| key.to_string(), |field| lang.word(&field.label).to_owned()),
            Whence::Progress => lang.say("search.in.progress").to_owned(),
            Whence::Comment => lang.say("search.in.comment").to_owned(),
            Whence::Contact => lang.say("search.in.contact").to_owned(),
            Whence::File => lang.say("search.in.file").to_owned(),
            Whence::Number => lang.say("search.number").to_owned(),
        };
        Self { whence, pieces: found.excerpt.pieces }
    }

    pub(crate) fn html(&self) -> Markup {
        html! {
            span.why {
                span.whence { (self.whence) }
                @for piece in &self.pieces { @if piece.found { mark { (piece.text) } } @else { (piece.text) } }
            }
        }
    }
}

/// What comes next, as far as the viewer is concerned.
#[derive(Debug, Clone)]
pub(crate) enum Next {
    /// Nothing.
    Nothing,
    /// Somebody else's step.
    Theirs(String),
    /// His step; it asks for something.
    Form { label: String, href: String },
    /// His step; pressing is enough.
    Press { label: String, action: String, seen: u64 },
}

/// The address of a case.
pub(crate) fn case_href(number: &str) -> String {
    format!("/cases/{}", encoded(number))
}

impl Row {
    /// A case of which only the line was read.
    pub(crate) fn of_summary(app: &App, lang: Lang, people: &Directory, row: &CaseSummary) -> Self {
        let columns = &row.columns;
        let rules = app.desk().library().version(&columns.procedure, columns.procedure_version);
        let title = columns.title.as_deref().map(without_phones).unwrap_or_default();
        let Some((rules, calendar)) = rules else {
            let (number, stage, holder) =
                (row.number.clone(), columns.stage.clone(), columns.holder.clone());
            return Self {
                number,
                title,
                level: None,
                left: None,
                stage,
                customer: None,
                holder,
                registered: None,
                next: Next::Nothing,
                calls: false,
                found: None,
            };
        };
        let stage = rules.stage(&columns.stage);
        let next = stage.and_then(|stage| stage.next.as_ref()).and_then(|next| rules.action(next));
        let next = next.filter(|_| columns.open);
        Self {
            number: row.number.clone(),
            title,
            level: level(lang, &rules, columns.severity),
            left: columns.next_due.map(|due| Left::of(lang, &calendar, app.desk().now(), due)),
            stage: stage_name(lang, &rules, &columns.stage, &columns.life),
            customer: None,
            holder: holder_name(lang, &rules, people, &columns.holder),
            registered: None,
            next: next
                .map_or(Next::Nothing, |action| Next::Theirs(lang.word(&action.label).to_owned())),
            calls: false,
            found: None,
        }
    }

    /// A line of a list, with the customer and when it was registered.
    pub(crate) fn of_seen(app: &App, lang: Lang, people: &Directory, seen: &Seen) -> Self {
        let now = app.desk().now();
        let (calendar, at) = (&seen.calendar, seen.summary.columns.registered_at);
        let customer = customer(app.desk(), lang, seen);
        let registered = Some((day(calendar, now, at), day_and_minute(Some(calendar), at)));
        Self { customer, registered, ..Self::of_summary(app, lang, people, &seen.summary) }
    }

    /// What a query found, and why.
    pub(crate) fn of_hit(
        app: &App,
        lang: Lang,
        people: &Directory,
        (seen, query): (&Seen, &Query),
    ) -> Result<Self, DeskError> {
        let found = app.desk().found(seen, query)?.map(|found| Why::of(lang, seen, found));
        Ok(Self { found, ..Self::of_summary(app, lang, people, &seen.summary) })
    }

    /// A case of somebody's work in which the customer must be called today: by when, and how that is logged.
    pub(crate) fn of_call(desk: &Desk, lang: Lang, people: &Directory, todo: &Todo) -> Self {
        let left = todo.call.map(|due| Left::of(lang, &todo.seen.calendar, desk.now(), due));
        let row = Self::of_todo(desk, lang, people, todo);
        match &todo.contact {
            Some(contact) => {
                Self { left, next: next(lang, &todo.seen, Some(contact)), calls: true, ..row }
            }
            None => Self { left, ..row },
        }
    }

    /// A case of somebody's work.
    pub(crate) fn of_todo(desk: &Desk, lang: Lang, people: &Directory, todo: &Todo) -> Self {
        let (seen, rules) = (&todo.seen, &todo.seen.procedure);
        let columns = &seen.summary.columns;
        let held = match holder(rules, &seen.case) {
            Holder::Person(key) | Holder::Role(key) => holder_name(lang, rules, people, &key),
            Holder::Nobody => String::new(),
        };
        Self {
            number: seen.case.number.clone(),
            title: match todo.task() {
                Some(task) => without_phones(task.title.as_str()),
                None => columns.title.as_deref().map(without_phones).unwrap_or_default(),
            },
            level: level(lang, rules, columns.severity),
            left: todo.due().map(|due| Left::of(lang, &seen.calendar, desk.now(), due)),
            stage: stage_name(lang, rules, &seen.case.stage, seen.case.life.name()),
            customer: customer(desk, lang, seen),
            holder: held,
            registered: None,
            next: next(lang, seen, todo.next.as_ref()),
            calls: false,
            found: None,
        }
    }
}

/// The step that a procedure asks for next, as its button; `offered`, the action that whoever looks may do.
pub(crate) fn next(lang: Lang, seen: &Seen, offered: Option<&Key>) -> Next {
    let (rules, case) = (&seen.procedure, &seen.case);
    let asked = rules.stage(&case.stage).and_then(|stage| stage.next.as_ref());
    let Some(action) = offered.or(asked).and_then(|key| rules.action(key)) else {
        return Next::Nothing;
    };
    let label = lang.word(&action.label).to_owned();
    let href = case_href(&case.number);
    if offered.is_none() {
        Next::Theirs(label)
    } else if is_press(seen, action) {
        let action = format!("{href}/actions/{}", encoded(&action.key));
        Next::Press { label, action, seen: case.version }
    } else {
        Next::Form { label, href: format!("{href}?do={}#now-do", encoded(&action.key)) }
    }
}

/// Whether an action asks for nothing at all.
fn is_press(seen: &Seen, action: &Action) -> bool {
    // Every action takes a reason; where none is needed, nobody is asked for one first.
    let asks = || {
        let inputs = schema::inputs(&seen.procedure, &seen.case, action);
        inputs.iter().any(|member| member.required || member.name != "reason")
    };
    takes_nothing(&seen.procedure, &seen.case, action) && !asks()
}

fn level(lang: Lang, rules: &Procedure, severity: u8) -> Option<(u8, String)> {
    let axis = rules.axis_of(&rules.severity)?;
    let value = axis.values.iter().find(|value| value.severity == Some(severity))?;
    Some((severity, lang.word(&value.label).to_owned()))
}

/// The stage's name, or how the case ended.
pub(crate) fn stage_name(lang: Lang, rules: &Procedure, stage: &str, life: &str) -> String {
    if matches!(life, "voided" | "merged") {
        return desk::words::text(&format!("life.{life}"), lang.english, &[]);
    }
    rules.stage(stage).map_or_else(|| stage.to_owned(), |stage| lang.word(&stage.label).to_owned())
}

/// Whoever must act: a person, or whoever holds a role.
pub(crate) fn holder_name(lang: Lang, rules: &Procedure, people: &Directory, key: &str) -> String {
    if let Some(person) = people.person(key) {
        return person.name.clone();
    }
    rules.role(key).map_or_else(|| key.to_owned(), |role| lang.word(&role.label).to_owned())
}

/// The customer's name, masked.
pub(crate) fn customer(desk: &Desk, lang: Lang, seen: &Seen) -> Option<String> {
    let means = [Means::Customer, Means::Contact];
    means.into_iter().find_map(|means| meaning(desk, lang, seen, means))
}

/// The text of the field with a meaning, masked.
pub(crate) fn meaning(desk: &Desk, lang: Lang, seen: &Seen, means: Means) -> Option<String> {
    let rules = &seen.procedure;
    let field = rules.field_meaning(means)?;
    let value = seen.masked(&field.key)?;
    let text =
        show::value(rules, &seen.calendar, &desk.people(), &field.kind, &value, lang.english);
    Some(text).filter(|text| !text.is_empty())
}

/// The lines as a table; a telephone shows them as cards.
pub(crate) fn table(frame: &Frame, rows: &[Row], caption: &str) -> Markup {
    drawn(frame, rows, caption, None)
}

/// The lines as a table in which they can be picked, for the form of this id; some are already.
pub(crate) fn picking(
    frame: &Frame,
    rows: &[Row],
    caption: &str,
    (form, picked): (&str, &[String]),
) -> Markup {
    drawn(frame, rows, caption, Some((form, picked)))
}

fn drawn(frame: &Frame, rows: &[Row], caption: &str, pick: Option<(&str, &[String])>) -> Markup {
    let lang = frame.lang;
    let shown = Shown {
        customer: rows.iter().any(|row| row.customer.is_some()),
        registered: rows.iter().any(|row| row.registered.is_some()),
    };
    html! {
        div.cases-frame {
            table.cases {
                caption.unseen { (caption) }
                thead { tr {
                    @if pick.is_some() { th.c-pick scope="col" { input type="checkbox" data-pick-all aria-label=(lang.say("bulk.page")) title=(lang.say("bulk.page")) hidden; } }
                    th.c-left scope="col" { (lang.say("row.left")) }
                    th.c-number scope="col" { (lang.say("row.number")) }
                    @if shown.customer { th.c-who scope="col" { (lang.say("row.customer")) } }
                    th.c-title scope="col" { (lang.say("row.title")) }
                    th.c-level scope="col" { (lang.say("row.level")) }
                    th.c-stage scope="col" { (lang.say("row.stage")) }
                    @if let Some(class) = shown.holder() { th.(class) scope="col" { (lang.say("row.holder")) } }
                    @if shown.registered { th.c-registered scope="col" { (lang.say("row.registered")) } }
                    th.c-do scope="col" { (lang.say("row.next")) }
                } }
                tbody { @for row in rows { (line(frame, row, shown, pick)) } }
            }
        }
    }
}

/// Columns that not every table has.
#[derive(Clone, Copy)]
struct Shown {
    customer: bool,
    registered: bool,
}

impl Shown {
    /// The class of the column of whoever must act; none where it is somebody's own work.
    fn holder(self) -> Option<&'static str> {
        match (self.customer, self.registered) {
            (false, _) => Some("c-who"),
            (true, true) => Some("c-holder"),
            (true, false) => None,
        }
    }
}

fn line(frame: &Frame, row: &Row, shown: Shown, pick: Option<(&str, &[String])>) -> Markup {
    let lang = frame.lang;
    let href = case_href(&row.number);
    html! {
        tr data-row {
            @if let Some((form, picked)) = pick {
                td.c-pick { label { input type="checkbox" name="pick" value=(row.number) form=(form) checked[picked.contains(&row.number)]
                    aria-label=(lang.fill("bulk.pick", &[("number", &row.number)])); } }
            }
            td.c-left { @match &row.left { Some(left) => (left.html(lang)), None => span.quiet { "—" } } }
            td.c-number { a.number href=(href) data-open data-number=(row.number) { (row.number) } }
            @if shown.customer { td.c-who title=[row.customer.as_deref()] { (row.customer.as_deref().unwrap_or("—")) } }
            td.c-title title=(row.title) { a href=(href) tabindex="-1" { (row.title) @if let Some(why) = &row.found { (why.html()) } } }
            td.c-level { @if let Some((severity, name)) = &row.level { span.tag.{ "s" (severity) } { (name) } } }
            td.c-stage title=(row.stage) { span.two { (row.stage) } }
            @if let Some(class) = shown.holder() { td.(class) title=(row.holder) { span.two { (row.holder) } } }
            @if shown.registered { td.c-registered title=[row.registered.as_ref().map(|(_, whole)| whole)] { @match &row.registered { Some((short, _)) => (short), None => "—" } } }
            td.c-do { (step(frame, row)) }
        }
    }
}

fn step(frame: &Frame, row: &Row) -> Markup {
    let number = &row.number;
    // The key that logs a contact, where that is what comes next.
    let key = row.calls.then_some("r");
    match &row.next {
        Next::Nothing => html! {},
        Next::Theirs(label) => html! { span.quiet.step title=(label) { (label) } },
        Next::Form { label, href } => {
            html! { a.button.small href=(href) data-next data-key=[key] title=(label) { span.step { (label) } span.unseen { " " (number) } } }
        }
        Next::Press { label, action, seen } => html! {
            form method="post" action=(action) {
                input type="hidden" name="csrf" value=(frame.csrf);
                input type="hidden" name="seen" value=(seen);
                input type="hidden" name="back" value="/work";
                button.small.main type="submit" data-next data-key=[key] title=(label) { span.step { (label) } span.unseen { " " (number) } }
            }
        },
    }
}
