//! What a filter finds on the board.

use super::{Line, Open, Place, PlaceKey, State, count};
use crate::backend::Conn;
use crate::error::{Result, StoreError};
use crate::model::{CALLS, Tie, person_target};
use crate::read::kept::{NAMES, Named, by_ids};
use crate::read::list::{Filter, Sort};
use crate::scope::Scope;
use crate::time::to_int;
use jiff::civil::Date;
use std::collections::BinaryHeap;
use std::ops::Range;
use uuid::Uuid;

/// What a filter asks of the board.
#[derive(Default)]
pub(super) struct Wanted<'f> {
    procedure: Option<&'f str>,
    stage: Option<&'f str>,
    queue: Option<&'f str>,
    department: Option<&'f str>,
    due_from: Option<i64>,
    due_before: Option<i64>,
    registered_from: Option<i64>,
    registered_before: Option<i64>,
    mildness: Option<u8>,
    holder: Option<&'f str>,
    assignee: Option<&'f str>,
    awaited: Option<Vec<Uuid>>,
    /// The customer must be called by this day.
    called: Option<Date>,
}

/// The same for one board.
struct Looked<'w> {
    wanted: &'w Wanted<'w>,
    holder: Option<u32>,
    assignee: Option<u32>,
}

impl<'f> Wanted<'f> {
    /// `None` when the filter asks for something else as well.
    pub(super) fn of(filter: &'f Filter) -> Result<Option<Self>> {
        let Filter {
            open: Some(true),
            life: None,
            except_life: None,
            procedure,
            stage,
            queue,
            holder,
            assignee,
            awaited,
            of_customer: None,
            department,
            channel: None,
            category: None,
            customer: None,
            severity,
            due_from,
            due_before,
            registered_from,
            registered_before,
            measured,
            phone: None,
            numbers: None,
            text: None,
        } = filter
        else {
            return Ok(None);
        };
        let called = match measured {
            None => None,
            Some(cells)
                if cells.metrics == CALLS && cells.from == Date::MIN && cells.dims.is_empty() =>
            {
                Some(cells.to)
            }
            Some(_) => return Ok(None),
        };
        let targets = |keys: &Vec<String>| keys.iter().map(|key| person_target(key)).collect();
        Ok(Some(Self {
            procedure: procedure.as_deref(),
            stage: stage.as_deref(),
            queue: queue.as_deref(),
            department: department.as_deref(),
            due_from: due_from.map(to_int).transpose()?,
            due_before: due_before.map(to_int).transpose()?,
            registered_from: registered_from.map(to_int).transpose()?,
            registered_before: registered_before.map(to_int).transpose()?,
            mildness: severity.map(|severity| u8::MAX - severity),
            holder: holder.as_deref(),
            assignee: assignee.as_deref(),
            awaited: awaited.as_ref().map(targets),
            called,
        }))
    }

    fn fits_place(&self, place: &PlaceKey) -> bool {
        let is = |wanted: Option<&str>, found: &str| wanted.is_none_or(|wanted| wanted == found);
        is(self.procedure, &place.procedure)
            && is(self.queue, &place.queue)
            && is(self.stage, &place.stage)
            && (self.department.is_none() || self.department == place.department.as_deref())
    }

    /// Where in lines by due those stand whose due is asked for.
    fn due_within(&self, lines: &[Line]) -> Range<usize> {
        let at = |due: Option<i64>| due.map(|due| lines.partition_point(|line| line.due < due));
        at(self.due_from).unwrap_or(0)..at(self.due_before).unwrap_or(lines.len())
    }

    /// Whether it asks for cases of somebody, or of a role: they are found without looking at all others.
    pub(super) fn is_of_somebody(&self) -> bool {
        self.holder.is_some() || self.assignee.is_some() || self.awaited.is_some()
    }

    /// Whether it asks for nothing of a case but where it is and when it is due.
    fn is_of_places(&self) -> bool {
        !self.is_of_somebody() && self.is_plain()
    }

