//! What only several procedures together can tell: whether hand-overs arrive.

use super::book::{Book, Kind, Place};
use super::finding::{Finding, near};
use super::resolve::At;
use crate::key::Key;
use crate::procedure::{FieldKind, Procedure, TransferRule};

/// Checks procedures that are to be in force side by side, each with the name of its file: every hand-over leads to
/// one of them, to fields that are entered there, with values that fit.
pub fn check_together(procedures: &[(&str, &Procedure)]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, procedure) in procedures {
        let book = Book::new(file, "");
        for rule in &procedure.links.transfers {
            transfer(&book, procedures, rule);
        }
        findings.extend(book.finish());
    }
    findings
}

fn transfer(book: &Book, procedures: &[(&str, &Procedure)], rule: &TransferRule) {
    let place = |key: &str| Place {
        line: rule.origin.line,
        item: format!("links.transfers.{}.{key}", rule.key),
    };
    let Some((_, theirs)) = procedures.iter().find(|(_, procedure)| procedure.key == rule.to)
    else {
        let known = procedures.iter().map(|(_, procedure)| &*procedure.key);
        return book.find(&place("to"), "unknown_procedure", "a procedure", near(&rule.to, known));
    };
    for department in &theirs.departments {
        book.knows_of(Kind::Department, &department.key);
    }
    let entered = |section: &str, key: &Key| {
        let place = place(&format!("{section}.{key}"));
        match theirs.field(key).map(|field| &field.kind) {
            None => {
                let known = theirs.fields.iter().map(|field| &*field.key);
                book.find(
                    &place,
                    "unknown_field",
                    format!("a field of `{}`", theirs.key),
                    near(key, known),
                );
            }
            Some(FieldKind::Auto(_)) => {
                book.find(
                    &place,
                    "wrong_field",
                    "a field that is entered",
                    format!("`{key}` of type auto"),
                );
            }
            Some(_) => {}
        }
    };
    rule.copy.iter().for_each(|(key, _)| entered("copy", key));
    for (key, value) in &rule.set {
        entered("set", key);
        let place = place(&format!("set.{key}"));
        At { book, procedure: theirs, place: &place }.value(key, value);
    }
}
