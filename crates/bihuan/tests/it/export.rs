use crate::world::World;
use calamine::{Data, Reader, Xlsx, open_workbook};

/// Nothing that identifies somebody: the fixture's names and numbers.
const SECRETS: [&str; 4] = ["王小明", "李女士", "13600002087", "13900006612"];

fn exported(world: &World, format: &str) -> String {
    let path = world.path(&format!("list.{format}"));
    let said = world.run(&[
        "export",
        "--format",
        format,
        "--procedure",
        "hl",
        "--out",
        path.to_str().unwrap(),
    ]);
    assert!(said.fine, "{}", said.err);
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_workbook_has_real_dates_and_no_unmasked_person() {
    let world = World::new();
    world.import(&world.fixture("gb18030.csv"), &[]);
    let mut book: Xlsx<_> = open_workbook(exported(&world, "xlsx")).unwrap();
    let range = book.worksheet_range_at(0).unwrap().unwrap();
    assert_eq!(range.height(), 3);
    let place = |name: &str| {
        let header = range.rows().next().unwrap();
        header.iter().position(|cell| *cell == name).unwrap_or_else(|| panic!("{name}"))
    };
    let received: Vec<String> = range
        .rows()
        .skip(1)
        .map(|row| match &row[place("来电时间")] {
            Data::DateTime(date) => format!("{:?}", date.to_ymd_hms_milli()),
            other => panic!("not a date: {other:?}"),
        })
        .collect();
    assert!(received.contains(&"(2026, 11, 16, 8, 12, 0, 0)".to_owned()), "{received:?}");
    let phones: Vec<String> =
        range.rows().skip(1).map(|row| row[place("联系方式")].to_string()).collect();
    assert!(phones.contains(&"136****2087".to_owned()), "{phones:?}");
    let all: String = range.cells().map(|(_, _, cell)| format!("{cell}\n")).collect();
    for secret in SECRETS {
        assert!(!all.contains(secret), "{secret} in {all}");
    }
}

#[test]
fn csv_and_json_lines_are_masked_and_harmless() {
    let world = World::new();
    world.import(&world.fixture("gb18030.csv"), &[]);
    world.import(&world.fixture("formula-cells.csv"), &[]);
    let csv = std::fs::read_to_string(exported(&world, "csv")).unwrap();
    assert!(csv.starts_with('\u{feff}') && csv.contains("'=1+1"), "{csv}");
    assert!(!csv.split([',', '\n']).any(|cell| cell.starts_with(['=', '+', '@'])), "{csv}");
    let lines = std::fs::read_to_string(exported(&world, "jsonl")).unwrap();
    assert_eq!(lines.lines().count(), 3);
    for secret in SECRETS {
        assert!(!csv.contains(secret) && !lines.contains(secret), "{secret}");
    }
}

#[test]
fn days_and_stages_narrow_a_list() {
    let world = World::new();
    world.import(&world.fixture("gb18030.csv"), &[]);
    let path = world.path("none.csv");
    let count = |more: &[&str]| {
        let mut args = vec!["export", "--format", "csv", "--out", path.to_str().unwrap()];
        args.extend(more);
        world.json(&args)["cases"].as_u64().unwrap()
    };
    assert_eq!(count(&[]), 2);
    assert_eq!(count(&["--from", "2026-01-01"]), 2);
    assert_eq!(count(&["--to", "2026-01-01"]), 0);
    assert_eq!(count(&["--stage", "triage", "--procedure", "hl"]), 2);
    assert_eq!(count(&["--stage", "已关闭", "--procedure", "hl", "--all"]), 0);
    assert!(!world.path("none.csv.part").exists());
}
