//! Rows of lists as they are answered, kept by version: most of a list has not changed since it was last asked for.

use crate::answer::CaseRow;
use crate::kept::Ground;
use desk::Desk;
use quick_cache::sync::Cache;
use serde::{Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};
use std::sync::Arc;
use store::CaseSummary;
use uuid::Uuid;

/// Rows that are kept at most, some ten megabytes.
const MOST: usize = 10_000;

pub(crate) struct Rows(Cache<(Uuid, u64), Spelled>);

/// A row as JSON.
#[derive(Clone)]
pub(crate) struct Spelled(Arc<Row>);

struct Row {
    ground: Ground,
    /// Whether it has a title, which may be erased.
    titled: bool,
    json: Box<RawValue>,
}

impl Serialize for Spelled {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.json.serialize(serializer)
    }
}

impl Default for Rows {
    fn default() -> Self {
        Self(Cache::new(MOST))
    }
}

impl Rows {
    /// The rows of a page; the ground is from before it was read.
    pub(crate) fn of(
        &self,
        desk: &Desk,
        ground: Ground,
        page: Vec<CaseSummary>,
    ) -> Result<Vec<Spelled>, serde_json::Error> {
        let (library, people) = (desk.library(), desk.people());
        let spell = |case: CaseSummary| {
            let (key, titled) = ((case.id, case.version), case.columns.title.is_some());
            let known = self.0.get(&key);
            if let Some(row) = known.filter(|row| row.0.ground == ground && row.0.titled == titled)
            {
                return Ok(row);
            }
            let json = to_raw_value(&CaseRow::of(&library, &people, case))?;
            let row = Spelled(Arc::new(Row { ground, titled, json }));
            self.0.insert(key, row.clone());
            Ok(row)
        };
        page.into_iter().map(spell).collect()
    }
}
