//! Lists: filters, orders, pages, scopes, counts.

use crate::world::{after, at, fresh, on_each, put};
use jiff::civil::{Date, date};
use std::collections::BTreeMap;
use store::{
    CALLS, CaseRows, CaseSummary, Filter, Grant, Measured, Page, Reach, Rollup, Scope, Sort, Store,
    StoreError, Tie,
};

/// Thirty cases that differ in everything lists look at.
fn shelf(store: &Store) -> Vec<CaseRows> {
    let mut all = Vec::new();
    for n in 0..30_u8 {
        let mut rows = fresh(&format!("A-{n:02}"));
        let c = &mut rows.columns;
        c.procedure = ["repair", "refund"][usize::from(n % 2)].into();
        c.stage = ["new", "doing", "done"][usize::from(n % 3)].into();
        c.queue = ["first", "second"][usize::from(n / 2 % 2)].into();
        c.department =
            [Some("north".into()), Some("south".into()), None][usize::from(n / 5 % 3)].clone();
        c.holder = ["lead", "wang"][usize::from(n / 3 % 2)].into();
        c.assignee = (n % 4 == 0).then(|| "li".into());
        c.channel = ["phone", "mail"][usize::from(n / 7 % 2)].into();
        c.category = (n % 5 == 0).then(|| "leak".into());
        c.customer = (n % 6 == 0).then(|| "customer-1".into());
        c.severity = n % 4;
        c.next_due = (n % 7 != 0).then(|| at(i64::from(n * 7 % 30)));
        c.registered_at = at(i64::from(n / 2));
        c.confidential = n % 9 == 0;
        c.open = n % 10 < 7;
        c.life = if c.open { "open" } else { "closed" }.into();
        let ties = [(n % 6 == 1, Tie::Works, "li"), (n % 8 == 4, Tie::Barred, "li")];
        let more = [(n % 5 == 3, Tie::Works, "wang"), (n % 10 == 1, Tie::Barred, "zhou")];
        let waits = [(n % 4 == 2, Tie::Awaited, "li"), (n % 9 == 2, Tie::Awaited, "lead")];
        let tied = ties.into_iter().chain(more).chain(waits).filter(|(is, ..)| *is);
        rows.people = tied.map(|(_, tie, person)| (tie, person.to_owned())).collect();
        rows.rollups = (n % 3 != 1).then(|| call(n % 11, n % 9 == 0)).into_iter().collect();
        put(store, &rows);
        all.push(rows);
    }
    all
}

/// The customer must be called on this day of May.
fn call(day: u8, confidential: bool) -> Rollup {
    let metric = CALLS[usize::from(confidential)].to_owned();
    let day = date(2026, 5, i8::try_from(day + 1).unwrap());
    Rollup { metric, day, dims: "repair".into(), add: 1 }
}

/// The customer must be called by the sixth of May.
fn called() -> Option<Measured> {
    let (metrics, to) = (CALLS.map(str::to_owned).into(), date(2026, 5, 6));
    Some(Measured { metrics, from: Date::MIN, to, dims: Vec::new() })
}

fn is_called(case: &CaseRows) -> bool {
    case.rollups.iter().any(|cell| cell.day <= date(2026, 5, 6))
}

fn all_pages(
    store: &Store,
    scope: &Scope,
    filter: &Filter,
    sort: Sort,
    size: usize,
) -> Vec<CaseSummary> {
    let (mut all, mut cursor) = (Vec::new(), None);
    loop {
        let Page { rows, next } = store.list(scope, filter, sort, cursor.as_deref(), size).unwrap();
        assert!(rows.len() <= size);
        all.extend(rows);
        cursor = next;
        if cursor.is_none() {
            return all;
        }
    }
}

type Holds = fn(&CaseRows) -> bool;

