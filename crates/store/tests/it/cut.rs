//! The answer to a COMMIT gets lost on its way: nobody is told a falsehood, and nothing is done twice.

use crate::world::{KEY, at, fresh, numbers, write};
use cluster::{Cluster, Durable};
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use store::{IdempotencyKey, Options, Place, Store, StoreError, Write as Submission};

const SOCKET: &str = ".s.PGSQL.5432";
/// What the wire does next.
const SOUND: u8 = 0;
/// The next COMMIT does not arrive.
const BEFORE: u8 = 1;
/// The answer to the next COMMIT does not arrive.
const AFTER: u8 = 2;
/// As `AFTER`, and from then on nothing gets through.
const AFTER_AND_DEAD: u8 = 3;
const DEAD: u8 = 4;

/// A wire between the store and its server that can be cut.
struct Wire {
    folder: tempfile::TempDir,
    next: Arc<AtomicU8>,
}

impl Wire {
    fn to(server: &Path) -> Self {
        let (folder, next) = (tempfile::tempdir().unwrap(), Arc::new(AtomicU8::new(SOUND)));
        let listener = UnixListener::bind(folder.path().join(SOCKET)).unwrap();
        let (server, plan): (PathBuf, _) = (server.join(SOCKET), Arc::clone(&next));
        thread::spawn(move || {
            for ours in listener.incoming() {
                let ours = ours.unwrap();
                if plan.load(Ordering::SeqCst) != DEAD {
                    join(ours, UnixStream::connect(&server).unwrap(), &plan);
                }
            }
        });
        Self { folder, next }
    }

    fn plan(&self, next: u8) {
        self.next.store(next, Ordering::SeqCst);
    }

    fn is_cut(&self) -> bool {
        matches!(self.next.load(Ordering::SeqCst), SOUND | DEAD)
    }

    fn address(&self, database: &str) -> String {
        let host = self.folder.path().to_string_lossy().replace('/', "%2F");
        format!("postgres://postgres@/{database}?host={host}")
    }
}

/// Carries bytes both ways until a COMMIT meets the plan.
fn join(ours: UnixStream, theirs: UnixStream, plan: &Arc<AtomicU8>) {
    let ends = || (ours.try_clone().unwrap(), theirs.try_clone().unwrap());
    let (forth, back) = (ends(), ends());
    // The name under which COMMIT was prepared on this connection.
    let commit = Arc::new(Mutex::new(None::<Vec<u8>>));
    let planned = Arc::clone(plan);
    thread::spawn(move || {
        carry(&forth.0, &forth.1, |bytes| {
            let mut commit = commit.lock().unwrap();
            if let Some(at) = find(bytes, b"\0COMMIT\0") {
                // Before the name stands the message's length, whose last byte is not zero.
                let name = bytes[..at].iter().rposition(|byte| *byte == 0).map_or(0, |n| n + 2);
                *commit = Some([b"\0", &bytes[name..=at]].concat());
                return false;
            }
            let is_commit = commit.as_ref().is_some_and(|name| find(bytes, name).is_some());
            is_commit && turn(&planned, BEFORE, SOUND)
        });
    });
    let planned = Arc::clone(plan);
    thread::spawn(move || {
        carry(&back.1, &back.0, |bytes| {
            find(bytes, b"COMMIT\0").is_some()
                && (turn(&planned, AFTER, SOUND) || turn(&planned, AFTER_AND_DEAD, DEAD))
        });
    });
}

fn turn(plan: &AtomicU8, from: u8, to: u8) -> bool {
    plan.compare_exchange(from, to, Ordering::SeqCst, Ordering::SeqCst).is_ok()
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

fn carry(mut from: &UnixStream, mut to: &UnixStream, cuts: impl Fn(&[u8]) -> bool) {
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = from.read(&mut buffer).unwrap_or(0);
        if read == 0 || cuts(&buffer[..read]) || to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    drop((from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both)));
}

fn once(number: &str) -> Submission {
    let key = IdempotencyKey { scope: "test".into(), key: number.into(), body_hash: [1; 32] };
    Submission { key: Some(key), ..write(fresh(number)) }
}

#[test]
fn a_lost_answer_to_a_commit_is_looked_up_and_never_guessed() {
    let (server, folder) = (Cluster::start(Durable::No).unwrap(), tempfile::tempdir().unwrap());
    let direct = server.database().unwrap();
    let database = direct.split(['/', '?']).find(|part| part.starts_with("t_")).unwrap();
    let wire = Wire::to(server.folder());
    let place = Place::postgres(&wire.address(database), folder.path()).unwrap();
    let store = Store::open(place, Options::new(KEY)).unwrap();
    store.commit(once("A-1")).unwrap();

    // Committed, though the answer was lost: it is found by its mark.
    wire.plan(AFTER);
    let receipt = store.commit(once("A-2")).unwrap();
    assert!(wire.is_cut() && !receipt.replayed);
    assert!(store.commit(once("A-2")).unwrap().replayed);

    // Never arrived: nothing is there, and the same again does it.
    wire.plan(BEFORE);
    let lost = store.commit(once("A-3"));
    assert!(matches!(lost, Err(StoreError::Unavailable { .. })), "{lost:?}");
    assert!(wire.is_cut());
    assert_eq!(numbers(&store), ["A-1", "A-2"]);
    assert!(!store.commit(once("A-3")).unwrap().replayed);

    // Committed, and nobody can tell: no success is claimed, and the same again finds it.
    wire.plan(AFTER_AND_DEAD);
    let unknown = store.commit(once("A-4"));
    assert!(matches!(unknown, Err(StoreError::OutcomeUnknown)), "{unknown:?}");
    wire.plan(SOUND);
    assert!(store.commit(once("A-4")).unwrap().replayed);
    assert_eq!(numbers(&store), ["A-1", "A-2", "A-3", "A-4"]);
    assert!(store.next_due_timer().unwrap().is_none_or(|next| next > at(0)));
}

#[test]
fn a_promoted_standby_has_all_that_was_acknowledged_and_takes_the_next_write() {
    let (mut primary, folder) =
        (Cluster::start(Durable::Yes).unwrap(), tempfile::tempdir().unwrap());
    let direct = primary.database().unwrap();
    let database = direct.split(['/', '?']).find(|part| part.starts_with("t_")).unwrap();
    let standby = primary.standby().unwrap();
    let address = primary.address_with(&standby, database);
    let store =
        Store::open(Place::postgres(&address, folder.path()).unwrap(), Options::new(KEY)).unwrap();
    let mut acknowledged = Vec::new();
    thread::scope(|scope| {
        let working = scope.spawn(|| {
            let mut numbers = Vec::new();
            for n in 0.. {
                let number = format!("A-{n}");
                match store.commit(once(&number)) {
                    Ok(_) => numbers.push(number),
                    Err(_) => return numbers,
                }
            }
            numbers
        });
        thread::sleep(std::time::Duration::from_secs(1));
        primary.kill().unwrap();
        acknowledged = working.join().unwrap();
    });
    assert!(!acknowledged.is_empty());
    let away = store.commit(once("B-1"));
    assert!(matches!(away, Err(StoreError::Unavailable { .. })), "{away:?}");
    standby.promote().unwrap();
    store.commit(once("B-1")).unwrap();
    let there = numbers(&store);
    assert!(acknowledged.iter().all(|number| there.contains(number)), "{acknowledged:?} {there:?}");
    // At most the one write that was not answered is there besides.
    assert!(there.len() <= acknowledged.len() + 2, "{} {}", there.len(), acknowledged.len());
    assert!(there.contains(&"B-1".to_owned()));
}
