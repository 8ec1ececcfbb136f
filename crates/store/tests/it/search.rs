//! Search finds exactly what a plain look through all texts finds.

use crate::world::{after, at, fresh, on_each, put};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::collections::BTreeSet;
use store::{CaseColumns, CaseRows, CaseWrite, Rederived, Scope, Store, Write, matches};

/// The numbers of what is found, newest first, read by pages.
fn hits(store: &Store, scope: &Scope, query: &str, size: usize) -> Vec<String> {
    let (mut all, mut cursor) = (Vec::new(), None);
    loop {
        let page = store.search(scope, query, cursor.as_deref(), size).unwrap();
        all.extend(page.rows.into_iter().map(|case| case.number));
        cursor = page.next;
        if cursor.is_none() {
            return all;
        }
    }
}

fn found(store: &Store, query: &str) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for number in hits(store, &Scope::all(), query, 7) {
        assert!(all.insert(number), "twice on the pages of {query:?}");
    }
    all
}

fn shelf(store: &Store, texts: &[&[&str]]) {
    for (n, texts) in texts.iter().enumerate() {
        let mut rows = fresh(&format!("{n}"));
        rows.search = texts.iter().map(|text| (*text).to_owned()).collect();
        put(store, &rows);
    }
}

fn names(numbers: &[&str]) -> BTreeSet<String> {
    numbers.iter().map(|number| (*number).to_owned()).collect()
}

#[test]
fn short_chinese_words_are_found_and_nothing_beside_them() {
    on_each(|store| {
        shelf(
            &store,
            &[
                &["我要退货退款"],
                &["退一步，货到付款"],
                &["退", "货"],
                &["ＶＩＰ客户 iPhone15 坏了"],
                &["iphone手机"],
            ],
        );
        assert_eq!(found(&store, "退"), names(&["0", "1", "2"]));
        assert_eq!(found(&store, "退货"), names(&["0"]));
        assert_eq!(found(&store, "货退款"), names(&["0"]));
        assert_eq!(found(&store, "款 退"), names(&["0", "1"]));
        assert_eq!(found(&store, "vip"), names(&["3"]));
        assert_eq!(found(&store, "IPHONE"), names(&["3", "4"]));
        assert_eq!(found(&store, "iphone手"), names(&["4"]));
        assert_eq!(found(&store, "phone"), names(&[]));
        assert_eq!(found(&store, "🙂!?"), names(&[]));
    });
}

#[test]
fn long_numbers_are_found_whole_and_not_kept() {
    on_each(|store| {
        shelf(
            &store,
            &[
                &["订单DD20261122001，电话138-1234-5678"],
                &["E-17 报警 1234"],
                &["日期 2026-11-16 08:12"],
            ],
        );
        assert_eq!(found(&store, "13812345678"), names(&["0"]));
        assert_eq!(found(&store, "138 1234 5678"), names(&["0"]));
        assert_eq!(found(&store, "dd20261122001"), names(&["0"]));
        assert_eq!(found(&store, "1381234"), names(&[]));
        assert_eq!(found(&store, "E-17"), names(&["1"]));
        assert_eq!(found(&store, "123"), names(&["1"]));
        assert_eq!(found(&store, "2026-11-16"), names(&["2"]));
    });
}

#[test]
fn a_case_is_found_by_its_present_texts_only() {
    on_each(|store| {
        let mut rows = fresh("A-1");
        rows.search = vec!["退货".into()];
        put(&store, &rows);
        rows = after(&rows);
        rows.search = vec!["换货".into()];
        put(&store, &rows);
        assert_eq!((found(&store, "退货").len(), found(&store, "换货").len()), (0, 1));
        let again = |version, text: &str| {
            let (rollups, people) = (vec![], vec![]);
            let texts = vec![text.to_owned()];
            let one = Rederived { case: rows.id, version, rules: 0, texts, rollups, people };
            store.rederive(vec![one]).unwrap();
        };
        again(rows.version, "维修");
        again(rows.version - 1, "过时");
        assert_eq!(found(&store, "过时").len(), 0, "texts of an older version come too late");
        assert_eq!((found(&store, "换货").len(), found(&store, "维修").len()), (0, 1));
        assert_eq!(store.search(&Scope::departments(["south"]), "维修", None, 9).unwrap().rows, []);
        assert!(store.cases_to_rederive(0, 9).unwrap().is_empty());
    });
}

