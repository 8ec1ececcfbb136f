//! The conformance suite. It knows the store by its public face alone; another backend adds a line to [`world::backends`].
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that panics has failed, which is what it is for"
)]

mod behind;
mod commit;
mod customers;
mod cut;
mod derived;
mod disk;
mod entry;
mod hang;
mod lists;
mod moving;
mod nodes;
mod once;
mod privacy;
mod search;
mod settings;
mod step;
mod upkeep;
mod webhooks;
mod work;
mod world;
