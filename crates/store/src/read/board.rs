//! How much open work there is where, kept in memory and brought up to date by the events that were committed since: counting costs
//! as much as there are places, however many cases are open or closed. Any program's commits are seen at once, because each moves
//! the counter of events that is asked first.

use super::feed;
use super::open::Count;
use crate::backend::{Conn, Row};
use crate::error::Result;
use crate::model::Tie;
use crate::scope::{Grant, Reach, Scope};
use crate::time::{int, to_int};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};
use uuid::Uuid;

/// Events behind which everything is read anew rather than what they changed. The number stands in [`CHANGED`] as well, so that a
/// planner that knows nothing else knows that they are few.
const FEW: u64 = 2_000;

crate::sql::queries! {
    ALL = "SELECT id, open, procedure, queue, stage, department, confidential, due, assignee, holder
        FROM cases INDEXED BY open_by_place WHERE open = 1";
    CHANGED = "SELECT id, open, procedure, queue, stage, department, confidential, due, assignee, holder
        FROM cases WHERE id IN (SELECT case_id FROM events WHERE sequence > ?1 ORDER BY sequence LIMIT 2000)";
    ALL_TIES = "SELECT links.case_id, links.relation, links.target FROM cases INDEXED BY open_by_place
        JOIN links ON links.case_id = cases.id WHERE cases.open = 1 AND links.relation LIKE 'person %'";
    CHANGED_TIES = "SELECT case_id, relation, target FROM links WHERE relation LIKE 'person %'
        AND case_id IN (SELECT case_id FROM events WHERE sequence > ?1 ORDER BY sequence LIMIT 2000)";
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
    /// Which cases each holds or works on.
    held: BTreeSet<(u32, i64)>,
    /// Which cases each has to do with.
    ties: BTreeSet<(Tie, Uuid, i64)>,
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
    ties: Vec<(Tie, Uuid)>,
}

impl Open {
    fn people(&self) -> impl Iterator<Item = u32> {
        [Some(self.holder), self.assignee].into_iter().flatten()
    }
}

impl Board {
    /// Open cases within a scope by procedure, queue and stage.
    pub(crate) fn counts(&self, conn: &Conn, scope: &Scope, now: Timestamp) -> Result<Vec<Count>> {
        let now = to_int(now)?;
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.catch_up(conn)?;
        let mut sums: BTreeMap<(&str, &str, &str), (usize, usize)> = BTreeMap::new();
        let sights = state.sights(scope);
        for place in state.places.iter().zip(&sights).filter(|(_, sight)| sight.all) {
            let sum = sums.entry(place.0.key.shown()).or_default();
            sum.0 += place.0.dues.len();
            sum.1 += place.0.dues.partition_point(|due| *due < now);
        }
        let barred = state.barred(scope);
        for id in &barred {
            if let Some((case, place)) = state.open(*id, &sights, |sight, _| sight.all) {
                let sum = sums.entry(place.key.shown()).or_default();
                sum.0 -= 1;
                sum.1 -= usize::from(case.due < now);
            }
        }
        for id in state.near(scope, &sights).difference(&barred) {
            let by_people = |sight: &Sight, case: &Open| !sight.all && sight.shows(case, scope);
            if let Some((case, place)) = state.open(*id, &sights, by_people) {
                let sum = sums.entry(place.key.shown()).or_default();
                sum.0 += 1;
                sum.1 += usize::from(case.due < now);
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

    /// Open cases within a scope by the key of whoever must act, a person or a role; costs as much as there are open cases.
    pub(crate) fn holders(&self, conn: &Conn, scope: &Scope) -> Result<Vec<(String, u64)>> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.catch_up(conn)?;
        let (sights, barred) = (state.sights(scope), state.barred(scope));
        let mut sums: HashMap<u32, u64> = HashMap::new();
        for (id, case) in &state.cases {
            let shown = sights.get(case.place).is_some_and(|sight| sight.shows(case, scope));
            if shown && !barred.contains(id) {
                *sums.entry(case.holder).or_default() += 1;
            }
        }
        let named = state.names.iter();
        let mut held: Vec<(String, u64)> =
            named.filter_map(|(name, n)| Some((name.clone(), *sums.get(n)?))).collect();
        held.sort();
        Ok(held)
    }

    /// Begins again at the next count: the database may have lost what it had committed, as a standby can that took over.
    pub(crate) fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = State::default();
    }
}

/// What a scope shows of a place.
#[derive(Default)]
struct Sight {
    all: bool,
    /// Cases that one of these holds or works on.
    people: Vec<u32>,
    /// Cases that the viewer has worked on.
    own: bool,
}

impl Sight {
    /// Whether a case of the place is seen by a viewer who is not barred from it.
    fn shows(&self, case: &Open, scope: &Scope) -> bool {
        self.all
            || case.people().any(|person| self.people.contains(&person))
            || self.own && case.ties.contains(&(Tie::Works, scope.person.target))
    }
}

impl State {
    fn catch_up(&mut self, conn: &Conn) -> Result<()> {
        let last = feed::last(conn)?;
        match self.upto {
            Some(upto) if upto == last => return Ok(()),
            Some(upto) if upto < last && last - upto <= FEW => {
                conn.each(CHANGED, &[int(upto)?.into()], &mut |row| self.put(row))?;
                conn.each(CHANGED_TIES, &[int(upto)?.into()], &mut |row| self.tie(row))?;
            }
            _ => {
                *self = Self::default();
                conn.each(ALL, &[], &mut |row| self.put(row))?;
                conn.each(ALL_TIES, &[], &mut |row| self.tie(row))?;
            }
        }
        // What was committed since `last` was asked may be on it already; it is put there once more by the next call.
        self.upto = Some(last);
        Ok(())
    }

