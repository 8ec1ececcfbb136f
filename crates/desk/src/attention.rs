//! What people have an eye on: cases that they follow, cases that they have put off for a while, and whom a note is for.

use crate::access::Seen;
use crate::desk::Desk;
use crate::error::DeskError;
use crate::organisation::Caller;
use engine::case::Case;
use engine::key::Key;
use engine::people::Person;
use engine::refusal::{Problem, Refusal};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;
use store::CaseSummary;
use uuid::Uuid;

const FOLLOW: &str = "follow";
const SNOOZE: &str = "snooze";
/// How long a case is followed at most. Cases that go on for longer are followed anew.
const FOLLOWED: SignedDuration = SignedDuration::from_hours(366 * 24);
/// How long a case can be put off.
pub const LONGEST_SNOOZE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A case that somebody has put off, and until when at most.
#[derive(Debug, Clone)]
pub struct Snoozed {
    /// The case.
    pub summary: CaseSummary,
    /// When it comes back, if nothing happens before, UTC.
    pub until: Timestamp,
}

/// How a case was when it was put off: whatever happens to it makes another version of it.
#[derive(Serialize, Deserialize)]
struct PutOff {
    version: u64,
    until: Timestamp,
}

impl Desk {
    /// Begins or ends to follow a case.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn follow_case(&self, caller: &Caller, seen: &Seen, on: bool) -> Result<(), DeskError> {
        let key = format!("{} {}", seen.case.id, caller.person);
        if on {
            let until = self.now().checked_add(FOLLOWED).unwrap_or(Timestamp::MAX);
            self.inner.store.put_ephemeral(FOLLOW, &key, &json!({}), until)?;
        } else {
            self.inner.store.remove_ephemeral(FOLLOW, &key)?;
        }
        Ok(())
    }

    /// Whether the caller follows a case.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn follows(&self, caller: &Caller, seen: &Seen) -> Result<bool, DeskError> {
        let key = format!("{} {}", seen.case.id, caller.person);
        Ok(self.inner.store.ephemeral(FOLLOW, &key, self.now())?.is_some())
    }

    /// Who follows these cases and may see them still, as pairs of case and person.
    pub(crate) fn followers<'c>(
        &self,
        cases: impl Iterator<Item = &'c Case>,
    ) -> Result<Vec<(Key, Key)>, DeskError> {
        let mut found = Vec::new();
        for case in cases {
            let prefix = format!("{} ", case.id);
            let followers = self.inner.store.ephemeral_with_prefix(FOLLOW, &prefix, self.now())?;
            for (key, _) in followers {
                let person: Key = key.strip_prefix(&prefix).unwrap_or_default().into();
                if self.may_see(&person, &case.id)? {
                    found.push((case.id.clone(), person));
                }
            }
        }
        Ok(found)
    }

    /// Puts a case off: it leaves the caller's work until an instant, or until anything happens to it before: a word of the customer,
    /// somebody else's step, a warning or an escalation; and at the latest when its next deadline comes. Its clocks go on.
    ///
    /// # Errors
    /// `Refused` for an instant that has passed or lies too far ahead, and for a case that somebody else holds; a failure of the
    /// store.
    pub fn snooze(&self, caller: &Caller, seen: &Seen, until: Timestamp) -> Result<(), DeskError> {
        let wrong = |field: &str, problem| -> DeskError {
            Refusal::Invalid { fields: vec![(field.into(), problem)] }.into()
        };
        let last = self.now().checked_add(LONGEST_SNOOZE).unwrap_or(Timestamp::MAX);
        if until <= self.now() {
            return Err(wrong("until", Problem::TooEarly));
        }
        if until > last {
            return Err(wrong("until", Problem::BeyondLimit));
        }
        if seen.summary.columns.holder != *caller.person {
            return Err(wrong("holder", Problem::NotEditable));
        }
        // What has come back in the meantime is forgotten, so that there are never many.
        let awake = self.put_off(caller)?;
        for (id, _, sleeping) in awake {
            if sleeping.is_none() {
                self.inner.store.remove_ephemeral(SNOOZE, &snooze_key(caller, &id))?;
            }
        }
        let body = json!(PutOff { version: seen.case.version, until });
        Ok(self.inner.store.put_ephemeral(
            SNOOZE,
            &snooze_key(caller, &seen.case.id),
            &body,
            until,
        )?)
    }

    /// Takes a case back into the caller's work; says whether it was put off.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn wake(&self, caller: &Caller, seen: &Seen) -> Result<bool, DeskError> {
        Ok(self.inner.store.remove_ephemeral(SNOOZE, &snooze_key(caller, &seen.case.id))?)
    }

    /// What the caller has put off and has not come back yet, what comes back first at the beginning.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn snoozed(&self, caller: &Caller) -> Result<Vec<Snoozed>, DeskError> {
        let mut all: Vec<Snoozed> = self
            .put_off(caller)?
            .into_iter()
            .filter_map(|(_, until, summary)| Some(Snoozed { summary: summary?, until }))
            .collect();
        all.sort_by_key(|one| (one.until, one.summary.id));
        Ok(all)
    }

    /// The ids of what the caller has put off.
    pub(crate) fn sleeping(&self, caller: &Caller) -> Result<BTreeSet<Uuid>, DeskError> {
        Ok(self.snoozed(caller)?.into_iter().map(|one| one.summary.id).collect())
    }

    /// Everything that was put off: until when, and the case where it is still asleep.
    fn put_off(
        &self,
        caller: &Caller,
    ) -> Result<Vec<(Key, Timestamp, Option<CaseSummary>)>, DeskError> {
        let (now, prefix) = (self.now(), format!("{} ", caller.person));
        let kept = self.inner.store.ephemeral_with_prefix(SNOOZE, &prefix, now)?;
        if kept.is_empty() {
            return Ok(Vec::new());
        }
        let scope = self.scope(caller);
        let mut found = Vec::new();
        for (key, body) in kept {
            let id: Key = key.strip_prefix(&prefix).unwrap_or_default().into();
            let (Ok(put_off), Ok(uuid)) = (serde_json::from_value::<PutOff>(body), id.parse())
            else {
                continue;
            };
            let summary = self.inner.store.case(&scope, uuid)?.map(|stored| stored.summary);
            let asleep = |summary: &CaseSummary| {
                let columns = &summary.columns;
                summary.version == put_off.version
                    && columns.open
                    && columns.holder == *caller.person
                    && columns.next_due.is_none_or(|due| due > now)
            };
            found.push((id, put_off.until, summary.filter(asleep)));
        }
        Ok(found)
    }

    /// People whom a text names with `@` before their name or user name, in the order of the text.
    pub fn mentioned(&self, text: &str) -> Vec<Key> {
        let people = self.people();
        let mut found: Vec<Key> = Vec::new();
        for rest in text.split(['@', '＠']).skip(1) {
            let named = |person: &&Person| begins(rest, &person.name) || begins(rest, &person.id);
            // The longest name wins: somebody's may be the beginning of another's.
            let length = |person: &&Person| {
                let fits = |name: &str| if begins(rest, name) { name.chars().count() } else { 0 };
                fits(&person.name).max(fits(&person.id))
            };
            let longest = people.people.iter().filter(named).map(|one| length(&one)).max();
            let meant =
                people.people.iter().filter(named).filter(|one| Some(length(one)) == longest);
            found.extend(meant.map(|person| person.id.clone()));
        }
        let mut known = BTreeSet::new();
        found.retain(|person| known.insert(person.clone()));
        found
    }

    /// Whether a person may see a case.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn may_see(&self, person: &Key, case: &Key) -> Result<bool, DeskError> {
        let Ok(id) = case.parse() else { return Ok(false) };
        let caller = Caller { person: person.clone(), scopes: Vec::new() };
        Ok(self.inner.store.case(&self.scope(&caller), id)?.is_some())
    }
}

fn snooze_key(caller: &Caller, case: &Key) -> String {
    format!("{} {case}", caller.person)
}

/// Whether a text begins with a name, and with the whole of it: a word of letters and digits does not go on behind it.
fn begins(text: &str, name: &str) -> bool {
    let Some(rest) = text.strip_prefix(name).filter(|_| !name.is_empty()) else { return false };
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    !(name.ends_with(word) && rest.starts_with(word))
}

#[cfg(test)]
mod tests {
    use super::begins;

    #[test]
    fn a_name_is_meant_as_a_whole() {
        assert!(begins("林晓请看", "林晓") && begins("lin, please", "lin") && begins("lin", "lin"));
        assert!(!begins("linda", "lin") && !begins("lin", "") && !begins("林", "林晓"));
    }
}
