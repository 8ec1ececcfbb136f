//! The engine knows no name: whatever the keys are, the same things happen.

use super::{builtin, check, folders};
use engine::procedure::rename;

#[test]
fn scenarios_hold_whatever_the_keys_are_called() {
    for seed in [1, 20_261_122] {
        let (renamed, _) = rename(&builtin(), seed);
        for folder in folders() {
            let failures = check(&folder, &renamed);
            assert!(failures.is_empty(), "{folder} under seed {seed}:\n{}", failures.join("\n"));
        }
    }
}
