//! Customers on the command line: out of cases and files, one and two again, gone.

use crate::world::{World, many};
use std::fs;

#[test]
fn customers_come_out_of_cases_and_files_and_are_merged_and_parted() {
    let world = World::new();
    let cases = world.path("cases.csv");
    fs::write(&cases, many(2)).unwrap();
    assert_eq!(world.import(&cases, &[])["imported"], 2);
    let list = |more: &[&str]| {
        let all = world.json(&[&["customer", "list"][..], more].concat());
        all.as_array().unwrap().clone()
    };
    assert_eq!(list(&[]).len(), 2);
    let first = list(&["--find", "13600000001"]).remove(0);
    assert_eq!(
        (first["name"].as_str(), first["contacts"][0]["phone"].as_str()),
        (Some("王*"), Some("136****0001"))
    );
    let file = world.path("customers.csv");
    let rows = "客户编号,姓名,公司,电话,订单号\nC-1,王1,宏远机械厂,13600000001,D20261115-20418\nC-2,李静,,电话,\n";
    fs::write(&file, rows).unwrap();
    let import = |more: &[&str]| {
        let args = [&["customer", "import", file.to_str().unwrap()][..], more].concat();
        world.json(&args)
    };
    let counts = |report: serde_json::Value| {
        let number = |name: &str| report[name].as_u64().unwrap_or_else(|| panic!("{report:#}"));
        (number("made"), number("changed"), number("same"), report["bad"].as_array().unwrap().len())
    };
    assert_eq!(counts(import(&["--dry-run"])), (1, 0, 0, 1));
    assert_eq!(counts(import(&[])), (1, 0, 0, 1));
    assert_eq!(counts(import(&[])), (0, 0, 1, 1), "again it says nothing new");
    let refused = fs::read_to_string(world.path("customers.csv.rejected.csv")).unwrap();
    assert!(
        refused.contains("李静") && !refused.contains("宏远") && refused.contains("原因"),
        "{refused}"
    );
    let pairs = world.json(&["customer", "duplicates"]);
    assert_eq!(pairs[0]["why"], "phone", "{pairs:#}");
    let id = first["id"].as_str().unwrap();
    let shown = |reveal: &[&str]| world.json(&[&["customer", "show", "C-1"][..], reveal].concat());
    assert_eq!(shown(&[])["cases"][1], 1);
    let merged = world.run(&["customer", "merge", "C-1", id]);
    assert!(merged.fine, "{}{}", merged.out, merged.err);
    assert_eq!((list(&[]).len(), shown(&["--reveal"])["name"].as_str()), (2, Some("王1")));
    let parted = world.run(&["customer", "part", "C-1", id]);
    assert!(parted.fine, "{}{}", parted.out, parted.err);
    assert_eq!(
        (list(&[]).len(), world.json(&["customer", "duplicates"]).as_array().unwrap().len()),
        (3, 0)
    );
    let open = world.run(&["customer", "erase", "C-1"]);
    assert!(!open.fine && open.err.contains("未结"), "{}", open.err);
    let told = world.run(&["customer", "show", "C-1"]);
    assert!(
        told.fine && told.out.contains("136****0001") && !told.out.contains("13600000001"),
        "{}",
        told.out
    );
}
