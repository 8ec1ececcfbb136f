//! The main job on real input: every request through every procedure to which it applies.

use std::process::Command;

#[test]
fn the_demonstration_comes_out_as_worked_out_beforehand() {
    let folder = tempfile::tempdir().unwrap();
    let run = || {
        Command::new(env!("CARGO_BIN_EXE_bihuan"))
            .args(["--lang", "en", "demo", "--no-serve", "--data"])
            .arg(folder.path())
            .output()
            .unwrap()
    };
    let output = run();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.success(),
        "{errors}\n{}",
        text.lines().rev().take(20).collect::<Vec<_>>().join("\n")
    );
    assert!(
        text.contains("363 derived labels, owners and dues compared with the samples, 0 differ"),
        "{text}"
    );
    assert!(text.contains("(0 break the promise)"), "{text}");
    let again = run();
    assert!(!again.status.success(), "a second demonstration into the same folder must be refused");
}
