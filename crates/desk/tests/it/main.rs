//! The desk over a real store: one write, publishing, time, and what the tree itself must look like.
#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod clock;
mod customers;
mod house;
mod nodes;
mod scenarios;
mod tidy;
mod unsure;
mod world;
mod writing;
