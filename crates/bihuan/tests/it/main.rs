//! The program as people run it: the real binary over folders that go away.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that panics has failed")]

mod axe;
mod backup;
mod bench;
mod contents;
mod customer;
mod databases;
mod demo;
mod doctor;
mod export;
mod faults;
mod files;
mod frozen;
mod import;
mod nodes;
mod procedure;
mod serve;
mod serving;
mod stopping;
mod world;
