//! Runs the tables of `procedures/*/scenarios.md` (see `docs/scenario-format.md`).
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that panics has failed")]

mod assertion;
mod names;
mod parse;
mod pause;
mod run;
mod stated;
mod walk;

use parse::parse;
use run::run;

use engine::calendar::{Calendar, Windows};
use engine::decide::Library;
use engine::procedure::{Procedure, read};
use std::path::PathBuf;
use std::sync::Arc;

/// Keys of the built-in procedures, as folders name them.
pub(crate) fn folders() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(root())
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().join("procedure.toml").exists())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../procedures")
}

/// Every built-in procedure. One that cannot be read is the business of the reader's own test.
pub(crate) fn builtin() -> Vec<Procedure> {
    let text =
        |name: &String| std::fs::read_to_string(root().join(name).join("procedure.toml")).unwrap();
    folders().iter().filter_map(|name| read(name, &text(name)).ok()).collect()
}

pub(crate) fn library(procedures: &[Procedure], calendar: Option<&str>) -> Library {
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

/// Runs one file against procedures and says what differs; rewrites the last column when asked to.
pub(crate) fn check(name: &str, procedures: &[Procedure]) -> Vec<String> {
    let path = root().join(name).join("scenarios.md");
    let Ok(text) = std::fs::read_to_string(&path) else {
        return vec![format!("{name}: no scenarios")];
    };
    let file = parse(&text);
    let outcome = run(&file, name, procedures);
    let rewritten = parse::rewrite(&text, &outcome.columns);
    let mut failures = outcome.failures;
    if std::env::var_os("BIHUAN_REWRITE").is_some() {
        std::fs::write(&path, rewritten).unwrap();
    } else if failures.is_empty() && rewritten != text {
        failures.push(format!("  {name}: rewriting the last column would change bytes"));
    }
    failures
}

macro_rules! scenarios {
    ($($test:ident => $folder:literal),* $(,)?) => { $(
        #[test]
        fn $test() {
            let failures = check($folder, &builtin());
            assert!(failures.is_empty(), "{} of the rows differ:\n{}", failures.len(), failures.join("\n"));
        }
    )* };
}

scenarios! {
    scenarios_of_s1_feedback_hold => "cf",
    scenarios_of_s2_after_sales_hold => "as",
    scenarios_of_s3_hotline_hold => "hl",
    scenarios_of_s4_multichannel_hold => "mc",
    scenarios_of_s5_complaints_hold => "cp",
}
