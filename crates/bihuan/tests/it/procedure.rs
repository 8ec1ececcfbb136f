use crate::world::World;
use std::path::Path;

fn source(key: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../procedures");
    std::fs::read_to_string(root.join(key).join("procedure.toml")).unwrap()
}

#[test]
fn findings_name_file_and_line_and_nothing_is_published() {
    let world = World::new();
    let path = world.path("broken.toml");
    std::fs::write(&path, source("hl").replace("calendar = \"cn\"", "calender = \"cn\"")).unwrap();
    let run = world.run(&["procedure", "check", path.to_str().unwrap()]);
    assert!(!run.fine && run.out.contains("broken.toml:"), "{}", run.out);
    let report = world.json(&["procedure", "check", path.to_str().unwrap()]);
    assert_eq!(report[0]["sound"], false);
    assert!(!report[0]["findings"].as_array().unwrap().is_empty());
    assert!(!world.data().exists(), "a check needs no data folder");
}

#[test]
fn a_stage_that_nobody_leaves_is_not_published() {
    let world = World::new();
    let path = world.path("unsound.toml");
    let limbo = "\n[[stages]]\nkey = \"limbo\"\nlabel = \"悬空\"\nen = \"Limbo\"\nkind = \"open\"\nowner = \"agent\"\n";
    std::fs::write(&path, source("hl") + limbo).unwrap();
    let run = world.run(&["procedure", "import", path.to_str().unwrap()]);
    assert!(!run.fine && run.err.contains("no_next: stages.limbo"), "{}", run.err);
    let run = world.run(&["procedure", "check", path.to_str().unwrap()]);
    assert!(!run.fine && run.out.contains("no_next: stages.limbo"), "{}", run.out);
    let published = world.run(&["procedure", "list"]).out;
    assert!(
        published.lines().any(|line| line.starts_with("hl") && line.contains("v1")),
        "{published}"
    );
}
