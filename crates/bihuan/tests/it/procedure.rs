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
