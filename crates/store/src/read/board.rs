//! The work in hand, kept in memory and brought up to date by the events that were committed since: counting it costs as much as there
//! are places, listing it as much as is shown, however many cases are open or closed; by severity, registration or call as much as
//! there are open cases within the scope. Any program's commits are seen at once, because
//! each moves the counter of events that is asked first.

mod find;
mod sight;

use super::feed;
use super::kept::Named;
use super::list::{Filter, Sort};
use super::open::Count;
use crate::backend::{Conn, Param, Row, waiting};
use crate::error::{Result, StoreError};
use crate::model::Tie;
use crate::scope::Scope;
use crate::time::{int, to_int};
use find::Wanted;
use jiff::Timestamp;
use jiff::civil::Date;
use sight::View;
use std::cell::RefCell;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use uuid::Uuid;

/// Events that are taken in at once. The number stands in [`CHANGED`] as well, so that a planner that knows nothing else knows that
/// they are few.
const FEW: u64 = 2_000;
/// Everything is read anew behind more events than this share of the open cases, and than [`FEW`].
const SHARE: usize = 4;
/// Behind more changed cases than this, what scopes show is worked out when it is asked for: after an import each of them would be
/// told of each case, whether anybody asks or not.
const LOOKED_AT_AGAIN: usize = 200;

// What is read of all open cases stands in indexes alone: after a start the table may not be in memory yet.
crate::sql::queries! {
    ALL = "SELECT id, open, procedure, queue, stage, department, confidential, due, assignee, holder
        FROM cases INDEXED BY open_by_place WHERE open = 1";
    ALL_MILDNESS = "SELECT id, mildness FROM cases INDEXED BY open_by_mildness WHERE open = 1";
    ALL_REGISTERED = "SELECT id, registered_at FROM cases INDEXED BY open_by_registration WHERE open = 1";
    ALL_CALLS = "SELECT case_id, day FROM contributions WHERE metric IN ('call', 'call, confidential')";
    ALL_TIES = "SELECT links.case_id, links.relation, links.target FROM cases INDEXED BY open_by_place
        JOIN links ON links.case_id = cases.id WHERE cases.open = 1 AND links.relation LIKE 'person %'";
    CHANGED = "SELECT id, open, procedure, queue, stage, department, confidential, due, assignee, holder, mildness, registered_at,
            version, CAST(CASE WHEN title IS NULL THEN 1 ELSE 0 END AS BIGINT)
        FROM cases WHERE id IN (SELECT case_id FROM events WHERE sequence > ?1 AND sequence <= ?2 ORDER BY sequence LIMIT 2000)";
    CHANGED_CALLS = "SELECT case_id, day FROM contributions WHERE metric IN ('call', 'call, confidential')
        AND case_id IN (SELECT case_id FROM events WHERE sequence > ?1 AND sequence <= ?2 ORDER BY sequence LIMIT 2000)";
    CHANGED_TIES = "SELECT case_id, relation, target FROM links WHERE relation LIKE 'person %'
        AND case_id IN (SELECT case_id FROM events WHERE sequence > ?1 AND sequence <= ?2 ORDER BY sequence LIMIT 2000)";
    TOLD = "SELECT COUNT(*) FROM events WHERE sequence > ?1 AND sequence <= ?2";
}

/// The board of one database.
#[derive(Default)]
pub(crate) struct Board {
    state: Mutex<State>,
    /// All open cases are being read.
    loading: AtomicBool,
    /// Whoever brought it up to date lost his connection over it. It is left behind, and nobody who waited for it asks in his turn a
    /// server that does not answer.
    is_lost: AtomicBool,
}

