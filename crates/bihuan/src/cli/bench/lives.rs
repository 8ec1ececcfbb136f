//! Whole lives of cases, lived in memory: the lives of the demonstration with other words, customers and times. Every step is
//! decided by the core; time passes by ticks, as the worker would let it.

use super::words::Words;
use crate::cli::demo::script::{Play, Sample, Script, Step};
use anyhow::{Result, bail};
use desk::{Desk, entry};
use engine::case::Case;
use engine::clocks;
use engine::command::{Command, Entered, Extra};
use engine::decide::{Context, Library, Rules, World, decide};
use engine::event::Recorded;
use engine::key::Key;
use engine::people::{Directory, Who};
use engine::refusal::Refusal;
use fastrand::Rng;
use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value as Json;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use uuid::Uuid;

/// A life that is not filed by then is not taken.
const LONGEST: SignedDuration = SignedDuration::from_hours(24 * 60);
/// A life of at most so many events is that of a request that is settled at once.
const QUICK: usize = 24;
/// One in so many requests goes a long way. Those in work are of all kinds: what takes long is what is found there.
const LONG: u32 = 8;
/// Ticks of one case; more mean that it is stuck.
const TICKS: usize = 400;

/// What lives can be lived, by whom and under which rules.
pub(super) struct Lives {
    library: Arc<Library>,
    directory: Directory,
    pub(super) words: Words,
    models: Vec<Model>,
    /// How many of them, at the beginning, are settled at once.
    quick: usize,
}

/// A request of the demonstration with its life, made ready to be lived again.
struct Model {
    procedure: Key,
    registrar: Key,
    fields: Entered,
    registered_at: Timestamp,
    text: String,
    name: String,
    phone: String,
    steps: Vec<Move>,
    /// From the registration to the last thing that somebody does.
    lasts: SignedDuration,
}

/// A step of a life.
struct Move {
    step: Step,
    who: Option<Who>,
    /// Actions of that name, with the stages that they begin in and their inputs.
    actions: Vec<(Key, Vec<Key>, Entered, Extra)>,
    stage: Option<Key>,
}

/// A case that has lived.
pub(super) struct Lived {
    pub(super) case: Case,
    pub(super) events: Vec<Recorded>,
    pub(super) rules: Rules,
}

/// A registration that is yet to be made.
pub(super) struct Registration {
    pub(super) who: Who,
    pub(super) procedure: Key,
    pub(super) fields: Entered,
}

impl Lives {
    /// The lives of the demonstration that end in the archive. The people of its organisation must have been taken in.
    pub(super) fn of(desk: &Desk) -> Result<Self> {
        let script = Script::load(None, None)?;
        let mut lives = Self {
            library: desk.library(),
            directory: desk.directory(),
            words: Words::read()?,
            models: Vec::new(),
            quick: 0,
        };
        let mut models = Vec::new();
        for play in &script.plays {
            for sample in script.samples.iter().filter(|sample| play.applies(sample)) {
                models.extend(lives.model(&script, play, sample));
            }
        }
        // Each is lived through on trial, beginning at its own time.
        let mut random = Rng::with_seed(0);
        let mut player = Player::new(&lives);
        let mut whole = Vec::new();
        for model in models {
            let end = model.registered_at.checked_add(LONGEST)?;
            match player.model(&model, &mut random, model.registered_at, end) {
                Ok(lived) if !lived.case.life.promised() => whole.push((lived.events.len(), model)),
                _ => {}
            }
        }
        whole.sort_by_key(|(events, _)| *events);
        lives.quick = whole.partition_point(|(events, _)| *events <= QUICK);
        lives.models = whole.into_iter().map(|(_, model)| model).collect();
        if lives.models.is_empty() {
            bail!("demo/: no life ends in the archive");
        }
        Ok(lives)
    }

    /// A registration at an instant.
    pub(super) fn registration(&self, random: &mut Rng, at: Timestamp) -> Option<Registration> {
        let model = random.choice(&self.models)?;
        let fields = Dress::new(self, model, random, at).entered(&model.fields);
        let who = Who::Person(model.registrar.clone());
        Some(Registration { who, procedure: model.procedure.clone(), fields })
    }