fn filters() -> Vec<(Filter, Holds)> {
    let none = Filter::default;
    let some = |text: &str| Some(text.to_owned());
    vec![
        (none(), |_| true),
        (Filter { open: Some(true), ..none() }, |case| case.columns.open),
        (Filter { open: Some(false), ..none() }, |case| !case.columns.open),
        (Filter { life: some("closed"), ..none() }, |case| case.columns.life == "closed"),
        (Filter { procedure: some("repair"), ..none() }, |case| case.columns.procedure == "repair"),
        (
            Filter { stage: some("doing"), queue: some("first"), open: Some(true), ..none() },
            |case| {
                case.columns.stage == "doing" && case.columns.queue == "first" && case.columns.open
            },
        ),
        (Filter { holder: some("wang"), open: Some(true), ..none() }, |case| {
            case.columns.holder == "wang" && case.columns.open
        }),
        (Filter { assignee: some("li"), ..none() }, |case| case.columns.assignee.is_some()),
        (
            Filter {
                holder: some("lead"),
                assignee: some("li"),
                procedure: some("repair"),
                ..none()
            },
            |case| {
                case.columns.holder == "lead"
                    && case.columns.assignee.is_some()
                    && case.columns.procedure == "repair"
            },
        ),
        (Filter { holder: some("lead"), due_before: Some(at(9)), ..none() }, |case| {
            case.columns.holder == "lead" && case.columns.next_due.is_some_and(|due| due < at(9))
        }),
        (Filter { holder: some("nobody"), ..none() }, |_| false),
        (Filter { department: some("south"), ..none() }, |case| {
            case.columns.department.as_deref() == Some("south")
        }),
        (Filter { channel: some("mail"), ..none() }, |case| case.columns.channel == "mail"),
        (Filter { category: some("leak"), ..none() }, |case| case.columns.category.is_some()),
        (Filter { customer: some("customer-1"), ..none() }, |case| case.columns.customer.is_some()),
        (Filter { severity: Some(3), ..none() }, |case| case.columns.severity == 3),
        (Filter { due_before: Some(at(9)), ..none() }, |case| {
            case.columns.next_due.is_some_and(|due| due < at(9))
        }),
        (
            Filter { registered_from: Some(at(3)), registered_before: Some(at(8)), ..none() },
            |case| (at(3)..at(8)).contains(&case.columns.registered_at),
        ),
        (Filter { awaited: Some(vec!["lead".into(), "li".into()]), ..none() }, |case| {
            is_tied(case, Tie::Awaited, "lead") || is_tied(case, Tie::Awaited, "li")
        }),
        (Filter { awaited: Some(vec!["li".into()]), holder: some("wang"), ..none() }, |case| {
            is_tied(case, Tie::Awaited, "li") && case.columns.holder == "wang"
        }),
        (Filter { awaited: Some(vec![]), ..none() }, |_| false),
        (Filter { numbers: Some(vec!["a0".into()]), ..none() }, |case| {
            case.number.starts_with("A-0")
        }),
        (
            Filter {
                numbers: Some(vec!["Ａ-1".into(), "A 25".into()]),
                department: some("south"),
                ..none()
            },
            |case| {
                (case.number.starts_with("A-1") || case.number == "A-25")
                    && case.columns.department.as_deref() == Some("south")
            },
        ),
        (Filter { numbers: Some(vec!["-".into()]), ..none() }, |_| false),
        (Filter { measured: called(), ..none() }, is_called),
        (
            Filter { measured: called(), holder: some("wang"), stage: some("doing"), ..none() },
            |case| {
                is_called(case) && case.columns.holder == "wang" && case.columns.stage == "doing"
            },
        ),
    ]
}

const SORTS: [Sort; 4] = [Sort::NextDue, Sort::Newest, Sort::Severity, Sort::NewestEntry];

/// The numbers of cases in an order; they were put in the order of their numbers.
fn sorted<'c>(cases: impl Iterator<Item = &'c CaseRows>, sort: Sort) -> Vec<String> {
    let mut cases: Vec<&CaseRows> = cases.collect();
    cases.sort_by_key(|case| {
        let (n, c) = (case.number.get(2..).unwrap().parse::<i64>().unwrap(), &case.columns);
        let far = at(1_000_000);
        let due = c.next_due.unwrap_or(far);
        match sort {
            Sort::NextDue => (0, due, n),
            Sort::Newest => (-(c.registered_at.as_second()), far, -n),
            Sort::Severity => (-i64::from(c.severity), due, n),
            Sort::NewestEntry => (0, far, -n),
        }
    });
    cases.into_iter().map(|case| case.number.clone()).collect()
}

fn numbers(cases: Vec<CaseSummary>) -> Vec<String> {
    cases.into_iter().map(|case| case.number).collect()
}

