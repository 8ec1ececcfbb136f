//! What older rules derived of cases is replaced without a write of them.

use crate::world::{Home, after, fresh, on_each, put};
use jiff::civil::date;
use store::{CaseRows, Filter, Older, Rederived, Rollup, Scope, Sort, Store, Tie};

const OLD: u32 = 3;
const NEW: u32 = 4;

fn add(metric: &str, add: i64) -> Rollup {
    Rollup { metric: metric.into(), day: date(2026, 5, 8), dims: "repair".into(), add }
}

/// As older rules would have it: counted where everybody sees it, and nobody waits.
fn older(number: &str) -> CaseRows {
    CaseRows {
        derived: OLD,
        rollups: vec![add("registered", 1), add("closed", 2)],
        people: vec![(Tie::Works, "li".into()), (Tie::Awaited, "nobody".into())],
        search: vec!["退货".into()],
        ..fresh(number)
    }
}

/// What newer rules say of it.
fn newer(rows: &CaseRows) -> Rederived {
    Rederived {
        case: rows.id,
        version: rows.version,
        rules: NEW,
        texts: vec!["换货".into()],
        rollups: vec![add("registered, apart", 1), add("closed", 2)],
        people: vec![(Tie::Works, "zhou".into()), (Tie::Awaited, "wang".into())],
    }
}

fn sum(store: &Store, metric: &str) -> i64 {
    let day = date(2026, 5, 8);
    store.rollups(metric, day, day).unwrap().iter().map(|cell| cell.add).sum()
}

/// The sums are those of what the cases contribute, cell by cell.
fn sums_are_exact(home: &Home) {
    let differ = "SELECT COUNT(*) FROM rollups WHERE amount <> COALESCE((SELECT SUM(amount) FROM contributions
        WHERE contributions.metric = rollups.metric AND contributions.day = rollups.day AND contributions.dims = rollups.dims), 0)";
    assert_eq!(home.sql(differ), "0");
    let unsummed = "SELECT COUNT(*) FROM contributions WHERE NOT EXISTS (SELECT 1 FROM rollups
        WHERE contributions.metric = rollups.metric AND contributions.day = rollups.day AND contributions.dims = rollups.dims)";
    assert_eq!(home.sql(unsummed), "0");
}

fn awaits(store: &Store, person: &str) -> u64 {
    let awaited = Some(vec![person.to_owned()]);
    let open = Filter { open: Some(true), awaited, ..Filter::default() };
    let listed = store.list(&Scope::all(), &open, Sort::NextDue, None, 99).unwrap().rows.len();
    let counted = store.count(&Scope::all(), &open, 99).unwrap();
    assert_eq!(u64::try_from(listed).unwrap(), counted);
    counted
}

fn found(store: &Store, text: &str) -> usize {
    store.search(&Scope::all(), text, None, 99).unwrap().rows.len()
}

