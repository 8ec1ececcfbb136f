//! What happened to a case, with personal values masked.

use super::flat;
use crate::problem::Problem;
use desk::{Seen, decode_event};
use engine::people::{Directory, Who};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use store::{EventRow, StoreError};
use utoipa::ToSchema;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EventAnswer {
    /// Place in the whole feed, in the order of commit; only there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// Number of the case.
    pub number: String,
    /// Place in the case, from 1; the version of the case after it.
    pub seq: u64,
    /// What happened.
    #[serde(rename = "type")]
    pub kind: String,
    /// When.
    pub at: Timestamp,
    /// On whose behalf.
    pub actor: ActorAnswer,
    /// The facts; their members depend on the type.
    #[schema(value_type = Object)]
    pub data: Json,
}

/// On whose behalf something happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ActorAnswer {
    /// `person`, `system` or `customer`.
    pub kind: String,
    /// Id of the person.
    pub id: Option<String>,
    /// Name of the person.
    pub name: Option<String>,
}

impl ActorAnswer {
    pub(crate) fn of(people: &Directory, who: &Who) -> Self {
        let kind = match who {
            Who::Person(_) => "person",
            Who::System => "system",
            Who::Customer => "customer",
        };
        let name = who.person().and_then(|id| people.person(id)).map(|person| person.name.clone());
        Self { kind: kind.to_owned(), id: who.person().map(ToString::to_string), name }
    }
}

/// An event as the caller may see it.
pub(crate) fn event(
    people: &Directory,
    seen: &Seen,
    row: &EventRow,
    sequence: Option<u64>,
) -> Result<EventAnswer, Problem> {
    let recorded = decode_event(row).map_err(|what| StoreError::Corrupt { what })?;
    let mut data = flat(seen.shown(recorded.event));
    if let Some(object) = data.as_object_mut() {
        object.remove("type");
    }
    Ok(EventAnswer {
        sequence,
        number: seen.case.number.clone(),
        seq: row.seq,
        kind: row.kind.clone(),
        at: row.at,
        actor: ActorAnswer::of(people, &recorded.who),
        data,
    })
}
