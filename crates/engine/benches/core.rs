//! The hot parts of the core: deciding, planning and counting time, on every step of the built-in scenarios.
//! `cargo bench -p engine`.
#![expect(clippy::unwrap_used, reason = "a measurement that panics has failed")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use engine::calendar::Calendar;
use engine::case::Case;
use engine::clocks;
use engine::command::{Command, Entered, Extra};
use engine::decide::{Context, Library, World, decide};
use engine::key::Key;
use engine::people::{Directory, Who};
use engine::refusal::Refusal;
use engine::sim::Sim;
use jiff::{SignedDuration, Timestamp};
use scenarios::{InMemory, Player, Start, builtin, folders, parse, root, run};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::hint::black_box;

/// A command that was accepted, with everything it was decided on.
struct Asked {
    cases: BTreeMap<Key, Case>,
    library: Library,
    directory: Directory,
    command: Command,
    context: Context,
}

/// The engine's own desk, which remembers what it was asked.
struct Remembering<'a> {
    desk: InMemory,
    asked: &'a RefCell<Vec<Asked>>,
}

impl Remembering<'_> {
    fn asked(&self, who: Who, command: Command) -> Asked {
        let Sim { library, directory, now, cases, .. } = self.desk.seen().clone();
        let context = Context { now, who, ids: vec!["another".into()], followers: Vec::new() };
        Asked { cases, library, directory, command, context }
    }

    fn remember<T>(&self, asked: Asked, done: Result<T, Refusal>) -> Result<T, Refusal> {
        // What the desk itself looks up, such as cases to join, is not known here.
        if done.is_ok() && asked.decide().is_ok() {
            self.asked.borrow_mut().push(asked);
        }
        done
    }
}

impl Asked {
    fn decide(&self) -> Result<usize, Refusal> {
        let (library, directory) = (&self.library, &self.directory);
        let world = World { cases: self.cases.clone(), library, directory };
        decide(&world, &self.command, &self.context).map(|decision| decision.events.len())
    }
}

impl Player for Remembering<'_> {
    fn seen(&self) -> &Sim {
        self.desk.seen()
    }

    fn register(&mut self, who: Who, procedure: &str, fields: Entered) -> Result<Key, Refusal> {
        let command = Command::Register {
            case: "new".into(),
            procedure: procedure.into(),
            fields: fields.clone(),
            candidates: Vec::new(),
        };
        let asked = self.asked(who.clone(), command);
        let done = self.desk.register(who, procedure, fields);
        self.remember(asked, done)
    }

    fn act(
        &mut self,
        who: Who,
        case: &Key,
        action: &str,
        fields: Entered,
        extra: Extra,
    ) -> Result<(), Refusal> {
        let command = Command::Act {
            case: case.clone(),
            action: action.into(),
            fields: fields.clone(),
            extra: Box::new(extra.clone()),
        };
        let asked = self.asked(who.clone(), command);
        let done = self.desk.act(who, case, action, fields, extra);
        self.remember(asked, done)
    }

    fn advance(&mut self, to: Timestamp, inclusive: bool) {
        self.desk.advance(to, inclusive);
    }

    fn preset_serial(&mut self, scope: String, serial: i64) {
        self.desk.preset_serial(scope, serial);
    }
}

/// Every accepted command of the built-in scenarios.
fn asked() -> Vec<Asked> {
    let (asked, procedures) = (RefCell::default(), builtin());
    for name in folders() {
        let text = std::fs::read_to_string(root().join(&name).join("scenarios.md")).unwrap();
        run(&parse(&text), &name, &procedures, |start: Start| Remembering {
            desk: start.into(),
            asked: &asked,
        });
    }
    asked.into_inner()
}

/// One element is one command, one case, one due: the figure is the mean over the scenarios.
fn core(criterion: &mut Criterion) {
    let asked = asked();
    let is_new = |asked: &&Asked| matches!(asked.command, Command::Register { .. });
    let (new, more): (Vec<&Asked>, Vec<&Asked>) = asked.iter().partition(is_new);
    let mut group = criterion.benchmark_group("decide");
    for (name, asked) in [("register", &new), ("act", &more)] {
        group.throughput(Throughput::Elements(asked.len().try_into().unwrap()));
        group.bench_function(name, |bench| {
            bench.iter(|| asked.iter().map(|one| one.decide().unwrap()).sum::<usize>());
        });
    }
    group.finish();
    let cases: Vec<_> = more
        .iter()
        .flat_map(|one| one.cases.values().map(move |case| (&one.library, case)))
        .filter_map(|(library, case)| {
            Some((library.version(&case.procedure, case.procedure_version)?, case))
        })
        .collect();
    let mut group = criterion.benchmark_group("plan");
    group.throughput(Throughput::Elements(cases.len().try_into().unwrap()));
    group.bench_function("case", |bench| {
        bench.iter(|| {
            let plans =
                cases.iter().map(|((rules, calendar), case)| clocks::plan(rules, calendar, case));
            plans.map(|plan| plan.timers.len()).sum::<usize>()
        });
    });
    group.finish();
}

fn calendar(criterion: &mut Criterion) {
    let calendar = Calendar::builtin("cn").unwrap();
    let begins: Timestamp = "2026-01-05T01:30:00Z".parse().unwrap();
    let starts: Vec<Timestamp> = (0..300)
        .map(|hours| begins.checked_add(SignedDuration::from_hours(hours * 29)).unwrap())
        .collect();
    let mut group = criterion.benchmark_group("calendar");
    group.throughput(Throughput::Elements(starts.len().try_into().unwrap()));
    for limit in ["90m", "4bh", "3wd", "7cd", "60wd"] {
        let parsed = limit.parse().unwrap();
        group.bench_function(limit, |bench| {
            bench.iter(|| {
                for start in &starts {
                    black_box(calendar.due(*start, parsed, &[]));
                }
            });
        });
    }
    group.finish();
}

criterion_group!(benches, core, calendar);
criterion_main!(benches);
