//! `xtask crash`: what was answered 2xx is there, whatever is killed. Eight clients register cases and comment on them; at a random
//! moment the server (on PostgreSQL in turn the database server) is killed with SIGKILL and started again. What was under way is sent
//! again under its idempotency key. At the end nothing acknowledged is lost, nothing is doubled, no number was used twice, and the
//! fold of the events is the snapshot.
//!
//! A killed process leaves the page cache alive, so this alone does not show that anything reached the disk: see `trace`.
//!
//! - `house`: a data folder with people and keys, and bodies that fit; `server`: the program as a child; `http`: just enough of it

mod house;
pub(crate) mod http;
mod judge;
pub(crate) mod server;

pub(crate) use house::{Home, House};

use crate::crash::http::{Answer, Client};
use cluster::{Cluster, Durable};
use judge::judge;
use serde_json::Value;
use server::Server;
use std::collections::BTreeMap;
use std::io::{self, Error, Write};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const CLIENTS: usize = 8;
/// How long a round runs before something is killed, in milliseconds: at least, and at most so much more.
const LEAST: u64 = 40;
const SPREAD: u64 = 260;
/// How long a client waits after a refusal.
const AWAY: Duration = Duration::from_millis(20);

/// Something that was sent, and what is known of it.
#[derive(Debug, Clone)]
struct Deed {
    path: String,
    body: Value,
    /// The case's number once the answer was 2xx.
    number: Option<String>,
}

/// Everything that was ever sent, by idempotency key; the key also stands in the text that was sent.
#[derive(Default)]
struct Ledger(Mutex<BTreeMap<String, Deed>>);

