//! The rules of a case desk as pure functions over data: calendars, procedures, cases.

pub mod calendar;
pub mod key;
pub mod procedure;