#[derive(Default)]
struct State {
    /// What is committed up to this event is on it, and nothing else; nothing was read yet when there is none.
    upto: Option<u64>,
    places: Vec<Place>,
    by_key: HashMap<PlaceKey, usize>,
    cases: HashMap<i64, Open>,
    /// Numbers for the keys of people and queues.
    names: HashMap<String, u32>,
    /// Which cases each holds or works on, by due and id.
    held: BTreeSet<(u32, i64, i64)>,
    /// How many cases each holds at a place; nobody who holds none.
    holding: BTreeMap<(u32, usize), u64>,
    /// Which cases each has to do with.
    ties: BTreeSet<(Tie, Uuid, i64)>,
    /// What scopes show of it as it stands.
    views: RefCell<HashMap<Scope, Arc<View>>>,
}

#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct PlaceKey {
    procedure: String,
    queue: String,
    stage: String,
    department: Option<String>,
    confidential: bool,
}

impl PlaceKey {
    /// What counts are told by.
    fn shown(&self) -> (&str, &str, &str) {
        (&self.procedure, &self.queue, &self.stage)
    }
}

struct Place {
    key: PlaceKey,
    /// Its cases by due and id.
    lines: Vec<Line>,
}

impl Place {
    /// Where a case stands that is due then.
    fn at(&self, due: i64, id: i64) -> Result<usize, usize> {
        self.lines.binary_search_by_key(&(due, id), |line| (line.due, line.id))
    }
}

/// A case at its place.
#[derive(Clone, Copy)]
struct Line {
    due: i64,
    id: i64,
    registered: i64,
    mildness: u8,
    holder: u32,
    assignee: Option<u32>,
    /// The first day on which its customer must be called.
    call: Option<Date>,
}

impl Line {
    fn people(&self) -> impl Iterator<Item = u32> {
        [Some(self.holder), self.assignee].into_iter().flatten()
    }
}

/// Where a case stands, and who has to do with it.
struct Open {
    place: usize,
    /// As it stands at its place: whoever asks for one case need not look for it there.
    line: Line,
    ties: Vec<(Tie, Uuid)>,
    /// How lists name it, where that is known.
    named: Option<Named>,
}

impl Board {
    /// Open cases within a scope by procedure, queue and stage.
    pub(crate) fn counts(&self, conn: &Conn, scope: &Scope, now: Timestamp) -> Result<Vec<Count>> {
        let now = to_int(now)?;
        let state = self.caught_up(conn)?;
        let mut sums: BTreeMap<(&str, &str, &str), (u64, u64)> = BTreeMap::new();
        state.seen(scope, &|_| true, &mut |place, lines, more| {
            let sum = sums.entry(place.shown()).or_default();
            let overdue = count(lines.partition_point(|line| line.due < now));
            *sum = match more {
                true => (sum.0 + count(lines.len()), sum.1 + overdue),
                false => (sum.0 - count(lines.len()), sum.1 - overdue),
            };
        });
        let counted = sums.into_iter().filter(|(_, (cases, _))| *cases > 0);
        Ok(counted
            .map(|((procedure, queue, stage), (cases, overdue))| Count {
                procedure: procedure.to_owned(),
                queue: queue.to_owned(),
                stage: stage.to_owned(),
                cases,
                overdue,
            })
            .collect())
    }

    /// How many open cases within a scope a filter finds; `None` when it asks for what is not on the board, or the board is only just
    /// being made.
    pub(crate) fn count(&self, conn: &Conn, scope: &Scope, filter: &Filter) -> Result<Option<u64>> {
        let Some(wanted) = self.wanted(filter)? else { return Ok(None) };
        let state = self.caught_up(conn)?;
        Ok(Some(state.count(scope, &wanted)))
    }

    /// The open cases that a list shows after a place, at most so many; `None` when it asks for what is not on the board, or in an order
    /// that an index has, and while the board is only just being made. The caller has begun a read transaction and asked nothing yet: a
    /// transaction sees what was committed when it is first asked, and that must not be less than what others have put on the board.
    pub(crate) fn list(
        &self,
        conn: &Conn,
        scope: &Scope,
        filter: &Filter,
        (sort, after, most): (Sort, &[i64], usize),
    ) -> Result<Option<Vec<Named>>> {
        let Some(wanted) = self.wanted(filter)? else { return Ok(None) };
        if sort != Sort::NextDue && !wanted.is_of_somebody() {
            return Ok(None);
        }
        let mut state = self.lock()?;
        self.catch_up(&mut state, conn)?;
        let found = state.first(scope, &wanted, sort, after, most);
        self.with_touch(conn, state.named(conn, &found)).map(Some)
    }

