//! How much open work there is where, kept in memory and brought up to date by the events that were committed since: counting costs
//! as much as there are places, however many cases are open or closed. Any program's commits are seen at once, because each moves
//! the counter of events that is asked first.

use super::feed;
use super::list::Filter;
use super::open::Count;
use crate::backend::{Conn, Row};
use crate::error::Result;
use crate::model::Tie;
use crate::scope::{Grant, Reach, Scope};
use crate::time::{int, to_int};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
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
        let state = self.caught_up(conn)?;
        let mut sums: BTreeMap<(&str, &str, &str), (u64, u64)> = BTreeMap::new();
        state.seen(scope, &|_| true, &mut |place, dues, more| {
            let sum = sums.entry(place.shown()).or_default();
            let overdue = count(dues.partition_point(|due| *due < now));
            *sum = match more {
                true => (sum.0 + count(dues.len()), sum.1 + overdue),
                false => (sum.0 - count(dues.len()), sum.1 - overdue),
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

    /// How many open cases within a scope a filter finds; `None` when it asks for what is not on the board.
    pub(crate) fn count(&self, conn: &Conn, scope: &Scope, filter: &Filter) -> Result<Option<u64>> {
        let Some(wanted) = Wanted::of(filter)? else { return Ok(None) };
        let state = self.caught_up(conn)?;
        let mut sum = 0;
        if wanted.people.iter().all(Option::is_none) {
            state.seen(scope, &|place| wanted.fits(place), &mut |_, dues, more| {
                let found = count(match wanted.before {
                    Some(before) => dues.partition_point(|due| *due < before),
                    None => dues.len(),
                });
                sum = if more { sum + found } else { sum - found };
            });
            return Ok(Some(sum));
        }
        let view = state.view(scope);
        let [holder, assignee] = wanted.people.map(|key| key.map(|key| state.names.get(key)));
        // Nobody is called so whom any case knows.
        if holder == Some(None) || assignee == Some(None) {
            return Ok(Some(0));
        }
        let [holder, assignee] = [holder, assignee].map(|known| known.flatten().copied());
        let of_person = holder.or(assignee).into_iter().flat_map(|person| state.held_by(person));
        for id in of_person {
            let Some(case) = state.cases.get(&id) else { continue };
            let fits = holder.is_none_or(|holder| case.holder == holder)
                && (assignee.is_none() || case.assignee == assignee)
                && wanted.before.is_none_or(|before| case.due < before)
                && state.places.get(case.place).is_some_and(|place| wanted.fits(&place.key));
            sum += u64::from(fits && view.shows(id, case));
        }
        Ok(Some(sum))
    }

    /// Open cases within a scope by the key of whoever must act, a person or a role; costs as much as there are open cases.
    pub(crate) fn holders(&self, conn: &Conn, scope: &Scope) -> Result<Vec<(String, u64)>> {
        let state = self.caught_up(conn)?;
        let view = state.view(scope);
        let mut sums: HashMap<u32, u64> = HashMap::new();
        for (_, case) in state.cases.iter().filter(|(id, case)| view.shows(**id, case)) {
            *sums.entry(case.holder).or_default() += 1;
        }
        let named = state.names.iter();
        let mut held: Vec<(String, u64)> =
            named.filter_map(|(name, n)| Some((name.clone(), *sums.get(n)?))).collect();
        held.sort();
        Ok(held)
    }

    fn caught_up(&self, conn: &Conn) -> Result<MutexGuard<'_, State>> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.catch_up(conn)?;
        Ok(state)
    }

    /// Begins again at the next count: the database may have lost what it had committed, as a standby can that took over.
    pub(crate) fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = State::default();
    }
}

/// What a filter asks of the board.
struct Wanted<'f> {
    procedure: Option<&'f str>,
    stage: Option<&'f str>,
    queue: Option<&'f str>,
    department: Option<&'f str>,
    before: Option<i64>,
    /// Holder and assignee.
    people: [Option<&'f str>; 2],
}

