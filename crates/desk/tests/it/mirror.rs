//! What was last read from a desk: its cases and events, as the engine's own desk has them. Tests of other crates include it.

use desk::{Desk, decode_event};
use engine::decide::Library;
use engine::event::Event;
use engine::key::Key;
use engine::people::Directory;
use engine::sim::Sim;
use std::collections::BTreeSet;
use store::Scope;

pub(crate) struct Mirror {
    pub(crate) seen: Sim,
    upto: u64,
}

impl Mirror {
    /// Nothing is read yet. People stand in the order in which they are given, whatever the desk's is.
    pub(crate) fn new(desk: &Desk, people: Directory) -> Self {
        let library = Library::clone(&desk.library());
        Self { seen: Sim::new(library, people, desk.now()), upto: 0 }
    }

    /// Reads what was committed since the last look.
    pub(crate) fn look(&mut self, desk: &Desk) {
        self.seen.now = desk.now();
        let mut touched = BTreeSet::new();
        loop {
            let part = desk.store().feed(&Scope::all(), self.upto, 500).unwrap();
            if part.events.is_empty() {
                break;
            }
            self.upto = part.upto;
            for found in part.events {
                let id = Key::from(found.case.to_string().as_str());
                let recorded = decode_event(&found.event).unwrap();
                if matches!(recorded.event, Event::Registered { .. }) {
                    self.seen.order.push(id.clone());
                }
                self.seen.events.push((id.clone(), recorded));
                touched.insert((id, found.number));
            }
        }
        for (id, number) in touched {
            let case = desk.case_for_operator(&number).unwrap().case;
            self.seen.cases.insert(id, std::sync::Arc::unwrap_or_clone(case));
        }
    }
}
