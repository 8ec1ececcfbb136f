//! What a scope shows of the board, by the same rules as [`crate::scope::within`].

use super::{Line, Open, PlaceKey, State};
use crate::model::Tie;
use crate::scope::{Grant, Reach, Scope};
use std::collections::BTreeSet;
use std::ops::Bound;
use uuid::Uuid;

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
pub(super) struct View {
    /// By place.
    sights: Vec<Sight>,
    pub(super) barred: BTreeSet<i64>,
    viewer: Uuid,
}

impl View {
    pub(super) fn shows(&self, case: &Open, line: &Line) -> bool {
        let near = |sight: &Sight| {
            sight.all
                || line.people().any(|person| sight.people.contains(&person))
                || sight.own && case.ties.contains(&(Tie::Works, self.viewer))
        };
        !self.barred.contains(&line.id) && self.sights.get(case.place).is_some_and(near)
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
        tell: &mut dyn FnMut(&'s PlaceKey, &'s [Line], bool),
    ) {
        let view = self.view(scope);
        for (n, place) in self.places.iter().enumerate() {
            if view.shows_whole(n) && fits(&place.key) {
                tell(&place.key, &place.lines, true);
            }
        }
        let mut one = |id: i64, whole: bool, more: bool| {
            let Some((case, place, line)) = self.case(id) else { return };
            // What is shown of a whole place was told above, but for those that the viewer is barred from.
            let counts = view.shows_whole(case.place) == whole && (!more || view.shows(case, line));
            if counts && fits(&place.key) {
                tell(&place.key, std::slice::from_ref(line), more);
            }
        };
        view.barred.iter().for_each(|id| one(*id, true, false));
        self.near(scope, &view).into_iter().for_each(|id| one(id, false, true));
    }

    pub(super) fn view(&self, scope: &Scope) -> View {
        let barred = self.own_ties(Tie::Barred, scope).collect();
        let sights = self.places.iter().map(|place| self.sight(scope, &place.key)).collect();
        View { sights, barred, viewer: scope.person.target }
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

    /// The cases that are seen for the sake of a person, and perhaps more.
    pub(super) fn near(&self, scope: &Scope, view: &View) -> BTreeSet<i64> {
        let partly = || view.sights.iter().filter(|sight| !sight.all);
        let people: BTreeSet<u32> = partly().flat_map(|sight| &sight.people).copied().collect();
        let own = partly().any(|sight| sight.own);
        let held = people.into_iter().flat_map(|person| self.held_by(person, None));
        held.chain(self.own_ties(Tie::Works, scope).filter(|_| own)).collect()
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