#[test]
fn every_filter_in_every_order_on_pages_of_four_is_the_plain_answer() {
    on_each(|store| {
        let shelf = shelf(&store);
        let each = filters().into_iter().flat_map(|(filter, holds)| {
            let in_hand = Filter { open: filter.open.or(Some(true)), ..filter.clone() };
            [(filter.clone(), holds, filter.open.is_some()), (in_hand, holds, true)]
        });
        for (filter, holds, by_open) in each {
            let fits = |case: &&CaseRows| !by_open || Some(case.columns.open) == filter.open;
            let found = shelf.iter().filter(|case| holds(case)).filter(fits);
            for sort in SORTS {
                let pages = all_pages(&store, &Scope::all(), &filter, sort, 4);
                assert_eq!(numbers(pages), sorted(found.clone(), sort), "{filter:?} {sort:?}");
            }
            let expected = u64::try_from(found.count()).unwrap();
            assert_eq!(store.count(&Scope::all(), &filter, 1000).unwrap(), expected, "{filter:?}");
            assert!(store.count(&Scope::all(), &filter, 2).unwrap() <= 2);
        }
    });
}

/// What is asked with a life as well is read from the table, not from memory.
#[test]
fn the_work_in_hand_is_listed_and_counted_from_memory_as_it_stands_in_the_table() {
    let grant = |reach| Grant { procedure: None, reach, confidential: false };
    let li = |grants| Scope { person: "li".into(), grants };
    let scopes = [
        Scope::all(),
        Scope { person: "li".into(), ..Scope::all() },
        li(vec![grant(Reach::Own), grant(Reach::Departments(vec!["south".into()]))]),
        li(vec![grant(Reach::Team(vec!["wang".into(), "second".into()]))]),
    ];
    on_each(|store| {
        let mut shelf = shelf(&store);
        let mut random = fastrand::Rng::with_seed(5);
        for round in 0..16 {
            for _ in 0..6 {
                // Mostly the same few, so that what was seen for the sake of somebody, or hidden from him, is not any more.
                let among = if random.u8(..4) > 0 { 8 } else { shelf.len() };
                let n = random.usize(..among);
                shelf[n] = after(&shelf[n]);
                let case = &mut shelf[n];
                let c = &mut case.columns;
                c.stage = ["new", "doing", "done"][random.usize(..3)].into();
                c.holder = ["lead", "wang", "li"][random.usize(..3)].into();
                c.assignee = random.bool().then(|| ["li", "wang"][random.usize(..2)].into());
                c.severity = random.u8(..4);
                c.next_due = random.bool().then(|| at(random.i64(0..20)));
                c.open = random.u8(..4) > 0;
                c.life = if c.open { "open" } else { "closed" }.into();
                let tie = [Tie::Works, Tie::Barred, Tie::Awaited][random.usize(..3)];
                case.people = vec![(tie, ["li", "lead"][random.usize(..2)].into())];
                let calls = (0..random.u8(..3)).map(|_| call(random.u8(..11), random.bool()));
                case.rollups = calls.collect();
                case.columns.title = Some(format!("title {n}"));
                case.erase = random.u8(..32) == 0;
                put(&store, case);
                case.erase = false;
            }
            // No event tells of this, so that everything is read anew; what changed is taken in case by case otherwise.
            if round % 4 == 3 {
                store.erase(shelf[random.usize(..shelf.len())].id).unwrap();
            }
            for (scope, (filter, _)) in
                scopes.iter().flat_map(|scope| filters().into_iter().map(move |one| (scope, one)))
            {
                let kept = Filter { open: Some(true), life: None, ..filter.clone() };
                let read = Filter { life: Some("open".into()), ..kept.clone() };
                let sort = SORTS[random.usize(..4)];
                assert_eq!(
                    all_pages(&store, scope, &kept, sort, 3),
                    all_pages(&store, scope, &read, sort, 3),
                    "round {round} {scope:?} {kept:?} {sort:?}"
                );
                assert_eq!(
                    store.count(scope, &kept, 100).unwrap(),
                    store.count(scope, &read, 100).unwrap(),
                    "round {round} {scope:?} {kept:?}"
                );
            }
        }
    });
}

