//! Joining cases about the same matter, and parting them again (S4-A03, A04, G04).

use super::Work;
use super::happen::Detail;
use crate::case::{Case, Life, Link, LinkKind};
use crate::clocks::{self, ClockState, DueCause};
use crate::event::{Event, SetCause};
use crate::key::Key;
use crate::procedure::{Means, MergeRule, Moment, Procedure};
use crate::refusal::{Problem, Refusal};
use crate::similar::similarity;
use crate::value::Value;
use std::collections::BTreeMap;

impl Work<'_> {
    /// Looks among the candidates for cases of the same matter: joined when alike enough, else proposed to a person.
    /// The caller has found them by the customer's identity; the earliest is the main one.
    pub(crate) fn join(&mut self, id: &Key, candidates: &[Key]) {
        let (procedure, _) = self.rules(id);
        let Some(rule) = procedure.links.merge.as_ref().filter(|rule| rule.window > 0) else {
            return;
        };
        let mut found: Vec<Key> = candidates
            .iter()
            .filter(|other| *other != id && self.is_candidate(id, other, rule))
            .cloned()
            .collect();
        found.sort_by_key(|other| self.case(other).registered_at);
        for other in found {
            let alike = self.alike(&procedure, id, &other);
            let same = self
                .case(id)
                .value(&rule.same)
                .is_some_and(|value| self.case(&other).value(&rule.same) == Some(value));
            if same || alike >= rule.similarity {
                let main = self.main_of(&other);
                if self.cases.contains_key(&main)
                    && self.as_system(|work| work.merge(id, &main)).is_ok()
                {
                    return;
                }
            }
            if alike >= rule.propose || same {
                self.record(
                    id,
                    Event::Linked(Link { other: other.clone(), kind: LinkKind::Suspected }),
                );
                self.record(
                    &other,
                    Event::Linked(Link { other: id.clone(), kind: LinkKind::Suspected }),
                );
            }
        }
    }

    fn is_candidate(&self, id: &Key, other: &Key, rule: &MergeRule) -> bool {
        let (Some(case), Some(other)) = (self.cases.get(id), self.cases.get(other)) else {
            return false;
        };
        let open = matches!(other.life, Life::Open | Life::Merged { .. });
        open && other.procedure == case.procedure
            && case.registered_at.as_second() - other.registered_at.as_second() <= rule.window
    }

    fn main_of(&self, id: &Key) -> Key {
        match &self.case(id).life {
            Life::Merged { into, .. } => into.clone(),
            _ => id.clone(),
        }
    }

    fn alike(&self, procedure: &Procedure, id: &Key, other: &Key) -> u8 {
        let Some(field) = procedure.field_meaning(Means::Description) else { return 0 };
        let text = |case: &Case| {
            case.value(&field.key).map(|value| value.text().to_owned()).unwrap_or_default()
        };
        similarity(&text(self.case(id)), &text(self.case(other)))
    }

    /// Joins a case into a main one, which takes the highest level and the earliest dues of the group.
    pub(crate) fn merge(&mut self, id: &Key, main: &Key) -> Result<(), Refusal> {
        let refused = || Refusal::Invalid { fields: vec![("other".into(), Problem::Unknown)] };
        let (procedure, _) = self.rules(id);
        let rule = procedure.links.merge.as_ref().ok_or_else(refused)?;
        let fits =
            id != main && self.case(main).life == Life::Open && self.case(id).life == Life::Open;
        if !fits || self.case(main).procedure != self.case(id).procedure {
            return Err(refused());
        }
        for member in self.case(id).members.clone() {
            self.known(&member)?;
            self.record(id, Event::MemberLeft { member: member.clone() });
            self.record(&member, Event::MergedInto { main: main.clone() });
            self.record(main, Event::MemberJoined { member });
        }
        let dues: Vec<_> = self
            .case(id)
            .clocks
            .iter()
            .filter(|one| one.state == ClockState::Running)
            .filter_map(|one| Some((one.clock.clone(), one.due?)))
            .collect();
        clocks::carry(self, id);
        self.record(id, Event::MergedInto { main: main.clone() });
        self.record(main, Event::MemberJoined { member: id.clone() });
        self.take_over(id, main, &procedure, rule);
        for (clock, due) in dues {
            let carried = procedure.clock(&clock).is_some_and(|clock| clock.carried);
            let later = self
                .case(main)
                .clock(&clock)
                .and_then(|instance| instance.due)
                .is_some_and(|own| due < own);
            if carried && later {
                clocks::set_due(self, main, &clock, due, DueCause::Merge);
            }
        }
        Ok(())
    }

    /// Levels and flags of the member pass to the main case.
    fn take_over(&mut self, id: &Key, main: &Key, procedure: &Procedure, rule: &MergeRule) {
        for field in &rule.raise {
            let Some(axis) = procedure.axis_of(field) else { continue };
            let place = |case: &Case| {
                case.value(field).and_then(|value| {
                    axis.values.iter().position(|known| known.key == *value.text())
                })
            };
            if let Some(level) = place(self.case(id))
                .filter(|level| place(self.case(main)).is_none_or(|own| *level < own))
                .and_then(|level| axis.values.get(level))
            {
                self.override_level(main, field, &level.key.clone(), None);
            }
        }
        self.pass_flags(id, main, rule);
    }

    /// A member's flag passes to the main case with its own moment (S4-G04), with the values named beside it - why it was
    /// set - where the main has none, and with the member's number as the reason on record.
    fn pass_flags(&mut self, id: &Key, main: &Key, rule: &MergeRule) {
        for field in &rule.pass {
            let set = self.case(id).value(field) == Some(&Value::Bool(true));
            if set && self.case(main).value(field) != Some(&Value::Bool(true)) {
                let at = self.case(id).last(Moment::Flagged).map(|occurrence| occurrence.at);
                let with = rule.pass.iter().filter_map(|other| {
                    let value = self.case(id).value(other)?;
                    let is_flag = matches!(value, Value::Bool(_));
                    (!is_flag && self.case(main).value(other).is_none())
                        .then(|| (other.clone(), Some(value.clone())))
                });
                let mut values: BTreeMap<_, _> = with.collect();
                values.insert(field.clone(), Some(Value::Bool(true)));
                let from = self.case(id).number.clone();
                self.set_fields(main, values, SetCause::Merge, Some(from.into()));
                self.happen_with(main, Moment::Flagged, Detail { at, ..Detail::default() });
            }
        }
    }

    /// A flag that is set on a member later passes on as well.
    pub(crate) fn pass_to_main(&mut self, id: &Key, changed: &[Key]) {
        let Life::Merged { into, .. } = self.case(id).life.clone() else { return };
        let (procedure, _) = self.rules(id);
        if let Some(rule) = procedure.links.merge.as_ref().filter(|rule| {
            self.cases.contains_key(&into) && rule.pass.iter().any(|field| changed.contains(field))
        }) {
            self.pass_flags(id, &into, rule);
        }
    }

    /// Parts a member from its main case; its clocks come back with their dues.
    pub(crate) fn unmerge(&mut self, id: &Key, reason: &str) -> Result<(), Refusal> {
        let Life::Merged { into, .. } = self.case(id).life.clone() else {
            return Err(Refusal::Invalid { fields: vec![("other".into(), Problem::Unknown)] });
        };
        self.known(&into)?;
        self.record(&into, Event::MemberLeft { member: id.clone() });
        self.record(id, Event::Unmerged { main: into, reason: reason.into() });
        clocks::restore(self, id);
        Ok(())
    }
}
