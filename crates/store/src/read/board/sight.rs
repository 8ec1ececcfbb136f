//! What a scope shows of the board, by the same rules as [`crate::scope::within`].

use super::{Line, Open, PlaceKey, State};
use crate::model::Tie;
use crate::scope::{Grant, Reach, Scope};
use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::Arc;
use uuid::Uuid;

/// Scopes whose views are kept at once: some of thousands of people who look at the same time.
const VIEWS: usize = 128;

/// What a scope shows of a place.
#[derive(Clone, Default)]
struct Sight {
    all: bool,
    /// Cases that one of these holds or works on.
    people: Vec<u32>,
    /// Cases that the viewer has worked on.
    own: bool,
}

/// What a scope shows.
#[derive(Clone)]
pub(super) struct View {
    /// By place.
    sights: Vec<Sight>,
    pub(super) barred: BTreeSet<i64>,
    viewer: Uuid,
    /// The cases that are seen for the sake of a person, at places that are not shown whole, with their places; by id.
    pub(super) beside: Vec<(usize, Line)>,
}

impl View {
    pub(super) fn shows(&self, case: &Open) -> bool {
        let near = |sight: &Sight| {
            sight.all
                || case.line.people().any(|person| sight.people.contains(&person))
                || sight.own && case.ties.contains(&(Tie::Works, self.viewer))
        };
        !self.barred.contains(&case.line.id) && self.sights.get(case.place).is_some_and(near)
    }

    pub(super) fn shows_whole(&self, place: usize) -> bool {
        self.sights.get(place).is_some_and(|sight| sight.all)
    }
}

impl State {
    /// What a scope shows at the places that fit: told as lines by due that count more or less.
    pub(super) fn seen<'s>(
        &'s self,
        scope: &Scope,
        fits: &dyn Fn(&PlaceKey) -> bool,
        tell: &mut dyn FnMut(&'s PlaceKey, &[Line], bool),
    ) {
        let view = self.view(scope);
        for (n, place) in self.places.iter().enumerate() {
            if view.shows_whole(n) && fits(&place.key) {
                tell(&place.key, &place.lines, true);
            }
        }
        // What is shown of a whole place was told above, with those that the viewer is barred from.
        for (case, place) in view.barred.iter().filter_map(|id| self.case(*id)) {
            if view.shows_whole(case.place) && fits(&place.key) {
                tell(&place.key, std::slice::from_ref(&case.line), false);
            }
        }
        for (place, line) in &view.beside {
            if let Some(place) = self.places.get(*place).filter(|place| fits(&place.key)) {
                tell(&place.key, std::slice::from_ref(line), true);
            }
        }
    }

    /// What a scope shows; worked out once, since a page asks for a dozen counts, and told anew of what changes.
    pub(super) fn view(&self, scope: &Scope) -> Arc<View> {
        let mut views = self.views.borrow_mut();
        if let Some(known) = views.get(scope) {
            return Arc::clone(known);
        }
        if views.len() >= VIEWS {
            views.clear();
        }
        let view = Arc::new(self.look(scope));
        views.insert(scope.clone(), Arc::clone(&view));
        view
    }

    /// What scopes show is told of these cases anew, and of new places; names are those that were known.
    pub(super) fn look_again(&mut self, changed: &[i64]) {
        let mut views = std::mem::take(self.views.get_mut());
        for (scope, view) in &mut views {
            let view = Arc::make_mut(view);
            let new = self.places.iter().skip(view.sights.len());
            view.sights.extend(new.map(|place| self.sight(scope, &place.key)));
            for id in changed {
                self.look_at(scope, view, *id);
            }
        }
        *self.views.get_mut() = views;
    }

    fn look_at(&self, scope: &Scope, view: &mut View, id: i64) {
        let barred = (Tie::Barred, scope.person.target, id);
        match !scope.person.key.is_empty() && self.ties.contains(&barred) {
            true => view.barred.insert(id),
            false => view.barred.remove(&id),
        };
        let at = view.beside.partition_point(|(_, line)| line.id < id);
        if view.beside.get(at).is_some_and(|(_, line)| line.id == id) {
            view.beside.remove(at);
        }
        let case = self.cases.get(&id);
        let beside = case.filter(|case| !view.shows_whole(case.place) && view.shows(case));
        if let Some(case) = beside {
            view.beside.insert(at, (case.place, case.line));
        }
    }

    fn look(&self, scope: &Scope) -> View {
        let barred = self.own_ties(Tie::Barred, scope).collect();
        let sights = self.places.iter().map(|place| self.sight(scope, &place.key)).collect();
        let mut view = View { sights, barred, viewer: scope.person.target, beside: Vec::new() };
        let near = self.near(scope, &view).into_iter().filter_map(|id| self.case(id));
        let beside = near.filter(|(case, _)| !view.shows_whole(case.place) && view.shows(case));
        view.beside = beside.map(|(case, _)| (case.place, case.line)).collect();
        view
    }

    /// The cases that somebody, or whoever holds a role, is tied to.
    pub(super) fn tied(&self, tie: Tie, target: Uuid) -> impl Iterator<Item = i64> {
        let all = (tie, target, i64::MIN)..=(tie, target, i64::MAX);
        self.ties.range(all).map(|(.., id)| *id)
    }

    /// The cases that the viewer is tied to.
    fn own_ties(&self, tie: Tie, scope: &Scope) -> impl Iterator<Item = i64> {
        let is_somebody = !scope.person.key.is_empty();
        self.tied(tie, scope.person.target).filter(move |_| is_somebody)
    }

    /// The cases that somebody holds or works on, by due and id, after such a place if it is given.
    pub(super) fn held_by(
        &self,
        person: u32,
        after: Option<(i64, i64)>,
    ) -> impl Iterator<Item = i64> {
        let begin = match after {
            Some((due, id)) => Bound::Excluded((person, due, id)),
            None => Bound::Included((person, i64::MIN, i64::MIN)),
        };
        let end = Bound::Included((person, i64::MAX, i64::MAX));
        self.held.range((begin, end)).map(|(.., id)| *id)
    }

    /// The cases that are seen for the sake of a person, and perhaps more, by id.
    fn near(&self, scope: &Scope, view: &View) -> Vec<i64> {
        let partly = || view.sights.iter().filter(|sight| !sight.all);
        let people: BTreeSet<u32> = partly().flat_map(|sight| &sight.people).copied().collect();
        let own = partly().any(|sight| sight.own);
        let held = people.into_iter().flat_map(|person| self.held_by(person, None));
        let mut near: Vec<i64> =
            held.chain(self.own_ties(Tie::Works, scope).filter(|_| own)).collect();
        near.sort_unstable();
        near.dedup();
        near
    }

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