    /// Open cases within a scope by the key of whoever must act, a person or a role; costs as much as there are open cases.
    pub(crate) fn holders(&self, conn: &Conn, scope: &Scope) -> Result<Vec<(String, u64)>> {
        let state = self.caught_up(conn)?;
        let mut sums: HashMap<u32, u64> = HashMap::new();
        state.each(scope, &Wanted::default(), None, &mut |line| {
            *sums.entry(line.holder).or_default() += 1;
            true
        });
        let named = state.names.iter();
        let mut held: Vec<(String, u64)> =
            named.filter_map(|(name, n)| Some((name.clone(), *sums.get(n)?))).collect();
        held.sort();
        Ok(held)
    }

    /// The board with everything on it that was committed when this was asked, and perhaps more. The caller holds no transaction.
    fn caught_up(&self, conn: &Conn) -> Result<MutexGuard<'_, State>> {
        // Asked without the lock: whoever waits for a server waits alone.
        let last = feed::last(conn)?;
        let state = self.lock()?;
        if state.upto == Some(last) {
            return Ok(state);
        }
        drop(state);
        conn.begin_read()?;
        let read = self.lock().and_then(|mut state| {
            self.catch_up(&mut state, conn)?;
            Ok(state)
        });
        self.with_touch(conn, conn.rollback())?;
        read
    }

    /// Takes in what was committed up to the last event of the read transaction that the caller holds. A board that knows more has lost
    /// it: the database has.
    fn catch_up(&self, state: &mut State, conn: &Conn) -> Result<()> {
        let most = FEW.max(count(state.cases.len() / SHARE));
        let read = feed::last(conn).and_then(|last| match state.upto {
            Some(upto) if upto == last => Ok(()),
            Some(upto) if upto < last && last - upto <= most => state.follow(conn, upto, last),
            _ => {
                self.loading.store(true, Ordering::Relaxed);
                let read = state.load(conn, last);
                self.loading.store(false, Ordering::Relaxed);
                read
            }
        });
        self.with_touch(conn, read)
    }

    /// Notes when what was read while the board was held has cost the connection.
    fn with_touch<T>(&self, conn: &Conn, read: Result<T>) -> Result<T> {
        if read.is_err() && conn.is_lost() {
            self.is_lost.store(true, Ordering::Relaxed);
        }
        read
    }

    /// What a filter asks of the board; `None` when it asks for something else as well, and while all open cases are being read.
    fn wanted<'f>(&self, filter: &'f Filter) -> Result<Option<Wanted<'f>>> {
        Ok(Wanted::of(filter)?.filter(|_| !self.loading.load(Ordering::Relaxed)))
    }

    /// Whoever has to wait tells those that share his thread. Fails when the board was lost meanwhile.
    fn lock(&self) -> Result<MutexGuard<'_, State>> {
        let state = match self.state.try_lock() {
            Ok(state) => state,
            Err(TryLockError::Poisoned(state)) => state.into_inner(),
            Err(TryLockError::WouldBlock) => {
                waiting(|| self.state.lock().unwrap_or_else(PoisonError::into_inner))
            }
        };
        match self.is_lost.load(Ordering::Relaxed) {
            true => Err(StoreError::Unavailable { what: "the connection was lost".into() }),
            false => Ok(state),
        }
    }
}

