//! Customers: out of cases, out of files, one and two again, gone for good, and never telling of a case that somebody may not see.

use crate::world::{World, register, who, world};
use desk::import::{Table, read};
use desk::{
    Caller, CustomerImport, CustomersImported, Desk, DeskError, KeyScope, Options, Revealed,
};
use engine::customer::{Contact, Customer, Master, Product, Trait};
use engine::people::Who;
use engine::procedure::{Means, Power};
use engine::refusal::Refusal;
use serde_json::json;
use store::{Filter, Scope, Sort};

fn customer(name: &str, company: &str, phone: &str) -> Customer {
    Customer {
        master: Master { name: name.into(), company: company.into(), ..Master::default() },
        contacts: vec![Contact { phone: phone.into(), ..Contact::default() }],
        ..Customer::default()
    }
}

fn caller(id: &str) -> Caller {
    Caller { person: id.into(), scopes: vec![KeyScope::CasesRead, KeyScope::CasesWrite] }
}

fn names(desk: &Desk, text: Option<&str>) -> Vec<String> {
    let page = desk.customers(text, None, None, 50).unwrap();
    page.rows.into_iter().map(|kept| kept.customer.master.name).collect()
}

fn cases(desk: &Desk, key: &str) -> Vec<String> {
    let history = desk.customer_history(&caller("zheng"), key, None, 50).unwrap();
    history.cases.rows.into_iter().map(|row| row.number).collect()
}

#[test]
fn whoever_a_case_is_taken_down_for_becomes_a_customer_once() {
    let World { desk, .. } = &world();
    let (first, second) = (register(desk), register(desk));
    assert_eq!(desk.take_customers_in().unwrap(), 1);
    assert_eq!(desk.take_customers_in().unwrap(), 0, "doing it again is harmless");
    let kept = desk.customers(Some("13912345678"), None, None, 9).unwrap().rows.remove(0);
    assert_eq!(kept.customer.master.name, "宏远机械厂");
    assert_eq!(kept.customer.contacts[0].name, "刘建国");
    let levels = desk.customer_levels();
    let level = levels.iter().find(|level| Some(&level.key) == kept.customer.master.level.as_ref());
    assert_eq!(level.unwrap().label.zh, "VIP", "the level is the procedures' own");
    assert_eq!(cases(desk, &kept.key), [second.number.clone(), first.number.clone()]);
    let third = register(desk);
    assert_eq!(desk.take_customers_in().unwrap(), 0);
    assert_eq!(cases(desk, &kept.key), [third.number, second.number, first.number]);
    let history = desk.customer_history(&caller("lin"), &kept.key, None, 50).unwrap();
    assert_eq!(history.channels[0].1, 3);
}

#[test]
fn a_customer_is_written_over_what_was_seen_and_masks_change_nothing() {
    let World { desk, .. } = &world();
    let lin = who("lin");
    let kept = desk.put_customer(&lin, None, customer("王小明", "", "13812345678"), None).unwrap();
    let mut shown = kept.customer.clone();
    shown.master.name = "王**".into();
    shown.contacts[0].phone = "138****5678".into();
    shown.contacts.push(Contact { account: " Wang@Example.cn ".into(), ..Contact::default() });
    shown.contacts.push(Contact::default());
    let next = desk.put_customer(&lin, Some(&kept.key), shown.clone(), Some(kept.version)).unwrap();
    assert_eq!(next.customer.master.name, "王小明");
    assert_eq!(next.customer.contacts.len(), 2, "an empty one is none");
    assert_eq!(next.customer.contacts[0].phone, "13812345678");
    assert_eq!(next.customer.contacts[1].account, "Wang@Example.cn");
    let late = desk.put_customer(&lin, Some(&kept.key), shown, Some(kept.version));
    assert!(matches!(late, Err(DeskError::Stale { found }) if found == next.version));
    assert_eq!(names(desk, Some("wang@example")), ["王小明"]);
    // Everything that is wrong is told at once, and nothing is written.
    let wrong = Customer {
        master: Master { level: Some("none".into()), ..Master::default() },
        ..customer("", "", "abc")
    };
    let refused = desk.put_customer(&lin, None, wrong, None);
    let Err(DeskError::Refused(Refusal::Invalid { fields })) = refused else { panic!() };
    let fields: Vec<String> = fields.iter().map(|(name, _)| name.to_string()).collect();
    assert_eq!(fields, ["name", "contacts.0.phone", "level"]);
    for bad in ["new", "a/b", "", "..", &"x".repeat(61)] {
        let refused = desk.put_customer(&lin, Some(bad), customer("王", "", "13812345678"), None);
        assert!(matches!(refused, Err(DeskError::BadName)), "{bad}");
    }
    // Whoever works with no numbers writes none.
    let people = desk.people();
    let library = desk.library();
    let may = |person: &engine::people::Person| {
        library.all().flat_map(|rules| &rules.roles).any(|role| {
            person.has(&role.key)
                && role.may.iter().any(|power| matches!(power, Power::Reveal | Power::Administer))
        })
    };
    for person in people.people.iter() {
        assert_eq!(desk.may_write_customers(person), may(person), "{}", person.id);
    }
    let stranger = desk.put_customer(&who("nobody"), None, customer("王", "", "13812345678"), None);
    assert!(matches!(stranger, Err(DeskError::Forbidden)));
}