    /// Whoever it asks for as the holder, where it asks for nothing else but where a case is.
    fn holder_alone(&self) -> Option<&'f str> {
        let is_alone = self.assignee.is_none() && self.awaited.is_none() && self.is_plain();
        let is_any_time = self.due_from.is_none() && self.due_before.is_none();
        self.holder.filter(|_| is_alone && is_any_time)
    }

    /// Whether it asks for nothing else of a case but where it is, when it is due and whose it is.
    fn is_plain(&self) -> bool {
        self.mildness.is_none()
            && self.called.is_none()
            && self.registered_from.is_none()
            && self.registered_before.is_none()
    }
}

impl Looked<'_> {
    fn fits(&self, case: &Open) -> bool {
        self.fits_line(&case.line)
            && self.wanted.awaited.as_ref().is_none_or(|targets| {
                targets.iter().any(|target| case.ties.contains(&(Tie::Awaited, *target)))
            })
    }

    fn fits_line(&self, line: &Line) -> bool {
        let wanted = self.wanted;
        wanted.due_from.is_none_or(|from| line.due >= from)
            && wanted.due_before.is_none_or(|before| line.due < before)
            && wanted.registered_from.is_none_or(|from| line.registered >= from)
            && wanted.registered_before.is_none_or(|before| line.registered < before)
            && wanted.mildness.is_none_or(|mildness| line.mildness == mildness)
            && wanted.called.is_none_or(|last| line.call.is_some_and(|day| day <= last))
            && self.holder.is_none_or(|holder| line.holder == holder)
            && (self.assignee.is_none() || line.assignee == self.assignee)
    }
}

impl State {
    /// How many cases within a scope are wanted.
    pub(super) fn count(&self, scope: &Scope, wanted: &Wanted<'_>) -> u64 {
        let mut sum = 0;
        if wanted.is_of_places() {
            self.seen(scope, &|place| wanted.fits_place(place), &mut |_, lines, more| {
                let found = count(wanted.due_within(lines).len());
                sum = if more { sum + found } else { sum - found };
            });
            return sum;
        }
        if let Some(holder) = wanted.holder_alone() {
            return self.names.get(holder).map_or(0, |holder| self.held(scope, wanted, *holder));
        }
        self.each(scope, wanted, None, &mut |_| {
            sum += 1;
            true
        });
        sum
    }

    /// How many cases somebody, or whoever has a role, holds at the wanted places: costs as much as there are places at which he holds
    /// any, and cases that the viewer sees for the sake of a person.
    fn held(&self, scope: &Scope, wanted: &Wanted<'_>, holder: u32) -> u64 {
        let view = self.view(scope);
        let fits = |place: usize| {
            self.places.get(place).is_some_and(|place| wanted.fits_place(&place.key))
        };
        let whole = self.holding.range((holder, 0)..=(holder, usize::MAX));
        let whole = whole.filter(|((_, place), _)| view.shows_whole(*place) && fits(*place));
        let barred = view.barred.iter().filter_map(|id| self.cases.get(id)).filter(|case| {
            case.line.holder == holder && view.shows_whole(case.place) && fits(case.place)
        });
        let beside = view.beside.iter();
        let beside = beside.filter(|(place, line)| line.holder == holder && fits(*place));
        whole.map(|(_, cases)| cases).sum::<u64>() - count(barred.count()) + count(beside.count())
    }

    /// The first cases of an order after a place, at most so many.
    pub(super) fn first(
        &self,
        scope: &Scope,
        wanted: &Wanted<'_>,
        sort: Sort,
        after: &[i64],
        most: usize,
    ) -> Vec<i64> {
        let after = key_of(sort, after);
        let begins = (sort == Sort::NextDue).then_some((after[0], after[1]));
        let mut best: BinaryHeap<([i64; 3], i64)> = BinaryHeap::new();
        self.each(scope, wanted, begins, &mut |line| {
            let key = key(sort, line);
            if key <= after {
                return true;
            }
            if best.len() == most && best.peek().is_some_and(|(last, _)| key > *last) {
                // At each place what comes later in this order is due later.
                return sort != Sort::NextDue;
            }
            best.push((key, line.id));
            if best.len() > most {
                best.pop();
            }
            true
        });
        best.into_sorted_vec().into_iter().map(|(_, id)| id).collect()
    }

