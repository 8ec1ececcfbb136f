//! One life of a desk: what its seed makes happen, step by step, and the check of what must hold.

use super::faults::{Bug, Harm, Moment};
use super::house::{House, Medium, Prepared, Will};
use super::judge;
use super::model::{Ask, Fate, Model, What};
use desk::{Clock, Desk, DeskError, Done};
use engine::command::Command;
use jiff::{SignedDuration, Timestamp};
use scenarios::life::Dice;
use std::collections::BTreeMap;
use std::sync::Arc;
use store::StoreError;

/// Instants at which lives begin: before a long holiday, before the year ends beyond which the calendar knows nothing, at a weekend.
const BEGINNINGS: [&str; 4] = [
    "2026-09-29T07:20:00Z",
    "2026-12-30T02:10:00Z",
    "2026-05-08T09:40:00Z",
    "2026-11-16T01:00:00Z",
];
/// Steps between two checks, unless every step is checked.
const UNCHECKED: usize = 8;
/// A lease of the worker has lapsed by then.
const LAPSE: SignedDuration = SignedDuration::from_secs(40);

/// How a life is to be lived.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manner {
    pub(super) medium: Medium,
    pub(super) steps: usize,
    pub(super) bug: Option<Bug>,
    /// Checks after each step, which changes nothing.
    pub(super) watched: bool,
}

/// What a life came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lived {
    pub(super) events: u64,
    pub(super) digest: String,
    pub(super) story: Vec<String>,
    /// What happened how often.
    pub(super) tally: BTreeMap<&'static str, usize>,
}

/// A life that went wrong: what was found, and what happened before.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) step: usize,
    pub(super) problem: String,
    pub(super) story: Vec<String>,
}

pub(super) fn live(prepared: &Prepared, seed: u64, manner: Manner) -> Result<Lived, Failed> {
    let failed = |problem: String| Failed { step: 0, problem, story: Vec::new() };
    let mut life =
        Life::begin(prepared, seed, manner).map_err(|error| failed(error.to_string()))?;
    match life.live() {
        Ok(lived) => Ok(lived),
        Err(problem) => Err(Failed { step: life.step, problem, story: life.story }),
    }
}

pub(super) struct Life {
    pub(super) manner: Manner,
    pub(super) dice: Dice,
    pub(super) will: Arc<Will>,
    pub(super) house: House,
    pub(super) desk: Desk,
    pub(super) model: Model,
    pub(super) step: usize,
    pub(super) story: Vec<String>,
    pub(super) tally: BTreeMap<&'static str, usize>,
    /// The latest instant there was.
    pub(super) latest: Timestamp,
    /// What is imported of the calendar.
    pub(super) imported: bool,
}

pub(super) type Stepped<T = ()> = Result<T, String>;

impl Life {
    fn begin(prepared: &Prepared, seed: u64, manner: Manner) -> std::io::Result<Self> {
        let mut dice = Dice::new(seed);
        let begins = dice.one(&BEGINNINGS).and_then(|text| text.parse().ok());
        let begins: Timestamp = begins.unwrap_or(Timestamp::UNIX_EPOCH);
        let will = Arc::new(Will::new(begins, seed ^ 0x5EED));
        let house = prepared.house(manner.medium, manner.bug)?;
        let desk = house.open(&will)?;
        Ok(Self {
            manner,
            dice,
            will,
            house,
            desk,
            model: Model::default(),
            step: 0,
            story: Vec::new(),
            tally: BTreeMap::new(),
            latest: begins,
            imported: false,
        })
    }

    fn live(&mut self) -> Stepped<Lived> {
        for step in 1..=self.manner.steps {
            self.step = step;
            let jitter = i64::try_from(self.dice.below(3_000_000)).unwrap_or(0);
            self.will.pass(SignedDuration::from_micros(jitter + 1));
            self.act()?;
            self.state()?;
            self.latest = self.latest.max(self.will.now());
            if self.manner.watched || step.is_multiple_of(UNCHECKED) {
                judge::always(&self.desk, &self.model)?;
            }
        }
        self.settle()
    }

    /// One step.
    fn act(&mut self) -> Stepped {
        if self.model.cases.is_empty() {
            return self.registers();
        }
        match self.dice.below(100) {
            0..16 => self.registers(),
            16..56 => self.acts(),
            56..62 => self.two_at_once(),
            62..66 => self.repeats(),
            66..69 => self.enters_nonsense(),
            69..86 => self.time_passes(),
            86..89 => self.clock_is_set(),
            89..92 => self.somebody_is_away(),
            92 => self.publishes(),
            93 => self.calendar_changes(),
            94..97 => self.several_register(),
            _ => self.dies(),
        }
    }

    /// Asks, hears the answer, and starts the program again if it died.
    pub(super) fn ask(&mut self, what: &'static str, ask: &Ask, harm: Option<Harm>) -> Stepped {
        let said = harm.as_ref().map(|harm| format!("{harm:?}"));
        if harm.is_some() {
            self.arm(harm);
        }
        let answer = ask.submit(&self.desk);
        // Who was to come meanwhile and did not, does not come later.
        self.house.faults.left();
        let (harmed, died) = self.state()?;
        if let Some(said) = said {
            self.say(
                "harm",
                format!("{said}{}", if harmed { "" } else { " (did not come to it)" }),
            );
        }
        self.tell(what, ask, &answer);
        self.hear(ask, &answer, harmed, died)?;
        self.revive(died)?;
        if let Ok(done) = &answer {
            self.model.look(&self.desk, done)?;
        }
        // Whoever got no answer often asks again.
        let open =
            matches!(self.model.asked.get(&ask.token), Some((ask, Fate::Doubtful)) if ask.keyed);
        if (open || (harmed && answer.is_err() && ask.keyed)) && self.dice.once_in(2) {
            return self.ask("asks again", ask, None);
        }
        Ok(())
    }

