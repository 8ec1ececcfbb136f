//! Who has a case before him at this moment, and who is writing. It may be lost and is forgotten within a minute.

use crate::access::Seen;
use crate::desk::Desk;
use crate::error::DeskError;
use crate::organisation::Caller;
use engine::key::Key;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};

const HERE: &str = "here";
/// How long a word from somebody's page counts.
const COUNTS: SignedDuration = SignedDuration::from_secs(50);

/// Somebody else who has a case open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Present {
    /// Who.
    pub person: Key,
    /// He has begun to write.
    pub writes: bool,
}

impl Desk {
    /// Notes that a caller has a case open, and says who else has.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn is_here(
        &self,
        caller: &Caller,
        seen: &Seen,
        writes: bool,
    ) -> Result<Vec<Present>, DeskError> {
        let (now, prefix) = (self.now(), format!("{} ", seen.case.id));
        let until = now.checked_add(COUNTS).unwrap_or(Timestamp::MAX);
        let own = format!("{prefix}{}", caller.person);
        let store = &self.inner.store;
        store.put_ephemeral(HERE, &own, &json!({ "writes": writes }), until)?;
        let all = store.ephemeral_with_prefix(HERE, &prefix, now)?;
        let others = all.into_iter().filter(|(key, _)| *key != own);
        let present = |(key, body): (String, Json)| {
            let writes = body.get("writes").and_then(Json::as_bool).unwrap_or(false);
            Some(Present { person: key.strip_prefix(&prefix)?.into(), writes })
        };
        Ok(others.filter_map(present).collect())
    }
}
