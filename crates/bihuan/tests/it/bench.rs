//! What the measurements tell.

use crate::world::World;

#[test]
fn every_read_has_its_floor_in_the_process_and_over_http_and_every_row_its_size_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::in_folder(folder.path());
    let only = ["bench", "--cases", "300", "--clients", "2", "--seconds", "1", "--people", "0"];
    let told = world.json(&[&only[..], &["--only", "load,list,count", "--http"]].concat());
    let rows = told["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 6, "{told:#}");
    for over in ["process", "http"] {
        for deed in ["load", "list", "count"] {
            let row = rows.iter().find(|row| row["over"] == over && row["deed"] == deed);
            let row = row.unwrap_or_else(|| panic!("no {deed} over {over}: {told:#}"));
            for figure in ["per_second", "floor_per_second", "disk"] {
                assert!(row[figure].as_u64().unwrap() > 0, "{figure} of {deed} over {over}: {row}");
            }
            assert_eq!(row["disk"], told["sizes"][0]["bytes"]);
        }
    }
    let table = world.run(&[
        "bench",
        "--cases",
        "300",
        "--clients",
        "1",
        "--seconds",
        "0",
        "--only",
        "load",
    ]);
    assert!(table.fine && table.out.contains("磁盘 MiB"), "{} {}", table.out, table.err);
}

#[test]
fn loading_that_broke_off_is_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::in_folder(folder.path());
    let kept = folder.path().join("kept");
    let keep = kept.to_str().unwrap();
    let of = |cases| {
        let only =
            ["bench", "--cases", cases, "--clients", "1", "--seconds", "0", "--only", "load"];
        world.json(&[&only[..], &["--people", "0", "--keep", keep]].concat())
    };
    of("40");
    // As a load of seventy leaves it that broke off after forty.
    std::fs::rename(kept.join("40"), kept.join("70")).unwrap();
    of("70");
    let _ = std::fs::remove_dir_all(world.data());
    std::fs::rename(kept.join("70"), world.data()).unwrap();
    let out = world.path("all.jsonl");
    let export =
        world.run(&["export", "--all", "--format", "jsonl", "--out", out.to_str().unwrap()]);
    assert!(export.fine, "{} {}", export.out, export.err);
    assert_eq!(std::fs::read_to_string(out).unwrap().lines().count(), 70);
}