    /// Tells what is wanted of what a scope shows, after a due and id if they are given; in runs that are each ordered by due, where the
    /// answer says whether the run goes on, and what is awaited in no order and to the end.
    pub(super) fn each(
        &self,
        scope: &Scope,
        wanted: &Wanted<'_>,
        after: Option<(i64, i64)>,
        tell: &mut dyn FnMut(&Line) -> bool,
    ) {
        let [holder, assignee] =
            [wanted.holder, wanted.assignee].map(|key| key.map(|key| self.names.get(key)));
        // Nobody is called so whom any case knows.
        if holder == Some(None) || assignee == Some(None) {
            return;
        }
        let [holder, assignee] = [holder, assignee].map(|known| known.flatten().copied());
        let looked = Looked { wanted, holder, assignee };
        let view = self.view(scope);
        let is_before = |line: &Line| after.is_some_and(|after| (line.due, line.id) <= after);
        let mut one = |id: i64| {
            let Some((case, place)) = self.case(id) else { return true };
            let is_passed_over = is_before(&case.line)
                || !wanted.fits_place(&place.key)
                || !looked.fits(case)
                || !view.shows(case);
            is_passed_over || tell(&case.line)
        };
        if let Some(targets) = &wanted.awaited {
            for (n, target) in targets.iter().enumerate() {
                // A case that waits for several of them is told with the first.
                let (before, _) = targets.split_at(n);
                let is_told = |id: &i64| {
                    before.iter().any(|one| self.ties.contains(&(Tie::Awaited, *one, *id)))
                };
                for id in self.tied(Tie::Awaited, *target).filter(|id| !is_told(id)) {
                    one(id);
                }
            }
            return;
        }
        if let Some(person) = holder.or(assignee) {
            let mut held = self.held_by(person, after);
            return while held.next().is_some_and(&mut one) {};
        }
        for (place, line) in &view.beside {
            let fits = |place: &Place| wanted.fits_place(&place.key);
            let is_there = self.places.get(*place).is_some_and(fits);
            if is_there && !is_before(line) && looked.fits_line(line) {
                tell(line);
            }
        }
        for (n, place) in self.places.iter().enumerate() {
            if !view.shows_whole(n) || !wanted.fits_place(&place.key) {
                continue;
            }
            let begin = after.map_or(0, |after| {
                place.lines.partition_point(|line| (line.due, line.id) <= after)
            });
            let due = wanted.due_within(&place.lines);
            let lines = place.lines.get(begin.max(due.start)..due.end).unwrap_or_default().iter();
            for line in lines.filter(|line| looked.fits_line(line)) {
                if !view.barred.contains(&line.id) && !tell(line) {
                    break;
                }
            }
        }
    }

    /// How lists name these cases. The caller holds the read transaction that the board shows.
    pub(super) fn named(&mut self, conn: &Conn, ids: &[i64]) -> Result<Vec<Named>> {
        let known = |id: &i64| self.cases.get(id).and_then(|case| case.named);
        let unknown: Vec<i64> = ids.iter().filter(|id| known(id).is_none()).copied().collect();
        for named in by_ids(conn, &NAMES, &unknown, &Named::of)? {
            self.cases.get_mut(&named.id).into_iter().for_each(|case| case.named = Some(named));
        }
        let known = |id: &i64| self.cases.get(id).and_then(|case| case.named);
        let missing = StoreError::NotFound { what: "case" };
        ids.iter().map(|id| known(id).ok_or_else(|| missing.clone())).collect()
    }
}

/// A case's place in an order; the first is the smallest. What comes last in a column is turned round by `!`, which never overflows.
fn key(sort: Sort, line: &Line) -> [i64; 3] {
    match sort {
        Sort::NextDue => [line.due, line.id, 0],
        Sort::Newest => [!line.registered, !line.id, 0],
        Sort::Severity => [i64::from(line.mildness), line.due, line.id],
        Sort::NewestEntry => [!line.id, 0, 0],
    }
}

/// A place as cursors have it, in the same way.
fn key_of(sort: Sort, place: &[i64]) -> [i64; 3] {
    let is_turned = matches!(sort, Sort::Newest | Sort::NewestEntry);
    let mut key = [0; 3];
    for (part, from) in key.iter_mut().zip(place) {
        *part = if is_turned { !*from } else { *from };
    }
    key
}
