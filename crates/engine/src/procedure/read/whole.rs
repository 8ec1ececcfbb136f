//! What only the whole procedure can tell: whether its parts fit together.

use super::book::{Book, Place};
use crate::procedure::{Origin, Procedure};

pub(super) fn check(book: &Book, procedure: &Procedure) {
    let _ = (book, procedure, place("", "", &Origin::default()));
}

/// The place of an item of a section.
fn place(section: &str, key: &str, origin: &Origin) -> Place {
    let item = if key.is_empty() { section.to_owned() } else { format!("{section}.{key}") };
    Place { line: origin.line, item }
}
