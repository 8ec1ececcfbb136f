//! Samples of the reference of the API: every operation of the document.

use super::super::framed::Section;
use super::super::reference::Reference;
use super::super::reference::operation::One;
use super::{HOSTILE, Sampler};
use maud::Markup;

impl Sampler {
    /// All operations, those that are found, none, and each by itself.
    pub(super) fn reference(&self) -> Vec<(&'static str, Markup)> {
        let frame = || self.frame(Section::Other);
        let list = |words: &str| {
            let words = words.to_owned();
            Reference { frame: frame(), words, origin: HOSTILE.to_owned() }.html()
        };
        let mut pages = vec![
            ("reference", list("")),
            ("reference, found", list("get /cases")),
            ("reference, nothing", list(HOSTILE)),
        ];
        pages.extend(One::all(frame, HOSTILE).map(|(id, one)| (id, one.html())));
        pages
    }
}