impl State {
    /// Reads everything anew.
    fn load(&mut self, conn: &Conn, last: u64) -> Result<()> {
        *self = Self::default();
        conn.each(ALL, &[], &mut |row| {
            let (n, line) = self.put(row)?;
            self.places.get_mut(n).into_iter().for_each(|place| place.lines.push(line));
            Ok(true)
        })?;
        for place in &mut self.places {
            place.lines.sort_unstable_by_key(|line| (line.due, line.id));
        }
        let mut note = |sql, set: fn(&mut Line, i64)| {
            conn.each(sql, &[], &mut |row| {
                let value = row.int(1)?;
                self.amend(row.int(0)?, |line| set(line, value));
                Ok(true)
            })
        };
        note(ALL_MILDNESS, |line, value| line.mildness = mildness(value))?;
        note(ALL_REGISTERED, |line, value| line.registered = value)?;
        conn.each(ALL_CALLS, &[], &mut |row| self.call(row))?;
        conn.each(ALL_TIES, &[], &mut |row| self.tie(row))?;
        self.upto = Some(last);
        Ok(())
    }

    /// Takes in what events after `upto` have changed.
    fn follow(&mut self, conn: &Conn, mut upto: u64, last: u64) -> Result<()> {
        // What fails midway is on it in part: then it begins again.
        self.upto = None;
        let (mut silent, mut changed) = (false, Vec::new());
        let names = self.names.len();
        while upto < last {
            let to = last.min(upto + FEW);
            let span = [int(upto)?, int(to)?];
            let params = || span.map(Param::from);
            conn.each(CHANGED, &params(), &mut |row| {
                changed.push(row.int(0)?);
                self.change(row)
            })?;
            conn.each(CHANGED_CALLS, &params(), &mut |row| self.call(row))?;
            conn.each(CHANGED_TIES, &params(), &mut |row| self.tie(row))?;
            silent |= conn.row(TOLD, &params(), |row| row.count(0))? != Some(to - upto);
            upto = to;
        }
        // A case can lose its title without an event, or get other ties and calls by newer rules: then the counter moves alone.
        if silent {
            let lines = self.places.iter_mut().flat_map(|place| &mut place.lines);
            lines.for_each(|line| line.call = None);
            self.ties.clear();
            for case in self.cases.values_mut() {
                case.line.call = None;
                case.named = None;
                case.ties.clear();
            }
            conn.each(ALL_CALLS, &[], &mut |row| self.call(row))?;
            conn.each(ALL_TIES, &[], &mut |row| self.tie(row))?;
        }
        let is_little = !silent && names == self.names.len() && changed.len() <= LOOKED_AT_AGAIN;
        match is_little {
            true => self.look_again(&changed),
            false => self.views.get_mut().clear(),
        }
        self.upto = Some(last);
        Ok(())
    }

    /// Takes in a case that has changed, whole.
    fn change(&mut self, row: &Row<'_>) -> Result<bool> {
        let id = row.int(0)?;
        self.remove(id);
        if row.flag(1)? {
            let (n, line) = self.put(row)?;
            let line = Line { mildness: mildness(row.int(10)?), registered: row.int(11)?, ..line };
            if let Some(place) = self.places.get_mut(n) {
                let at = place.at(line.due, id).unwrap_or_else(|at| at);
                place.lines.insert(at, line);
            }
            let named = Named { id, version: row.count(12)?, untitled: row.flag(13)? };
            if let Some(case) = self.cases.get_mut(&id) {
                (case.line, case.named) = (line, Some(named));
            }
        }
        Ok(true)
    }

    fn remove(&mut self, id: i64) {
        let Some(before) = self.cases.remove(&id) else { return };
        for (tie, target) in &before.ties {
            self.ties.remove(&(*tie, *target, id));
        }
        if let Some(place) = self.places.get_mut(before.place)
            && let Ok(at) = place.at(before.line.due, id)
        {
            place.lines.remove(at);
        }
        for person in before.line.people() {
            self.held.remove(&(person, before.line.due, id));
        }
        if let Entry::Occupied(mut held) = self.holding.entry((before.line.holder, before.place)) {
            *held.get_mut() -= 1;
            if *held.get() == 0 {
                held.remove();
            }
        }
    }

