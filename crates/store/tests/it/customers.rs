//! Customers: found without being written anywhere, paired, counted, and gone without a trace.

use crate::world::{Home, KEY, at, fresh, on_each, put};
use serde_json::json;
use store::{Administer, Change, Filter, Listed, Scope, Sort, Store, StoreError};

fn change(store: &Store, changes: Vec<Change>) -> Result<Vec<u64>, StoreError> {
    store.administer(Administer { at: at(0), actor: "wang".into(), changes })
}

/// A customer who is known by name and number.
fn known(store: &Store, key: &str, name: &str, phone: &str, level: Option<&str>) {
    let listed = Listed {
        level: level.map(str::to_owned),
        texts: vec![name.into()],
        phones: vec![phone.into()],
        accounts: vec![format!("{key}@example.cn")],
        alike: vec![format!("name {name}"), format!("phone {phone}")],
    };
    let body = json!({ "name": { "$p": name }, "phone": { "$p": phone } });
    let changes = vec![
        Change::Put {
            kind: "customer".into(),
            key: key.into(),
            expected: None,
            body,
            history: false,
        },
        Change::List { key: key.into(), listed: Some(Box::new(listed)) },
    ];
    change(store, changes).unwrap();
}

fn keys(store: &Store, text: Option<&str>, level: Option<&str>) -> Vec<String> {
    let page = store.customers(text, level, None, 100).unwrap();
    page.rows.into_iter().map(|one| one.key).collect()
}

fn three(store: &Home) {
    known(store, "a", "王小明", "13812345678", None);
    known(store, "b", "宏远机械厂 Acme", "021-62345678", Some("vip"));
    known(store, "c", "王小鸣", "13812345678", Some("normal"));
}

