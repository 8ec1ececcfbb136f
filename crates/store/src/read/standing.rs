//! How a case stands: enough to know that what was made of it before is still right. What was asked before is kept, and good as long as
//! nothing at all was committed.

use super::case::{Which, of_case};
use crate::backend::Conn;
use crate::error::Result;
use crate::head::Head;
use crate::scope::Scope;
use quick_cache::Equivalent;
use quick_cache::sync::Cache;
use uuid::Uuid;

/// Standings that are kept at most; each weighs some hundred bytes.
const MOST: usize = 10_000;

/// What there is to see of a case: whoever has looked at it and finds the same standing again would see the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Standing {
    /// Identity.
    pub id: Uuid,
    /// Version.
    pub version: u64,
    /// Whether its personal values are still there: they may be erased.
    pub personal: bool,
}

/// Standings that were found, and up to which event that was.
pub(crate) struct Standings(Cache<Asked, (u64, Standing)>);

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
        Self(Cache::new(MOST))
    }
}

impl Standings {
    /// The standing of a case within a scope; the number as [`crate::fold_number`] spells it.
    pub(crate) fn of(
        &self,
        conn: &Conn,
        head: &Head,
        scope: &Scope,
        number: &str,
    ) -> Result<Option<Standing>> {
        // Asked first: what is found below is at least as new.
        let last = head.last(conn)?;
        if let Some(standing) = self.known(last, scope, number) {
            return Ok(Some(standing));
        }
        let found = asked(conn, scope, Which::Number(number))?;
        if let Some(standing) = found {
            let asked = Asked { scope: scope.clone(), number: number.to_owned() };
            self.0.insert(asked, (last, standing));
        }
        Ok(found)
    }

    /// The one that was found when this was the last event.
    pub(crate) fn known(&self, last: u64, scope: &Scope, number: &str) -> Option<Standing> {
        let (upto, standing) = self.0.get(&Asking { scope, number })?;
        (upto == last).then_some(standing)
    }

    /// Forgets everything: the database may have lost what it had committed.
    pub(crate) fn forget(&self) {
        self.0.clear();
    }
}

/// The standing of a case by its id.
pub(crate) fn of_id(conn: &Conn, id: &Uuid) -> Result<Option<Standing>> {
    asked(conn, &Scope::all(), Which::Id(id))
}

fn asked(conn: &Conn, scope: &Scope, which: Which<'_>) -> Result<Option<Standing>> {
    let columns = "cases.uuid, cases.version, subject_keys.wrapped";
    let statement = of_case(columns, scope, which);
    conn.row(&statement.text, &statement.params, |row| {
        let personal = row.opt_blob(2)?.is_some();
        Ok(Standing { id: row.uuid(0)?, version: row.count(1)?, personal })
    })
}
