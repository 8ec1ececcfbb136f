//! What a check has found so far.

use super::Violation;
use crate::procedure::Origin;
use std::collections::BTreeSet;

/// Collects violations; each code is told once per item and line.
#[derive(Debug, Default)]
pub(super) struct Findings {
    violations: Vec<Violation>,
    told: BTreeSet<(u32, &'static str, String)>,
}

impl Findings {
    /// Something that the text alone shows.
    pub(super) fn find(
        &mut self,
        code: &'static str,
        origin: &Origin,
        item: impl Into<String>,
        detail: impl Into<String>,
    ) {
        self.on_path(code, origin, item, detail, Vec::new());
    }

    /// Something that shows on a way through.
    pub(super) fn on_path(
        &mut self,
        code: &'static str,
        origin: &Origin,
        item: impl Into<String>,
        detail: impl Into<String>,
        path: Vec<String>,
    ) {
        let (line, item) = (origin.line.max(1), item.into());
        if self.told.insert((line, code, item.clone())) {
            self.violations.push(Violation { line, code, item, detail: detail.into(), path });
        }
    }

    /// Whether nothing was found.
    pub(super) fn is_empty(&self) -> bool {
        self.violations.is_empty()
    }

    /// All of them in the order of the file.
    pub(super) fn finish(mut self) -> Vec<Violation> {
        self.violations.sort();
        self.violations
    }
}
