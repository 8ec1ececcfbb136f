//! Runs the tables of `procedures/*/scenarios.md` (see `docs/scenario-format.md`).
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that panics has failed")]

mod emptied;
mod moved;
mod names;
mod pause;
mod stated;
mod walk;

use engine::procedure::Procedure;
use scenarios::{builtin, folders, in_memory, library, parse, rewrite, root};

/// Runs one file against procedures and says what differs; rewrites the last column when asked to.
pub(crate) fn check(name: &str, procedures: &[Procedure]) -> Vec<String> {
    let path = root().join(name).join("scenarios.md");
    let Ok(text) = std::fs::read_to_string(&path) else {
        return vec![format!("{name}: no scenarios")];
    };
    let file = parse(&text);
    let outcome = in_memory(&file, name, procedures);
    let rewritten = rewrite(&text, &outcome.columns);
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