    fn put(&mut self, row: &Row<'_>) -> Result<bool> {
        let id = row.int(0)?;
        if let Some(before) = self.cases.remove(&id) {
            for person in before.people() {
                self.held.remove(&(person, id));
            }
            for (tie, target) in &before.ties {
                self.ties.remove(&(*tie, *target, id));
            }
            if let Some(place) = self.places.get_mut(before.place)
                && let Ok(at) = place.dues.binary_search(&before.due)
            {
                place.dues.remove(at);
            }
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
        let case = Open { place, due, holder, assignee, ties: Vec::new() };
        self.held.extend(case.people().map(|person| (person, id)));
        self.cases.insert(id, case);
        Ok(true)
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

    /// The cases that the viewer is tied to.
    fn tied(&self, tie: Tie, scope: &Scope) -> impl Iterator<Item = i64> {
        let target = scope.person.target;
        let all = (tie, target, i64::MIN)..=(tie, target, i64::MAX);
        let is_somebody = !scope.person.key.is_empty();
        self.ties.range(all).filter(move |_| is_somebody).map(|(.., id)| *id)
    }

    /// The cases that the viewer may not see, whatever his grants are.
    fn barred(&self, scope: &Scope) -> BTreeSet<i64> {
        match scope.is_everything() {
            true => BTreeSet::new(),
            false => self.tied(Tie::Barred, scope).collect(),
        }
    }

    /// What the scope shows of each place.
    fn sights(&self, scope: &Scope) -> Vec<Sight> {
        self.places.iter().map(|place| self.sight(scope, &place.key)).collect()
    }

    /// The cases that are seen for the sake of a person, and perhaps more.
    fn near(&self, scope: &Scope, sights: &[Sight]) -> BTreeSet<i64> {
        let people: BTreeSet<u32> =
            sights.iter().flat_map(|sight| &sight.people).copied().collect();
        let held = people
            .into_iter()
            .flat_map(|person| self.held.range((person, i64::MIN)..=(person, i64::MAX)))
            .map(|(_, id)| *id);
        let own = sights.iter().any(|sight| sight.own);
        held.chain(self.tied(Tie::Works, scope).filter(|_| own)).collect()
    }

    /// A case and its place, if what the scope shows of the place includes it.
    fn open(
        &self,
        id: i64,
        sights: &[Sight],
        includes: impl Fn(&Sight, &Open) -> bool,
    ) -> Option<(&Open, &Place)> {
        let case = self.cases.get(&id)?;
        let place = self.places.get(case.place)?;
        includes(sights.get(case.place)?, case).then_some((case, place))
    }

    fn name(&mut self, name: String) -> u32 {
        let next = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        *self.names.entry(name).or_insert(next)
    }

    /// The same rules as [`crate::scope::within`].
    fn sight(&self, scope: &Scope, place: &PlaceKey) -> Sight {
        let mut sight = Sight::default();
        let applies = |grant: &&Grant| {
            grant.procedure.as_ref().is_none_or(|procedure| *procedure == place.procedure)
                && (grant.confidential || !place.confidential)
        };
        let known = |person: &String| self.names.get(person).copied();
        for grant in scope.grants.iter().filter(applies) {
            match &grant.reach {
                Reach::All => sight.all = true,
                Reach::Departments(keys) => {
                    sight.all |= place.department.as_ref().is_some_and(|own| keys.contains(own));
                }
                Reach::Team(keys) => {
                    sight.all |= keys.contains(&place.queue);
                    sight.people.extend(keys.iter().filter_map(known));
                }
                Reach::Own => {
                    sight.own = true;
                    sight.people.extend(known(&scope.person.key));
                }
            }
        }
        sight
    }
}

fn count(cases: usize) -> u64 {
    u64::try_from(cases).unwrap_or(u64::MAX)
}