#[test]
fn no_query_is_too_strange() {
    on_each(|store| {
        shelf(&store, &[&["我要退货退款 NEAR OR AND NOT"]]);
        let long = "退".repeat(100_000);
        let mixed = "退a1 ".repeat(20_000);
        for query in [
            "",
            " ",
            "\"",
            "'",
            "*",
            "退*",
            "退\"货",
            "a AND",
            "NEAR(",
            "退 OR 货",
            "-退",
            "^",
            "tokens:退",
            "\0",
            "退\0货",
            "{}",
            "\u{E000}",
            "퟿",
            &long,
            &mixed,
        ] {
            drop(store.search(&Scope::all(), query, None, 5).unwrap());
        }
        assert_eq!(found(&store, "near or"), names(&["0"]));
        let mut huge = fresh("huge");
        huge.search = vec![long, "x".repeat(100_000)];
        put(&store, &huge);
        assert!(found(&store, &"x".repeat(70)).contains("huge"));
    });
}

#[test]
fn words_of_few_cases_are_found_behind_thousands_without_them() {
    const SHELVED: usize = 5_600;
    on_each(|store| {
        let text = |n: usize| match n {
            0 => "旧词 常词",
            1..=5 => "老词 常词",
            n if n % 800 == 0 => "少词 常词",
            _ => "常词",
        };
        let rows = (0..SHELVED).map(|n| CaseRows {
            search: vec![text(n).to_owned()],
            columns: CaseColumns {
                department: (n % 1_600 == 0).then(|| "after_sales".to_owned()),
                ..fresh("").columns
            },
            ..fresh(&format!("{n}"))
        });
        let rows: Vec<CaseRows> = rows.collect();
        for some in rows.chunks(700) {
            let cases = some.iter().cloned().map(CaseWrite::existing).collect();
            store.commit(Write::new(at(0), cases, store::no_receipt)).unwrap();
        }
        let few = |scope: &Scope, word: &str| hits(&store, scope, word, 3);
        let everything = Scope::all();
        assert_eq!(few(&everything, "旧词"), ["0"]);
        assert_eq!(few(&everything, "老词"), ["5", "4", "3", "2", "1"]);
        assert_eq!(few(&everything, "无词"), [""; 0]);
        assert_eq!(few(&everything, "少词"), ["4800", "4000", "3200", "2400", "1600", "800"]);
        let department = Scope::departments(["after_sales"]);
        assert_eq!(few(&department, "常词"), ["4800", "3200", "1600", "0"]);
        assert_eq!(few(&department, "少词"), ["4800", "3200", "1600"]);
    });
}

#[test]
fn hits_equal_a_plain_search_over_thousands_of_texts() {
    let text = "[退货款我要ａA1b2 \\-，\"*é🙂の]{0,14}|[a-c1-3 \\-]{0,24}|\\PC{0,6}";
    let query = "[退货款我要ａA1b2 \\-\"*é🙂の]{1,6}|[退货款]{1,3}|[a-c0-3\\-]{1,9}|\\PC{1,3}";
    on_each(|store| {
        let mut runner = TestRunner::default();
        let mut make = |pattern, sizes: std::ops::RangeInclusive<usize>| {
            let tree = prop::collection::vec(pattern, sizes).new_tree(&mut runner);
            tree.unwrap().current()
        };
        let mut shelf: Vec<(String, Vec<String>)> = Vec::new();
        for _ in 0..4 {
            let from = shelf.len();
            for n in 0..600 {
                shelf.push((format!("{}", from + n), make(text, 1..=2)));
            }
            let new = shelf.iter().skip(from).map(|(number, texts)| {
                CaseWrite::existing(CaseRows { search: texts.clone(), ..fresh(number) })
            });
            store.commit(Write::new(at(0), new.collect(), store::no_receipt)).unwrap();
            // Pieces of what is there find more than inventions do.
            let pieces = shelf
                .iter()
                .rev()
                .take(30)
                .map(|(_, texts)| texts[0].chars().skip(1).take(3).collect());
            for query in make(query, 40..=40).into_iter().chain(pieces.collect::<Vec<String>>()) {
                let names = |holds: &dyn Fn(&[String]) -> bool| -> BTreeSet<String> {
                    shelf
                        .iter()
                        .filter(|(_, texts)| holds(texts))
                        .map(|(number, _)| number.clone())
                        .collect()
                };
                let page = store.search(&Scope::all(), &query, None, 100_000).unwrap();
                let hits: BTreeSet<String> =
                    page.rows.into_iter().map(|case| case.number).collect();
                assert_eq!(hits, names(&|texts| matches(texts, &query)), "{query:?}");
                // Chinese alone, without any of the store's own rules: LIKE would say the same.
                if query.chars().all(|c| "退货款我要".contains(c)) && !query.is_empty() {
                    assert_eq!(
                        hits,
                        names(&|texts| texts.iter().any(|text| text.contains(&query))),
                        "{query:?}"
                    );
                }
            }
        }
    });
}
