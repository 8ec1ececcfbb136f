//! How a case stands: enough to know that what was made of it before is still right. What was asked before is kept, and good until the
//! case has another event. Which cases had one is asked once for each commit and not for each case: on a desk with much in work
//! something becomes due all the time.

use super::case::{Which, of_case};
use crate::backend::Conn;
use crate::error::Result;
use crate::head::Head;
use crate::scope::Scope;
use crate::time::int;
use quick_cache::Equivalent;
use quick_cache::sync::Cache;
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};
use uuid::Uuid;

/// Standings that are kept at most; each weighs some hundred bytes.
const MOST: usize = 10_000;
/// Events that are looked through at most for the cases that changed; behind more, each case is asked for once more.
const FEW: u64 = 2_000;

crate::sql::queries! {
    CHANGED = "SELECT events.sequence, cases.uuid FROM events JOIN cases ON cases.id = events.case_id
        WHERE events.sequence > ?1 AND events.sequence <= ?2 ORDER BY events.sequence";
}

/// What there is to see of a case: whoever has looked at it and finds the same standing again would see the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Standing {
    /// Identity.
    pub id: Uuid,
    /// How often touch with the database had been lost ([`crate::Store::losses`]): versions from before can be given to other states.
    pub losses: u64,
    /// Version.
    pub version: u64,
    /// Whether its personal values are still there: they may be erased.
    pub personal: bool,
}

/// Standings that were found, and what was the last event then.
pub(crate) struct Standings {
    found: Cache<Asked, (u64, Standing)>,
    changes: RwLock<Changes>,
}

/// Which cases had an event of late.
#[derive(Default)]
struct Changes {
    /// Every event after this one is taken in ...
    from: u64,
    /// ... up to this one.
    upto: u64,
    /// Their cases, each with its last event.
    cases: HashMap<Uuid, u64>,
}

impl Changes {
    /// Whether a case that stood so at one event stands so at a later one.
    fn spared(&self, case: &Uuid, at: u64, last: u64) -> bool {
        self.from <= at
            && last <= self.upto
            && self.cases.get(case).is_none_or(|changed| *changed <= at)
    }

    /// Takes in what was committed up to an event: cases with theirs, in order.
    fn take_in(&mut self, found: Vec<(Uuid, u64)>, last: u64) {
        // A case can be erased, or be tied to others by newer rules, without an event: then the counter moves alone.
        let is_all = u64::try_from(found.len()) == Ok(last - self.upto);
        match is_all {
            true => self.cases.extend(found),
            false => {
                self.cases.clear();
                self.from = last;
            }
        }
        self.upto = last;
    }
}

/// Who asked for which number.
#[derive(PartialEq, Eq, Hash)]
struct Asked {
    scope: Scope,
    number: String,
}

/// Hashes as [`Asked`] does.
#[derive(Hash)]
struct Asking<'a> {
    scope: &'a Scope,
    number: &'a str,
}

impl Equivalent<Asked> for Asking<'_> {
    fn equivalent(&self, asked: &Asked) -> bool {
        self.number == asked.number && *self.scope == asked.scope
    }
}

impl Default for Standings {
    fn default() -> Self {
        Self { found: Cache::new(MOST), changes: RwLock::default() }
    }
}

impl Standings {
    /// The standing of a case within a scope, after so many losses; the number as [`crate::fold_number`] spells it.
    pub(crate) fn of(
        &self,
        conn: &Conn,
        head: &Head,
        losses: u64,
        scope: &Scope,
        number: &str,
    ) -> Result<Option<Standing>> {
        // Asked first: what is found below is at least as new.
        let last = head.last(conn)?;
        self.follow(conn, last)?;
        if let Some(standing) = self.known(last, scope, number) {
            return Ok(Some(standing));
        }
        let found = asked(conn, losses, scope, Which::Number(number))?;
        if let Some(standing) = found {
            let asked = Asked { scope: scope.clone(), number: number.to_owned() };
            self.found.insert(asked, (last, standing));
        }
        Ok(found)
    }

