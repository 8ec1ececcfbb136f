//! The one write: load, decide, commit once; on a conflict load and decide again.

use crate::attach::{Files, named_by_case};
use crate::desk::Desk;
use crate::error::DeskError;
use crate::load::held;
use crate::rows::Draft;
use engine::case::{Case, Life};
use engine::command::Command;
use engine::decide::{Context, Decision, Library, World, decide, missing};
use engine::event::Recorded;
use engine::key::Key;
use engine::numbering;
use engine::people::{Directory, Who};
use engine::procedure::Means;
use engine::refusal::Refusal;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use store::{
    CaseRows, CaseWrite, Committing, IdempotencyKey, ImportRow, Likeness, Receipt, Scope,
    StoreError, Write,
};
use uuid::Uuid;

/// How often a submission is decided again when others were faster, or when it needs more cases.
const ATTEMPTS: usize = 50;

/// How a submission enters.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Makes repetitions harmless.
    pub key: Option<IdempotencyKey>,
    /// The version of the case that the caller has seen; another one refuses the submission as stale.
    pub seen: Option<u64>,
    /// The row of an import file.
    pub import: Option<ImportRow>,
}

/// What a submission did. Committed and durable.
#[derive(Debug, Clone, PartialEq)]
pub struct Done {
    /// The case it was about.
    pub case: Uuid,
    /// Its number.
    pub number: String,
    /// Its version afterwards.
    pub version: u64,
    /// Numbers of further cases that it opened.
    pub opened: Vec<String>,
    /// The submission was a repetition; nothing was done again.
    pub repeated: bool,
}

/// What a submission changes: who held each changed case before and who holds it after, by so many events.
struct Moved {
    held: Vec<(Option<Key>, Option<Key>)>,
    events: usize,
}

/// A decision, and what it was taken on.
pub(crate) struct Decided {
    pub(crate) decision: Decision,
    before: BTreeMap<Key, Case>,
    pub(crate) library: Arc<Library>,
    directory: Directory,
    now: Timestamp,
    files: Files,
}

/// A submission that is decided and waits to be durable. Dropping it does not take it back.
pub struct Pending {
    desk: Desk,
    committing: Committing,
    moved: Moved,
}

impl Pending {
    /// Waits until it is durable. Blocks.
    ///
    /// # Errors
    /// What [`store::Store::commit`] fails with; on `Conflict` and `NumberTaken` it can be submitted again.
    pub fn wait(self) -> Result<Done, DeskError> {
        let result = self.committing.wait();
        if result.as_ref().is_ok_and(|receipt| !receipt.replayed) {
            self.desk.inner.followed.wrote(self.moved.events);
            return done(&result?);
        }
        if result == Err(StoreError::OutcomeUnknown) {
            self.desk.inner.followed.doubts();
        }
        // It was counted when it was decided, so that the next decision saw it.
        for (before, after) in &self.moved.held {
            self.desk.inner.load.moved(after.as_ref(), before.as_ref());
        }
        done(&result?)
    }
}

impl Desk {
    /// Registers a case. The id is made here, candidates for joining are looked up here.
    ///
    /// # Errors
    /// A refusal of the core, or a failure of the store.
    pub fn register(
        &self,
        who: &Who,
        procedure: &str,
        fields: engine::command::Entered,
        options: Options,
    ) -> Result<Done, DeskError> {
        self.submit_made(who, options, || self.registration(procedure, fields))
    }

    /// Whether [`Desk::register_later`] would accept a registration as things stand: everything is decided, nothing is
    /// written.
    ///
    /// # Errors
    /// As [`Desk::register`].
    pub fn try_register(
        &self,
        who: &Who,
        procedure: &str,
        fields: engine::command::Entered,
    ) -> Result<(), DeskError> {
        self.whole(who, &self.registration(procedure, fields)?).map(drop)
    }

    /// What a command would make of its case as things stand: everything is decided, nothing is written.
    ///
    /// # Errors
    /// As [`Desk::submit`].
    pub fn try_submit(&self, who: &Who, command: &Command) -> Result<Case, DeskError> {
        let decided = self.decided(who, command, None, &mut touched(command))?;
        let case = decided.decision.cases.get(command.case()).cloned();
        case.ok_or(DeskError::NotFound { what: "case" })
    }

