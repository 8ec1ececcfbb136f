//! The desk over a real store: one write, publishing, time, and what the tree itself must look like.
#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod calendar;
mod clock;
mod house;
mod mirror;
mod nodes;
mod scenarios;
mod tidy;
mod unsure;
mod work;
mod world;
mod writing;
