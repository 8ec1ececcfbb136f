use crate::world::{World, many};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::process::Stdio;
use std::time::{Duration, Instant};

fn summary(report: &Json) -> (u64, u64, usize) {
    let number = |name: &str| report[name].as_u64().unwrap_or_else(|| panic!("{report:#}"));
    (number("imported"), number("skipped"), report["bad"].as_array().unwrap().len())
}

/// Lines, columns and codes of everything that is wrong.
fn wrong(report: &Json) -> Vec<(u64, String, String)> {
    let mut all = Vec::new();
    for bad in report["bad"].as_array().unwrap() {
        for reason in bad["reasons"].as_array().unwrap() {
            let text = |name: &str| reason[name].as_str().unwrap_or_default().to_owned();
            all.push((bad["line"].as_u64().unwrap(), text("column"), text("code")));
        }
    }
    all.sort();
    all
}

#[test]
fn chinese_excel_and_marked_semicolons_read_alike() {
    for name in ["gb18030.csv", "bom-semicolon.csv"] {
        let world = World::new();
        let report = world.import(&world.fixture(name), &[]);
        assert_eq!(summary(&report), (2, 0, 0), "{name}: {report:#}");
        let cases = world.json(&["case", "list"]);
        let titles: Vec<&str> =
            cases.as_array().unwrap().iter().filter_map(|case| case["title"].as_str()).collect();
        assert!(titles.iter().any(|title| title.starts_with("激光切割机今早")), "{titles:?}");
    }
}

#[test]
fn dates_of_a_workbook_are_local_times() {
    let world = World::new();
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let headings = ["来电时间", "客户姓名", "联系方式", "问题描述", "渠道", "核心诉求", "业务名称"];
    for (column, heading) in (0..).zip(headings) {
        sheet.write_string(1, column, heading).unwrap();
    }
    let date = Format::new().set_num_format("yyyy/m/d h:mm");
    let at = ExcelDateTime::from_ymd(2026, 11, 16).unwrap().and_hms(8, 12, 0).unwrap();
    sheet.write_datetime_with_format(3, 0, at, &date).unwrap();
    for (column, text) in
        (1..).zip(["王先生", "", "今早开机就报错，整条线停着不动了", "电话", "业务办理", "切割机"])
    {
        sheet.write_string(3, column, text).unwrap();
    }
    sheet.write_number(3, 2, 13_600_002_087_f64).unwrap();
    book.add_worksheet().set_name("空").unwrap();
    let path = world.path("excel-dates.xlsx");
    book.save(&path).unwrap();

    let report = world.import(&path, &[]);
    assert_eq!(summary(&report), (1, 0, 0), "{report:#}");
    let number = world.json(&["case", "list"])[0]["number"].as_str().unwrap().to_owned();
    let case = world.json(&["case", "show", &number, "--reveal"]);
    assert!(case.to_string().contains("2026-11-16T00:12:00Z"), "{case:#}");
    assert!(case.to_string().contains("13600002087"), "{case:#}");

    let said = world.run(&["import", path.to_str().unwrap(), "--procedure", "hl", "--sheet", "x"]);
    assert!(!said.fine && said.err.contains("空"), "{}", said.err);
}

#[test]
fn every_bad_row_is_told_with_line_column_and_reason() {
    let world = World::new();
    let file = world.fixture("one-bad-row.jsonl");
    let dry = world.import(&file, &["--dry-run"]);
    assert_eq!(summary(&dry), (2, 0, 2), "{dry:#}");
    assert_eq!(world.cases(), 0, "a dry run writes nothing");
    assert!(!world.path("one-bad-row.jsonl.rejected.csv").exists());
    let told = |line, column: &str, code: &str| (line, column.to_owned(), code.to_owned());
    let expected = [
        told(2, "客户姓名", "missing"),
        told(2, "来电时间", "wrong_type"),
        told(2, "渠道", "not_a_value"),
        told(2, "联系方式", "not_a_phone"),
        told(3, "", "not_json"),
    ];
    assert_eq!(wrong(&dry), expected);

    let real = world.import(&file, &[]);
    assert_eq!((summary(&real), wrong(&real)), ((2, 0, 2), expected.to_vec()));
    let said = world.run(&["--lang", "en", "import", file.to_str().unwrap(), "--procedure", "hl"]);
    assert!(
        !said.fine && said.out.contains("line 2, 联系方式: not a telephone number"),
        "{}",
        said.out
    );
    assert_eq!(world.cases(), 2, "a second run adds nothing");
}