    /// Takes in an answer. What was accepted and changes nothing is answered like a repetition, and nothing is kept under its key.
    pub(super) fn hear(
        &mut self,
        ask: &Ask,
        answer: &Result<Done, DeskError>,
        harmed: bool,
        died: bool,
    ) -> Stepped {
        let kept = || ask.keyed && !matches!(self.desk.store().receipt(&ask.key(0)), Ok(None));
        let idle = answer.as_ref().is_ok_and(|done| done.repeated) && !kept();
        self.model.hear(ask, answer, idle, harmed, died)
    }

    pub(super) fn arm(&self, harm: Option<Harm>) {
        self.house.faults.arm(harm, self.house.disk());
    }

    /// Ends what was armed; says whether it happened, and whether the program died.
    pub(super) fn state(&mut self) -> Stepped<(bool, bool)> {
        let (harmed, died, endless) = self.house.faults.disarm();
        if endless {
            return Err("the same is done for ever".to_owned());
        }
        if harmed {
            *self.tally.entry("harmed").or_default() += 1;
        }
        if harmed && !died {
            // The writer makes sure of what it does not know, now and not at some moment of its own.
            self.desk.store().sweep_ephemeral(self.will.now()).map_err(told)?;
        }
        Ok((harmed, died))
    }

    pub(super) fn recover(&mut self) -> Stepped {
        let (_, died) = self.state()?;
        self.revive(died)
    }

    pub(super) fn revive(&mut self, died: bool) -> Stepped {
        if died {
            *self.tally.entry("crashed").or_default() += 1;
            self.desk = self
                .house
                .restart(&self.will)
                .map_err(|error| format!("the desk cannot be opened again: {error}"))?;
        }
        Ok(())
    }

    /// Something that goes wrong, once in four times.
    pub(super) fn harm(&mut self) -> Option<Harm> {
        if !self.dice.once_in(4) {
            return None;
        }
        let dice = &mut self.dice;
        let commit = if dice.once_in(4) { 1 } else { 0 };
        let errors =
            [StoreError::DiskFull, StoreError::Unavailable { what: "simulated".to_owned() }];
        let error = dice.one(&errors).cloned().unwrap_or(StoreError::DiskFull);
        Some(match dice.below(8) {
            0 => Harm::Refused { commit, error },
            1 => Harm::AnswerLost { commit, then_away: 0 },
            2 => Harm::AnswerLost { commit, then_away: dice.below(5) },
            3 => Harm::Statement { nth: dice.below(60), error, whole: dice.once_in(2) },
            4 => Harm::Away { after: dice.below(40), calls: 1 + dice.below(60) },
            5 => Harm::Crash { commit, at: Moment::Before },
            6 => Harm::Crash { commit, at: Moment::Torn(dice.below(100)) },
            _ => Harm::Crash { commit, at: Moment::After },
        })
    }

    pub(super) fn tell(&mut self, what: &'static str, ask: &Ask, answer: &Result<Done, DeskError>) {
        let about = match &ask.what {
            What::Register { procedure, .. } => procedure.to_string(),
            What::Act(Command::Act { case, action, .. }) => {
                let known = self.model.cases.iter().find(|(id, _)| id.to_string() == **case);
                format!("{action} on {}", known.map_or("?", |(_, known)| &known.number))
            }
            What::Act(_) => String::new(),
        };
        let did = answer.is_ok();
        let answer = match answer {
            Ok(done) => format!(
                "{} at {}{}",
                done.number,
                done.version,
                if done.repeated { ", again" } else { "" }
            ),
            Err(error) => format!("{error}"),
        };
        *self.tally.entry(if did { "done" } else { "not done" }).or_default() += 1;
        self.say(what, format!("{} {:?} {about}: {answer}", ask.token, ask.who));
    }

    pub(super) fn say(&mut self, what: &'static str, text: String) {
        *self.tally.entry(what).or_default() += 1;
        self.story.push(format!("{} {} {what}: {text}", self.step, self.will.now()));
    }

    /// All is well again: whoever waits for an answer asks until there is one, what is due is done, and everything is looked at.
    fn settle(&mut self) -> Stepped<Lived> {
        self.will.set(self.latest);
        self.will.pass(LAPSE);
        for ask in self.model.of_fate(|fate| *fate == Fate::Doubtful) {
            self.ask("asks at last", &ask, None)?;
        }
        for _ in 0..3 {
            self.desk.run_due("a").map_err(told)?;
            self.will.pass(LAPSE);
        }
        self.desk.run_due("a").map_err(told)?;
        self.state()?;
        let seen = judge::always(&self.desk, &self.model)?;
        let fresh = Desk::open_with(self.desk.store().clone(), self.will.clone()).map_err(told)?;
        judge::settled(&self.desk, &fresh, &seen, &self.model)?;
        let story = std::mem::take(&mut self.story);
        Ok(Lived { events: seen.events, digest: seen.digest, story, tally: self.tally.clone() })
    }
}

pub(super) fn told(error: impl std::fmt::Display) -> String {
    format!("without harm: {error}")
}