    /// Registers a case of a file without waiting for it to be durable, so that several share one commit. Commits are made
    /// in the order of the calls. Mandatory fields are mandatory here also when the program itself registers.
    ///
    /// # Errors
    /// A refusal of the core; `Busy` when too much is waiting already. A conflict shows in [`Pending::wait`].
    pub fn register_later(
        &self,
        who: &Who,
        procedure: &str,
        fields: engine::command::Entered,
        options: Options,
    ) -> Result<Pending, DeskError> {
        let command = self.registration(procedure, fields)?;
        let decided = self.whole(who, &command)?;
        self.later(&command, decided, &options)
    }

    /// Submits a command without waiting for it to be durable, so that several share one commit; `None` when it changes nothing.
    ///
    /// # Errors
    /// As [`Desk::register_later`].
    pub(crate) fn submit_later(
        &self,
        who: &Who,
        command: &Command,
    ) -> Result<Option<Pending>, DeskError> {
        let decided = self.decided(who, command, None, &mut touched(command))?;
        if decided.decision.events.is_empty() {
            return Ok(None);
        }
        self.later(command, decided, &Options::default()).map(Some)
    }

    fn later(
        &self,
        command: &Command,
        decided: Decided,
        options: &Options,
    ) -> Result<Pending, DeskError> {
        let (write, moved) = self.writing(command, decided, options);
        let committing = self.inner.store.commit_later(write)?;
        self.count(&moved);
        Ok(Pending { desk: self.clone(), committing, moved })
    }

    /// Submits a command.
    ///
    /// # Errors
    /// As [`Desk::submit_made`].
    pub fn submit(&self, who: &Who, command: Command, options: Options) -> Result<Done, DeskError> {
        self.submit_made(who, options, || Ok(command))
    }

    /// Submits a command that is made here. One that was submitted before under the same key is answered as it was then, also when it
    /// would be refused now, because the case has moved on.
    ///
    /// # Errors
    /// What `make` fails with; a refusal of the core; `Stale` when the caller has seen another version; `KeyReused` when the
    /// key belongs to another body; a failure of the store.
    pub fn submit_made<E: From<DeskError>>(
        &self,
        who: &Who,
        options: Options,
        make: impl FnOnce() -> Result<Command, E>,
    ) -> Result<Done, E> {
        let done = make().and_then(|command| Ok(self.committed(who, &command, &options)?));
        match done {
            // Of a repetition the store answers the first receipt.
            Ok(done) => Ok(done),
            // What was accepted once may be refused now; an equal submission may have been faster by a moment; the answer of this one's
            // commit may have been lost. When even that cannot be asked, the first failure stands: it alone says whether anything may
            // have been committed.
            Err(error) => match self.earlier(options.key.as_ref()) {
                Ok(Some(known)) => Ok(known),
                Err(reused @ DeskError::Store(StoreError::KeyReused)) => Err(reused.into()),
                Ok(None) | Err(_) => Err(error),
            },
        }
    }

    /// What a submission under this key did.
    fn earlier(&self, key: Option<&IdempotencyKey>) -> Result<Option<Done>, DeskError> {
        let Some(key) = key else { return Ok(None) };
        let body = self.inner.store.receipt(key)?;
        body.map(|body| done(&Receipt { body, replayed: true, sequence: 0 })).transpose()
    }

    /// Decides and commits, again and again while others are faster.
    fn committed(
        &self,
        who: &Who,
        command: &Command,
        options: &Options,
    ) -> Result<Done, DeskError> {
        let mut wanted = touched(command);
        let mut failure = DeskError::Store(StoreError::Busy);
        for _ in 0..ATTEMPTS {
            let decided = self.decided(who, command, options.seen, &mut wanted)?;
            if decided.decision.events.is_empty() {
                // The store sees nothing of it, and cannot tell that it changed something when it was submitted first.
                let earlier = self.earlier(options.key.as_ref())?;
                return earlier.map_or_else(|| unchanged(command, &decided.decision), Ok);
            }
            let (write, moved) = self.writing(command, decided, options);
            match self.inner.store.commit(write) {
                Err(error @ (StoreError::Conflict { .. } | StoreError::NumberTaken { .. })) => {
                    failure = error.into();
                }
                Err(error) => {
                    if error == StoreError::OutcomeUnknown {
                        self.inner.followed.doubts();
                    }
                    return Err(error.into());
                }
                Ok(receipt) => {
                    if !receipt.replayed {
                        self.count(&moved);
                        self.inner.followed.wrote(moved.events);
                    }
                    return done(&receipt);
                }
            }
        }
        Err(failure)
    }

