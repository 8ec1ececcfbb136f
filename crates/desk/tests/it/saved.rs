//! Views, templates and keys: whose they are, who may share, and what goes when somebody does.

use crate::world::{World, world};
use desk::{ApiKey, Caller, Content, Criteria, Desk, DeskError, ExportFormat, KeyScope, Shelf};
use engine::refusal::Refusal;

fn caller(person: &str) -> Caller {
    Caller { person: person.into(), scopes: vec![KeyScope::CasesRead, KeyScope::CasesWrite] }
}

fn due(day: &str) -> Content {
    Content::View(Criteria { due: day.to_owned(), ..Criteria::default() })
}

fn names(desk: &Desk, person: &str, shelf: Shelf) -> Vec<String> {
    desk.saved(&caller(person), shelf).into_iter().map(|saved| saved.name).collect()
}

fn keep(world: &World, person: &str, id: &str, name: &str, shared: bool) -> Result<(), DeskError> {
    world.desk.keep_saved(&caller(person), &id.into(), (name, shared, due("day")), None)
}

#[test]
fn what_is_shared_is_for_everybody_and_changed_only_by_whoever_may_share() {
    let world = world();
    keep(&world, "lin", "own", "我的", false).unwrap();
    assert_eq!(names(&world.desk, "lin", Shelf::Views), ["我的"]);
    assert!(names(&world.desk, "zhou", Shelf::Views).is_empty());
    let hidden = world.desk.saved_one(&caller("zhou"), Shelf::Views, "own");
    assert!(matches!(hidden, Err(DeskError::NotFound { .. })), "{hidden:?}");
    assert!(matches!(keep(&world, "zhou", "own", "抢", false), Err(DeskError::NotFound { .. })));
    assert!(matches!(keep(&world, "lin", "own", "我的", true), Err(DeskError::Forbidden)));
    keep(&world, "zhou", "first", "甲", true).unwrap();
    keep(&world, "zhou", "second", "乙", true).unwrap();
    assert_eq!(names(&world.desk, "lin", Shelf::Views), ["我的", "甲", "乙"]);
    world.desk.raise_saved(&caller("zhou"), Shelf::Views, "second").unwrap();
    assert_eq!(names(&world.desk, "lin", Shelf::Views), ["我的", "乙", "甲"]);
    let views = |id: &str| world.desk.discard_saved(&caller("lin"), Shelf::Views, id);
    assert!(matches!(views("first"), Err(DeskError::Forbidden)));
    assert!(matches!(
        world.desk.raise_saved(&caller("lin"), Shelf::Views, "first"),
        Err(DeskError::Forbidden)
    ));
    // Another node, another shelf: what one keeps does not show on the other.
    assert_eq!(names(&world.node(true), "wang", Shelf::Views), ["乙", "甲"]);
    assert!(names(&world.desk, "lin", Shelf::Templates).is_empty());
    // Whoever leaves takes what was his alone along; what is shared stays.
    world.desk.remove_person(&caller("lin"), &"lin".into()).unwrap();
    assert!(names(&world.desk, "lin", Shelf::Views).iter().all(|name| name != "我的"));
    assert_eq!(names(&world.desk, "zhou", Shelf::Views), ["乙", "甲"]);
}

#[test]
fn a_name_says_something_and_what_was_seen_is_written_over() {
    let world = world();
    for name in ["", "  ", &"长".repeat(41)] {
        let refused = keep(&world, "lin", "x", name, false);
        assert!(matches!(refused, Err(DeskError::Refused(Refusal::Invalid { .. }))), "{name}");
    }
    let text = |text: &str| Content::Template(text.to_owned().into());
    let template = |text: Content, seen| {
        world.desk.keep_saved(&caller("lin"), &"t".into(), ("常用", false, text), seen)
    };
    assert!(
        template(text(" "), None).is_err() && template(text(&"长".repeat(4_001)), None).is_err()
    );
    template(text("您的工单 {number}"), Some(0)).unwrap();
    let known = world.desk.saved_one(&caller("lin"), Shelf::Templates, "t").unwrap();
    template(text("改过"), Some(known.version)).unwrap();
    assert!(matches!(template(text("旧的"), Some(known.version)), Err(DeskError::Stale { .. })));
    let known = world.desk.saved_one(&caller("lin"), Shelf::Templates, "t").unwrap();
    assert_eq!(known.text(), Some("改过"));
}

