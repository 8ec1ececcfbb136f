//! The texts by which a case is found, and which of them a query found.

use crate::access::Seen;
use crate::desk::Desk;
use crate::error::DeskError;
use crate::mask::without_phones;
use engine::case::Case;
use engine::key::Key;
use engine::procedure::{FieldKind, Procedure};
use store::{Attachment, CaseSummary, Excerpt, Query};

/// Characters of a title that every list shows.
const SHOWN: usize = 24;

/// Where a text of a case stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whence {
    /// In a field.
    Field(Key),
    /// A note about progress.
    Progress,
    /// An internal note.
    Comment,
    /// What was said in a contact with the customer.
    Contact,
    /// A file's name.
    File,
    /// The case's number.
    Number,
}

/// Why a search shows a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where it was found.
    pub whence: Whence,
    /// What was found there, telephone numbers hidden.
    pub excerpt: Excerpt,
}

/// Everything but names and numbers of people, and the names of files.
fn texts<'c>(
    procedure: &'c Procedure,
    case: &'c Case,
    files: &'c [Attachment],
) -> impl Iterator<Item = (Whence, &'c str)> {
    let plain = |key: &Key| {
        let Some(field) = procedure.field(key) else { return false };
        matches!(field.kind, FieldKind::Long)
            || (matches!(field.kind, FieldKind::Text | FieldKind::Ref) && !field.pii)
    };
    let fields = case.fields.iter().filter(move |(key, _)| plain(key));
    let fields = fields.map(|(key, value)| (Whence::Field(key.clone()), value.text()));
    let notes = case.progress.iter().map(|note| (Whence::Progress, note.note.as_str()));
    let comments = case.comments.iter().map(|text| (Whence::Comment, text.as_str()));
    let contacts = case.contacts.iter().filter_map(|log| log.text.as_ref());
    let contacts = contacts.map(|text| (Whence::Contact, text.as_str()));
    let files = files.iter().filter_map(|file| Some((Whence::File, file.name.as_deref()?)));
    let texts = fields.chain(notes).chain(comments).chain(contacts).chain(files);
    texts.filter(|(_, text)| !text.is_empty()).chain([(Whence::Number, case.number.as_str())])
}

/// Texts by which the case is found.
pub(crate) fn search_texts(
    procedure: &Procedure,
    case: &Case,
    files: &[Attachment],
) -> Vec<String> {
    texts(procedure, case, files).map(|(_, text)| text.to_owned()).collect()
}

/// How much of what a query asks for a list shows in a case's title.
fn in_title(summary: &CaseSummary, query: &Query) -> usize {
    let title = summary.columns.title.as_deref().and_then(|title| query.excerpt(title));
    title.filter(|title| title.at < SHOWN).map_or(0, |title| title.parts)
}

/// Whether a list shows in a case's title all that a query asks for, so that the case need not be read to tell why it was found.
pub fn says_all(summary: &CaseSummary, query: &Query) -> bool {
    in_title(summary, query) == query.parts()
}

impl Desk {
    /// Which text of a case holds most of what a query asks for; `None` where its title says so already.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn found(&self, seen: &Seen, query: &Query) -> Result<Option<Found>, DeskError> {
        let in_title = in_title(&seen.summary, query);
        if in_title == query.parts() {
            return Ok(None);
        }
        let is_all =
            |found: &Found| found.excerpt.parts == query.parts() && found.whence != Whence::Number;
        // The files are asked for where nothing else holds all.
        let best = match best(seen, &[], query).filter(is_all) {
            Some(best) => Some(best),
            None => best(seen, &self.inner.store.attachments_of(seen.summary.id)?, query),
        };
        Ok(best.filter(|best| best.excerpt.parts > in_title && best.whence != Whence::Number))
    }
}

/// The first text with the most of what a query asks for; behind one that holds all, none is looked at.
fn best(seen: &Seen, files: &[Attachment], query: &Query) -> Option<Found> {
    let mut best: Option<Found> = None;
    for (whence, text) in texts(&seen.procedure, &seen.case, files) {
        let Some(excerpt) = query.excerpt(&without_phones(text)) else { continue };
        let parts = excerpt.parts;
        if best.as_ref().is_none_or(|best| parts > best.excerpt.parts) {
            best = Some(Found { whence, excerpt });
        }
        if parts == query.parts() {
            break;
        }
    }
    best
}
