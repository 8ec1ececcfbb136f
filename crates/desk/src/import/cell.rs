//! A cell as the core reads it.

use super::file::Cell;
use crate::entry::{truth, written};
use engine::procedure::{Field, FieldKind};
use serde_json::{Value as Json, json};

/// What a cell says for a field; nothing when it is empty, so that the field takes its default. What does not fit is passed
/// on, for the core to refuse.
pub(super) fn entered(field: &Field, cell: &Cell) -> Option<Json> {
    match (&field.kind, cell) {
        (_, Cell::Empty) => None,
        (FieldKind::Bool, Cell::Bool(truth)) => Some(json!(truth)),
        (FieldKind::Bool, Cell::Number(number)) => {
            Some(truth(&number.to_string()).map_or_else(|| json!(number), Json::Bool))
        }
        (FieldKind::Number, Cell::Number(number)) => Some(json!(number)),
        (FieldKind::Time, Cell::Time(at)) => Some(json!(at.to_string())),
        (_, Cell::Json(json)) => Some(json.clone()),
        (kind, cell) => Some(written(kind, &cell.text())),
    }
}
