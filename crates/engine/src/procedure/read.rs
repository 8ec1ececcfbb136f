//! Reading a procedure's file: every finding at once, each with its line.
//!
//! - `finding`: what is wrong, and the nearest word
//! - `book`: what a reading collects; `tree`: values that know their place
//! - `parts`: the small languages within values; `catalogue`, `flow`, `rest`: the sections
//! - `resolve`: whether every name and value fits; `whole`, `actions`, `clocks`: whether the parts fit each other;
//!   `together`: whether procedures fit each other
//!
//! Whether a procedure keeps its promise - nothing without holder, clock or way out - is for `crate::check` to say.

mod actions;
mod book;
mod catalogue;
mod clocks;
mod finding;
mod flow;
mod parts;
mod resolve;
mod rest;
mod together;
mod tree;
mod whole;

pub use finding::Finding;
pub use together::check_together;

use super::{Archive, ArchiveMode, Label, Numbering, Origin, Procedure, Reset};
use crate::key::Key;
use book::{Book, Place};
use std::ops::Range;
use toml::de::DeTable;
use tree::{Node, Record};

/// Reads a procedure. All findings are reported, in the order of the file; a procedure comes only without any.
///
/// `file_name` is only repeated in the findings. A text that is not TOML is reported alone: what follows from a
/// broken bracket helps nobody.
pub fn read(file_name: &str, text: &str) -> Result<Procedure, Vec<Finding>> {
    let book = Book::new(file_name, text);
    let (tree, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let span = error.span().unwrap_or(Range { start: 0, end: 0 });
        let place = Place { line: book.line(&span), item: "toml".to_owned() };
        let code = if repeats_a_key(error) { "duplicate_key" } else { "bad_toml" };
        book.find(&place, code, "TOML", error.message());
    }
    if errors.iter().any(|error| !repeats_a_key(error)) {
        return Err(book.finish());
    }
    let top = Place { line: 1, item: String::new() };
    let procedure = Record::read(&book, top, tree.get_ref(), |r| r.procedure());
    resolve::resolve(&book, &procedure);
    whole::check(&book, &procedure);
    let findings = book.finish();
    if findings.is_empty() { Ok(procedure) } else { Err(findings) }
}

/// A key that stands twice leaves the rest of the file readable.
fn repeats_a_key(error: &toml::de::Error) -> bool {
    error.message().contains("duplicate key")
}

/// What stands in `[procedure]`.
struct Head {
    key: Key,
    label: Label,
    about: Option<Label>,
    version: u32,
    calendar: String,
    windows: Vec<(String, String)>,
    severity: Key,
    origin: Origin,
}

impl Record<'_> {
    fn procedure(&self) -> Procedure {
        let head = self.need("procedure").and_then(|node| node.record(|r| r.head()));
        let head = head.unwrap_or_else(|| Head {
            key: "".into(),
            label: Label::default(),
            about: None,
            version: 0,
            calendar: String::new(),
            windows: Vec::new(),
            severity: "".into(),
            origin: Origin::default(),
        });
        Procedure {
            key: head.key,
            label: head.label,
            about: head.about,
            version: head.version,
            calendar: head.calendar,
            windows: head.windows,
            severity: head.severity,
            origin: head.origin,
            numbering: self
                .need("numbering")
                .and_then(|node| node.record(|r| r.numbering()))
                .unwrap_or(Numbering {
                    pattern: String::new(),
                    reset: Reset::Never,
                    per_channel: false,
                    change: None,
                    dispatch: None,
                    origin: Origin::default(),
                }),
            roles: self.items("roles", Record::role),
            departments: self.items("departments", Record::department),
            axes: self.items("axes", Record::axis),
            fields: self.items("fields", Record::field),
            forms: self.items("forms", Record::form),
            tables: self.items("tables", Record::table),
            stages: self.items("stages", Record::stage),
            actions: self.items("actions", Record::action),
            clocks: self.items("clocks", Record::clock),
            tasks: self.items("tasks", Record::task),
            escalations: self.items("escalations", Record::escalation),
            chains: self.items("chains", Record::chain),
            survey: self.section("survey", Record::survey),
            extension: self.section("extension", Record::extension),
            change: self.section("change", Record::change),
            links: self.section("links", Record::links).unwrap_or_default(),
            rules: self.items("rules", Record::rule),
            notify: self.items("notify", Record::message),
            archive: self.need("archive").and_then(|node| node.record(|r| r.archive())).unwrap_or(
                Archive {
                    mode: ArchiveMode::OnClose,
                    forms: Vec::new(),
                    keep_years: 0,
                    floor_years: 0,
                    origin: Origin::default(),
                },
            ),
            reports: self.items("reports", Record::report),
            notes: self.items("notes", Record::note),
        }
    }

    fn head(&self) -> Head {
        Head {
            key: self.need("key").and_then(|node| node.key()).unwrap_or_else(|| "".into()),
            label: self.pair("name", "en"),
            about: self.maybe_pair("about", "about_en"),
            version: self
                .need("version")
                .and_then(|node| node.whole(1..=1_000_000))
                .unwrap_or_default(),
            calendar: self.need("calendar").and_then(|node| node.text()).unwrap_or_default(),
            windows: self.windows(),
            severity: self.need_name("severity", book::Kind::Field),
            origin: self.origin(),
        }
    }

    fn items<T>(&self, name: &'static str, read: impl Fn(&Self) -> T) -> Vec<T> {
        self.list(name).iter().filter_map(|node| node.record(&read)).collect()
    }

    fn section<T>(&self, name: &'static str, read: impl Fn(&Self) -> T) -> Option<T> {
        self.get(name).and_then(|node: Node<'_>| node.record(read))
    }
}
