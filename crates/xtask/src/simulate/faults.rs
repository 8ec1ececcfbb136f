//! What goes wrong under a desk, and when: at the seam between the store and its database.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use store::{Between, Call, Pass, StoreError};

/// More transactions than this in one step: somebody does the same for ever.
const MOST_TRANSACTIONS: usize = 3_000;

/// What is to go wrong. Commits, statements and calls are counted from the moment it is armed, from 0.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Harm {
    /// A commit fails before anything of it is durable.
    Refused { commit: usize, error: StoreError },
    /// A commit succeeds, its answer is lost, and the database is away for so many calls.
    AnswerLost { commit: usize, then_away: usize },
    /// A statement that writes fails; `whole`: with it the database gives up the transaction.
    Statement { nth: usize, error: StoreError, whole: bool },
    /// The database is away for so many calls, reads included.
    Away { after: usize, calls: usize },
    /// The program dies in a commit.
    Crash { commit: usize, at: Moment },
}

/// When a program dies in a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    Before,
    /// While the log is being written: so many hundredths of what the commit writes have reached the disk.
    Torn(usize),
    After,
}

/// A mistake that a store could have: the database never hears of every third statement of the kind, or commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bug {
    pub(super) name: &'static str,
    /// How the statement begins; nothing: it is the commit.
    statement: &'static str,
    every: usize,
}

/// Mistakes that a simulation must find.
pub(super) const BUGS: &[Bug] = &[
    bug("forgets idempotency keys", "INSERT INTO submissions", 3),
    bug("skips timers", "INSERT INTO timers", 9),
    bug("keeps old timers", "DELETE FROM timers", 9),
    bug("keeps old snapshots", "INSERT INTO snapshots", 9),
    bug("loses events", "INSERT INTO events", 50),
    bug("loses commits", "", 9),
    bug("loses messages", "INSERT INTO inbox", 5),
    bug("stands still in the feed", "INSERT INTO counters", 9),
    bug("cannot be searched", "INSERT INTO search ", 3),
    bug("does not claim numbers", "INSERT INTO numbers", 3),
];

const fn bug(name: &'static str, statement: &'static str, every: usize) -> Bug {
    Bug { name, statement, every }
}

/// Where the files are that are left when the program dies: copied from one folder to another as they are at that moment.
#[derive(Debug, Clone)]
pub(super) struct Disk {
    pub(super) from: PathBuf,
    pub(super) to: PathBuf,
}

/// Something that happens when the desk is about to read.
pub(super) type Meanwhile = Box<dyn FnOnce() + Send>;

#[derive(Default)]
pub(super) struct Faults {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    harm: Option<Harm>,
    /// Whether it happened.
    harmed: bool,
    commits: usize,
    statements: usize,
    calls: usize,
    /// Calls that still find the database away.
    away: usize,
    transactions: usize,
    endless: bool,
    dead: bool,
    disk: Option<Disk>,
    /// The log before a commit that will be torn.
    log: Vec<u8>,
    meanwhile: Option<(usize, Meanwhile)>,
    bug: Option<Bug>,
    /// Statements of the bug's kind so far.
    bugged: usize,
}

impl Faults {
    pub(super) fn with(bug: Option<Bug>) -> Self {
        let state = State { bug, ..State::default() };
        Self { state: Mutex::new(state) }
    }

    /// Lets something go wrong from now on.
    pub(super) fn arm(&self, harm: Option<Harm>, disk: Option<Disk>) {
        let mut state = self.lock();
        *state = State {
            harm,
            disk,
            dead: state.dead,
            bug: state.bug,
            bugged: state.bugged,
            ..State::default()
        };
    }

    /// All is well again; says whether it was not, whether the program is dead, and whether somebody did the same for ever.
    pub(super) fn disarm(&self) -> (bool, bool, bool) {
        let state = self.lock();
        let found = (state.harmed, state.dead, state.endless);
        drop(state);
        self.arm(None, None);
        found
    }

    /// The program has been started again.
    pub(super) fn revive(&self) {
        self.lock().dead = false;
    }

    /// Something that happens before the nth transaction that reads.
    pub(super) fn meanwhile(&self, nth: usize, work: Meanwhile) {
        self.lock().meanwhile = Some((nth, work));
    }

