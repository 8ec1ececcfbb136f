//! Which field a column is.

use crate::entry::field_named;
use engine::key::Key;
use engine::procedure::{Action, Procedure};
use std::collections::BTreeSet;

/// What becomes of each column, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The field of each column; none: the column is left out.
    pub fields: Vec<Option<Key>>,
    /// Columns that are left out because nobody knows them.
    pub unknown: Vec<String>,
}

/// Why columns and fields do not fit together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Misfit {
    /// The procedure has no action that opens a case.
    NoRegistration,
    /// A mapping names a column that is not there.
    NoColumn(String),
    /// A mapping names a field that a registration does not ask.
    NoField(String),
    /// Two columns are the same field.
    Twice {
        /// The field.
        field: Key,
        /// The columns.
        columns: Vec<String>,
    },
    /// No column is a field.
    NothingKnown,
}

/// Finds the field of each column: by `map` (column, field; an empty field leaves the column out), else by key, name in
/// either language, or another known name. Columns in `beside` are left out without a word.
///
/// # Errors
/// Everything that does not fit.
pub fn plan(
    procedure: &Procedure,
    columns: &[String],
    map: &[(String, String)],
    beside: &[String],
) -> Result<Plan, Vec<Misfit>> {
    let Some(action) = procedure.register_action() else {
        return Err(vec![Misfit::NoRegistration]);
    };
    let asked = asked(procedure, action);
    let field = |name: &str| {
        field_named(procedure, name).map(|field| &field.key).filter(|key| asked.contains(*key))
    };
    let mut wrong = Vec::new();
    for (column, name) in map {
        if !columns.contains(column) {
            wrong.push(Misfit::NoColumn(column.clone()));
        }
        if !name.is_empty() && field(name).is_none() {
            wrong.push(Misfit::NoField(name.clone()));
        }
    }
    let (mut fields, mut unknown) = (Vec::new(), Vec::new());
    for column in columns {
        let mapped = map.iter().find(|(from, _)| from == column);
        let found = mapped.map_or_else(|| field(column), |(_, name)| field(name));
        let known = found.is_some() || mapped.is_some() || column.is_empty();
        if !known && !beside.contains(column) {
            unknown.push(column.clone());
        }
        fields.push(found.cloned());
    }
    let found: BTreeSet<&Key> = fields.iter().flatten().collect();
    for key in &found {
        let same = columns.iter().zip(&fields).filter(|(_, field)| field.as_ref() == Some(*key));
        let same: Vec<String> = same.map(|(column, _)| column.clone()).collect();
        if same.len() > 1 {
            wrong.push(Misfit::Twice { field: (*key).clone(), columns: same });
        }
    }
    if found.is_empty() {
        wrong.push(Misfit::NothingKnown);
    }
    if wrong.is_empty() { Ok(Plan { fields, unknown }) } else { Err(wrong) }
}

/// The fields that may be given when a case is opened, by the procedure's forms.
fn asked(procedure: &Procedure, action: &Action) -> BTreeSet<Key> {
    let own = action.input.iter().map(|input| input.field.clone());
    let forms = action.forms.iter().filter_map(|form| procedure.form(form));
    own.chain(forms.flat_map(|form| form.fields.iter().map(|entry| entry.field.clone()))).collect()
}
