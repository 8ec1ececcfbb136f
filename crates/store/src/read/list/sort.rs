//! The orders that a list can have, and the places in them at which pages begin.

use crate::error::{Result, StoreError};
use crate::read::case::CaseSummary;
use crate::time::to_int;

/// The order of a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sort {
    /// What is due first; cases without a due at the end.
    #[default]
    NextDue,
    /// Newest registration first.
    Newest,
    /// Most severe first, then what is due first.
    Severity,
    /// Newest in the database first; the order in which free-text search is cheap.
    NewestEntry,
}

impl Sort {
    fn tag(self) -> &'static str {
        match self {
            Sort::NextDue => "d",
            Sort::Newest => "n",
            Sort::Severity => "s",
            Sort::NewestEntry => "e",
        }
    }

    /// Condition before the placeholders, number of keys, and order.
    pub(super) fn keys(self) -> (&'static str, usize, &'static str) {
        match self {
            Sort::NextDue => ("(cases.due, cases.id) >", 2, "cases.due, cases.id"),
            Sort::Newest => {
                ("(cases.registered_at, cases.id) <", 2, "cases.registered_at DESC, cases.id DESC")
            }
            Sort::Severity => (
                "(cases.mildness, cases.due, cases.id) >",
                3,
                "cases.mildness, cases.due, cases.id",
            ),
            Sort::NewestEntry => ("(cases.id) <", 1, "cases.id DESC"),
        }
    }

    /// The place before the first row; a first page is a page like any other.
    pub(super) fn start(self) -> Vec<i64> {
        let (_, keys, order) = self.keys();
        vec![if order.ends_with("DESC") { i64::MAX } else { i64::MIN }; keys]
    }

    pub(super) fn place_of(self, id: i64, case: &CaseSummary) -> Result<Vec<i64>> {
        let due = case.columns.next_due.map_or(Ok(crate::time::NEVER), to_int)?;
        Ok(match self {
            Sort::NextDue => vec![due, id],
            Sort::Newest => vec![to_int(case.columns.registered_at)?, id],
            Sort::Severity => vec![i64::from(u8::MAX - case.columns.severity), due, id],
            Sort::NewestEntry => vec![id],
        })
    }

    pub(super) fn parse(self, cursor: &str) -> Result<Vec<i64>> {
        let bad = || StoreError::invalid("the cursor does not belong to this list");
        let mut parts = cursor.split('.');
        if parts.next() != Some(self.tag()) {
            return Err(bad());
        }
        let place: Vec<i64> = parts.map(str::parse).collect::<Result<_, _>>().map_err(|_| bad())?;
        if place.len() == self.keys().1 { Ok(place) } else { Err(bad()) }
    }

    pub(super) fn cursor(self, place: &[i64]) -> String {
        place.iter().fold(self.tag().to_owned(), |text, key| format!("{text}.{key}"))
    }
}