    fn model(&self, script: &Script, play: &Play, sample: &Sample) -> Option<Model> {
        let builtin = desk::builtin().into_iter().find(|one| one.name == play.folder)?;
        let key = engine::procedure::read(builtin.name, builtin.text).ok()?.key;
        let rules = self.library.newest(&key)?;
        let register = rules.0.register_action()?;
        let (fields, _) = entry::inputs(&rules.0, &rules.1, register, &play.fields(sample)).ok()?;
        let life = play.life_of(&sample.id)?;
        let steps: Vec<Move> =
            life.steps.iter().map(|step| self.step(&rules, sample, step)).collect::<Option<_>>()?;
        let registered_at = sample.registered_at();
        let ends = steps.iter().fold(registered_at, |at, one| one.step.due(at));
        Some(Model {
            procedure: key,
            registrar: script.registrar(play, sample),
            fields,
            registered_at,
            text: sample.text("text"),
            name: sample.text("customer.name"),
            phone: sample.text("phone"),
            steps,
            lasts: ends.duration_since(registered_at),
        })
    }

    /// None for a step that needs another case or a file.
    fn step(&self, (rules, calendar): &Rules, sample: &Sample, step: &Step) -> Option<Move> {
        let filled = |(name, value): (&String, &String)| (name.clone(), sample.filled(value));
        let pairs: Vec<(String, String)> = step.with.iter().map(filled).collect();
        let mut actions = Vec::new();
        for action in rules.actions.iter().filter(|action| action.label.zh == step.does) {
            let Ok((fields, extra)) = entry::inputs(rules, calendar, action, &pairs) else {
                continue;
            };
            if extra.other.is_some() || extra.file.is_some() || action.transfer.is_some() {
                return None;
            }
            actions.push((action.key.clone(), action.from.clone(), fields, extra));
        }
        if actions.is_empty() && !step.does.is_empty() {
            return None;
        }
        let person = |name: &str| {
            self.directory.people.iter().find(|person| person.name == name).map(|one| &one.id)
        };
        let who = match step.who.as_deref() {
            None => None,
            Some("customer") => Some(Who::Customer),
            Some(name) => Some(Who::Person(person(name)?.clone())),
        };
        let stage = match &step.stage {
            None => None,
            Some(name) => {
                Some(rules.stages.iter().find(|stage| stage.label.zh == *name)?.key.clone())
            }
        };
        Some(Move { step: step.clone(), who, actions, stage })
    }
}

/// Lives lives, one after the other. The same player with the same draws lives the same lives.
pub(super) struct Player<'l> {
    lives: &'l Lives,
    directory: Directory,
    /// Who turned out to be allowed to do a step, by the place of the step in memory.
    learned: HashMap<(usize, usize), Who>,
}

impl<'l> Player<'l> {
    pub(super) fn new(lives: &'l Lives) -> Self {
        Self { lives, directory: lives.directory.clone(), learned: HashMap::new() }
    }

    /// A life that has come to its end by `end`.
    pub(super) fn whole(
        &mut self,
        random: &mut Rng,
        begins: Timestamp,
        end: Timestamp,
    ) -> Result<Lived> {
        let lives = self.lives;
        let (quick, long) = lives.models.split_at(lives.quick);
        let of = if long.is_empty() || !quick.is_empty() && random.u32(0..LONG) > 0 {
            quick
        } else {
            long
        };
        loop {
            let Some(model) = random.choice(of) else { bail!("no lives") };
            // At another hour a life can go another way and stay open.
            match self.model(model, random, begins, end) {
                Ok(lived) if !lived.case.life.promised() => return Ok(lived),
                Ok(_) => {}
                Err(refusal) => tracing::debug!(refusal.code = refusal.code(), "bench.life"),
            }
        }
    }

    /// A life in whose midst we are at `now`.
    pub(super) fn open(&mut self, random: &mut Rng, share: u32, now: Timestamp) -> Result<Lived> {
        let lives = self.lives;
        loop {
            let Some(model) = random.choice(&lives.models) else { bail!("no lives") };
            let lived = model.lasts * i32::try_from(share).unwrap_or(0) / 1_000;
            let begins = now.checked_sub(lived)?.checked_sub(SignedDuration::from_secs(90))?;
            match self.model(model, random, begins, now) {
                Ok(lived) if lived.case.life.promised() => return Ok(lived),
                Ok(_) => {}
                Err(refusal) => tracing::debug!(refusal.code = refusal.code(), "bench.life"),
            }
        }
    }