#[test]
fn pages_stay_stable_while_cases_are_added_and_written() {
    on_each(|store| {
        let shelf = shelf(&store);
        let first = store.list(&Scope::all(), &Filter::default(), Sort::Newest, None, 10).unwrap();
        let mut new = fresh("B-1");
        new.columns.registered_at = at(500);
        put(&store, &new);
        put(&store, &after(&shelf[0]));
        let second = store
            .list(&Scope::all(), &Filter::default(), Sort::Newest, first.next.as_deref(), 100)
            .unwrap();
        let mut numbers: Vec<_> =
            first.rows.into_iter().chain(second.rows).map(|case| case.number).collect();
        numbers.reverse();
        assert_eq!(numbers, shelf.into_iter().map(|case| case.number).collect::<Vec<_>>());
        for cursor in ["", "d.1.2", "n.x.y", "n.1", "n.1.2.3"] {
            let bad = store.list(&Scope::all(), &Filter::default(), Sort::Newest, Some(cursor), 10);
            assert!(matches!(bad, Err(StoreError::Invalid { .. })), "{cursor}");
        }
    });
}

fn is_tied(case: &CaseRows, tie: Tie, person: &str) -> bool {
    case.people.iter().any(|(known, one)| *known == tie && one == person)
}

/// What somebody holds, is assigned, or works or worked on.
fn is_own(case: &CaseRows, person: &str) -> bool {
    let columns = &case.columns;
    columns.holder == person
        || columns.assignee.as_deref() == Some(person)
        || is_tied(case, Tie::Works, person)
}

#[test]
fn a_scope_means_the_same_in_lists_counts_and_single_cases() {
    let grant = |procedure: Option<&str>, reach, confidential| Grant {
        procedure: procedure.map(Into::into),
        reach,
        confidential,
    };
    let scope = |grants| Scope { person: "li".into(), grants };
    let cases: Vec<(Scope, Holds)> = vec![
        (Scope::all(), |_| true),
        (Scope::nobody(), |_| false),
        (Scope::own("li"), |case| is_own(case, "li") && !is_tied(case, Tie::Barred, "li")),
        (Scope::own("wang"), |case| is_own(case, "wang")),
        (Scope::departments(["south"]), |case| {
            case.columns.department.as_deref() == Some("south") && !case.columns.confidential
        }),
        (scope(vec![grant(Some("refund"), Reach::All, false)]), |case| {
            case.columns.procedure == "refund"
                && !case.columns.confidential
                && !is_tied(case, Tie::Barred, "li")
        }),
        (
            Scope { person: "zhou".into(), grants: vec![grant(Some("repair"), Reach::All, true)] },
            |case| case.columns.procedure == "repair" && !is_tied(case, Tie::Barred, "zhou"),
        ),
        (
            scope(vec![grant(None, Reach::Team(vec!["wang".into(), "second".into()]), true)]),
            |case| {
                (case.columns.holder == "wang" || case.columns.queue == "second")
                    && !is_tied(case, Tie::Barred, "li")
            },
        ),
        (
            scope(vec![
                grant(None, Reach::Departments(vec![]), true),
                grant(Some("repair"), Reach::Own, true),
            ]),
            |case| {
                case.columns.procedure == "repair"
                    && is_own(case, "li")
                    && !is_tied(case, Tie::Barred, "li")
            },
        ),
    ];
    on_each(|store| {
        let shelf = shelf(&store);
        // The last time as in a database in which it is not known yet who has bits among those who work on a case.
        for (n, (scope, sees)) in cases.iter().chain(&cases).enumerate() {
            if n == cases.len() {
                store.sql("UPDATE cases SET workers = -1");
            }
            let listed = all_pages(&store, scope, &Filter::default(), Sort::NewestEntry, 7);
            let expected: Vec<_> =
                shelf.iter().rev().filter(|case| sees(case)).map(|case| case.id).collect();
            assert_eq!(
                listed.iter().map(|case| case.id).collect::<Vec<_>>(),
                expected,
                "{scope:?}"
            );
            for case in &shelf {
                assert_eq!(store.case(scope, case.id).unwrap().is_some(), sees(case));
                assert_eq!(
                    store.case_by_number(scope, &case.number).unwrap().is_some(),
                    sees(case)
                );
            }
            let open = shelf.iter().filter(|case| sees(case) && case.columns.open);
            let counts = store.counts(scope, at(10)).unwrap();
            assert_eq!(
                counts.iter().map(|count| count.cases).sum::<u64>(),
                u64::try_from(open.clone().count()).unwrap()
            );
            let mut holders: BTreeMap<String, u64> = BTreeMap::new();
            for case in open.clone() {
                *holders.entry(case.columns.holder.clone()).or_default() += 1;
            }
            assert_eq!(store.holders(scope).unwrap(), holders.into_iter().collect::<Vec<_>>());
            let overdue =
                open.filter(|case| case.columns.next_due.is_some_and(|due| due < at(10))).count();
            assert_eq!(
                counts.iter().map(|count| count.overdue).sum::<u64>(),
                u64::try_from(overdue).unwrap()
            );
            assert_eq!(store.feed(scope, 0, 100).unwrap().events.len(), expected.len());
            for (filter, holds) in filters() {
                let filter = Filter { open: filter.open.or(Some(true)), ..filter };
                let open = |case: &&CaseRows| Some(case.columns.open) == filter.open;
                let expected = shelf.iter().filter(|case| sees(case) && holds(case)).filter(open);
                let expected = u64::try_from(expected.count()).unwrap();
                let counted = store.count(scope, &filter, 100).unwrap();
                assert_eq!(counted, expected, "{scope:?} {filter:?}");
            }
        }
    });
}

