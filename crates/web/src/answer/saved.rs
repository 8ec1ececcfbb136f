//! Views and templates as the API shows them.

use super::PersonAnswer;
use desk::{Desk, Saved};
use engine::key::Key;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A list of cases under a name.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ViewAnswer {
    /// Opaque id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Who made it.
    pub owner: PersonAnswer,
    /// Everybody has it.
    pub shared: bool,
    /// The filters, by their names in the address of the console's list.
    pub filters: BTreeMap<String, String>,
    /// How many cases it shows to the caller, counted up to 999; absent where filed cases are shown as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cases: Option<u64>,
}

/// A text with placeholders.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct TemplateAnswer {
    /// Opaque id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Who made it.
    pub owner: PersonAnswer,
    /// Everybody has it.
    pub shared: bool,
    /// The text, with `{number}`, `{customer}` and `{agent}` in it.
    pub text: String,
}

impl ViewAnswer {
    pub(crate) fn of(desk: &Desk, saved: &Saved, cases: Option<u64>) -> Self {
        let filters = saved.criteria().into_iter().flat_map(|criteria| criteria.given());
        Self {
            id: saved.id.to_string(),
            name: saved.name.clone(),
            owner: owner(desk, &saved.owner),
            shared: saved.shared,
            filters: filters.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            cases,
        }
    }
}

impl TemplateAnswer {
    pub(crate) fn of(desk: &Desk, saved: &Saved) -> Self {
        Self {
            id: saved.id.to_string(),
            name: saved.name.clone(),
            owner: owner(desk, &saved.owner),
            shared: saved.shared,
            text: saved.text().unwrap_or_default().to_owned(),
        }
    }
}

fn owner(desk: &Desk, id: &Key) -> PersonAnswer {
    PersonAnswer::of(&desk.people(), id)
}