    /// Notes an open case; its line still has to come to its place.
    fn put(&mut self, row: &Row<'_>) -> Result<(usize, Line)> {
        let key = PlaceKey {
            procedure: row.text(2)?,
            queue: row.text(3)?,
            stage: row.text(4)?,
            department: row.opt_text(5)?,
            confidential: row.flag(6)?,
        };
        let (id, due) = (row.int(0)?, row.int(7)?);
        let assignee = row.opt_text(8)?.map(|person| self.name(person));
        let holder = self.name(row.text(9)?);
        let line = Line { due, id, registered: 0, mildness: 0, holder, assignee, call: None };
        self.held.extend(line.people().map(|person| (person, due, id)));
        let place = *self.by_key.entry(key).or_insert_with_key(|key| {
            self.places.push(Place { key: key.clone(), lines: Vec::new() });
            self.places.len() - 1
        });
        *self.holding.entry((holder, place)).or_default() += 1;
        self.cases.insert(id, Open { place, line, ties: Vec::new(), named: None });
        Ok((place, line))
    }

    /// Notes what somebody has to do with a case that was put.
    fn tie(&mut self, row: &Row<'_>) -> Result<bool> {
        let (id, tie, target) = (row.int(0)?, Tie::of(&row.text(1)?), row.uuid(2)?);
        if let (Some(case), Some(tie)) = (self.cases.get_mut(&id), tie)
            && self.ties.insert((tie, target, id))
        {
            case.ties.push((tie, target));
        }
        Ok(true)
    }

    /// Notes a day on which the customer of a case must be called.
    fn call(&mut self, row: &Row<'_>) -> Result<bool> {
        let day = row.text(1)?.parse();
        let day: Date = day.map_err(|_| StoreError::corrupt("a stored day is not a date"))?;
        self.amend(row.int(0)?, |line| {
            line.call = Some(line.call.map_or(day, |known| known.min(day)));
        });
        Ok(true)
    }

    /// Adds to what is known of an open case.
    fn amend(&mut self, id: i64, set: impl Fn(&mut Line)) {
        let Some(case) = self.cases.get_mut(&id) else { return };
        set(&mut case.line);
        if let Some(place) = self.places.get_mut(case.place)
            && let Ok(at) = place.at(case.line.due, id)
        {
            place.lines.get_mut(at).into_iter().for_each(set);
        }
    }

    /// A case with its place.
    fn case(&self, id: i64) -> Option<(&Open, &Place)> {
        let case = self.cases.get(&id)?;
        Some((case, self.places.get(case.place)?))
    }

    fn name(&mut self, name: String) -> u32 {
        let next = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        *self.names.entry(name).or_insert(next)
    }
}

/// As columns have it: [`u8::MAX`] less the severity.
fn mildness(column: i64) -> u8 {
    u8::try_from(column).unwrap_or(u8::MAX)
}

fn count(cases: usize) -> u64 {
    u64::try_from(cases).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::{Mode, Place};

    #[test]
    fn who_waited_for_a_board_that_was_lost_meanwhile_asks_nobody_and_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let open = || Conn::open(&Place::at(folder.path()), Mode::Write).unwrap();
        crate::migrate::migrate(&open()).unwrap();
        let board = Board::default();
        let count = || board.counts(&open(), &Scope::all(), Timestamp::UNIX_EPOCH);
        assert_eq!(count(), Ok(vec![]));
        std::thread::scope(|threads| {
            let held = board.lock().unwrap();
            let waits = threads.spawn(count);
            // As when a server fell silent under whoever held it.
            board.is_lost.store(true, Ordering::Relaxed);
            drop(held);
            let told = waits.join().unwrap();
            assert!(matches!(told, Err(StoreError::Unavailable { .. })), "{told:?}");
        });
    }
}