    /// What was to happen meanwhile and did not.
    pub(super) fn left(&self) -> Option<Meanwhile> {
        self.lock().meanwhile.take().map(|(_, work)| work)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Between for Faults {
    fn before(&self, call: Call<'_>) -> Pass {
        if call == Call::BeginRead {
            let due = {
                let mut state = self.lock();
                match &mut state.meanwhile {
                    Some((0, _)) => state.meanwhile.take(),
                    Some((left, _)) => {
                        *left -= 1;
                        None
                    }
                    None => None,
                }
            };
            // Not under the lock: it comes through here again.
            if let Some((_, work)) = due {
                work();
            }
        }
        self.lock().before(call)
    }

    fn after(&self, call: Call<'_>) -> store::Result<()> {
        if call == Call::Commit { self.lock().committed() } else { Ok(()) }
    }
}

impl State {
    fn before(&mut self, call: Call<'_>) -> Pass {
        if self.dead {
            return Pass::Fail(gone("the program is dead"));
        }
        if let Some(pass) = self.bug(call) {
            return pass;
        }
        let writes =
            matches!(call, Call::Statement(sql) if !sql.trim_start().starts_with("SELECT"));
        let (commit, statement, nth) = (self.commits, self.statements, self.calls);
        self.calls += 1;
        self.statements += usize::from(writes);
        if call == Call::BeginWrite {
            self.transactions += 1;
            if self.transactions > MOST_TRANSACTIONS {
                self.endless = true;
                return Pass::Fail(gone("the same for ever"));
            }
        }
        if self.away > 0 {
            self.away -= 1;
            return Pass::Fail(gone("away"));
        }
        match self.harm.clone() {
            Some(Harm::Away { after, calls }) if nth >= after && !self.harmed => {
                self.harmed = true;
                self.away = calls;
                Pass::Fail(gone("away"))
            }
            Some(Harm::Statement { nth, error, whole }) if writes && nth == statement => {
                self.harmed = true;
                if whole { Pass::Abort(error) } else { Pass::Fail(error) }
            }
            Some(Harm::Refused { commit: at, error }) if call == Call::Commit && at == commit => {
                self.harmed = true;
                Pass::Fail(error)
            }
            Some(Harm::Crash { commit: at, at: moment })
                if call == Call::Commit && at == commit =>
            {
                self.die_before(moment)
            }
            _ => Pass::On,
        }
    }

    /// A crash before the commit, and what a torn one needs to know.
    fn die_before(&mut self, moment: Moment) -> Pass {
        self.harmed = true;
        match (moment, &self.disk) {
            (Moment::After, _) => return Pass::On,
            (Moment::Torn(_), Some(disk)) => {
                self.log = std::fs::read(disk.from.join("bihuan.db-wal")).unwrap_or_default();
                return Pass::On;
            }
            // Without a log nothing can be torn.
            (Moment::Torn(_), None) | (Moment::Before, _) => {}
        }
        self.dead = true;
        self.leave(None);
        Pass::Fail(gone("the program died"))
    }

    fn committed(&mut self) -> store::Result<()> {
        let commit = self.commits;
        self.commits += 1;
        match self.harm {
            Some(Harm::AnswerLost { commit: at, then_away }) if at == commit => {
                self.harmed = true;
                self.away = then_away;
                Err(gone("the answer was lost"))
            }
            Some(Harm::Crash { commit: at, at: moment }) if at == commit => {
                self.dead = true;
                let torn = match moment {
                    Moment::Torn(hundredths) => Some(hundredths),
                    _ => None,
                };
                self.leave(torn);
                Err(gone("the program died"))
            }
            _ => Ok(()),
        }
    }

    /// Copies what is on the disk at this moment. What cannot be copied is missed when the program starts again.
    fn leave(&self, torn: Option<usize>) {
        let Some(disk) = &self.disk else { return };
        drop(std::fs::create_dir_all(&disk.to));
        for name in ["bihuan.db", "bihuan.db-wal"] {
            let Ok(mut bytes) = std::fs::read(disk.from.join(name)) else { continue };
            if let Some(hundredths) = torn.filter(|_| name.ends_with("wal")) {
                tear(&mut bytes, &self.log, hundredths);
            }
            drop(std::fs::write(disk.to.join(name), bytes));
        }
    }

    fn bug(&mut self, call: Call<'_>) -> Option<Pass> {
        let bug = self.bug?;
        let meant = match call {
            Call::Statement(sql) => !bug.statement.is_empty() && sql.starts_with(bug.statement),
            Call::Commit => bug.statement.is_empty(),
            _ => false,
        };
        self.bugged += usize::from(meant);
        (meant && self.bugged.is_multiple_of(bug.every)).then_some(Pass::Swallow)
    }
}

/// Of the bytes that a commit changed, only the first hundredths have reached the disk.
fn tear(after: &mut Vec<u8>, before: &[u8], hundredths: usize) {
    let old = |at: usize| before.get(at).copied();
    let changed = |(at, byte): (usize, &u8)| (old(at) != Some(*byte)).then_some(at);
    let Some(first) = after.iter().enumerate().find_map(changed) else { return };
    let last = after.iter().enumerate().rev().find_map(|(at, byte)| changed((at, byte)));
    let cut = first + (last.unwrap_or(first) - first) * hundredths.min(99) / 100;
    for (at, byte) in after.iter_mut().enumerate().skip(cut) {
        *byte = old(at).unwrap_or(0);
    }
    after.truncate(cut.max(before.len()));
}

fn gone(what: &str) -> StoreError {
    StoreError::Unavailable { what: what.to_owned() }
}
