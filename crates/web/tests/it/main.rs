//! The API as its clients see it, over a real desk in a folder that goes away.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "helpers of tests fail as tests do"
)]

mod browsing;
mod console;
mod document;
mod entering;
mod errors;
mod feed;
mod life;
mod lists;
mod loss;
mod once;
mod rights;
mod served;
mod signing;
mod tools;
mod uploads;
mod world;
