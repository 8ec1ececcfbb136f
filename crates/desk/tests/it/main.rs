//! The desk over a real store: one write, publishing, time, and what the tree itself must look like.
#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod attention;
mod behind;
mod calendar;
mod clock;
mod customers;
mod house;
mod mirror;
mod moving;
mod nodes;
mod rederive;
mod rights;
mod saved;
mod scenarios;
mod tidy;
mod unsure;
mod webhooks;
mod work;
mod world;
mod writing;