#[test]
fn measures_people_and_texts_become_those_of_newer_rules_without_an_event() {
    on_each(|store| {
        let (open, mut closed) = (older("A-1"), older("A-2"));
        closed.columns.open = false;
        closed.columns.life = "archived".into();
        for rows in [&open, &closed] {
            put(&store, rows);
        }
        // As a schema had it that knew nothing of bits.
        store.sql("UPDATE cases SET workers = -1");
        assert!(store.cases_to_rederive(OLD, 9).unwrap().is_empty());
        assert_eq!(store.cases_to_rederive(NEW, 1).unwrap().len(), 1);
        assert_eq!(store.cases_to_rederive(NEW, 9).unwrap().len(), 2);
        assert_eq!(store.older(NEW).unwrap(), Older { derived: 2, texts: 0 });
        // Asked before, so that what is kept in memory has to hear of it.
        assert_eq!((awaits(&store, "nobody"), awaits(&store, "wang")), (1, 0));
        let before = *store.changes().borrow();

        assert_eq!(store.rederive(vec![newer(&open), newer(&closed)]).unwrap(), 2);
        assert_eq!((sum(&store, "registered"), sum(&store, "registered, apart")), (0, 2));
        assert_eq!(sum(&store, "closed"), 4);
        assert_eq!((awaits(&store, "nobody"), awaits(&store, "wang")), (0, 1));
        assert_eq!((found(&store, "退货"), found(&store, "换货")), (0, 2));
        assert!(*store.changes().borrow() > before, "subscribers hear of it");
        assert_eq!(store.sql("SELECT COUNT(*) FROM cases WHERE workers = -1"), "0");
        let own = |person: &str| store.count(&Scope::own(person), &Filter::default(), 99).unwrap();
        assert_eq!(
            (own("li"), own("zhou")),
            (0, 2),
            "whoever works on a case is looked for by newer rules"
        );
        assert_eq!(store.older(NEW).unwrap(), Older::default());
        for rows in [&open, &closed] {
            assert_eq!(store.events(rows.id, 0, 9).unwrap().len(), 1);
            assert_eq!(store.case(&Scope::all(), rows.id).unwrap().unwrap().summary.version, 1);
        }
        sums_are_exact(&store);

        // Again it changes nothing, and nobody is told.
        let before = *store.changes().borrow();
        assert_eq!(store.rederive(vec![newer(&open), newer(&closed)]).unwrap(), 0);
        assert_eq!((sum(&store, "registered, apart"), *store.changes().borrow()), (2, before));
        // The next write subtracts exactly what stands there.
        let last = CaseRows { derived: NEW, rollups: vec![], ..after(&closed) };
        put(&store, &last);
        assert_eq!((sum(&store, "registered, apart"), sum(&store, "closed")), (1, 2));
        sums_are_exact(&store);
    });
}

#[test]
fn a_case_that_was_written_meanwhile_or_by_newer_rules_is_left_alone() {
    on_each(|store| {
        let (one, other) = (older("A-1"), CaseRows { derived: NEW + 1, ..older("A-2") });
        put(&store, &one);
        put(&store, &other);
        assert_eq!(store.cases_to_rederive(NEW, 9).unwrap(), [one.id]);
        let late = newer(&one);
        // Written by a program of older rules: it is still to be done, of the version that it is at now.
        let again = after(&one);
        put(&store, &again);
        assert_eq!(store.rederive(vec![late, newer(&other)]).unwrap(), 0);
        assert_eq!((found(&store, "退货"), found(&store, "换货")), (2, 0));
        assert_eq!((sum(&store, "registered"), sum(&store, "registered, apart")), (2, 0));
        assert_eq!(store.cases_to_rederive(NEW, 9).unwrap(), [one.id]);
        assert_eq!(store.rederive(vec![newer(&again)]).unwrap(), 1);
        assert_eq!((sum(&store, "registered"), sum(&store, "registered, apart")), (1, 1));
        assert!(store.cases_to_rederive(NEW, 9).unwrap().is_empty());
        sums_are_exact(&store);
    });
}

#[test]
fn what_was_erased_is_counted_anew_and_not_found_again() {
    on_each(|store| {
        let rows = older("A-1");
        put(&store, &rows);
        store.erase(rows.id).unwrap();
        assert_eq!(store.rederive(vec![newer(&rows)]).unwrap(), 1);
        assert_eq!((sum(&store, "registered"), sum(&store, "registered, apart")), (0, 1));
        assert_eq!(found(&store, "换货"), 0);
        sums_are_exact(&store);
    });
}

#[test]
fn a_batch_with_a_case_that_is_not_there_changes_nothing() {
    on_each(|store| {
        let rows = older("A-1");
        put(&store, &rows);
        let missing = newer(&fresh("A-2"));
        assert!(store.rederive(vec![newer(&rows), missing]).is_err());
        assert_eq!((sum(&store, "registered"), sum(&store, "registered, apart")), (1, 0));
        assert_eq!(store.older(NEW).unwrap().derived, 1);
    });
}
