//! What an older program derived of cases becomes what this one derives.

use crate::world::{World, on_a_server, register, world};
use desk::{Caller, DERIVED_VERSION, Desk, Done, Options, Rederiving};
use engine::command::{Command, Entered, Extra, NewTask};
use engine::people::Who;
use engine::procedure::{Means, Verb};
use jiff::SignedDuration;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use store::{CaseRows, CaseWrite, Filter, Older, Rollup, Scope, Sort, Tie, Write};
use uuid::Uuid;

type Sums = BTreeMap<(String, String, String), i64>;

/// All measures there are, with and without what is confidential.
fn sums(desk: &Desk) -> Sums {
    let days = ["2020-01-01", "2099-12-31"].map(|day| day.parse().unwrap());
    let names = ["registered", "closed", "met", "breached", "call", "rated"];
    let names = names.iter().flat_map(|name| [(*name).to_owned(), format!("{name}, confidential")]);
    let cells = names.flat_map(|name| desk.store().rollups(&name, days[0], days[1]).unwrap());
    cells.map(|cell| ((cell.metric, cell.day.to_string(), cell.dims), cell.add)).collect()
}

/// What all cases add up to by the present rules.
fn expected(desk: &Desk) -> Sums {
    let mut sums = Sums::new();
    for case in cases(desk) {
        for cell in desk.derived_of(case).unwrap().rollups {
            *sums.entry((cell.metric, cell.day.to_string(), cell.dims)).or_default() += cell.add;
        }
    }
    sums
}

fn cases(desk: &Desk) -> Vec<Uuid> {
    let all = desk.store().list(&Scope::all(), &Filter::default(), Sort::NewestEntry, None, 9_999);
    all.unwrap().rows.into_iter().map(|row| row.id).collect()
}

/// Lets a program of older rules write a case once more: it knew nothing of confidential measures, and let the wrong people wait.
fn written_by_older_rules(desk: &Desk, case: Uuid) {
    let now = desk.derived_of(case).unwrap();
    let stored = desk.store().case(&Scope::all(), case).unwrap().unwrap();
    let mut last = desk.store().events(case, 0, 1_000).unwrap().pop().unwrap();
    last.seq += 1;
    let older = |cell: Rollup| Rollup {
        metric: cell.metric.trim_end_matches(", confidential").to_owned(),
        ..cell
    };
    let works = now.people.into_iter().filter(|(tie, _)| *tie != Tie::Awaited);
    let rows = CaseRows {
        id: case,
        expected: stored.summary.version,
        version: stored.summary.version + 1,
        number: stored.summary.number,
        columns: stored.summary.columns,
        events: vec![last],
        snapshot: stored.snapshot,
        fold_version: stored.fold_version,
        derived: DERIVED_VERSION - 1,
        search: now.texts,
        rollups: now.rollups.into_iter().map(older).collect(),
        people: works.chain([(Tie::Awaited, "zhou".to_owned())]).collect(),
        ..CaseRows::default()
    };
    let write = Write::new(desk.now(), vec![CaseWrite::existing(rows)], |_| json!(null));
    desk.store().commit(write).unwrap();
}

fn confidential(desk: &Desk) -> Done {
    let library = desk.library();
    let of =
        |means| library.all().find_map(move |rules| Some((rules, rules.field_meaning(means)?)));
    let (rules, accused) = of(Means::Accused).unwrap();
    let fields = Entered::from([(accused.key.clone(), json!("wang"))]);
    desk.register(&Who::System, &rules.key, fields, Options::default()).unwrap()
}

/// A case that somebody works on and in which a task waits for somebody else.
fn with_a_task(world: &World) -> Done {
    let case = world.register();
    world.act("lin", &case, "dispatch").unwrap();
    world.act("wang", &case, "acknowledge").unwrap();
    let rules = world.desk.library().newest("as").unwrap().0;
    let task = NewTask {
        title: Some("准备备件".to_owned()),
        owner: Some("zheng".into()),
        due: world.desk.now().checked_add(SignedDuration::from_mins(10)).ok(),
        ..NewTask::default()
    };
    let command = Command::Act {
        case: case.case.to_string().as_str().into(),
        action: rules.actions.iter().find(|action| action.has(Verb::Task)).unwrap().key.clone(),
        fields: Entered::new(),
        extra: Box::new(Extra { tasks: vec![task], ..Extra::default() }),
    };
    world.desk.submit(&crate::world::who("wang"), command, Options::default()).unwrap()
}

fn tasks(desk: &Desk, person: &str) -> u64 {
    desk.tally(&Caller { person: person.into(), scopes: Vec::new() }).unwrap().tasks
}

#[test]
fn measures_and_whom_a_case_waits_for_are_right_again_after_an_upgrade() {
    let world = world();
    let desk = &world.desk;
    let (secret, waiting) = (confidential(desk), with_a_task(&world));
    let before = sums(desk);
    assert_eq!(before, expected(desk));
    let secrets = |sums: &Sums| {
        let apart = sums.iter().filter(|((name, ..), _)| name.ends_with(", confidential"));
        apart.map(|(_, amount)| amount).sum::<i64>()
    };
    assert!(secrets(&before) > 0);
    for case in [&secret, &waiting] {
        written_by_older_rules(desk, case.case);
    }
    assert_eq!(secrets(&sums(desk)), 0);
    assert_eq!((tasks(desk, "zheng"), tasks(desk, "zhou")), (0, 2));
    assert_eq!(desk.older().unwrap(), Older { derived: 2, texts: 0 });

    let mut told = Vec::new();
    let done = desk.rederive(&|| true, &mut |cases| told.push(cases)).unwrap();
    assert_eq!((done, told), (Rederiving { cases: 2, ..Rederiving::default() }, vec![2]));
    assert_eq!(sums(desk), before);
    assert_eq!((tasks(desk, "zheng"), tasks(desk, "zhou")), (1, 0));
    assert_eq!(desk.older().unwrap(), Older::default());
    assert_eq!(desk.rederive(&|| true, &mut |_| {}).unwrap(), Rederiving::default());
    for case in [&secret, &waiting] {
        desk.store().verify_chain(case.case).unwrap();
    }
}

#[test]
fn what_was_broken_off_goes_on_where_it_ended() {
    let world = world();
    let desk = &world.desk;
    for _ in 0..60 {
        written_by_older_rules(desk, confidential(desk).case);
    }
    let asked = AtomicUsize::new(0);
    let once = || asked.fetch_add(1, Ordering::SeqCst) == 0;
    let first = desk.rederive(&once, &mut |_| {}).unwrap();
    assert!(first.cases > 0 && first.cases < 60, "{first:?}");
    assert_eq!(desk.older().unwrap().derived, 60 - u64::try_from(first.cases).unwrap());
    let rest = desk.rederive(&|| true, &mut |_| {}).unwrap();
    assert_eq!(first.cases + rest.cases, 60);
    assert_eq!(sums(desk), expected(desk));
}

#[test]
fn nodes_that_derive_anew_at_once_while_others_write_count_every_case_once() {
    let world = on_a_server(true);
    let (here, there) = (&world.desk, world.node(true));
    for _ in 0..120 {
        written_by_older_rules(here, confidential(here).case);
    }
    while here.older().unwrap().derived > 0 {
        std::thread::scope(|threads| {
            for node in [here, &there] {
                threads.spawn(|| node.rederive(&|| true, &mut |_| {}).unwrap());
            }
            threads.spawn(|| register(&there));
        });
    }
    assert_eq!(sums(here), expected(here));
    assert!(cases(here).len() > 120);
}
