use crate::world::World;
use serde_json::Value as Json;

fn codes(report: &Json, level: &str) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    let wanted = findings.filter(|found| found["level"] == level);
    wanted.map(|found| found["code"].as_str().unwrap().to_owned()).collect()
}

/// The roles that the doctor misses, over all procedures.
fn vacant(report: &Json) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    let vacant = findings.filter(|found| found["code"] == "role_vacant");
    let mut roles: Vec<String> =
        vacant.map(|found| found["facts"]["role"].as_str().unwrap().to_owned()).collect();
    roles.sort();
    roles.dedup();
    roles
}

#[test]
fn a_vacant_role_is_found_and_filled() {
    let world = World::new();
    world.import(&world.fixture("gb18030.csv"), &[]);
    let run = world.run(&["--json", "doctor"]);
    assert!(!run.fine);
    let roles = vacant(&run.json());
    assert!(!roles.is_empty());
    let (last, most) = roles.split_last().unwrap();
    let put = |roles: &[String]| {
        assert!(world.run(&["person", "put", "p1", "林晓", "--roles", &roles.join(",")]).fine);
    };
    put(most);
    let report = world.json(&["doctor"]);
    assert_eq!(vacant(&report), std::slice::from_ref(last));
    let text = world.run(&["--lang", "en", "doctor"]).out;
    assert!(text.contains(last.as_str()) && text.contains("bihuan person put"), "{text}");
    put(&roles);
    let run = world.run(&["--json", "doctor"]);
    let report = run.json();
    assert_eq!(codes(&report, "wrong"), Vec::<String>::new(), "{report:#}");
    assert!(run.fine);
    let fine = codes(&report, "ok");
    for code in
        ["folder", "key", "schema", "journal", "integrity", "procedures", "roles", "sweep", "clock"]
    {
        assert!(fine.iter().any(|found| found == code), "{code} in {fine:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_key_that_others_can_read_is_wrong() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new();
    assert!(world.run(&["person", "list"]).fine);
    let key = world.data().join("master.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(codes(&world.json(&["doctor"]), "wrong").contains(&"key_open".to_owned()));
    std::fs::remove_file(&key).unwrap();
    assert!(codes(&world.json(&["doctor"]), "wrong").contains(&"no_key".to_owned()));
    assert!(!key.exists(), "the doctor makes nothing");
}

#[test]
fn an_empty_folder_is_not_an_installation() {
    let world = World::new();
    let run = world.run(&["--json", "doctor"]);
    assert!(!run.fine && !world.data().exists());
    assert_eq!(codes(&run.json(), "wrong"), ["no_database"]);
}
