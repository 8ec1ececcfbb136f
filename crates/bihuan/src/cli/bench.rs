//! `bihuan bench`: how fast a desk is at several sizes, in the process and over HTTP, beside what the machine does at most.
//!
//! - `words`, `lives`, `load`: honest cases, and how a desk is filled with them
//! - `ground`, `deeds`, `drive`, `http`, `people`: what is done again and again, and how long it takes
//! - `floor`, `reads`, `still`: what bare statements, writing and reading, and a page that never changes reach on the same machine
//! - `alone`: what is measured once; `table`: what is told

mod alone;
mod deeds;
mod drive;
mod floor;
mod ground;
mod http;
mod lives;
mod load;
mod machine;
mod people;
mod reads;
mod still;
mod table;
mod words;

use crate::cli::demo::script::Script;
use crate::cli::output::Output;
use crate::cli::progress::Progress;
use crate::cli::{Global, place};
use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use deeds::Deed;
use desk::Desk;
use ground::Ground;
use lives::Lives;
use people::Crowd;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use store::{Administer, Change, Filter, Scope};
use table::{Report, Row, Single, Size};

#[derive(Args)]
pub(crate) struct BenchArgs {
    #[command(subcommand)]
    part: Option<Part>,
    /// Cases to load; several sizes separated by commas
    #[arg(long, value_delimiter = ',', default_value = "10000,100000,1000000")]
    cases: Vec<usize>,
    /// Clients at once; several numbers separated by commas
    #[arg(long, value_delimiter = ',', default_value = "1,8,64")]
    clients: Vec<usize>,
    /// What to measure; everything when absent
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Deed>,
    /// Over HTTP as well: the server and the clients on a core each
    #[arg(long)]
    http: bool,
    /// People who are signed in side by side and look at pages, with --http; none is 0
    #[arg(long, default_value_t = 200)]
    people: usize,
    /// Seconds that each of them looks at a page on average
    #[arg(long, default_value_t = 2)]
    pause: u64,
    /// What is measured once as well: the start; and in an embedded database of its own shared commits, timers, calendar, import
    #[arg(long)]
    once: bool,
    /// Seconds of each measurement
    #[arg(long, default_value_t = 3)]
    seconds: u64,
    /// Draws of the cases: the same number gives the same ones
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Keep the loaded cases in this folder and use them again next time
    #[arg(long, value_name = "FOLDER")]
    keep: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Part {
    /// Serve a page that never changes, to compare with
    Still,
}

pub(crate) fn run(global: &Global, args: &BenchArgs, output: &mut Output) -> Result<bool> {
    if let Some(Part::Still) = args.part {
        return still::run();
    }
    if global.database.is_some() && args.cases.len() > 1 {
        bail!("{}", output.text("bench.one_size", &[]));
    }
    let passing = tempfile::tempdir()?;
    let folder = args.keep.clone().unwrap_or_else(|| passing.path().to_owned());
    let mut report = Report::default();
    let mut sizes = args.cases.clone();
    sizes.sort_unstable();
    for cases in sizes {
        let at = Global { data: folder.join(cases.to_string()), ..global.clone() };
        one_size(&at, args, cases, &mut report, output)?;
    }
    if args.once {
        let near = Global { data: folder, ..global.clone() };
        let span = Duration::from_secs(args.seconds);
        for single in alone::sharing(&near, span, args.seed)? {
            report.single(single, output);
        }
        report.single(alone::timers(&near, alone::TIMERS, args.seed)?, output);
        report.single(alone::calendar(&near, alone::RECOUNTED, args.seed)?, output);
        report.single(alone::import(&near, args.seed)?, output);
    }
    report.tell(output);
    Ok(true)
}

/// Loads one size and measures everything at it.
fn one_size(
    global: &Global,
    args: &BenchArgs,
    cases: usize,
    report: &mut Report,
    output: &mut Output,
) -> Result<()> {
    let span = Duration::from_secs(args.seconds);
    let desk = place::open(global)?;
    people(&desk)?;
    let lives = Lives::of(&desk)?;
    let begun = Instant::now();
    let there = desk.store().count(&Scope::all(), &Filter::default(), cases)?;
    let there = usize::try_from(there)?;
    if there < cases {
        let mut progress = Progress::new(cases - there, output);
        load::fill(&desk, &lives, (there, cases), args.seed, &mut progress)?;
    }
    let load_ms = begun.elapsed().as_millis();
    // What became due since it was loaded is done first.
    desk.run_due("bench")?;
    nobody_behind_them(&desk)?;
    let facts = desk.store().facts()?;
    let bytes = match &global.database {
        Some(_) => facts.database_bytes,
        None => machine::size(&global.data)?,
    };
    let mut size = Size {
        cases,
        open: usize::try_from(facts.open_cases)?,
        events: facts.events,
        bytes,
        load_ms,
        idle_memory: None,
    };
    let ground = Ground::new(desk, lives, args.seed)?;
    let wanted = |deed: &Deed| args.only.is_empty() || args.only.contains(deed);
    let wire = args.http.then(|| http::Wire::start(global, &ground)).transpose()?;
    size.idle_memory = wire.as_ref().map(http::Wire::memory);
    report.size(size, output);
    drop(wire);
    for deed in Deed::ALL.into_iter().filter(wanted) {
        for clients in &args.clients {
            let row = in_process(global, &ground, deed, *clients, span, cases)?;
            report.add(row, output);
        }
    }
    if args.http {
        let wire = http::Wire::start(global, &ground)?;
        for deed in Deed::ALL.into_iter().filter(wanted) {
            for clients in &args.clients {
                let one = wire.measure(&ground, deed, *clients, span)?;
                let mut row = Row::new(cases, "http", deed.name(), *clients, &one.pace);
                row.floor_per_second = Some(one.still);
                row.of_floor = Some(one.ratio / 10);
                row.memory = one.memory;
                report.add(row, output);
            }
        }
        if args.people > 0 {
            let pause = Duration::from_secs(args.pause.max(1));
            // So that everybody has looked at something.
            let span = span.max(pause * 3);
            let met = people::at_work(&wire, &ground, Crowd { people: args.people, pause, span })?;
            for (page, pace) in &met.pages {
                let mut row = Row::new(cases, "page", page.name().to_owned(), args.people, pace);
                row.memory = met.memory;
                report.add(row, output);
            }
            let mut single = Single::took(cases, "told", args.people, span);
            single.value = u64::try_from(met.told).ok();
            report.single(single, output);
        }
    }
    if args.once {
        report.single(alone::start(global, &ground, cases)?, output);
    }
    Ok(())
}

/// The customers behind loaded cases are not looked for: a server would be busy with that for hours.
fn nobody_behind_them(desk: &Desk) -> Result<()> {
    let store = desk.store();
    let (from, to) = (store.customers_taken_in()?, store.last_event()?);
    if from < to {
        let (actor, changes) = ("bench".to_owned(), vec![Change::TakenIn { from, to }]);
        store.administer(Administer { at: desk.now(), actor, changes })?;
    }
    Ok(())
}

fn in_process(
    global: &Global,
    ground: &Ground,
    deed: Deed,
    clients: usize,
    span: Duration,
    cases: usize,
) -> Result<Row> {
    // The floor is known for the embedded database.
    let folder = global.database.is_none().then_some(global.data.as_path());
    let mark = folder.filter(|_| deed.writes()).map(floor::mark).transpose()?;
    let before = ground.desk.store().commits();
    let own = std::process::id();
    let (pace, memory) =
        machine::most_memory(own, || deeds::in_process(ground, deed, clients, span));
    let pace = pace?;
    let mut row = Row::new(cases, "process", deed.name(), clients, &pace);
    row.memory = memory;
    if let Some(folder) = folder {
        let commits = usize::try_from(ground.desk.store().commits() - before)?.max(1);
        let batch = (pace.done() + commits / 2) / commits;
        let floor = match mark {
            None => reads::floor(folder, ground, deed, clients, span)?,
            Some(mark) if deed == Deed::Create => {
                floor::of_registrations(folder, &mark, &ground.desk, batch)?
            }
            Some(mark) => floor::of_actions(folder, &mark, batch)?,
        };
        row = row.with_floor(floor.rate());
    }
    Ok(row)
}

/// The people of the demonstration work here.
fn people(desk: &Desk) -> Result<()> {
    Ok(desk.put_people("bench", &Script::load(None, None)?.organisation.people)?)
}
