//! SIGTERM in the middle of work: what is under way is finished and answered, and the end comes in time.

use crate::contents;
use crate::serving::{Client, Serving, answer, upload};
use crate::world::World;
use std::collections::BTreeSet;
use std::io::Write;
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use store::{Options, Scope, Store};

/// What systemd would wait by default before it kills is 90 s; this is what is promised.
const PROMISED: Duration = Duration::from_secs(25);

/// An upload of which the second half is still to be sent.
fn half_sent(serving: &Serving, client: &Client) -> (TcpStream, Vec<u8>) {
    let mut stream = TcpStream::connect(&serving.address).unwrap();
    let request = upload(client, &[b'x'; 50_000]);
    let (first, second) = request.split_at(request.len() / 2);
    stream.write_all(first).unwrap();
    stream.flush().unwrap();
    std::thread::sleep(Duration::from_millis(300));
    (stream, second.to_vec())
}

#[test]
fn a_server_that_is_asked_to_stop_under_load_finishes_and_ends_well() {
    let world = World::new();
    let client = Client::of(&world);
    let mut serving = Serving::quiet(&world);
    let (next, resting, answered) =
        (AtomicUsize::new(0), AtomicBool::new(false), AtomicUsize::new(0));
    let (mut stream, rest) = half_sent(&serving, &client);
    let numbers: Vec<String> = std::thread::scope(|scope| {
        let work = || {
            let mut numbers = Vec::new();
            while !resting.load(Ordering::Relaxed) {
                let n = next.fetch_add(1, Ordering::Relaxed);
                // A connection that is refused, or ends without a byte, was not taken in.
                match serving.register(&client, n) {
                    Ok(done) => {
                        assert_eq!(done.status, 201, "{}", done.body);
                        numbers.push(done.body["number"].as_str().unwrap().to_owned());
                        answered.fetch_add(1, Ordering::Relaxed);
                    }
                    Err(error) => {
                        assert_ne!(error.kind(), std::io::ErrorKind::InvalidData, "a torn answer");
                        resting.store(true, Ordering::Relaxed);
                    }
                }
            }
            numbers
        };
        let clients: Vec<_> = (0..8).map(|_| scope.spawn(work)).collect();
        while answered.load(Ordering::Relaxed) < 40 {
            std::thread::sleep(Duration::from_millis(10));
        }
        serving.signal("TERM");
        clients.into_iter().flat_map(|one| one.join().unwrap()).collect()
    });
    // Nobody new is let in, while what had begun is still taken and answered.
    let since = Instant::now();
    while TcpStream::connect(&serving.address).is_ok() {
        assert!(since.elapsed() < Duration::from_secs(5), "new connections are taken");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(serving.ended(Duration::from_millis(200)), None, "it waits for the upload");
    stream.write_all(&rest).unwrap();
    let file = answer(&mut stream).unwrap();
    assert_eq!(file.status, 201, "{}", file.body);
    let ended = serving.ended(PROMISED).expect("it ends");
    assert!(ended.success(), "{ended}");

    let store = Store::open(world.place(), Options::new(contents::key(&world.data()))).unwrap();
    assert!(numbers.len() >= 40);
    assert_eq!(numbers.iter().collect::<BTreeSet<_>>().len(), numbers.len());
    for number in &numbers {
        assert!(store.case_by_number(&Scope::all(), number).unwrap().is_some(), "{number}");
    }
    let id = file.body["id"].as_str().unwrap().parse().unwrap();
    assert_eq!(store.attachment_content(id).unwrap().unwrap().len(), 50_000);
    drop(store);
    assert_eq!(
        Store::verify(world.place(), contents::key(&world.data())).unwrap().problems,
        [""; 0]
    );
}

#[test]
fn a_server_that_is_asked_twice_ends_at_once() {
    let world = World::new();
    let client = Client::of(&world);
    let mut serving = Serving::quiet(&world);
    let _half = half_sent(&serving, &client);
    serving.signal("TERM");
    assert_eq!(serving.ended(Duration::from_secs(1)), None, "it waits for the upload");
    serving.signal("TERM");
    let ended = serving.ended(Duration::from_secs(3)).expect("it ends");
    assert!(!ended.success());
}

#[test]
fn a_server_does_not_wait_for_ever() {
    let world = World::new();
    let client = Client::of(&world);
    let mut serving = Serving::quiet(&world);
    let _half = half_sent(&serving, &client);
    serving.signal("TERM");
    let since = Instant::now();
    let ended = serving.ended(PROMISED + Duration::from_secs(10)).expect("it ends");
    assert!(ended.success() && since.elapsed() < PROMISED + Duration::from_secs(3), "{ended}");
}
