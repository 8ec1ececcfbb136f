use crate::world::{World, said};
use std::fs;

#[test]
fn a_backup_is_verified_restored_and_never_holds_the_key() {
    let world = World::new();
    world.import(&world.fixture("gb18030.csv"), &[]);
    let (copy, back) = (world.path("copy"), world.path("back"));
    let (copy_text, back_text) = (copy.to_str().unwrap(), back.to_str().unwrap());
    let made = world.run(&["backup", copy_text]);
    assert!(made.fine && made.out.contains("不含主密钥"), "{}{}", made.out, made.err);
    assert!(!copy.join("master.key").exists());
    assert!(!world.run(&["backup", copy_text]).fine, "a backup is not written over another");

    let verified = world.json(&["restore", copy_text, "--verify"]);
    assert_eq!((&verified["sound"], &verified["cases"]), (&true.into(), &2.into()), "{verified:#}");
    let restored = world.run(&["restore", copy_text, "--to", back_text]);
    assert!(
        restored.fine && restored.out.contains("master.key"),
        "{}{}",
        restored.out,
        restored.err
    );
    assert!(!world.run(&["restore", copy_text, "--to", back_text]).fine, "not over data");

    fs::copy(world.data().join("master.key"), back.join("master.key")).unwrap();
    let mut list = std::process::Command::new(env!("CARGO_BIN_EXE_bihuan"));
    list.env("BIHUAN_DATA", &back).args(["--json", "case", "list"]);
    assert_eq!(said(list.output().unwrap()).json().as_array().unwrap().len(), 2);
}

#[test]
fn a_damaged_backup_is_not_restored() {
    let world = World::new();
    world.import(&world.fixture("gb18030.csv"), &[]);
    let (copy, back) = (world.path("copy"), world.path("back"));
    assert!(world.run(&["backup", copy.to_str().unwrap()]).fine);
    let file = copy.join("bihuan.db");
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..].iter_mut().for_each(|byte| *byte ^= 0x55);
    fs::write(&file, bytes).unwrap();
    let run = world.run(&["restore", copy.to_str().unwrap(), "--to", back.to_str().unwrap()]);
    assert!(!run.fine && !back.join("bihuan.db").exists(), "{}{}", run.out, run.err);
}

#[test]
fn a_restore_without_the_key_says_so() {
    let world = World::new();
    let run = world.run(&["restore", world.path("nowhere").to_str().unwrap(), "--verify"]);
    assert!(!run.fine && run.err.contains("BIHUAN_MASTER_KEY"), "{}", run.err);
    assert!(!world.data().exists(), "nothing is made");
}