#[test]
fn records_that_are_one_customer_are_merged_and_part_as_they_were() {
    let World { desk, .. } = &world();
    let case = register(desk);
    desk.take_customers_in().unwrap();
    let lin = who("lin");
    let one = desk.customers(None, None, None, 1).unwrap().rows.remove(0);
    let mut second = customer("鸿远机械厂", "", "021-00001234");
    second.products =
        vec![Product { order: true, text: "D20261115-20418".into(), ..Product::default() }];
    let other = desk.put_customer(&lin, Some("C-2"), second, Some(0)).unwrap();
    let pairs = desk.customer_pairs(None, 9).unwrap().rows;
    assert_eq!((pairs.len(), pairs[0].0.why.as_str()), (1, "spelling"));
    assert_eq!(cases(desk, &other.key), [""; 0]);

    let main = (&*other.key, Some(other.version));
    let whole =
        desk.merge_customers(&lin, main, (&one.key, Some(one.version)), &[Trait::Name]).unwrap();
    assert_eq!(whole.customer.master.name, "宏远机械厂");
    assert_eq!(whole.customer.master.level, one.customer.master.level);
    assert_eq!(cases(desk, &whole.key), std::slice::from_ref(&case.number));
    assert_eq!(names(desk, None), ["宏远机械厂"]);
    assert_eq!(desk.customer_now(&one.key).unwrap().key, whole.key);
    assert!(desk.customer_pairs(None, 9).unwrap().rows.is_empty());
    let inside = desk.put_customer(&lin, Some(&one.key), one.customer.clone(), None);
    assert!(
        matches!(inside, Err(DeskError::NotFound { .. })),
        "what is part of another is written there"
    );
    let again = desk.merge_customers(&lin, (&whole.key, None), (&one.key, None), &[]);
    assert!(matches!(again, Err(DeskError::Refused(Refusal::Unknown { .. }))));

    let (rest, apart) = desk.part_customers(&lin, (&whole.key, None), &one.key).unwrap();
    assert_eq!((&rest.customer, &apart.customer), (&other.customer, &one.customer));
    assert_eq!((cases(desk, &rest.key), cases(desk, &apart.key)), (vec![], vec![case.number]));
    assert!(desk.customer_pairs(None, 9).unwrap().rows.is_empty(), "they were judged to be two");
    let never = desk.part_customers(&lin, (&whole.key, None), &one.key);
    assert!(matches!(never, Err(DeskError::Refused(_))));
    let entries = desk.store().settings_log(0, 1_000).unwrap();
    let spoken = format!("{entries:?}");
    assert!(!spoken.contains("机械厂") && spoken.contains("apart"), "the log names keys alone");
}

#[test]
fn two_that_were_judged_to_be_two_stay_two() {
    let World { desk, .. } = &world();
    let lin = who("lin");
    let phone = "13812345678";
    let one = desk.put_customer(&lin, Some("C-1"), customer("王明", "", phone), None).unwrap();
    desk.put_customer(&lin, Some("C-2"), customer("王明", "", phone), None).unwrap();
    let pairs = desk.customer_pairs(None, 9).unwrap().rows;
    assert_eq!((pairs.len(), pairs[0].0.percent), (1, 99));
    desk.keep_customers_apart(&lin, "C-2", "C-1").unwrap();
    assert!(desk.customer_pairs(None, 9).unwrap().rows.is_empty());
    let mut changed = one.customer;
    changed.master.note = "父亲".into();
    desk.put_customer(&lin, Some("C-1"), changed, None).unwrap();
    assert!(desk.customer_pairs(None, 9).unwrap().rows.is_empty());
}

