//! The server of the database goes away under load and comes back: what was acknowledged is there, the rest says so.

use crate::world::{PHONE, World, complete};
use cluster::{Cluster, Durable};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use web::Config;

/// An answer's status, head and body.
async fn ask(at: std::net::SocketAddr, request: String) -> (u16, String, Json) {
    let mut stream = TcpStream::connect(at).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head.to_lowercase(), serde_json::from_str(body).unwrap_or(Json::Null))
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n")
}

fn bearing(key: &str) -> String {
    format!("host: test\r\nauthorization: Bearer {key}")
}

fn post(key: &str, once: &str, body: &Json) -> String {
    let body = body.to_string();
    format!(
        "POST /api/v1/cases HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {key}\r\nconnection: close\r\ncontent-type: application/json\r\nidempotency-key: {once}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// A body that is accepted, with another customer each time.
async fn accepted(world: &World) -> (String, impl Fn(u32) -> Json + Send + Sync + Clone + 'static) {
    let (key, _) = world.register(0).await;
    let (mut body, procedure) = (world.new_case(0).await, world.procedure(0).await);
    for _ in 0..5 {
        let tried = world.post(&key, "/api/v1/cases", &body, &[]).await;
        if tried.status.as_u16() == 201 {
            break;
        }
        complete(&mut body["fields"], &tried.json(), &procedure["fields"], &world.someone());
    }
    let of = move |n: u32| {
        let mut body = body.clone();
        for value in body["fields"].as_object_mut().unwrap().values_mut() {
            if value.as_str().is_some_and(|value| value.starts_with(PHONE)) {
                *value = json!(format!("{PHONE}{:04}", 2_000 + n));
            }
        }
        body
    };
    (key, of)
}

async fn until(what: &str, at: std::net::SocketAddr, ready: bool) {
    let since = Instant::now();
    loop {
        let (status, _, body) = ask(at, get("/readyz")).await;
        if (status, body["database"].as_bool()) == (if ready { 200 } else { 503 }, Some(ready)) {
            return;
        }
        assert!(since.elapsed() < Duration::from_secs(20), "{what}: {status} {body}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_server_that_is_lost_under_load_costs_time_and_nothing_else() {
    let mut cluster = Cluster::start(Durable::Yes).unwrap();
    let address = cluster.database().unwrap();
    let world = World::over(Some(&address), Config { rate: None, ..Config::default() });
    let (key, body) = accepted(&world).await;
    let before = world.desk.store().facts().unwrap().cases;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let config = Config { rate: None, ..Config::default() };
    let server = tokio::spawn(web::serve(world.desk.clone(), listener, config, async {
        let _ = stopped.await;
    }));
    until("at first", at, true).await;

    let (resting, next) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let clients: Vec<_> = (0..4)
        .map(|_| {
            let (resting, next, key, body) =
                (Arc::clone(&resting), Arc::clone(&next), key.clone(), body.clone());
            tokio::spawn(async move {
                let (mut done, mut refused) = (BTreeMap::new(), BTreeSet::new());
                while !resting.load(Ordering::Relaxed) {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    let asked = ask(at, post(&key, &format!("call {n}"), &body(n)));
                    let (status, head, answer) = asked.await;
                    match status {
                        201 => drop(done.insert(n, answer["number"].to_string())),
                        503 => {
                            assert!(head.contains("\r\nretry-after: "), "{head}");
                            assert!(head.contains("application/problem+json"), "{head}");
                            assert_eq!(answer["type"], "/problems/unavailable");
                            refused.insert(n);
                            tokio::time::sleep(Duration::from_millis(100)).await;
                        }
                        _ => panic!("{status} {answer}"),
                    }
                }
                (done, refused)
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_secs(1)).await;
    cluster.kill().unwrap();
    until("away", at, false).await;
    // What is under way may wait for the server to come back; whoever asks now is told.
    let look = get("/api/v1/cases").replacen("host: test", &bearing(&key), 1);
    let (status, head, answer) = ask(at, look).await;
    assert_eq!((status, &answer["type"]), (503, &json!("/problems/unavailable")), "{answer}");
    assert!(head.contains("\r\nretry-after: "), "{head}");
    tokio::time::sleep(Duration::from_secs(1)).await;
    cluster.up().unwrap();
    until("back", at, true).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    resting.store(true, Ordering::Relaxed);
    let (mut done, mut refused) = (BTreeMap::new(), BTreeSet::new());
    for client in clients {
        let (theirs, failed) = client.await.unwrap();
        done.extend(theirs);
        refused.extend(failed);
    }
    let goes_on = refused.last().is_none_or(|last| done.keys().any(|n| n > last));
    assert!(goes_on, "it goes on by itself");
    world.clock.set(world.desk.now().checked_add(jiff::SignedDuration::from_hours(72)).unwrap());
    // Repeated, what was acknowledged is answered as before, and what was not is done, once.
    for n in done.keys().copied().chain(refused.iter().copied()).collect::<Vec<_>>() {
        let (status, _, answer) = ask(at, post(&key, &format!("call {n}"), &body(n))).await;
        assert_eq!(status, 201, "{answer}");
        let number = answer["number"].to_string();
        assert_eq!(*done.entry(n).or_insert_with(|| number.clone()), number);
    }
    let numbers: BTreeSet<&String> = done.values().collect();
    assert_eq!(numbers.len(), done.len());
    let cases = world.desk.store().facts().unwrap().cases;
    assert_eq!(cases, before + u64::try_from(done.len()).unwrap());

    // The worker lives on: what is due is done.
    let since = Instant::now();
    while world.desk.store().next_due_timer().unwrap().is_some_and(|due| due <= world.desk.now()) {
        assert!(since.elapsed() < Duration::from_secs(60), "nobody lets time act");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
}
