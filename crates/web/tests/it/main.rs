//! The API as its clients see it, over a real desk in a folder that goes away.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "helpers of tests fail as tests do"
)]

mod administering;
mod browsing;
mod calendars;
mod console;
mod customers;
mod described;
mod document;
mod editing;
mod entering;
mod errors;
mod feed;
mod filling;
mod fits;
mod forms;
mod governing;
mod hostile;
mod hostile_names;
mod joining;
mod kept;
mod life;
mod lists;
mod lives;
mod loss;
mod matrix;
#[path = "../../../desk/tests/it/mirror.rs"]
mod mirror;
mod mirrored;
mod numbers;
mod once;
mod overtaken;
mod own;
mod people;
mod proxied;
mod publishing;
mod rights;
mod served;
mod several;
mod signing;
mod stage;
mod ties;
mod tools;
mod uploads;
mod webhooks;
mod workbook;
mod world;
