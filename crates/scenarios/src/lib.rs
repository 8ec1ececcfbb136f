//! Plays the tables of `procedures/*/scenarios.md` (see `docs/scenario-format.md`), for tests: the same rows and assertions on
//! whatever desk there is; and what random lives are made of.
#![warn(missing_docs)]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "part of tests: a test that panics has failed"
)]

mod assertion;
mod inputs;
pub mod life;
mod parse;
mod player;
mod run;

pub use parse::{Cast, File, Row, Scenario, parse, rewrite};
pub use player::{InMemory, Player, Start};
pub use run::{Outcome, in_memory, run};

use engine::calendar::{Calendar, Windows};
use engine::decide::Library;
use engine::procedure::{Procedure, read};
use std::path::PathBuf;
use std::sync::Arc;

/// Keys of the built-in procedures, as folders name them.
pub fn folders() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(root())
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().join("procedure.toml").exists())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// Where the built-in procedures and their scenarios stand.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../procedures")
}

/// Every built-in procedure. One that cannot be read is the business of the reader's own test.
pub fn builtin() -> Vec<Procedure> {
    let text =
        |name: &String| std::fs::read_to_string(root().join(name).join("procedure.toml")).unwrap();
    folders().iter().filter_map(|name| read(name, &text(name)).ok()).collect()
}

/// The procedures with their calendars, or all with the same other one.
pub fn library(procedures: &[Procedure], calendar: Option<&str>) -> Library {
    let mut library = Library::default();
    for procedure in procedures {
        let mut calendar = Calendar::builtin(calendar.unwrap_or(&procedure.calendar)).unwrap();
        if !procedure.windows.is_empty() {
            calendar = calendar.with_windows(Windows::parse(&procedure.windows).unwrap());
        }
        library.add(Arc::new(procedure.clone()), Arc::new(calendar));
    }
    library
}
