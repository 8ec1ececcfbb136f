//! What somebody has typed and not yet sent. It is his alone, and shown as he typed it: in a session of his own, by no key.

pub(crate) mod discard;
pub(crate) mod put;
pub(crate) mod show;

use crate::pages::draft::NAME;
use crate::problem::{Kind, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A form that is being filled in.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "items": [{ "name": "i.note", "text": "已约周三上门" }] }))]
pub(crate) struct Draft {
    /// What was typed, in the order of the form; a name can come several times.
    items: Vec<DraftItem>,
}

/// A field of a form and what was typed into it.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DraftItem {
    /// Name of the field.
    name: String,
    /// What was typed.
    text: String,
}

/// The name of a draft, if there can be one of that name.
fn named(name: String) -> Result<String, Problem> {
    match name.len() <= NAME {
        true => Ok(name),
        false => Err(Problem::new(Kind::NotFound)),
    }
}
