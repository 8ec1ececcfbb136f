//! Many people who have signed in and work side by side, each with a page that follows what happens: they look at pages with pauses in
//! between, and cases are registered and acted on meanwhile.

use super::deeds::Deed;
use super::drive::Pace;
use super::ground::Ground;
use super::http::{Wire, answer};
use super::machine::most_memory;
use anyhow::{Context, Result};
use desk::{Desk, Origin};
use engine::key::Key;
use fastrand::Rng;
use futures_util::future::try_join_all;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};
use store::{Filter, Sort};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::{LocalSet, spawn_local};

/// Cases that somebody looks at: those that are due first.
const CASES: usize = 20;
/// How often each registers a case or notes something.
const WRITES: Duration = Duration::from_secs(120);

/// A page that people look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Page {
    Work,
    List,
    Case,
    Search,
}

impl Page {
    pub(super) const ALL: [Self; 4] = [Self::Work, Self::List, Self::Case, Self::Search];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Work => "work",
            Self::List => "list",
            Self::Case => "load",
            Self::Search => "search",
        }
    }
}

/// What people have met with.
pub(super) struct Met {
    /// How long each page took.
    pub(super) pages: Vec<(Page, Pace)>,
    /// Word of changes that reached their pages.
    pub(super) told: usize,
    /// The most anonymous memory that the server had, in bytes.
    pub(super) memory: u64,
}

/// Somebody at work.
struct Worker {
    cookie: String,
    numbers: Vec<String>,
}

/// How many people there are, and how they work.
#[derive(Debug, Clone, Copy)]
pub(super) struct Crowd {
    pub(super) people: usize,
    /// How long each looks at a page on average; half of it at least, and half as long again at most.
    pub(super) pause: Duration,
    pub(super) span: Duration,
}

/// Lets people work for a while. One answer that is not what was asked for is a failure.
pub(super) fn at_work(wire: &Wire, ground: &Ground, crowd: Crowd) -> Result<Met> {
    let workers = workers(ground, crowd.people)?;
    let (met, memory) = most_memory(wire.process(), || {
        wire.measuring(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            LocalSet::new().block_on(&runtime, all_at_work(wire, ground, &workers, crowd))
        })
    });
    let (took, told) = met?;
    let pages = Page::ALL.map(|page| {
        let own = took.iter().filter(|(one, _)| *one == page).map(|(_, time)| *time);
        (page, Pace::new(own.collect(), crowd.span))
    });
    Ok(Met { pages: pages.into(), told, memory })
}

fn workers(ground: &Ground, people: usize) -> Result<Vec<Worker>> {
    let (desk, all) = (&ground.desk, ground.desk.people());
    let known = all.people.iter().map(|person| {
        let scope = desk.scope(&desk.caller_of(person));
        let filter = Filter { open: Some(true), ..Filter::default() };
        let page = desk.store().list(&scope, &filter, Sort::NextDue, None, CASES)?;
        Ok((person.id.clone(), page.rows.into_iter().map(|row| row.number).collect()))
    });
    let known: Vec<(_, Vec<String>)> = known.collect::<Result<_>>()?;
    let worker = |(id, numbers): &(Key, Vec<String>)| {
        Ok(Worker { cookie: sign_in(desk, id)?, numbers: numbers.clone() })
    };
    known.iter().cycle().take(people).map(worker).collect()
}

type Took = Vec<(Page, Duration)>;

async fn all_at_work(
    wire: &Wire,
    ground: &Ground,
    workers: &[Worker],
    crowd: Crowd,
) -> Result<(Took, usize)> {
    let (told, took) = (Rc::new(Cell::new(0)), RefCell::new(Vec::new()));
    for worker in workers {
        let stream = follow(wire, worker).await?;
        spawn_local(count(stream, Rc::clone(&told)));
    }
    let until = Instant::now() + crowd.span;
    let each = workers
        .iter()
        .enumerate()
        .map(|(place, worker)| look(wire, ground, worker, (place, crowd.pause), until, &took));
    let (looked, wrote) = tokio::join!(
        try_join_all(each),
        write(wire, ground, WRITES / u32::try_from(crowd.people)?, until)
    );
    looked.and(wrote)?;
    Ok((took.into_inner(), told.get()))
}

/// Opens the stream by which a page learns what happens.
async fn follow(wire: &Wire, worker: &Worker) -> Result<TcpStream> {
    let mut stream = TcpStream::connect(wire.address()).await?;
    let request = format!(
        "GET /live HTTP/1.1\r\nhost: desk\r\ncookie: {}\r\naccept: text/event-stream\r\n\r\n",
        worker.cookie
    );
    stream.write_all(request.as_bytes()).await?;
    Ok(stream)
}

/// Counts what is told until the server ends.
async fn count(mut stream: TcpStream, told: Rc<Cell<usize>>) {
    let mut buffer = vec![0; 16 << 10];
    while let Ok(bytes @ 1..) = stream.read(&mut buffer).await {
        let read = buffer.get(..bytes).unwrap_or_default();
        let events = read.windows(6).filter(|some| *some == b"event:").count();
        told.set(told.get() + events);
    }
}

/// Asks for a page as the browser of somebody does who is signed in.
pub(super) fn request(path: &str, cookie: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nhost: desk\r\ncookie: {cookie}\r\naccept: text/html\r\naccept-encoding: identity\r\n\r\n"
    )
}

/// The cookie of somebody who signs in.
pub(super) fn sign_in(desk: &Desk, person: &Key) -> Result<String> {
    Ok(format!("bihuan={}", desk.begin(person, &Origin::default())?))
}

/// Somebody looks at one page after the other.
async fn look(
    wire: &Wire,
    ground: &Ground,
    worker: &Worker,
    (place, pause): (usize, Duration),
    until: Instant,
    took: &RefCell<Took>,
) -> Result<()> {
    let mut random = Rng::with_seed(u64::try_from(place)?);
    let mut stream = TcpStream::connect(wire.address()).await?;
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(64 << 10);
    loop {
        tokio::time::sleep(pause.mul_f64(0.5 + random.f64())).await;
        if Instant::now() >= until {
            return Ok(());
        }
        let drawn = random.choice(Page::ALL).context("pages")?;
        let number = random.choice(&worker.numbers);
        // Who has no case looks at the list.
        let page = if drawn == Page::Case && number.is_none() { Page::List } else { drawn };
        let path = match page {
            Page::Work => "/work".to_owned(),
            Page::List => "/cases".to_owned(),
            Page::Case => format!("/cases/{}", number.map_or("", String::as_str)),
            Page::Search => {
                let word = random.choice(&ground.lives.words.searches).context("words")?;
                let word: String = word.bytes().map(|byte| format!("%{byte:02X}")).collect();
                format!("/search?q={word}")
            }
        };
        let request = request(&path, &worker.cookie);
        let begun = Instant::now();
        stream.write_all(request.as_bytes()).await?;
        answer(&mut stream, &mut buffer).await.with_context(|| path)?;
        took.borrow_mut().push((page, begun.elapsed()));
    }
}

/// Cases come and move on meanwhile.
async fn write(wire: &Wire, ground: &Ground, every: Duration, until: Instant) -> Result<()> {
    let mut stream = TcpStream::connect(wire.address()).await?;
    let mut buffer = Vec::new();
    for turn in 0.. {
        tokio::time::sleep(every).await;
        if Instant::now() >= until {
            break;
        }
        let deed = if turn % 4 == 0 { Deed::Create } else { Deed::Act };
        stream.write_all(&wire.request(ground, deed, 0, turn)?).await?;
        answer(&mut stream, &mut buffer).await?;
    }
    Ok(())
}