    fn model(
        &mut self,
        model: &Model,
        random: &mut Rng,
        begins: Timestamp,
        end: Timestamp,
    ) -> Result<Lived, Refusal> {
        let dress = Dress::new(self.lives, model, random, begins);
        let mut walk = Walk::new(self.lives, &self.directory, begins, random);
        let register = Command::Register {
            case: walk.id.clone(),
            procedure: model.procedure.clone(),
            fields: dress.entered(&model.fields),
            candidates: Vec::new(),
        };
        walk.submit(Who::Person(model.registrar.clone()), &register)?;
        let mut at = begins;
        for (place, one) in model.steps.iter().enumerate() {
            at = one.step.due(at);
            let late = SignedDuration::from_secs(random.i64(0..600));
            at = at.checked_add(late).unwrap_or(at);
            if at > end {
                break;
            }
            walk.until(at)?;
            if !one.fits(&walk.case) {
                continue;
            }
            let Some((action, fields, extra)) = one.action(&walk.case) else { continue };
            let command = Command::Act {
                case: walk.id.clone(),
                action: action.clone(),
                fields: dress.entered(fields),
                extra: Box::new(dress.extra(extra)),
            };
            let key = (std::ptr::from_ref(model).addr(), place);
            let known = one.who.clone().or_else(|| self.learned.get(&key).cloned());
            // What this life refuses is left out: it goes on as a case does that nobody could take further just then.
            if let Ok(Some(who)) = walk.by_somebody(known, &command) {
                self.learned.insert(key, who);
            }
        }
        walk.until_filed(end.min(begins.checked_add(LONGEST).unwrap_or(end)))?;
        let lived = walk.lived()?;
        // Work goes to those who have least of it.
        if let Some(person) = &lived.case.assignee {
            *Arc::make_mut(&mut self.directory.load).entry(person.clone()).or_insert(0) += 1;
        }
        Ok(lived)
    }
}

impl Move {
    fn fits(&self, case: &Option<Case>) -> bool {
        let stage = case.as_ref().map(|case| &case.stage);
        self.stage.is_none() || self.stage.as_ref() == stage
    }

    fn action(&self, case: &Option<Case>) -> Option<(&Key, &Entered, &Extra)> {
        let stage = &case.as_ref()?.stage;
        let fits = |from: &Vec<Key>| from.is_empty() || from.contains(stage);
        let found = self.actions.iter().find(|(_, from, ..)| fits(from));
        found.or(self.actions.first()).map(|(key, _, fields, extra)| (key, fields, extra))
    }
}

/// One case on its way.
struct Walk<'l> {
    lives: &'l Lives,
    directory: &'l Directory,
    id: Key,
    now: Timestamp,
    case: Option<Case>,
    events: Vec<Recorded>,
}

impl<'l> Walk<'l> {
    fn new(lives: &'l Lives, directory: &'l Directory, now: Timestamp, random: &mut Rng) -> Self {
        let id = fresh_id(now, random).to_string().into();
        Self { lives, directory, id, now, case: None, events: Vec::new() }
    }

    fn submit(&mut self, who: Who, command: &Command) -> Result<(), Refusal> {
        let cases: BTreeMap<Key, Case> =
            self.case.iter().map(|case| (case.id.clone(), case.clone())).collect();
        let world = World { cases, library: &self.lives.library, directory: self.directory };
        let context =
            Context { now: self.now, who, ids: vec!["another".into()], followers: Vec::new() };
        let mut decision = decide(&world, command, &context)?;
        if decision.cases.len() > 1 {
            return Err(Refusal::NeedCases { ids: decision.opened });
        }
        if let Some(case) = decision.cases.remove(&self.id) {
            self.case = Some(case);
        }
        self.events.extend(decision.events.into_iter().map(|(_, recorded)| recorded));
        Ok(())
    }

    /// Tries who is known to be allowed, then the assignee, the registrar and everybody; says whom to know next time.
    fn by_somebody(
        &mut self,
        known: Option<Who>,
        command: &Command,
    ) -> Result<Option<Who>, Refusal> {
        let Some(case) = &self.case else { return Ok(None) };
        let first = [&case.assignee, &case.registrar].into_iter().flatten().cloned();
        let people = Arc::clone(&self.directory.people);
        let all = people.iter().map(|person| person.id.clone());
        let near: Vec<Who> = first.map(Who::Person).collect();
        let far = all.map(Who::Person).filter(|who| !near.contains(who));
        let given = known.is_some();
        let tried = near.iter().take(1).cloned().chain(known).chain(near.iter().skip(1).cloned());
        let mut last = Ok(None);
        for (place, who) in tried.chain(far).enumerate() {
            last = match self.submit(who.clone(), command) {
                Ok(()) => return Ok((place > 0 && !given).then_some(who)),
                Err(refusal @ Refusal::Forbidden { .. }) => Err(refusal),
                Err(refusal) => return Err(refusal),
            };
        }
        last
    }

    /// Lets time pass: what is due is done at its own instant.
    fn until(&mut self, to: Timestamp) -> Result<(), Refusal> {
        self.pass(to, false)
    }

