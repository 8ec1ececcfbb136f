//! Integration tests of the engine, one binary for all of them.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "helpers outside #[test] functions may panic too: a test that panics has failed"
)]

mod calendar_by_hand;
mod calendar_data;
mod calendar_due;
mod calendar_import;
mod calendar_laws;
mod calendar_lines;
mod calendar_oracle;
mod calendar_stories;
mod check;
mod procedure_forms;
mod procedure_read;