    /// A registration as a command: with a fresh id, and the cases that it may join.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn registration(
        &self,
        procedure: &str,
        fields: engine::command::Entered,
    ) -> Result<Command, DeskError> {
        let candidates = self.candidates(procedure, &fields)?;
        let case: Key = self.fresh_id().to_string().into();
        Ok(Command::Register { case, procedure: procedure.into(), fields, candidates })
    }

    /// Decides a registration; the core lets the program itself leave mandatory fields empty, a file may not.
    fn whole(&self, who: &Who, command: &Command) -> Result<Decided, DeskError> {
        let decided = self.decided(who, command, None, &mut touched(command))?;
        let Some(case) = decided.decision.cases.get(command.case()) else { return Ok(decided) };
        let version = decided.library.version(&case.procedure, case.procedure_version);
        let absent = version.and_then(|(procedure, _)| {
            Some(missing(&procedure, case, procedure.register_action()?))
        });
        match absent.filter(|fields| !fields.is_empty()) {
            Some(fields) => Err(Refusal::Missing { fields, unmet: Vec::new() }.into()),
            None => Ok(decided),
        }
    }

    /// Loads what a command touches and decides it; what the core asks for beyond that is loaded as well.
    pub(crate) fn decided(
        &self,
        who: &Who,
        command: &Command,
        seen: Option<u64>,
        wanted: &mut BTreeSet<Key>,
    ) -> Result<Decided, DeskError> {
        self.over_loaded(wanted, |cases| {
            if let (Some(seen), Some(case)) = (seen, cases.get(command.case()))
                && seen != case.version
            {
                return Err(DeskError::Stale { found: case.version });
            }
            let library = self.library_for(cases.values())?;
            let (directory, now) = (self.directory(), self.now());
            let ids = vec![self.fresh_id().to_string().into()];
            let followers = self.followers(cases.values())?;
            let context = Context { now, who: who.clone(), ids, followers };
            let world = World { cases, library: &library, directory: &directory };
            let decision = decide(&world, command, &context)?;
            let files = self.files(who, &decision, &library)?;
            let before = world.cases;
            Ok(Decided { decision, before, library, directory, now, files })
        })
    }

    /// Loads the wanted cases and decides over them; what the core asks for beyond that becomes wanted, and it is decided again.
    pub(crate) fn over_loaded<T>(
        &self,
        wanted: &mut BTreeSet<Key>,
        mut decided: impl FnMut(BTreeMap<Key, Case>) -> Result<T, DeskError>,
    ) -> Result<T, DeskError> {
        for _ in 0..ATTEMPTS {
            match decided(self.load_all(wanted)?) {
                Err(DeskError::Refused(Refusal::NeedCases { ids })) => {
                    let known = wanted.len();
                    wanted.extend(ids);
                    if wanted.len() == known {
                        break;
                    }
                }
                done => return done,
            }
        }
        Err(DeskError::NotFound { what: "case" })
    }

    /// Loads cases and those that a decision about them touches as well: members of a group and their main case.
    pub(crate) fn load_all(
        &self,
        wanted: &BTreeSet<Key>,
    ) -> Result<BTreeMap<Key, Case>, DeskError> {
        let (mut cases, mut queue) = (BTreeMap::new(), wanted.iter().cloned().collect::<Vec<_>>());
        while let Some(id) = queue.pop() {
            if cases.contains_key(&id) {
                continue;
            }
            let Some(case) = self.load_case(&id)? else { continue };
            queue.extend(case.members.iter().cloned());
            if let Life::Merged { into, .. } = &case.life {
                queue.push(into.clone());
            }
            cases.insert(id, case);
        }
        Ok(cases)
    }

    /// A decision as rows, and whose work it changes.
    fn writing(&self, command: &Command, decided: Decided, options: &Options) -> (Write, Moved) {
        let Decided { mut decision, before, library, directory, now, files } = decided;
        let events = decision.events.len();
        let mut by_case: BTreeMap<Key, Vec<Recorded>> = BTreeMap::new();
        for (id, recorded) in decision.events {
            by_case.entry(id).or_default().push(recorded);
        }
        let (mut writes, mut moved) = (Vec::new(), Vec::new());
        for (id, events) in by_case {
            let Some(case) = decision.cases.remove(&id) else { continue };
            moved.push((before.get(&id).and_then(held), held(&case)));
            let Some(rules) = library.version(&case.procedure, case.procedure_version) else {
                continue;
            };
            let number = numbering::draft(&rules.0, &rules.1, &case);
            let named = named_by_case(&rules.0, &case);
            let mut draft = Draft::new(rules, &directory, case, events, &mut || self.fresh_id());
            draft.files = named.iter().filter_map(|id| files.get(id).cloned()).collect();
            writes.push(if decision.opened.contains(&id) {
                let rows = draft.numbered(blank(&id)).rows();
                CaseWrite::new(number.scope.clone(), 1, move |serial| number.with(serial), rows)
            } else {
                CaseWrite::existing(draft.rows())
            });
        }
        let mut write = Write::new(now, writes, receipt_of(command.case().clone()));
        write.key = options.key.clone();
        write.import = options.import;
        (write, Moved { held: moved, events })
    }

    fn count(&self, moved: &Moved) {
        moved
            .held
            .iter()
            .for_each(|(before, after)| self.inner.load.moved(before.as_ref(), after.as_ref()));
    }

    /// Open cases of the same telephone number within the procedure's window (S4-A04).
    fn candidates(
        &self,
        procedure: &str,
        fields: &engine::command::Entered,
    ) -> Result<Vec<Key>, DeskError> {
        let library = self.library();
        let Some((rules, _)) = library.newest(procedure) else { return Ok(Vec::new()) };
        let Some(merge) = rules.links.merge.as_ref().filter(|merge| merge.window > 0) else {
            return Ok(Vec::new());
        };
        let phone = rules
            .field_meaning(Means::Phone)
            .and_then(|field| fields.get(&field.key))
            .and_then(|value| value.as_str());
        let Some(phone) = phone.filter(|phone| !phone.is_empty()) else { return Ok(Vec::new()) };
        let since = self
            .now()
            .checked_sub(SignedDuration::from_secs(merge.window))
            .unwrap_or(Timestamp::MIN);
        let like = Likeness { phones: vec![phone.to_owned()], since, ..Likeness::default() };
        let found = self.inner.store.candidates(&Scope::all(), &like, 20)?;
        Ok(found
            .into_iter()
            .filter(|row| row.columns.procedure == procedure)
            .map(|row| row.id.to_string().into())
            .collect())
    }
}

