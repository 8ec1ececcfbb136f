//! The main job on real input: every request through every procedure to which it applies.

use crate::contents;
use crate::world::World;
use desk::Desk;
use jiff::SignedDuration;
use std::path::Path;
use std::process::Command;
use store::{Options, Place, Scope, Store};

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
    goes_on_from_its_last_event(folder.path());
    moves_to_a_server_and_back(folder.path());
}

/// Its story ends on a day of its own, which may be to come or long ago: nothing in it is from the future, and little is overdue.
fn goes_on_from_its_last_event(data: &Path) {
    let program = || Command::new(env!("CARGO_BIN_EXE_bihuan"));
    let doctor = program().args(["--lang", "en", "doctor", "--data"]).arg(data).output().unwrap();
    assert!(doctor.status.success(), "{}", String::from_utf8_lossy(&doctor.stdout));
    let store = Store::open(Place::at(data), Options::new(contents::key(data))).unwrap();
    let last = store.feed(&Scope::all(), store.last_event().unwrap() - 1, 1).unwrap();
    let (desk, ended) = (Desk::open(store).unwrap(), last.events[0].event.at);
    let shown = desk.now().duration_since(ended);
    assert!(shown >= SignedDuration::ZERO && shown < SignedDuration::from_mins(1), "{shown:#}");
}

/// The many lives of the demonstration are what a move has to bring over.
fn moves_to_a_server_and_back(data: &Path) {
    let (server, back) = (World::on_server(), tempfile::tempdir().unwrap());
    let at = |folder: &Path| format!("sqlite:{}", folder.display());
    let key = contents::key(data);
    let before = contents::of(Place::at(data), key);
    let there = server.run(&["migrate", "--from", &at(data), "--to", server.address()]);
    assert!(there.fine && there.out.contains(" 115 "), "{}{}", there.out, there.err);
    let on_server = contents::of(server.place(), key);
    assert!(before.len() > 5_000);
    assert_eq!(first_difference(&before, &on_server), None);
    let again = server.run(&["migrate", "--from", server.address(), "--to", &at(back.path())]);
    assert!(again.fine, "{}", again.err);
    assert_eq!(first_difference(&before, &contents::of(Place::at(back.path()), key)), None);
}

fn first_difference<'l>(one: &'l [String], other: &'l [String]) -> Option<(&'l str, &'l str)> {
    let differs = one.iter().zip(other).find(|(one, other)| one != other);
    let differs = differs.map(|(one, other)| (one.as_str(), other.as_str()));
    differs.or_else(|| (one.len() != other.len()).then_some(("lines", "are missing")))
}
