//! Instants as the database keeps them: nanoseconds since 1970 UTC.

use crate::error::{Result, StoreError};
use jiff::Timestamp;

/// Stands in an index for "nothing is due".
pub(crate) const NEVER: i64 = i64::MAX;

/// An instant as a number; the years 1678 to 2261 fit.
pub(crate) fn to_int(at: Timestamp) -> Result<i64> {
    i64::try_from(at.as_nanosecond()).map_err(|_| StoreError::OutOfRange { what: "an instant" })
}

pub(crate) fn opt_to_int(at: Option<Timestamp>) -> Result<Option<i64>> {
    at.map(to_int).transpose()
}

pub(crate) fn from_int(at: i64) -> Result<Timestamp> {
    Timestamp::from_nanosecond(at.into())
        .map_err(|_| StoreError::corrupt("a stored instant is out of range"))
}

pub(crate) fn opt_from_int(at: Option<i64>) -> Result<Option<Timestamp>> {
    at.map(from_int).transpose()
}

/// A count as the database keeps it.
pub(crate) fn int(value: u64) -> Result<i64> {
    i64::try_from(value).map_err(|_| StoreError::OutOfRange { what: "a number" })
}

/// A limit as the database takes it.
pub(crate) fn limit(value: usize) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