#[test]
fn customers_are_found_by_words_beginnings_and_digits() {
    on_each(|store| {
        three(&store);
        for (text, found) in [
            (None, vec!["c", "b", "a"]),
            (Some("王小"), vec!["c", "a"]),
            (Some("明"), vec!["a"]),
            (Some("机械 ac"), vec!["b"]),
            (Some("机械 me"), vec![]),
            (Some("138-1234-5678"), vec!["c", "a"]),
            (Some("1381234"), vec!["c", "a"]),
            (Some("5678"), vec!["c", "b", "a"]),
            (Some("+86 138 1234 5678"), vec!["c", "a"]),
            (Some("b@example"), vec!["b"]),
            (Some("…"), vec![]),
        ] {
            assert_eq!(keys(&store, text, None), found, "{text:?}");
            assert_eq!(
                store.count_customers(text, None, 99).unwrap(),
                u64::try_from(found.len()).unwrap()
            );
        }
        assert_eq!(keys(&store, Some("王"), Some("normal")), ["c"]);
        assert_eq!(keys(&store, None, Some("vip")), ["b"]);
        let (mut cursor, mut all) = (None, Vec::new());
        loop {
            let page = store.customers(None, None, cursor.as_deref(), 2).unwrap();
            all.extend(page.rows.into_iter().map(|one| one.key));
            match page.next {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        assert_eq!(all, ["c", "b", "a"]);
        // What is known of one is replaced as a whole.
        known(&store, "a", "李静", "13900000000", None);
        assert_eq!(keys(&store, Some("王小"), None), ["c"]);
        assert_eq!(keys(&store, Some("李静"), None), ["a"]);
        let reached =
            store.customers_reached_by(&["138 1234 5678".into()], &["A@Example.cn".into()], 9);
        let mut reached: Vec<String> = reached.unwrap().into_iter().map(|one| one.key).collect();
        reached.sort();
        assert_eq!(reached, ["a", "c"]);
        let folder = store.folder.path().to_owned();
        let kept = store.close();
        let words = ["李静", "机械厂", "13812345678", "62345678", "@example.cn", "Acme"];
        crate::privacy::assert_not_on_disk(&folder, &words);
        drop(kept);
    });
}

#[test]
fn a_customer_has_the_cases_that_bear_his_number_or_account() {
    on_each(|store| {
        three(&store);
        let rows =
            [("N-1", "13812345678", ""), ("N-2", "13900005678", ""), ("N-3", "", "B@example.cn")];
        for (number, phone, account) in rows {
            let mut rows = fresh(number);
            rows.phones = vec![phone.into()];
            rows.accounts = vec![account.into()];
            rows.columns.confidential = number == "N-3";
            put(&store, &rows);
        }
        let cases = |scope: &Scope, key: &str| {
            let filter = Filter { of_customer: Some(key.into()), ..Filter::default() };
            let page = store.list(scope, &filter, Sort::Newest, None, 9).unwrap();
            assert_eq!(
                store.count(scope, &filter, 9).unwrap(),
                u64::try_from(page.rows.len()).unwrap()
            );
            page.rows.into_iter().map(|case| case.number).collect::<Vec<_>>()
        };
        // The last four digits alone make nobody's case his.
        assert_eq!(cases(&Scope::all(), "a"), ["N-1"]);
        assert_eq!(cases(&Scope::all(), "b"), ["N-3"]);
        assert_eq!(cases(&Scope::all(), "none"), [""; 0]);
        assert_eq!(
            cases(&Scope::departments(["north"]), "b"),
            [""; 0],
            "a confidential case is hidden"
        );
        assert_eq!(cases(&Scope::nobody(), "a"), [""; 0]);
    });
}

#[test]
fn pairs_are_judged_once() {
    on_each(|store| {
        three(&store);
        let alike = store.customers_alike(&["phone 13812345678".into()], 9).unwrap();
        assert_eq!(alike.into_iter().collect::<Vec<_>>(), ["a", "c"]);
        let pair = |key: &str, others: &[(&str, u8)]| {
            let others =
                others.iter().map(|(other, percent)| ((*other).into(), *percent, "phone".into()));
            change(&store, vec![Change::Alike { key: key.into(), others: others.collect() }])
                .unwrap();
        };
        let all = || {
            let page = store.customer_pairs(None, 9).unwrap();
            page.rows
                .into_iter()
                .map(|pair| format!("{} {} {}", pair.one, pair.other, pair.percent))
                .collect::<Vec<_>>()
        };
        pair("c", &[("a", 80), ("b", 60), ("gone", 99), ("c", 99)]);
        assert_eq!(all(), ["a c 80", "b c 60"]);
        pair("a", &[("c", 90)]);
        assert_eq!(all(), ["a c 90", "b c 60"]);
        assert_eq!(store.customer_pairs_of("b").unwrap().len(), 1);
        let page = store.customer_pairs(None, 1).unwrap();
        assert_eq!(store.customer_pairs(page.next.as_deref(), 1).unwrap().rows[0].percent, 60);
        change(&store, vec![Change::Apart { one: "c".into(), other: "a".into() }]).unwrap();
        pair("a", &[("c", 99)]);
        pair("b", &[]);
        assert_eq!((all(), store.count_customer_pairs(9).unwrap()), (vec![], 0));
        let missing = change(&store, vec![Change::Apart { one: "c".into(), other: "x".into() }]);
        assert_eq!(missing, Err(StoreError::NotFound { what: "customer" }));
    });
}

#[test]
fn an_erased_customer_leaves_nothing_and_the_log_still_verifies() {
    on_each(|store| {
        three(&store);
        change(
            &store,
            vec![Change::Alike { key: "c".into(), others: vec![("a".into(), 90, "phone".into())] }],
        )
        .unwrap();
        let erase = |key: &str| {
            vec![
                Change::Erase { kind: "customer".into(), key: key.into() },
                Change::List { key: key.into(), listed: None },
            ]
        };
        ["a", "b", "c"].into_iter().for_each(|key| drop(change(&store, erase(key)).unwrap()));
        for table in ["customers", "customer_marks", "customer_pairs", "subject_keys", "personal"] {
            assert_eq!(store.sql(&format!("SELECT COUNT(*) FROM {table}")), "0", "{table}");
        }
        assert_eq!(store.setting("customer", "a").unwrap(), None);
        assert_eq!(Store::verify(store.place.clone(), KEY).unwrap().problems, [""; 0]);
    });
}

#[test]
fn whoever_takes_cases_in_is_told_when_another_was_faster() {
    on_each(|store| {
        (1..=3).for_each(|n| drop(put(&store, &fresh(&format!("A-{n}")))));
        assert_eq!(store.customers_taken_in().unwrap(), 0);
        change(&store, vec![Change::TakenIn { from: 0, to: 2 }]).unwrap();
        let late = change(&store, vec![Change::TakenIn { from: 0, to: 3 }]);
        assert!(matches!(late, Err(StoreError::SettingConflict { found: 2, .. })), "{late:?}");
        // Nobody has seen an event that is not there.
        let ahead = change(&store, vec![Change::TakenIn { from: 2, to: 4 }]);
        assert!(matches!(ahead, Err(StoreError::SettingConflict { found: 3, .. })), "{ahead:?}");
        assert_eq!(store.customers_taken_in().unwrap(), 2);
    });
}
