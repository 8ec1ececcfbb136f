//! The API as its clients see it, over a real desk in a folder that goes away.

mod document;
mod errors;
mod feed;
mod life;
mod lists;
mod once;
mod served;
mod uploads;
mod world;
