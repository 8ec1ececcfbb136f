//! The rules of a case desk as pure functions over data: procedures, cases, calendars, clocks.
//!
//! `decide` says what follows from a command, `apply` folds it into a case, `plan` says what time will bring, `explain`
//! how a due came about. No IO, no clock, no randomness: time and every fact from outside are arguments.

pub mod calendar;
pub mod case;
pub mod check;
pub mod clocks;
pub mod command;
pub mod customer;
pub mod decide;
pub mod event;
pub mod key;
pub mod numbering;
pub mod people;
pub mod procedure;
pub mod promise;
pub mod refusal;
pub mod show;
pub mod sim;
pub mod similar;
pub mod value;