    /// Lets time pass until the case leaves the work in hand.
    fn until_filed(&mut self, end: Timestamp) -> Result<(), Refusal> {
        self.pass(end, true)
    }

    fn pass(&mut self, to: Timestamp, until_filed: bool) -> Result<(), Refusal> {
        for _ in 0..TICKS {
            let Some(case) = &self.case else { break };
            let rules = self.lives.library.version(&case.procedure, case.procedure_version);
            let Some((procedure, calendar)) = rules else { break };
            if until_filed && !case.life.promised() {
                return Ok(());
            }
            let next = clocks::timers(&procedure, &calendar, case).into_iter().next();
            let Some(due) = next.map(|timer| timer.due).filter(|due| *due <= to) else { break };
            self.now = due.max(self.now);
            let before = self.events.len();
            self.submit(Who::System, &Command::Tick { case: self.id.clone() })?;
            if self.events.len() == before {
                break;
            }
        }
        self.now = to.max(self.now);
        Ok(())
    }

    fn lived(self) -> Result<Lived, Refusal> {
        let nothing = || Refusal::NeedCases { ids: Vec::new() };
        let case = self.case.ok_or_else(nothing)?;
        let rules = self.lives.library.version(&case.procedure, case.procedure_version);
        Ok(Lived { rules: rules.ok_or_else(nothing)?, case, events: self.events })
    }
}

/// An id as the desk makes it, but drawn by seed.
pub(super) fn fresh_id(at: Timestamp, random: &mut Rng) -> Uuid {
    let millis = u64::try_from(at.as_millisecond()).unwrap_or(0);
    let mut bytes = [0; 10];
    random.fill(&mut bytes);
    uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
}

/// The words, the customer and the time of one case, in place of the model's.
struct Dress {
    texts: [(String, String); 3],
    later: SignedDuration,
}

impl Dress {
    fn new(lives: &Lives, model: &Model, random: &mut Rng, begins: Timestamp) -> Self {
        let customer = lives.words.customer(random);
        let text = lives.words.request(random);
        let texts = [
            (model.text.clone(), text),
            (model.phone.clone(), customer.phone),
            (model.name.clone(), customer.name),
        ];
        Self { texts, later: begins.duration_since(model.registered_at) }
    }

    fn entered(&self, fields: &Entered) -> Entered {
        fields.iter().map(|(key, value)| (key.clone(), self.json(value))).collect()
    }

    fn extra(&self, extra: &Extra) -> Extra {
        let later = |at: &mut Option<Timestamp>| {
            *at = at.and_then(|at| at.checked_add(self.later).ok());
        };
        let mut extra = extra.clone();
        later(&mut extra.new_due);
        extra.tasks.iter_mut().for_each(|task| later(&mut task.due));
        extra.set = self.entered(&extra.set);
        extra
    }

    fn json(&self, value: &Json) -> Json {
        match value {
            Json::String(text) => self.text(text).into(),
            Json::Array(items) => items.iter().map(|item| self.json(item)).collect(),
            Json::Object(fields) => {
                fields.iter().map(|(key, value)| (key.clone(), self.json(value))).collect()
            }
            other => other.clone(),
        }
    }

    fn text(&self, text: &str) -> String {
        let worded = self.texts.iter().fold(text.to_owned(), |text, (old, new)| {
            if old.is_empty() { text } else { text.replace(old.as_str(), new) }
        });
        moved(&worded, self.later)
    }
}

/// A text whose local times are so much later.
fn moved(text: &str, later: SignedDuration) -> String {
    const LONG: usize = "2026-11-16 08:12".len();
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(place) = rest.find("20") {
        let (before, from) = rest.split_at(place);
        out.push_str(before);
        let found = from.get(..LONG).and_then(|time| {
            let at: DateTime = time.replace(' ', "T").parse().ok()?;
            let format = if time.contains('T') { "%Y-%m-%dT%H:%M" } else { "%Y-%m-%d %H:%M" };
            Some(at.checked_add(later).ok()?.strftime(format).to_string())
        });
        match found {
            Some(time) => {
                out.push_str(&time);
                rest = from.get(LONG..).unwrap_or("");
            }
            None => {
                out.push_str("20");
                rest = from.get(2..).unwrap_or("");
            }
        }
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_within_a_text_move_and_all_else_stays() {
        let later = SignedDuration::from_hours(49);
        assert_eq!(
            moved("于2026-11-16 08:12前，2026年报销20元；2026-11-16T23:30:00", later),
            "于2026-11-18 09:12前，2026年报销20元；2026-11-19T00:30:00"
        );
    }
}
