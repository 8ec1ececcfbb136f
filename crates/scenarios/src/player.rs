//! What a scenario needs of a desk.

use engine::command::{Entered, Extra};
use engine::decide::Library;
use engine::key::Key;
use engine::people::{Directory, Who};
use engine::refusal::Refusal;
use engine::sim::Sim;
use jiff::Timestamp;

/// How a scenario begins.
pub struct Start {
    /// What is published.
    pub library: Library,
    /// Who works there.
    pub directory: Directory,
    /// The first row's instant.
    pub now: Timestamp,
}

/// A desk that scenarios are played on.
pub trait Player {
    /// Cases, events and people as they stand now, whatever keeps them.
    fn seen(&self) -> &Sim;

    /// Registers a case and returns its id.
    ///
    /// # Errors
    /// The refusal of the core.
    fn register(&mut self, who: Who, procedure: &str, fields: Entered) -> Result<Key, Refusal>;

    /// Does an action on a case.
    ///
    /// # Errors
    /// The refusal of the core.
    fn act(
        &mut self,
        who: Who,
        case: &Key,
        action: &str,
        fields: Entered,
        extra: Extra,
    ) -> Result<(), Refusal>;

    /// Lets time pass up to an instant; with `inclusive` also what is due at the instant itself is done.
    fn advance(&mut self, to: Timestamp, inclusive: bool);

    /// The next serial of a counter follows this one.
    fn preset_serial(&mut self, scope: String, serial: i64);

    /// The scenario has been played to its end.
    fn end(&mut self) {}
}

/// The engine's own desk.
pub struct InMemory(Sim);

impl From<Start> for InMemory {
    fn from(start: Start) -> Self {
        Self(Sim::new(start.library, start.directory, start.now))
    }
}

impl Player for InMemory {
    fn seen(&self) -> &Sim {
        &self.0
    }

    fn register(&mut self, who: Who, procedure: &str, fields: Entered) -> Result<Key, Refusal> {
        self.0.register(who, procedure, fields)
    }

    fn act(
        &mut self,
        who: Who,
        case: &Key,
        action: &str,
        fields: Entered,
        extra: Extra,
    ) -> Result<(), Refusal> {
        self.0.act(who, case, action, fields, extra)
    }

    fn advance(&mut self, to: Timestamp, inclusive: bool) {
        self.0.advance(to, inclusive);
    }

    fn preset_serial(&mut self, scope: String, serial: i64) {
        self.0.serials.insert(scope, serial);
    }
}