impl<'f> Wanted<'f> {
    /// `None` when the filter asks for something else as well.
    fn of(filter: &'f Filter) -> Result<Option<Self>> {
        let Filter {
            open: Some(true),
            life: None,
            procedure,
            stage,
            queue,
            holder,
            assignee,
            awaited: None,
            of_customer: None,
            department,
            channel: None,
            category: None,
            customer: None,
            severity: None,
            due_before,
            registered_from: None,
            registered_before: None,
            phone: None,
            text: None,
        } = filter
        else {
            return Ok(None);
        };
        Ok(Some(Self {
            procedure: procedure.as_deref(),
            stage: stage.as_deref(),
            queue: queue.as_deref(),
            department: department.as_deref(),
            before: due_before.map(to_int).transpose()?,
            people: [holder.as_deref(), assignee.as_deref()],
        }))
    }

    fn fits(&self, place: &PlaceKey) -> bool {
        let is = |wanted: Option<&str>, found: &str| wanted.is_none_or(|wanted| wanted == found);
        is(self.procedure, &place.procedure)
            && is(self.stage, &place.stage)
            && is(self.queue, &place.queue)
            && (self.department.is_none() || self.department == place.department.as_deref())
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

/// What a scope shows.
struct View {
    /// By place.
    sights: Vec<Sight>,
    barred: BTreeSet<i64>,
    viewer: Uuid,
}

impl View {
    fn shows(&self, id: i64, case: &Open) -> bool {
        let near = |sight: &Sight| {
            sight.all
                || case.people().any(|person| sight.people.contains(&person))
                || sight.own && case.ties.contains(&(Tie::Works, self.viewer))
        };
        !self.barred.contains(&id) && self.sights.get(case.place).is_some_and(near)
    }

    fn shows_whole(&self, place: usize) -> bool {
        self.sights.get(place).is_some_and(|sight| sight.all)
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

    /// What a scope shows at the places that fit: told as dues, ascending, that count more or less.
    fn seen<'s>(
        &'s self,
        scope: &Scope,
        fits: &dyn Fn(&PlaceKey) -> bool,
        tell: &mut dyn FnMut(&'s PlaceKey, &[i64], bool),
    ) {
        let view = self.view(scope);
        for (n, place) in self.places.iter().enumerate() {
            if view.shows_whole(n) && fits(&place.key) {
                tell(&place.key, &place.dues, true);
            }
        }
        let mut one = |id: i64, whole: bool, more: bool| {
            let Some(case) = self.cases.get(&id) else { return };
            let Some(place) = self.places.get(case.place) else { return };
            // What is shown of a whole place was told above, but for those that the viewer is barred from.
            let counts = view.shows_whole(case.place) == whole && (!more || view.shows(id, case));
            if counts && fits(&place.key) {
                tell(&place.key, std::slice::from_ref(&case.due), more);
            }
        };
        view.barred.iter().for_each(|id| one(*id, true, false));
        self.near(scope, &view.sights).into_iter().for_each(|id| one(id, false, true));
    }

    fn view(&self, scope: &Scope) -> View {
        let barred = self.tied(Tie::Barred, scope).collect();
        let sights = self.places.iter().map(|place| self.sight(scope, &place.key)).collect();
        View { sights, barred, viewer: scope.person.target }
    }

    /// The cases that the viewer is tied to.
    fn tied(&self, tie: Tie, scope: &Scope) -> impl Iterator<Item = i64> {
        let target = scope.person.target;
        let all = (tie, target, i64::MIN)..=(tie, target, i64::MAX);
        let is_somebody = !scope.person.key.is_empty();
        self.ties.range(all).filter(move |_| is_somebody).map(|(.., id)| *id)
    }

    /// The cases that somebody holds or works on.
    fn held_by(&self, person: u32) -> impl Iterator<Item = i64> {
        self.held.range((person, i64::MIN)..=(person, i64::MAX)).map(|(_, id)| *id)
    }

    /// The cases that are seen for the sake of a person, and perhaps more.
    fn near(&self, scope: &Scope, sights: &[Sight]) -> BTreeSet<i64> {
        let people: BTreeSet<u32> = sights
            .iter()
            .filter(|sight| !sight.all)
            .flat_map(|sight| &sight.people)
            .copied()
            .collect();
        let own = sights.iter().any(|sight| sight.own && !sight.all);
        let held = people.into_iter().flat_map(|person| self.held_by(person));
        held.chain(self.tied(Tie::Works, scope).filter(|_| own)).collect()
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
