//! API keys as the API shows them.

use super::PersonAnswer;
use desk::{Desk, KeyScope, KnownKey};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An API key. Its secret is kept nowhere.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct KeyAnswer {
    /// Opaque id; it opens nothing.
    pub id: String,
    /// Name.
    pub name: String,
    /// On whose behalf it acts.
    pub person: PersonAnswer,
    /// What it may do.
    #[schema(value_type = Vec<Scope>)]
    pub scopes: Vec<KeyScope>,
    /// When it was made.
    pub since: Timestamp,
}

/// What a key may do.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described")]
pub(crate) enum Scope {
    #[schema(rename = "cases:read")]
    CasesRead,
    #[schema(rename = "cases:write")]
    CasesWrite,
    #[schema(rename = "reports:read")]
    ReportsRead,
    #[schema(rename = "admin")]
    Admin,
}

impl KeyAnswer {
    pub(crate) fn of(desk: &Desk, known: KnownKey) -> Self {
        Self {
            id: known.id,
            name: known.key.name,
            person: PersonAnswer::of(&desk.people(), &known.key.person),
            scopes: known.key.scopes,
            since: known.since,
        }
    }
}
