//! How much open work there is where, kept in memory and brought up to date by the events that were committed since: counting costs
//! as much as there are places, however many cases are open or closed. Any program's commits are seen at once, because each moves
//! the counter of events that is asked first.

use super::feed;
use super::open::Count;
use crate::backend::{Conn, Row};
use crate::error::Result;
use crate::scope::{Grant, Reach, Scope};
use crate::time::{int, to_int};
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

/// Events behind which everything is read anew rather than what they changed. The number stands in [`CHANGED`] as well, so that a
/// planner that knows nothing else knows that they are few.
const FEW: u64 = 2_000;

crate::sql::queries! {
    ALL = "SELECT id, open, procedure, queue, stage, department, confidential, due, assignee, holder
        FROM cases INDEXED BY open_by_place WHERE open = 1";
    CHANGED = "SELECT id, open, procedure, queue, stage, department, confidential, due, assignee, holder
        FROM cases WHERE id IN (SELECT case_id FROM events WHERE sequence > ?1 ORDER BY sequence LIMIT 2000)";
}

/// The board of one database.
#[derive(Default)]
pub(crate) struct Board(Mutex<State>);

#[derive(Default)]
struct State {
    /// What is committed up to this event is on it; nothing was read yet when there is none.
    upto: Option<u64>,
    places: Vec<Place>,
    by_key: HashMap<PlaceKey, usize>,
    cases: HashMap<i64, Open>,
    /// Numbers for the keys of people and queues.
    names: HashMap<String, u32>,
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
    /// When its cases are due, ascending.
    dues: Vec<i64>,
}

struct Open {
    place: usize,
    due: i64,
    holder: u32,
    assignee: Option<u32>,
}

impl Board {
    /// Open cases within a scope by procedure, queue and stage.
    pub(crate) fn counts(&self, conn: &Conn, scope: &Scope, now: Timestamp) -> Result<Vec<Count>> {
        let now = to_int(now)?;
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.catch_up(conn)?;
        let mut sums: BTreeMap<(&str, &str, &str), (usize, usize)> = BTreeMap::new();
        let seen = state.seen(scope);
        for (place, seen) in state.places.iter().zip(&seen) {
            if matches!(seen, Sight::All) {
                let sum = sums.entry(place.key.shown()).or_default();
                sum.0 += place.dues.len();
                sum.1 += place.dues.partition_point(|due| *due < now);
            }
        }
        if seen.iter().any(|sight| matches!(sight, Sight::Some(_))) {
            for case in state.cases.values() {
                if let (Some(place), Some(Sight::Some(people))) =
                    (state.places.get(case.place), seen.get(case.place))
                    && (people.contains(&case.holder)
                        || case.assignee.is_some_and(|person| people.contains(&person)))
                {
                    let sum = sums.entry(place.key.shown()).or_default();
                    sum.0 += 1;
                    sum.1 += usize::from(case.due < now);
                }
            }
        }
        let counted = sums.into_iter().filter(|(_, (cases, _))| *cases > 0);
        Ok(counted
            .map(|((procedure, queue, stage), (cases, overdue))| Count {
                procedure: procedure.to_owned(),
                queue: queue.to_owned(),
                stage: stage.to_owned(),
                cases: count(cases),
                overdue: count(overdue),
            })
            .collect())
    }

    /// Begins again at the next count: the database may have lost what it had committed, as a standby can that took over.
    pub(crate) fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = State::default();
    }
}

/// What a scope shows of a place.
enum Sight {
    Nothing,
    All,
    /// Cases that one of these holds or works on.
    Some(Vec<u32>),
}

impl State {
    fn catch_up(&mut self, conn: &Conn) -> Result<()> {
        let last = feed::last(conn)?;
        match self.upto {
            Some(upto) if upto == last => return Ok(()),
            Some(upto) if upto < last && last - upto <= FEW => {
                conn.each(CHANGED, &[int(upto)?.into()], &mut |row| self.put(row))?;
            }
            _ => {
                *self = Self::default();
                conn.each(ALL, &[], &mut |row| self.put(row))?;
            }
        }
        // What was committed since `last` was asked may be on it already; it is put there once more by the next call.
        self.upto = Some(last);
        Ok(())
    }

    fn put(&mut self, row: &Row<'_>) -> Result<bool> {
        let id = row.int(0)?;
        if let Some(before) = self.cases.remove(&id)
            && let Some(place) = self.places.get_mut(before.place)
            && let Ok(at) = place.dues.binary_search(&before.due)
        {
            place.dues.remove(at);
        }
        if !row.flag(1)? {
            return Ok(true);
        }
        let key = PlaceKey {
            procedure: row.text(2)?,
            queue: row.text(3)?,
            stage: row.text(4)?,
            department: row.opt_text(5)?,
            confidential: row.flag(6)?,
        };
        let due = row.int(7)?;
        let assignee = row.opt_text(8)?.map(|person| self.name(person));
        let holder = self.name(row.text(9)?);
        let place = *self.by_key.entry(key).or_insert_with_key(|key| {
            self.places.push(Place { key: key.clone(), dues: Vec::new() });
            self.places.len() - 1
        });
        if let Some(place) = self.places.get_mut(place) {
            place.dues.insert(place.dues.partition_point(|other| *other <= due), due);
        }
        self.cases.insert(id, Open { place, due, holder, assignee });
        Ok(true)
    }

    fn name(&mut self, name: String) -> u32 {
        let next = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        *self.names.entry(name).or_insert(next)
    }

    /// For each place what the scope shows of it.
    fn seen(&self, scope: &Scope) -> Vec<Sight> {
        self.places.iter().map(|place| self.sight(scope, &place.key)).collect()
    }

    /// The same rules as [`crate::scope::within`].
    fn sight(&self, scope: &Scope, place: &PlaceKey) -> Sight {
        let applies = |grant: &&Grant| {
            grant.procedure.as_ref().is_none_or(|procedure| *procedure == place.procedure)
                && (grant.confidential || !place.confidential)
        };
        let mut people: Vec<&String> = Vec::new();
        for grant in scope.grants.iter().filter(applies) {
            match &grant.reach {
                Reach::All => return Sight::All,
                Reach::Departments(keys) => {
                    if place.department.as_ref().is_some_and(|own| keys.contains(own)) {
                        return Sight::All;
                    }
                }
                Reach::Own => people.push(&scope.person),
                Reach::Team(keys) if keys.contains(&place.queue) => return Sight::All,
                Reach::Team(keys) => people.extend(keys),
            }
        }
        let known: Vec<u32> =
            people.into_iter().filter_map(|person| self.names.get(person).copied()).collect();
        if known.is_empty() { Sight::Nothing } else { Sight::Some(known) }
    }
}

fn count(cases: usize) -> u64 {
    u64::try_from(cases).unwrap_or(u64::MAX)
}