#[test]
fn a_view_counts_the_work_in_hand_that_whoever_looks_may_see() {
    let world = world();
    world.register();
    keep(&world, "zhou", "all", "在办", true).unwrap();
    let all = Content::View(Criteria { state: "all".to_owned(), ..Criteria::default() });
    world.desk.keep_saved(&caller("zhou"), &"filed".into(), ("全部", true, all), None).unwrap();
    let open = Content::View(Criteria::default());
    world.desk.keep_saved(&caller("zhou"), &"open".into(), ("在办单", true, open), None).unwrap();
    let counts = |person: &str| -> Vec<Option<u64>> {
        let views = world.desk.counted_views(&caller(person), 10).unwrap();
        views.into_iter().map(|(_, count)| count).collect()
    };
    assert_eq!(counts("lin")[1..], [None, Some(1)], "filed cases are not counted");
    assert_eq!(counts("wang")[2], Some(0), "who sees no case counts none");
}

#[test]
fn a_text_reads_as_it_does_on_the_case_and_shows_no_more_of_the_customer_than_the_page() {
    let world = world();
    let case = world.register();
    let seen = world.desk.case_for(&caller("lin"), &case.number).unwrap();
    let said = |english| {
        world.desk.filled_in(&caller("lin"), &seen, "{customer} {number} {agent} {other}", english)
    };
    assert!(said(false).ends_with(&format!("{} lin某 {{other}}", case.number)), "{}", said(false));
    assert!(said(false).contains("先生/女士") && said(true).contains("Mr/Ms"), "{}", said(true));
    assert!(!said(false).contains("宏远机械厂") && !said(false).contains("刘建国"));
}

#[test]
fn a_list_that_is_taken_along_is_masked_neutral_logged_and_no_more_than_is_seen() {
    let world = world();
    let case = world.register();
    let list = |person: &str, format| {
        world.desk.export_list(&caller(person), &Criteria::default(), format, false).unwrap()
    };
    let csv = String::from_utf8(list("lin", ExportFormat::Csv)).unwrap();
    assert!(csv.contains(&case.number) && !csv.contains("13912345678") && !csv.contains("刘建国"));
    assert_eq!(String::from_utf8(list("wang", ExportFormat::Csv)).unwrap().lines().count(), 1);
    assert!(list("lin", ExportFormat::Xlsx).starts_with(b"PK"));
    let log = world.desk.store().settings_log(0, 10_000).unwrap();
    let taken: Vec<_> = log.iter().filter(|entry| entry.kind == "export").collect();
    assert_eq!(taken.len(), 3);
    assert!(taken.iter().all(|entry| entry.deed == "note") && taken[0].actor == "lin");
    let bad = Criteria { severity: "x".to_owned(), ..Criteria::default() };
    assert!(matches!(
        world.desk.export_list(&caller("lin"), &bad, ExportFormat::Csv, false),
        Err(DeskError::Refused(_))
    ));
}

#[test]
fn a_key_that_is_taken_back_opens_nothing() {
    let world = world();
    let key =
        ApiKey { name: "k".to_owned(), person: "lin".into(), scopes: vec![KeyScope::CasesRead] };
    let secret = world.desk.make_api_key("test", &key).unwrap();
    assert!(world.desk.caller(&secret).is_ok());
    let known = world.desk.api_keys().unwrap();
    assert!(known.len() == 1 && known[0].key == key && !known[0].id.contains(&secret));
    world.desk.revoke_api_key("test", &known[0].id).unwrap();
    assert!(matches!(world.desk.caller(&secret), Err(DeskError::Forbidden)));
    assert!(world.desk.api_keys().unwrap().is_empty());
    assert!(world.desk.revoke_api_key("test", &known[0].id).is_err());
}