fn imported(desk: &Desk, table: &Table, dry_run: bool) -> CustomersImported {
    let who = who("lin");
    let import = CustomerImport { who: &who, table, dry_run, english: false };
    desk.import_customers(&import, &mut |_| {}).unwrap()
}

#[test]
fn a_file_is_imported_again_and_again_and_says_what_it_refuses() {
    let World { desk, .. } = &world();
    let text = "客户编号,姓名,公司,客户等级,联系人,手机,邮箱,订单号,颜色\n\
        C-1,宏远机械厂,,VIP,刘建国,13912345678,,D-1、D-2,红\n\
        C-1,宏远机械厂,,,李静,021-00001234,li@example.cn,,\n\
        ,王小明,,,,138 1234 5678,,,\n\
        ,王小明,,,,13812345678,,,\n\
        ,,,,,13900000000,,,\n\
        ,陈静,,钻石,,13900000001,,,\n\
        ,陈静,,,,电话,,,\n\
        ,陈静,,,,136****2087,,,\n\
        ,陈静,,,,,,,\n\
        ,Ann,,,,,A@example.cn,,\n\
        ,Ann,,,,,a@example.cn,,\n";
    let table = read(text.as_bytes(), None).unwrap();
    let tried = imported(desk, &table, true);
    assert_eq!(names(desk, None).len(), 0, "nothing was written");
    let done = imported(desk, &table, false);
    assert_eq!((done.made, done.changed, done.same), (3, 2, 1));
    assert_eq!(tried, done, "rows that are about one customer are seen to be before");
    assert_eq!(done.unknown, ["颜色"]);
    let bad: Vec<(u32, String, String)> = done
        .bad
        .iter()
        .map(|bad| (bad.line, bad.reasons[0].column.clone().unwrap(), bad.reasons[0].code.clone()))
        .collect();
    let row = |line, column: &str, code: &str| (line, column.to_owned(), code.to_owned());
    assert_eq!(
        bad,
        [
            row(6, "姓名", "missing"),
            row(7, "客户等级", "not_a_value"),
            row(8, "手机", "not_a_phone"),
            row(9, "手机", "not_a_phone"),
            row(10, "手机", "missing"),
        ]
    );
    let factory = desk.customer("C-1").unwrap().customer;
    assert_eq!((factory.contacts.len(), factory.products.len()), (2, 2));
    assert_eq!(factory.master.level.as_deref(), Some("vip"));
    let again = imported(desk, &table, false);
    assert_eq!((again.made, again.changed, again.same, again.bad.len()), (0, 0, 6, 5));
    // The refused rows come back as a file that can be corrected and imported.
    let csv = table.refused(&done.bad, false).unwrap();
    let csv = csv.replace("钻石", "普通客户");
    let corrected = imported(desk, &read(csv.as_bytes(), None).unwrap(), false);
    assert_eq!((corrected.made, corrected.bad.len()), (1, 4));
    assert_eq!(names(desk, Some("陈静")), ["陈静"]);
    let unknown = read("a,b\n1,2\n".as_bytes(), None).unwrap();
    let lin = who("lin");
    let import = CustomerImport { who: &lin, table: &unknown, dry_run: false, english: true };
    assert!(matches!(desk.import_customers(&import, &mut |_| {}), Err(DeskError::Invalid(_))));
}

#[test]
fn a_name_or_number_is_shown_to_whom_may_and_that_is_logged_without_it() {
    let World { desk, .. } = &world();
    let kept =
        desk.put_customer(&Who::System, None, customer("王小明", "", "13812345678"), None).unwrap();
    let contact = &kept.customer.contacts[0];
    let part = format!("contacts/{}", contact.id);
    let shown = desk.reveal_customer(&caller("lin"), &kept.key, &part).unwrap();
    assert_eq!(shown, Revealed::Contact(contact.clone()));
    let shown = desk.reveal_customer(&caller("lin"), &kept.key, "name").unwrap();
    assert_eq!(shown, Revealed::Name("王小明".into()));
    for (person, part) in [("lin", "note"), ("lin", "contacts/none"), ("nobody", "name")] {
        assert!(desk.reveal_customer(&caller(person), &kept.key, part).is_err(), "{person} {part}");
    }
    let log = desk.store().settings_log(0, 1_000).unwrap();
    let shown: Vec<&str> =
        log.iter().filter(|entry| entry.kind == "reveal").map(|entry| entry.key.as_str()).collect();
    assert_eq!(
        shown,
        [format!("customer {}/{part}", kept.key), format!("customer {}/name", kept.key)]
    );
    assert!(!format!("{log:?}").contains("1381234"));
}