#[test]
fn formulas_stay_texts_and_refused_rows_come_back_harmless() {
    let world = World::new();
    let report = world.import(&world.fixture("formula-cells.csv"), &[]);
    assert_eq!(summary(&report), (1, 0, 1), "{report:#}");
    let path = world.path("formula-cells.csv.rejected.csv");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("'-2+3"), "{text}");
    assert!(text.lines().nth(1).unwrap().ends_with("联系方式：不是电话号码"), "{text}");
    // Corrected, it is imported with its reason column and its apostrophes.
    std::fs::write(&path, text.replace("不是电话,", "13700001111,")).unwrap();
    assert_eq!(summary(&world.import(&path, &[])), (1, 0, 0));
    let cases = world.json(&["case", "list"]).to_string();
    assert!(cases.contains("\"=1+1") && cases.contains("\"-2+3"), "{cases}");
}

#[test]
fn unknown_columns_are_refused_until_the_person_says_so() {
    let world = World::new();
    let file = world.fixture("unknown-columns.csv");
    let said = world.run(&["import", file.to_str().unwrap(), "--procedure", "hl"]);
    assert!(
        !said.fine && said.err.contains("内部备注X") && said.err.contains("--ignore-unknown"),
        "{}",
        said.err
    );
    assert_eq!(world.cases(), 0);
    let report = world.import(&file, &["--dry-run", "--map", "内部备注X=备注"]);
    assert_eq!(report["columns"]["内部备注X"], json!("remark"), "{report:#}");
    assert_eq!(summary(&world.import(&file, &["--ignore-unknown"])), (1, 0, 0));
}

#[test]
fn an_import_that_is_killed_goes_on_without_doubles() {
    let world = World::new();
    let file = world.path("many.csv");
    std::fs::write(&file, many(900)).unwrap();
    assert_eq!(summary(&world.import(&file, &["--limit", "50"])), (50, 0, 0));
    let mut child = world
        .command(&["import", file.to_str().unwrap(), "--procedure", "hl"])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while world.cases() < 100 && begun.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let before = world.cases();
    let report = world.import(&file, &[]);
    let (imported, skipped, bad) = summary(&report);
    assert_eq!(usize::try_from(skipped).unwrap(), before);
    assert_eq!((imported + skipped, bad), (900, 0));

    let cases = world.json(&["case", "list", "--all", "--limit", "100000"]);
    let text = |case: &Json, name: &str| case[name].as_str().unwrap().to_owned();
    let rows: BTreeSet<(String, String)> = cases
        .as_array()
        .unwrap()
        .iter()
        .map(|case| (text(case, "number"), text(case, "title")))
        .collect();
    let titles: BTreeSet<&String> = rows.iter().map(|(_, title)| title).collect();
    assert_eq!((rows.len(), titles.len()), (900, 900));
    // Numbers are in the order of the rows, also across the interruption.
    let in_order: Vec<usize> = {
        let mut by_serial: Vec<(usize, usize)> = rows
            .iter()
            .map(|(number, title)| {
                let serial = number.rsplit('-').next().unwrap().parse().unwrap();
                let row = title.split(['第', '台']).nth(1).unwrap().parse().unwrap();
                (serial, row)
            })
            .collect();
        by_serial.sort_unstable();
        by_serial.into_iter().map(|(_, row)| row).collect()
    };
    assert!(in_order.is_sorted());
}