    fn changes(&self) -> RwLockReadGuard<'_, Changes> {
        self.changes.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in which cases changed up to an event. The database is asked without the lock: whoever waits for a server that hangs
    /// waits alone.
    fn follow(&self, conn: &Conn, last: u64) -> Result<()> {
        let (upto, is_full) = {
            let changes = self.changes();
            (changes.upto, changes.cases.len() >= MOST)
        };
        if last <= upto {
            return Ok(());
        }
        let mut found = Vec::new();
        if last - upto <= FEW && !is_full {
            conn.each(CHANGED, &[int(upto)?.into(), int(last)?.into()], &mut |row| {
                found.push((row.uuid(1)?, row.count(0)?));
                Ok(true)
            })?;
        }
        let mut changes = self.changes.write().unwrap_or_else(PoisonError::into_inner);
        // Unless somebody else has taken them in meanwhile.
        if changes.upto == upto {
            changes.take_in(found, last);
        }
        Ok(())
    }

    /// The one that was found before and is right when this is the last event.
    pub(crate) fn known(&self, last: u64, scope: &Scope, number: &str) -> Option<Standing> {
        let (at, standing) = self.found.get(&Asking { scope, number })?;
        (at == last || self.changes().spared(&standing.id, at, last)).then_some(standing)
    }
}

/// The standing of a case by its id, after so many losses.
pub(crate) fn of_id(conn: &Conn, losses: u64, id: &Uuid) -> Result<Option<Standing>> {
    asked(conn, losses, &Scope::all(), Which::Id(id))
}

fn asked(conn: &Conn, losses: u64, scope: &Scope, which: Which<'_>) -> Result<Option<Standing>> {
    let columns = "cases.uuid, cases.version, subject_keys.wrapped";
    let statement = of_case(columns, scope, which);
    conn.row(&statement.text, &statement.params, |row| {
        let personal = row.opt_blob(2)?.is_some();
        Ok(Standing { id: row.uuid(0)?, losses, version: row.count(1)?, personal })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Place;
    use crate::store::{Options, Store};
    use crate::write::prepare::tests::noted;
    use crate::write::queue::Batch;

    #[test]
    fn only_cases_with_an_event_are_asked_for_again_and_all_when_the_counter_moves_alone() {
        let folder = tempfile::tempdir().unwrap();
        let options = Options { in_step: true, ..Options::new([7; 32]) };
        let store = Store::open(Place::at(folder.path()), options).unwrap();
        for id in 1..=3 {
            store.commit(noted(id, 1, "说")).unwrap();
        }
        let scope = Scope::all();
        let version = |id: u128| {
            let found = store.standing(&scope, &format!("A-{id}")).unwrap();
            found.map(|standing| standing.version)
        };
        let known = |id: u128| {
            let last = store.last_event().unwrap();
            let number = crate::fold_number(&format!("A-{id}"));
            store
                .inner
                .pool
                .memory()
                .standings
                .known(last, &scope, &number)
                .map(|standing| standing.version)
        };
        assert_eq!([1, 2, 3].map(version), [Some(1); 3]);
        assert_eq!([1, 2, 3].map(known), [Some(1); 3]);

        store.commit(noted(2, 2, "说")).unwrap();
        assert_eq!([1, 2, 3].map(known), [None; 3], "nobody has looked what changed");
        assert_eq!(version(3), Some(1));
        assert_eq!([1, 2, 3].map(known), [Some(1), None, Some(1)]);
        assert_eq!([1, 2, 3].map(version), [Some(1), Some(2), Some(1)]);
        store.commit(noted(1, 2, "说")).unwrap();
        assert_eq!([3, 2, 1].map(version), [Some(1), Some(2), Some(2)]);
        assert_eq!([1, 2, 3].map(known), [Some(2), Some(2), Some(1)]);

        let alone = |batch: &mut Batch<'_>, _: &mut _| {
            batch.sequence += 1;
            Ok(())
        };
        store.wait(alone).unwrap();
        assert_eq!(version(1), Some(2));
        assert_eq!([1, 2, 3].map(known), [Some(2), None, None]);
    }
}