#[test]
fn ties_follow_the_case_and_are_never_taken_for_links_between_cases() {
    on_each(|store| {
        let mut case = fresh("A-1");
        case.columns.procedure = "repair".into();
        case.columns.confidential = true;
        case.people = vec![(Tie::Works, "li".into()), (Tie::Barred, "zhou".into())];
        put(&store, &case);
        let all = vec![Grant { procedure: None, reach: Reach::All, confidential: false }];
        let mut trusted = all.clone();
        trusted[0].confidential = true;
        trusted[0].procedure = Some("repair".into());
        let sees = |person: &str, grants: &[Grant]| {
            let scope = Scope { person: person.into(), grants: grants.to_vec() };
            let counted: u64 =
                store.counts(&scope, at(0)).unwrap().iter().map(|count| count.cases).sum();
            let seen = store.case(&scope, case.id).unwrap().is_some();
            assert_eq!(counted, u64::from(seen), "{person}");
            seen
        };
        let own = [Grant { procedure: None, reach: Reach::Own, confidential: true }];
        assert!(sees("li", &own) && !sees("zhou", &own) && !sees("wei", &own));
        assert!(!sees("wei", &all) && sees("wei", &trusted) && !sees("zhou", &trusted));
        let links = store.links(case.id).unwrap();
        assert!(links.to.is_empty() && links.from.is_empty(), "{links:?}");
        // Whoever is no longer tied sees it no more; whoever is no longer barred sees it again.
        let mut next = after(&case);
        next.people = vec![(Tie::Works, "wei".into())];
        put(&store, &next);
        assert!(!sees("li", &own) && sees("wei", &own) && sees("zhou", &trusted));
    });
}

#[test]
fn what_barred_cases_add_to_a_measure_is_told_apart() {
    let day = at(0).to_zoned(jiff::tz::TimeZone::UTC).date();
    let add =
        |amount| Rollup { metric: "registered".into(), day, dims: "repair".into(), add: amount };
    on_each(|store| {
        for (number, tie, amount) in [("A-1", Tie::Barred, 3), ("A-2", Tie::Works, 5)] {
            let mut case = fresh(number);
            case.people = vec![(tie, "li".into())];
            case.rollups = vec![add(amount)];
            put(&store, &case);
        }
        assert_eq!(store.rollups("registered", day, day).unwrap(), [add(8)]);
        let of = |scope: &Scope| store.barred_rollups(scope, "registered", day, day).unwrap();
        assert_eq!(of(&Scope::own("li")), [add(3)]);
        assert!(of(&Scope::own("wang")).is_empty() && of(&Scope::all()).is_empty());
        let other = store.barred_rollups(&Scope::own("li"), "closed", day, day).unwrap();
        assert!(other.is_empty(), "{other:?}");
    });
}
