//! What the people of a life know: what they asked for, and what was answered.

use desk::{Desk, DeskError, Done, Options};
use engine::command::{Command, Entered};
use engine::key::Key;
use engine::people::Who;
use std::collections::BTreeMap;
use store::{EventRow, IdempotencyKey, StoreError};
use uuid::Uuid;

/// Something that somebody asks of the desk.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    /// A word that stands in its texts and nowhere else.
    pub(super) token: String,
    pub(super) who: Who,
    pub(super) what: What,
    pub(super) keyed: bool,
    pub(super) seen: Option<u64>,
}

#[derive(Debug, Clone)]
pub(super) enum What {
    Register { procedure: Key, fields: Entered },
    Act(Command),
}

impl Ask {
    pub(super) fn options(&self) -> Options {
        let key = self.keyed.then(|| self.key(0));
        Options { key, seen: self.seen, import: None }
    }

    /// The key, with the hash of this body or of another one.
    pub(super) fn key(&self, body: u8) -> IdempotencyKey {
        IdempotencyKey {
            scope: "simulation".to_owned(),
            key: self.token.clone(),
            body_hash: [body; 32],
        }
    }

    pub(super) fn submit(&self, desk: &Desk) -> Result<Done, DeskError> {
        self.submit_with(desk, self.options())
    }

    pub(super) fn submit_with(&self, desk: &Desk, options: Options) -> Result<Done, DeskError> {
        match &self.what {
            What::Register { procedure, fields } => {
                desk.register(&self.who, procedure, fields.clone(), options)
            }
            What::Act(command) => desk.submit(&self.who, command.clone(), options),
        }
    }
}

/// What became of it, as far as is known.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Fate {
    Done(Done),
    /// Accepted, and nothing was to be done.
    Idle,
    /// Nobody was told.
    Doubtful,
    /// Refused, or the database said that nothing was committed.
    Nothing,
}

/// What was answered about a case, and its events up to there.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) number: String,
    pub(super) version: u64,
    pub(super) events: Vec<EventRow>,
}

#[derive(Default)]
pub(super) struct Model {
    pub(super) asked: BTreeMap<String, (Ask, Fate)>,
    pub(super) cases: BTreeMap<Uuid, Known>,
    tokens: u32,
}

impl Model {
    pub(super) fn token(&mut self) -> String {
        self.tokens += 1;
        format!("tk{:05}", self.tokens)
    }

    /// Takes in an answer. `idle`: it was accepted and changes nothing; `harmed`: something went wrong underneath; `died`: the program
    /// did.
    ///
    /// # Errors
    /// An answer that must not be.
    pub(super) fn hear(
        &mut self,
        ask: &Ask,
        answer: &Result<Done, DeskError>,
        idle: bool,
        harmed: bool,
        died: bool,
    ) -> Result<(), String> {
        let before = self.asked.get(&ask.token).map(|(_, fate)| fate.clone());
        let fate = match (answer, before) {
            (Ok(_), before) if idle && !matches!(before, Some(Fate::Done(_))) => Fate::Idle,
            (Ok(done), Some(Fate::Done(first))) => {
                let again = Done { repeated: true, ..first.clone() };
                if *done != again {
                    return Err(format!("{} was answered {first:?}, then {done:?}", ask.token));
                }
                Fate::Done(first)
            }
            // It was done when nobody was told.
            (Ok(done), Some(Fate::Doubtful)) if done.repeated => {
                Fate::Done(Done { repeated: false, ..done.clone() })
            }
            (Ok(done), Some(Fate::Nothing)) if done.repeated => {
                return Err(format!("{} was said not to be done, and was: {done:?}", ask.token));
            }
            (Ok(done), _) if done.repeated && harmed && ask.keyed => {
                Fate::Done(Done { repeated: false, ..done.clone() })
            }
            (Ok(done), _) => Fate::Done(done.clone()),
            (Err(error), before) => {
                let expected = match error {
                    DeskError::Refused(_) | DeskError::Stale { .. } => true,
                    DeskError::Store(StoreError::Conflict { .. }) => {
                        matches!(ask.what, What::Register { .. })
                    }
                    DeskError::Store(
                        StoreError::Unavailable { .. }
                        | StoreError::DiskFull
                        | StoreError::OutcomeUnknown,
                    ) => harmed,
                    _ => false,
                };
                if !expected {
                    return Err(format!("{} failed with {error:?}", ask.token));
                }
                let unknown = died || matches!(error, DeskError::Store(StoreError::OutcomeUnknown));
                match before {
                    Some(Fate::Done(done)) => Fate::Done(done),
                    Some(Fate::Doubtful) => {
                        // Under its key it would have been answered as it was, had it been done.
                        let settled = ask.keyed
                            && matches!(error, DeskError::Refused(_) | DeskError::Stale { .. });
                        if settled { Fate::Nothing } else { Fate::Doubtful }
                    }
                    _ if unknown => Fate::Doubtful,
                    _ => Fate::Nothing,
                }
            }
        };
        self.asked.insert(ask.token.clone(), (ask.clone(), fate));
        Ok(())
    }

    /// Looks up what was just answered.
    ///
    /// # Errors
    /// It is not there.
    pub(super) fn look(&mut self, desk: &Desk, done: &Done) -> Result<(), String> {
        let events = desk
            .store()
            .events(done.case, 0, 100_000)
            .map_err(|error| format!("{} was answered and cannot be read: {error}", done.number))?;
        let upto = usize::try_from(done.version).unwrap_or(usize::MAX);
        let Some(events) = events.get(..upto) else {
            return Err(format!("{} has not come to version {}", done.number, done.version));
        };
        let known = self.cases.entry(done.case).or_insert_with(|| Known {
            number: done.number.clone(),
            version: 0,
            events: Vec::new(),
        });
        if known.version < done.version {
            known.version = done.version;
            known.events = events.to_vec();
        }
        Ok(())
    }

    /// Whatever nobody was told of and can be asked again, and some of what was answered.
    pub(super) fn of_fate(&self, wanted: impl Fn(&Fate) -> bool) -> Vec<Ask> {
        let asked = self.asked.values();
        asked.filter(|(ask, fate)| ask.keyed && wanted(fate)).map(|(ask, _)| ask.clone()).collect()
    }
}
