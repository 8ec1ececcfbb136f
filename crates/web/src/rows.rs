//! Rows of lists as they are answered, kept by version: most of a list has not changed since it was last asked for.

use crate::answer::CaseRow;
use desk::Desk;
use quick_cache::sync::Cache;
use serde::{Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};
use std::sync::Arc;
use store::CaseSummary;
use tokio::sync::watch;
use uuid::Uuid;

/// Rows that are kept at most, some ten megabytes.
const MOST: usize = 10_000;

pub(crate) struct Rows {
    kept: Cache<(Uuid, u64), Spelled>,
    /// Names of people and labels are settings.
    settings: watch::Receiver<u64>,
}

/// A row as JSON.
#[derive(Clone)]
pub(crate) struct Spelled(Arc<Row>);

struct Row {
    /// The place in the log of settings up to which it is right, and whether it has a title, which may be erased.
    settings: u64,
    titled: bool,
    json: Box<RawValue>,
}

impl Serialize for Spelled {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.json.serialize(serializer)
    }
}

impl Rows {
    pub(crate) fn new(desk: &Desk) -> Self {
        Self { kept: Cache::new(MOST), settings: desk.store().settings_changes() }
    }

    /// The rows of a page.
    pub(crate) fn of(
        &self,
        desk: &Desk,
        page: Vec<CaseSummary>,
    ) -> Result<Vec<Spelled>, serde_json::Error> {
        // Asked first: what is read after it is at least as new.
        let settings = *self.settings.borrow();
        let (library, people) = (desk.library(), desk.people());
        let spell = |case: CaseSummary| {
            let (key, titled) = ((case.id, case.version), case.columns.title.is_some());
            let known = self.kept.get(&key);
            if let Some(row) =
                known.filter(|row| row.0.settings == settings && row.0.titled == titled)
            {
                return Ok(row);
            }
            let json = to_raw_value(&CaseRow::of(&library, &people, case))?;
            let row = Spelled(Arc::new(Row { settings, titled, json }));
            self.kept.insert(key, row.clone());
            Ok(row)
        };
        page.into_iter().map(spell).collect()
    }
}