#[test]
fn whoever_is_erased_leaves_nothing_and_the_chains_still_verify() {
    let World { desk, .. } = &world();
    let case = register(desk);
    desk.take_customers_in().unwrap();
    let kept = desk.customers(None, None, None, 1).unwrap().rows.remove(0);
    let other = desk
        .put_customer(&Who::System, Some("C-2"), customer("宏远", "", "13800000000"), None)
        .unwrap();
    desk.merge_customers(&Who::System, (&kept.key, None), (&other.key, None), &[]).unwrap();
    let open = desk.erase_customer(&Who::System, &kept.key);
    assert!(matches!(open, Err(DeskError::OpenCases { count: 1 })), "{open:?}");
    assert!(matches!(desk.erase_customer(&who("lin"), &kept.key), Err(DeskError::Forbidden)));
    // Voided, it is in hand no more.
    let seen = desk.case_for_operator(&case.number).unwrap();
    let mut rows =
        desk.store().list(&Scope::all(), &Filter::default(), Sort::Newest, None, 1).unwrap().rows;
    let row = rows.remove(0);
    let mut columns = row.columns.clone();
    columns.open = false;
    let mut last = desk.store().events(row.id, 0, 1_000).unwrap().pop().unwrap();
    last.seq += 1;
    let write = store::CaseRows {
        id: row.id,
        expected: row.version,
        version: row.version + 1,
        number: row.number.clone(),
        columns,
        events: vec![last],
        snapshot: serde_json::to_string(&*seen.case).unwrap(),
        fold_version: desk::FOLD_VERSION,
        phones: vec!["13912345678".into()],
        ..store::CaseRows::default()
    };
    let write =
        store::Write::new(desk.now(), vec![store::CaseWrite::existing(write)], |_| json!(null));
    desk.store().commit(write).unwrap();
    let erased = desk.erase_customer(&Who::System, &other.key).unwrap();
    assert_eq!((erased.cases, erased.left), (1, 0));
    for key in [&kept.key, &other.key] {
        assert!(matches!(desk.customer(key), Err(DeskError::NotFound { .. })));
    }
    assert!(desk.customers_reached_by(&["13912345678".into()], &[]).unwrap().is_empty());
    let report = desk.store().verify_chain(row.id).unwrap();
    assert!(report.values == 0 && report.erased > 0, "{report:?}");
    let gone = desk.case_for_operator(&case.number).unwrap();
    let phone = gone.procedure.field_meaning(Means::Phone).unwrap();
    assert_eq!(gone.case.value(&phone.key).unwrap().text(), "");
}

#[test]
fn a_confidential_case_makes_nobody_a_customer_and_shows_in_no_history() {
    let World { desk, .. } = &world();
    let library = desk.library();
    let (rules, accused) = library
        .all()
        .find_map(|rules| Some((rules, rules.field_meaning(Means::Accused)?)))
        .unwrap();
    let phone = rules.field_meaning(Means::Phone).unwrap();
    let name = rules.field_meaning(Means::Customer).unwrap();
    let fields = [
        (accused.key.clone(), json!("wang")),
        (phone.key.clone(), json!("13800001111")),
        (name.key.clone(), json!("王小明")),
    ];
    let done = desk.register(&Who::System, &rules.key, fields.into(), Options::default()).unwrap();
    assert_eq!(desk.take_customers_in().unwrap(), 0);
    let kept =
        desk.put_customer(&Who::System, None, customer("王小明", "", "13800001111"), None).unwrap();
    let shown = |person: &str| {
        let history = desk.customer_history(&caller(person), &kept.key, None, 9).unwrap();
        history.cases.rows.iter().any(|row| row.number == done.number)
    };
    assert!(!shown("wang"), "whom it is about sees nothing of it");
    let people = desk.people();
    for person in people.people.iter() {
        let sees = desk.case_for(&caller(&person.id), &done.number).is_ok();
        assert_eq!(shown(&person.id), sees, "{}", person.id);
    }
}