impl Ledger {
    fn with<T>(&self, look: impl FnOnce(&mut BTreeMap<String, Deed>) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Runs the rounds that the arguments ask for.
///
/// # Errors
/// What keeps the test itself from running; a loss is a failing exit status.
pub(crate) fn run(arguments: &[String], out: &mut dyn Write) -> io::Result<ExitCode> {
    let value = |name: &str| arguments.iter().skip_while(|word| *word != name).nth(1);
    let rounds: usize = value("--rounds").and_then(|n| n.parse().ok()).unwrap_or(200);
    let seed: u64 = value("--seed").and_then(|n| n.parse().ok()).unwrap_or(1);
    let only = value("--database").map(String::as_str);
    let program = server::program()?;
    let mut sound = true;
    for database in ["sqlite", "postgres"] {
        if only.is_some_and(|only| only != database) {
            continue;
        }
        let since = Instant::now();
        let mut cluster = match database {
            "postgres" => Some(Cluster::start(Durable::Yes)?),
            _ => None,
        };
        let home = match &cluster {
            Some(cluster) => Home::new(Some(cluster.database()?))?,
            None => Home::new(None)?,
        };
        let house = House::furnish(&home, &program)?;
        let ledger = Ledger::default();
        for round in 0..rounds {
            let at = seed.wrapping_mul(1_000_003).wrapping_add(u64::try_from(round).unwrap_or(0));
            let server = Server::start(&program, &home)?;
            again(&server, &house, &ledger)?;
            let kill_database = cluster.as_mut().filter(|_| round % 2 == 1);
            one_round(
                server,
                &house,
                &ledger,
                Duration::from_millis(LEAST + mixed(at) % SPREAD),
                kill_database,
            )?;
        }
        let server = Server::start(&program, &home)?;
        again(&server, &house, &ledger)?;
        server.stop()?;
        let found = judge(&home, &ledger.with(std::mem::take))?;
        writeln!(
            out,
            "crash {database}: {rounds} rounds in {:.0} s, seed {seed}: {} registrations and {} comments acknowledged, {} cases, {} events; {}",
            since.elapsed().as_secs_f64(),
            found.registrations,
            found.comments,
            found.cases,
            found.events,
            if found.problems.is_empty() {
                "nothing lost, doubled or torn".to_owned()
            } else {
                format!("{} PROBLEMS", found.problems.len())
            },
        )?;
        for problem in found.problems.iter().take(20) {
            writeln!(out, "  {problem}")?;
        }
        sound &= found.problems.is_empty() && found.registrations > rounds / 2;
    }
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Clients write until the kill.
fn one_round(
    server: Server,
    house: &House,
    ledger: &Ledger,
    length: Duration,
    database: Option<&mut Cluster>,
) -> io::Result<()> {
    let stop = AtomicBool::new(false);
    let address = server.address.clone();
    std::thread::scope(|threads| {
        for n in 0..CLIENTS {
            let (stop, address) = (&stop, &address);
            threads.spawn(move || write(address, house, ledger, stop, n));
        }
        std::thread::sleep(length);
        let killed = match database {
            // The program stays up, answers 503 and heals; it is killed as well, so that each round begins alike.
            Some(cluster) => cluster.kill().and_then(|()| {
                std::thread::sleep(Duration::from_millis(30));
                cluster.up()
            }),
            None => Ok(()),
        };
        let ended = server.kill();
        stop.store(true, Ordering::Relaxed);
        killed.and(ended)
    })
}

/// One client: registers a case, comments on it twice, registers the next.
fn write(address: &str, house: &House, ledger: &Ledger, stop: &AtomicBool, n: usize) {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let Ok(mut client) = Client::connect(address, &house.key) else { return };
    let mut number: Option<String> = None;
    for turn in n.. {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let serial = NEXT.fetch_add(1, Ordering::Relaxed);
        let (key, path, body) = match number.as_ref().filter(|_| turn % 3 != 0) {
            Some(number) => (
                format!("c{serial:09}"),
                format!("/api/v1/cases/{number}/actions/{}", house.comment),
                house.remark(&format!("c{serial:09}")),
            ),
            None => (
                format!("r{serial:09}"),
                "/api/v1/cases".to_owned(),
                house.registration(&format!("r{serial:09}"), serial),
            ),
        };
        ledger.with(|deeds| {
            deeds.insert(key.clone(), Deed { path: path.clone(), body: body.clone(), number: None })
        });
        // A connection that breaks leaves the deed in doubt, to be sent again; after a 503 the same is sent until it is done.
        while !stop.load(Ordering::Relaxed) {
            let Ok(answer) = client.post(&path, &body, &key) else { return };
            if let Some(found) = acknowledge(ledger, &key, &answer) {
                number = Some(found);
                break;
            }
            std::thread::sleep(AWAY);
        }
    }
}

/// Notes a 2xx; says which case it was.
fn acknowledge(ledger: &Ledger, key: &str, answer: &Answer) -> Option<String> {
    let number = answer.body.get("number")?.as_str().filter(|_| answer.is_fine())?.to_owned();
    ledger.with(|deeds| {
        if let Some(deed) = deeds.get_mut(key) {
            deed.number = Some(number.clone());
        }
    });
    Some(number)
}

/// Sends again whatever got no answer: it is done once, now or then.
fn again(server: &Server, house: &House, ledger: &Ledger) -> io::Result<()> {
    let doubtful: Vec<(String, Deed)> = ledger.with(|deeds| {
        deeds
            .iter()
            .filter(|(_, deed)| deed.number.is_none())
            .map(|(key, deed)| (key.clone(), deed.clone()))
            .collect()
    });
    let mut client = Client::connect(&server.address, &house.key)?;
    for (key, deed) in doubtful {
        let answer = client.post(&deed.path, &deed.body, &key)?;
        if acknowledge(ledger, &key, &answer).is_none() {
            return Err(Error::other(format!(
                "{key} {}: {} {}",
                deed.path, answer.status, answer.body
            )));
        }
    }
    Ok(())
}

/// A number that looks like any, always the same for the same input.
fn mixed(seed: u64) -> u64 {
    let mut x = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}