/// What stands for the number of a new case until it is drawn. Nobody knew its id when the texts were written, and it
/// holds no digit that could be taken for a telephone number.
fn blank(id: &Key) -> String {
    let letter = |c: char| c.to_digit(16).and_then(|digit| char::from_digit(digit + 16, 32));
    format!("number {}", id.chars().map(|c| letter(c).unwrap_or('-')).collect::<String>())
}

/// The answer to a command that changes nothing.
fn unchanged(command: &Command, decision: &Decision) -> Result<Done, DeskError> {
    let case = decision.cases.get(command.case()).ok_or(DeskError::NotFound { what: "case" })?;
    Ok(Done {
        case: case.id.parse().unwrap_or_default(),
        number: case.number.clone(),
        version: case.version,
        opened: Vec::new(),
        repeated: true,
    })
}

/// The cases that a command names.
pub(crate) fn touched(command: &Command) -> BTreeSet<Key> {
    let mut ids = BTreeSet::new();
    match command {
        Command::Register { candidates, .. } => ids.extend(candidates.iter().cloned()),
        Command::Act { case, extra, .. } => {
            ids.insert(case.clone());
            ids.extend(extra.other.clone());
        }
        Command::Tick { case }
        | Command::Recount { case }
        | Command::HandOver { case, .. }
        | Command::Move { case, .. } => {
            ids.insert(case.clone());
        }
    }
    ids
}

fn receipt_of(main: Key) -> impl Fn(&[&CaseRows]) -> serde_json::Value + Send + 'static {
    move |rows| {
        let is_main = |row: &CaseRows| row.id.to_string() == *main;
        let case = rows.iter().find(|row| is_main(row)).or(rows.first());
        let opened: Vec<&str> = rows
            .iter()
            .filter(|row| row.expected == 0 && !is_main(row))
            .map(|row| row.number.as_str())
            .collect();
        json!({ "case": case.map(|row| row.id), "number": case.map(|row| row.number.clone()), "version": case.map(|row| row.version), "opened": opened })
    }
}

fn done(receipt: &Receipt) -> Result<Done, DeskError> {
    let text = |name: &str| {
        receipt.body.get(name).and_then(|value| value.as_str()).unwrap_or_default().to_owned()
    };
    let opened = receipt
        .body
        .get("opened")
        .and_then(|value| value.as_array())
        .map(|all| all.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect());
    Ok(Done {
        case: text("case").parse().map_err(|_| DeskError::NotFound { what: "case" })?,
        number: text("number"),
        version: receipt.body.get("version").and_then(serde_json::Value::as_u64).unwrap_or(0),
        opened: opened.unwrap_or_default(),
        repeated: receipt.replayed,
    })
}
