//! Forms made from a procedure: what `GET …/actions` says of an action, as controls.

mod build;
mod draw;
mod given;
mod layout;
mod people;

pub(crate) use build::Maker;
pub(crate) use given::{Given, Typed, read};
pub(crate) use layout::{action_form, registration_form};
pub(crate) use people::{ByRule, People};

use crate::problem::{Kind, Problem};
use std::collections::BTreeMap;

/// The name under which a form sends the draft that it belongs to, where its address does not say it.
pub(crate) const DRAFT: &str = "draft";

/// Beyond this number people are looked for by typing.
pub(crate) const FINDABLE: usize = 12;

/// A form.
#[derive(Debug, Clone, Default)]
pub(crate) struct Form {
    /// Where it is sent.
    pub(crate) action: String,
    /// What its button says.
    pub(crate) label: String,
    /// The version of the case that was seen; none while there is no case.
    pub(crate) seen: Option<u64>,
    /// What is asked for now.
    pub(crate) items: Vec<Item>,
    /// What can be given as well.
    pub(crate) more: Vec<Item>,
    /// What is wrong with the whole.
    pub(crate) wrong: Option<String>,
    /// The draft that it belongs to.
    pub(crate) draft: Option<String>,
    /// Something was put back from a draft.
    pub(crate) restored: bool,
    /// Where it is shown anew once its draft was thrown away.
    pub(crate) anew: String,
    /// What is sent along unseen: names and texts.
    pub(crate) kept: Vec<(String, String)>,
    /// Makes sending it twice harmless.
    pub(crate) once: String,
    /// Texts that can be put in.
    pub(crate) templates: Vec<Template>,
    /// Seconds by which its times of day are ahead of UTC, where the present one can be put in.
    pub(crate) offset: Option<i32>,
    /// The control that holds when it began: the present time, until somebody begins to type.
    pub(crate) begins: Option<String>,
    /// The step that takes files, where this one takes none.
    pub(crate) files_at: Option<String>,
}

/// A text that can be put into a form, as it reads on the case.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    pub(crate) name: String,
    /// The form with the text in it, for browsers without scripts.
    pub(crate) href: String,
    pub(crate) text: String,
}

/// One control.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) control: Control,
    pub(crate) required: bool,
    pub(crate) hint: Option<String>,
    pub(crate) example: Option<String>,
    pub(crate) wrong: Option<String>,
    /// Something is in it as long as nobody touches it, so that a draft has to say where that was taken out.
    pub(crate) held: bool,
    /// What is in it; several for lists.
    pub(crate) values: Vec<String>,
    /// What is usually written there; anything else can be written as well.
    pub(crate) usual: Vec<String>,
}

/// What kind of control.
#[derive(Debug, Clone)]
pub(crate) enum Control {
    /// One line; the type of the input.
    Line(&'static str),
    /// Several lines.
    Long,
    /// Yes, no, or not said.
    YesNo,
    /// One of some.
    One(Vec<Choice>),
    /// Some of some.
    Many(Vec<Choice>),
    /// Somebody, or several.
    People(People),
    /// Files: those that are there, by id and name.
    Files(Vec<(String, String)>),
    /// Rows of a table: each row's cells in the order of the columns.
    Rows(Vec<Vec<Item>>),
}

/// Something that can be chosen.
#[derive(Debug, Clone)]
pub(crate) struct Choice {
    pub(crate) key: String,
    pub(crate) label: String,
    pub(crate) hint: Option<String>,
}

/// What is wrong with what was sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wrong {
    pub(crate) whole: Option<String>,
    pub(crate) fields: BTreeMap<String, String>,
    /// What is said beside everything else that must be filled in and is empty.
    pub(crate) must: Option<String>,
}

impl Wrong {
    /// Out of a problem: beside the fields where there are any, and above.
    pub(crate) fn of(problem: &Problem, english: bool) -> Self {
        let body = problem.body(english);
        let named = |field: &str| match field.strip_prefix("input.") {
            Some(input) => format!("i.{input}"),
            None => field.to_owned(),
        };
        let fields = body.fields.iter().map(|field| (named(&field.field), field.detail.clone()));
        let about_content = matches!(
            problem.kind(),
            Kind::MissingFields | Kind::InvalidFields | Kind::ConditionUnmet | Kind::ReasonNeeded
        );
        let must = about_content.then(|| desk::words::text("api.missing", english, &[]));
        Self { whole: Some(body.detail), fields: fields.collect(), must }
    }

    /// What is wrong with a control: `f.key`, `i.name`, or the bare key that the core names.
    fn about(&self, name: &str) -> Option<String> {
        let bare = name.trim_start_matches("f.").trim_start_matches("i.");
        self.fields.get(name).or_else(|| self.fields.get(bare)).cloned()
    }
}

/// The id of a control, by its name.
fn control_id(name: &str) -> String {
    name.replace('.', "-")
}

/// Inputs that hold what is said or noted.
const SAID: [&str; 2] = ["i.text", "i.note"];

impl Form {
    /// Whether it holds something that is said or noted.
    pub(crate) fn says(&self) -> bool {
        self.items.iter().any(|item| SAID.contains(&item.name.as_str()))
    }

    /// The version on which a draft that is shown was begun, where something has happened since. It goes on from the present one.
    pub(crate) fn taken_up(&mut self, present: u64) -> Option<u64> {
        let seen = self.seen.as_mut().filter(|seen| self.restored && **seen < present)?;
        Some(std::mem::replace(seen, present))
    }

    /// Puts a text where something is said, if nothing is there.
    pub(crate) fn put_in(&mut self, text: String) {
        let place = self.items.iter_mut().find(|item| SAID.contains(&item.name.as_str()));
        if let Some(item) = place.filter(|item| item.values.is_empty()) {
            item.values = vec![text];
        }
    }

    /// Whether something is uploaded with it.
    fn has_files(&self) -> bool {
        self.items.iter().chain(&self.more).any(Item::has_files)
    }

    /// Puts what is wrong next to the controls.
    pub(crate) fn refuse(&mut self, wrong: &Wrong) {
        self.wrong.clone_from(&wrong.whole);
        for item in self.items.iter_mut().chain(self.more.iter_mut()) {
            item.wrong = wrong.about(&item.name);
            if item.wrong.is_none() && item.required && item.is_empty() {
                item.wrong.clone_from(&wrong.must);
            }
        }
        // What is wrong is not folded away.
        let (blamed, fine): (Vec<Item>, Vec<Item>) =
            std::mem::take(&mut self.more).into_iter().partition(|item| item.wrong.is_some());
        self.items.extend(blamed);
        self.more = fine;
    }
}

impl Item {
    /// Whether nothing is in it.
    fn is_empty(&self) -> bool {
        match &self.control {
            Control::Rows(rows) => rows.iter().flatten().all(Item::is_empty),
            _ => self.values.iter().all(|value| value.trim().is_empty()),
        }
    }

    fn has_files(&self) -> bool {
        match &self.control {
            Control::Files(_) => true,
            Control::Rows(rows) => rows.iter().flatten().any(Item::has_files),
            _ => false,
        }
    }
}
