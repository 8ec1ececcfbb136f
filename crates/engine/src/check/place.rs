//! Where a procedure is tried out: with the procedures that it hands over to, and people for every role.

use super::moves::Kit;
use super::people::{Desk, directory, vacated};
use crate::calendar::Calendar;
use crate::decide::Library;
use crate::people::Directory;
use crate::procedure::Procedure;
use std::sync::Arc;

pub(super) struct Place<'p> {
    pub(super) procedure: &'p Procedure,
    pub(super) calendar: Arc<Calendar>,
    /// Everybody is there.
    pub(super) present: Directory,
    /// Nobody is there.
    pub(super) vacant: Directory,
    pub(super) library: Library,
    together: Vec<&'p Procedure>,
}

impl<'p> Place<'p> {
    /// A place for a procedure; `all` are those that it may hand over to.
    pub(super) fn new(
        procedure: &'p Procedure,
        calendar: &Calendar,
        all: &[&'p Procedure],
    ) -> Self {
        let targets = all.iter().copied().filter(|other| {
            other.key != procedure.key
                && procedure.links.transfers.iter().any(|rule| rule.to == other.key)
        });
        let together: Vec<&Procedure> = std::iter::once(procedure).chain(targets).collect();
        let calendar = Arc::new(calendar.clone());
        let mut library = Library::default();
        for one in &together {
            library.add(Arc::new((*one).clone()), Arc::clone(&calendar));
        }
        let present = directory(&together);
        let vacant = vacated(&present);
        Place { procedure, calendar, present, vacant, library, together }
    }

    /// What can be tried here.
    pub(super) fn kit(&self) -> Kit<'_> {
        let desk = Desk { procedure: self.procedure, directory: &self.present };
        Kit::new(desk, &self.library, self.together.clone())
    }
}
